"""The pitch curves of notes as bends of MIDI channels: of one, or of one for each note (MPE)."""

from __future__ import annotations

import bisect
import heapq
import itertools
import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from app.midi.pitch_bend import ChannelPool, Zone, bend_of, is_other_bend
from model.notes import Note

# Notes of one voice may ring into each other for so long.
_CLEARLY_S = 0.05


@dataclass(frozen=True)
class TickNote:
    """A note in ticks, from `start` to `end`, and what it was made of."""

    start: int
    end: int
    pitch: int
    velocity: int
    note: Note


def on_channels(notes: Sequence[TickNote], zone: Zone) -> dict[int, list[TickNote]]:
    """A channel for each note; where more sound at once, the one that ends first shares its own.

    Args:
        notes: in any order.
    """
    pool = ChannelPool(zone)
    # By end: those that sound, with their channels.
    sounding: list[tuple[int, int]] = []
    placed: dict[int, list[TickNote]] = {}
    for note in _in_order(notes):
        while sounding and sounding[0][0] <= note.start:
            pool.release(heapq.heappop(sounding)[1])
        channel = pool.take()
        if channel is None:
            before, channel = heapq.heappop(sounding)
            heapq.heappush(sounding, (max(before, note.end), channel))
        else:
            heapq.heappush(sounding, (note.end, channel))
        placed.setdefault(channel, []).append(note)
    return placed


def bends(
    notes: Sequence[TickNote], semitones: float, tick: Callable[[float], int]
) -> Iterator[tuple[int, int]]:
    """Ticks and bends of a channel's notes, as mido has them.

    Where several sound, the bend is that of the one that began last. A note without a pitch curve
    is not bent.

    Args:
        notes: in any order.
        semitones: how far the channel's bends reach.
        tick: of a moment in seconds.
    """
    before = 0
    curves: dict[TickNote, list[int]] = {}
    for begin, end, note in _owners(_in_order(notes)):
        if note not in curves:
            curves[note] = _curve_ticks(note.note, tick)
        for at, cents in _steps(curves[note], note.note.cents, begin, end):
            bend = bend_of(cents, semitones)
            if is_other_bend(bend, before, semitones):
                yield at, bend
                before = bend


def n_overlapping(notes: Iterable[Note]) -> int:
    """How many notes begin clearly before another one has ended: one channel bends them alike."""
    count, end_s = 0, -math.inf
    for note in sorted(notes, key=lambda note: note.onset_s):
        count += note.onset_s < end_s - _CLEARLY_S
        end_s = max(end_s, note.offset_s)
    return count


def _in_order(notes: Sequence[TickNote]) -> list[TickNote]:
    return sorted(notes, key=lambda note: (note.start, note.pitch))


def _owners(notes: Sequence[TickNote]) -> Iterator[tuple[int, int, TickNote]]:
    """From when to when the channel's bend is that of which note; notes in order."""
    edges = sorted({edge for note in notes for edge in (note.start, note.end)})
    sounding: list[TickNote] = []
    following = 0
    for begin, end in itertools.pairwise(edges):
        sounding = [note for note in sounding if note.end > begin]
        while following < len(notes) and notes[following].start <= begin:
            sounding.append(notes[following])
            following += 1
        if sounding:
            yield begin, end, sounding[-1]


def _curve_ticks(note: Note, tick: Callable[[float], int]) -> list[int]:
    """Where each value of a note's pitch curve begins."""
    part_s = (note.offset_s - note.onset_s) / max(1, len(note.cents))
    return [tick(note.onset_s + part * part_s) for part in range(len(note.cents))]


def _steps(
    ticks: Sequence[int], cents: Sequence[float], begin: int, end: int
) -> Iterator[tuple[int, float]]:
    """The values of a curve in a stretch of ticks: the one that holds there, and each after it."""
    first = bisect.bisect_right(ticks, begin)
    yield begin, cents[max(0, first - 1)] if cents else 0.0
    for at, value in zip(ticks[first:], cents[first:], strict=True):
        if at >= end:
            return
        yield at, value
