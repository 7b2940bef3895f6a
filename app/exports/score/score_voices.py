"""Notes of one staff as two voices at most, which is what can be read."""

from __future__ import annotations

import itertools
import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from app.music.quantise import PlacedNote

# Less than this after a note is no rest, but how the note was let go of, where it lasts for so
# large a share of the time to the next.
_REST, _FILLED = Fraction(1), Fraction(1, 2)
_EIGHTH = Fraction(1, 2)
# Ways to part the notes that are followed up.
_FOLLOWED = 6
# What it costs: to end a note that sounds on, to have two voices, to begin the second one, to write
# what ends together in two voices, to write what ends apart as a chord, a voice that leaps by a
# semitone, one that crosses the other.
_CUT, _TWO, _NEW, _PARTED, _UNEVEN, _LEAP, _CROSSED = 0.5, 0.6, 1.3, 0.7, 0.4, 0.02, 1.2
# And every quarter note more than so many by which it is cut, up to so many.
_LOST, _SHORT, _LONG = 3.4, 1.5, 3.0
# A note that sounds on for less than so much of its length is played legato.
_LEGATO = 0.35
# Where notes sound on for so much more than the time to the next, a pedal holds them.
_PEDAL = 1.2
# Notes that fall silent so long before the next one of their voice have left it.
_LEFT = 2.0


@dataclass(frozen=True)
class Chord:
    """Notes of one voice that begin and end together, in quarter notes; MIDI pitches, rising."""

    onset: Fraction
    offset: Fraction
    pitches: tuple[int, ...]


@dataclass(frozen=True)
class _Line:
    """Where a voice is: its last chord's onset, its notes' ends as heard, and its pitch."""

    onset: float
    ends: tuple[float, ...]
    pitch: float

    @property
    def end(self) -> float:
        return self.ends[len(self.ends) // 2]


@dataclass(frozen=True)
class _Way:
    """Some columns parted into voices: the last of them, and the way to it."""

    cost: float
    upper: _Line | None
    lower: _Line | None
    n_lower: int
    before: _Way | None


def voices(notes: Sequence[PlacedNote]) -> tuple[list[Chord], list[Chord]]:
    """An upper and a lower voice; within each, no two chords overlap.

    A second voice is there where notes are held against others that move; one that sounds on
    because of a pedal or an echo is cut off by the next note of its voice. What begins and ends
    together is a chord. Notes that end a little before the next ones of their voice reach up to
    them. Where there is one voice, it is the upper.

    Args:
        notes: without overlaps in a pitch.
    """
    columns = [
        sorted(group, key=_pitch)
        for _, group in itertools.groupby(sorted(notes), lambda note: note.onset)
    ]
    parted: tuple[list[list[PlacedNote]], list[list[PlacedNote]]] = ([], [])
    for column, n_lower in zip(columns, _parted(columns), strict=True):
        for voice, part in zip(parted, (column[n_lower:], column[:n_lower]), strict=True):
            if part:
                voice.append(part)
    upper, lower = (_chords(voice) for voice in parted)
    return upper, lower


def _pitch(note: PlacedNote) -> int:
    return note.pitch


def _chords(columns: Sequence[Sequence[PlacedNote]]) -> list[Chord]:
    followings: list[Fraction | None] = [column[0].onset for column in columns[1:]]
    followings += [None] * (len(columns) > 0)
    return [
        Chord(column[0].onset, _end(column, following), tuple(note.pitch for note in column))
        for column, following in zip(columns, followings, strict=True)
    ]


def _parted(columns: Sequence[Sequence[PlacedNote]]) -> list[int]:
    """How many notes of each column, the lowest ones, are the lower voice's: the cheapest way."""
    is_held = _pedal_share(columns)
    cut, uneven = _CUT * (1 - is_held), _UNEVEN * (1 - is_held)
    ways = [_Way(0.0, None, None, 0, None)]
    for column in columns:
        onset = float(column[0].onset)
        options = [
            (_line(column[n:], onset), _line(column[:n], onset), n,
             uneven * (_uneven(column[n:]) + _uneven(column[:n])))
            for n in range(len(column) + 1)
        ]
        found = []
        for way in ways:
            for upper, lower, n_lower, own in options:
                cost = way.cost + own + _cost(way, upper, lower, onset, cut)
                found.append(_Way(cost, upper or way.upper, lower or way.lower, n_lower, way))
        found.sort(key=lambda way: way.cost)
        ways = found[:_FOLLOWED]
    chosen: list[int] = []
    last: _Way | None = ways[0]
    while last is not None and last.before is not None:
        chosen.append(last.n_lower)
        last = last.before
    return chosen[::-1]


def _line(notes: Sequence[PlacedNote], onset: float) -> _Line | None:
    if not notes:
        return None
    ends = sorted(float(note.offset) for note in notes)
    return _Line(onset, tuple(ends), sum(note.pitch for note in notes) / len(notes))


def _uneven(notes: Sequence[PlacedNote]) -> float:
    """How far the notes of a chord end apart, in shares of its length."""
    if len(notes) < 2:
        return 0.0
    lengths = [float(note.offset - note.onset) for note in notes]
    usual = statistics.median(lengths)
    return sum(min(max(abs(length - usual) / usual - _LEGATO, 0.0), 1.0) for length in lengths)


def _cost(
    way: _Way, upper: _Line | None, lower: _Line | None, onset: float, cut: float
) -> float:
    cost = 0.0
    for now, before in ((upper, way.upper), (lower, way.lower)):
        if now is None or before is None:
            continue
        length = onset - before.onset
        for end in before.ends:
            if end > onset + _LEGATO * length:
                over = min((end - onset) / length - _LEGATO, 1.0)
                lost = min(end - onset, _LONG) - _SHORT
                cost += cut * (over + _LOST * max(lost, 0.0))
        cost += _LEAP * min(abs(now.pitch - before.pitch), 24.0)
    if lower is None and way.lower is None:
        return cost
    is_new = lower is not None and (way.lower is None or onset - way.lower.end > _LEFT)
    cost += _NEW * is_new
    if lower is not None and upper is not None:
        is_even = abs(lower.end - upper.end) < _LEGATO * (upper.end - onset)
        cost += _TWO + _PARTED * is_even
        return cost
    now, other = (upper, way.lower) if lower is None else (lower, way.upper)
    if now is None or other is None or other.end <= onset + 1e-6:
        # The lower voice has nothing to do where the upper one is silent.
        return cost + _TWO * (lower is not None)
    is_above = now is upper
    return cost + _TWO / 2 + _CROSSED * ((now.pitch < other.pitch) == is_above)


def _pedal_share(columns: Sequence[Sequence[PlacedNote]]) -> float:
    """How much of the music a pedal holds: there, what sounds on says nothing of voices."""
    held = [
        float(min(note.offset for note in column) - column[0].onset)
        > _PEDAL * float(after[0].onset - column[0].onset)
        for column, after in itertools.pairwise(columns)
    ]
    return min(1.0, 1.5 * sum(held) / len(held)) if held else 0.0


def _end(column: Sequence[PlacedNote], following: Fraction | None) -> Fraction:
    """Where a chord ends, before the next one of its voice."""
    onset = column[0].onset
    end = max(note.offset for note in column)
    if following is None:
        return _rounded_up(end)
    if end - onset >= _FILLED * (following - onset) and following - end < _REST:
        return following
    return min(_rounded_up(end), following)


def _rounded_up(end: Fraction) -> Fraction:
    """The end of a note before a rest: short rests between eighths are not worth their ink."""
    return end if end.denominator % 3 == 0 else math.ceil(end / _EIGHTH) * _EIGHTH
