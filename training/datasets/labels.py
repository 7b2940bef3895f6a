"""Notes as targets for every frame, in the time of the spectrogram."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields, replace
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from model.config import FeatureConfig
from model.notes import Note
from model.pitch import HIGHEST_PITCH, LOWEST_PITCH, N_NOTE_NAMES, N_PITCHES, NOTE_NAME_OCTAVE

Scalar = TypeVar("Scalar", bound=np.generic)

# When a frame bears a note: the note sounds at the middle of the frame's hop; its analysis window
# meets the note; the note sounds at the centre of that window. Of several windows, the shortest.
RULES = ("hop", "window", "centre")
# An onset is marked on this many frames: a label that is some milliseconds off stays true, and a
# quiet onset may still be found one hop later.
ONSET_FRAMES = 2
# What is counted of notes on their way into a data set.
MERGED = "notes merged with one of their pitch that begins within 30 ms"
CUT = "notes ended where their pitch begins again"
OUTSIDE = f"notes outside of MIDI pitches {LOWEST_PITCH} to {HIGHEST_PITCH} left out"
# Two notes of one pitch that begin closer than this are one note that two players share.
_UNISON_S = 0.03


@dataclass(frozen=True)
class Targets:
    """Labels of a run of frames, each array (frames, pitches) uint8.

    Attributes:
        onset: 1 on the frame in whose hop a note begins and on the next one.
        frame: 1 while the frame bears the note, by one of `RULES`; every note bears at least one.
        offset: 1 on the frame in whose hop a note ends and on the next one.
        velocity: MIDI velocity on onset frames, 0 elsewhere and where it is not known.
    """

    onset: NDArray[np.uint8]
    frame: NDArray[np.uint8]
    offset: NDArray[np.uint8]
    velocity: NDArray[np.uint8]

    def slice(self, first: int, last: int) -> Targets:
        """The frames from `first` up to `last`."""
        return Targets(**{f.name: getattr(self, f.name)[first:last] for f in fields(self)})


def separated(notes: Iterable[Note], changes: Counter[str] | None = None) -> list[Note]:
    """The notes such that no two of one pitch overlap: a note ends where its pitch begins again.

    The pitch then sounds until the later of their ends. Notes of one pitch that begin within 30 ms
    are merged.

    Args:
        changes: how often each of these happened is added to it.
    """
    changes = Counter() if changes is None else changes
    last: dict[int, int] = {}
    kept: list[Note] = []
    for note in sorted(notes):
        index = last.get(note.pitch)
        if index is not None:
            before = kept[index]
            end_s = max(before.offset_s, note.offset_s)
            if note.onset_s - before.onset_s < _UNISON_S:
                velocity = max(before.velocity, note.velocity)
                kept[index] = replace(before, offset_s=end_s, velocity=velocity)
                changes[MERGED] += 1
                continue
            if before.offset_s > note.onset_s:
                changes[CUT] += 1
                kept[index] = replace(before, offset_s=note.onset_s)
                note = replace(note, offset_s=end_s)
        last[note.pitch] = len(kept)
        kept.append(note)
    return kept


def within_range(notes: Iterable[Note], changes: Counter[str] | None = None) -> list[Note]:
    """The notes as they are labelled: those of the piano's range, separated.

    Args:
        changes: how many were merged, ended and left out is added to it.
    """
    changes = Counter() if changes is None else changes
    kept = []
    for note in separated(notes, changes):
        if LOWEST_PITCH <= note.pitch <= HIGHEST_PITCH:
            kept.append(note)
        else:
            changes[OUTSIDE] += 1
    return kept


def by_note_name(notes: Iterable[Note]) -> list[Note]:
    """The notes without their octave: all in the octave from middle C on, none overlapping."""
    return separated(
        replace(note, pitch=NOTE_NAME_OCTAVE + note.pitch % N_NOTE_NAMES) for note in notes
    )


def fold(array: NDArray[Scalar]) -> NDArray[Scalar]:
    """The largest value over the octaves of each note name: (..., 88 pitches) to (..., 12), C to B.

    An array of 12 columns is one of note names already.
    """
    if array.shape[-1] == N_NOTE_NAMES:
        return array
    names = np.arange(LOWEST_PITCH, LOWEST_PITCH + N_PITCHES) % N_NOTE_NAMES
    folded = [array[..., names == name].max(axis=-1) for name in range(N_NOTE_NAMES)]
    return np.stack(folded, axis=-1)


def targets(
    notes: Sequence[Note],
    n_frames: int,
    features: FeatureConfig,
    rule: str = "hop",
    *,
    only_note_names: bool = False,
) -> Targets:
    """Labels for frames 0 to `n_frames`, without the network's delay.

    Frame t stands for the time from t to t + 1 hops, and its windows end there. Only `frame`
    follows the rule: onset and offset tell the time, whatever a frame bears. Notes outside of the
    piano's range are left out.

    Args:
        rule: one of `RULES`.
        only_note_names: 12 columns, C to B, in place of the 88 pitches.

    Raises:
        ValueError: there is no such rule.
    """
    if rule not in RULES:
        raise ValueError(f"there is no label rule {rule!r}, only {', '.join(RULES)}")
    arrays = {f.name: np.zeros((n_frames, N_PITCHES), np.uint8) for f in fields(Targets)}
    # A window of so many hops ends with its frame: it begins that long before the end of the hop.
    window = min(features.windows) / features.hop_length
    for note in within_range(notes):
        pitch = note.pitch - LOWEST_PITCH
        # Rounded, so that a note that begins with a hop is not put into the one before.
        begin = max(0.0, round(note.onset_s * features.frames_per_second, 6))
        end = round(note.offset_s * features.frames_per_second, 6)
        first = int(begin)
        last = max(first + 1, math.ceil(end - 0.5))
        arrays["onset"][first : first + ONSET_FRAMES, pitch] = 1
        arrays["velocity"][first : first + ONSET_FRAMES, pitch] = note.velocity
        arrays["offset"][last : last + ONSET_FRAMES, pitch] = 1
        if rule == "window":
            last = max(first + 1, math.ceil(end + window - 1))
        elif rule == "centre":
            first = max(0, math.ceil(begin + window / 2 - 1))
            last = max(first + 1, math.ceil(end + window / 2 - 1))
        arrays["frame"][first:last, pitch] = 1
    if only_note_names:
        arrays = {name: fold(array) for name, array in arrays.items()}
    return Targets(**arrays)
