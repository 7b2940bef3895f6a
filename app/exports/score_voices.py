"""Notes of one staff as two voices at most, which is what can be read."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from app.music.quantise import PlacedNote

# A note is held against others for a quarter note at least, while two others begin.
_HELD = Fraction(1)
_MEANWHILE = 2
# And it lies so many semitones from them: notes of a scale that ring on are no second voice.
_AWAY = 5
# Less than this after a note is no rest, but how the note was let go of.
_REST = Fraction(1)
_EIGHTH = Fraction(1, 2)


@dataclass(frozen=True)
class Chord:
    """Notes of one voice that begin and end together, in quarter notes; MIDI pitches, rising."""

    onset: Fraction
    offset: Fraction
    pitches: tuple[int, ...]


def voices(notes: Sequence[PlacedNote]) -> tuple[list[Chord], list[Chord]]:
    """What moves, and what is held against it; within each, no two chords overlap.

    All that begins together is a chord. What still sounds when the next one begins ends there on
    paper (a pedal or an echo would else fill the page with ties), unless it is long and lies below
    or above all that moves meanwhile: then a second voice holds it. Notes that end a little
    before the next begins reach up to it.

    Args:
        notes: without overlaps in a pitch.
    """
    columns = [
        list(group) for _, group in itertools.groupby(sorted(notes), lambda note: note.onset)
    ]
    main: list[Chord] = []
    held: list[Chord] = []
    for index, column in enumerate(columns):
        onset = column[0].onset
        following = columns[index + 1][0].onset if index + 1 < len(columns) else None
        if not held or held[-1].offset <= onset:
            for is_above, outermost in ((False, min), (True, max)):
                note = outermost(column, key=_pitch)
                end = _held_until(note, is_above, columns, index)
                if end is not None:
                    held.append(Chord(onset, end, (note.pitch,)))
                    column = [other for other in column if other is not note]
                    break
        if column:
            pitches = tuple(sorted(note.pitch for note in column))
            main.append(Chord(onset, _end(column, following), pitches))
    return main, held


def _pitch(note: PlacedNote) -> int:
    return note.pitch


def _held_until(
    note: PlacedNote, is_above: bool, columns: Sequence[Sequence[PlacedNote]], index: int
) -> Fraction | None:
    """Until when a second voice holds the outermost note of a column; None if it does not."""
    sign = 1 if is_above else -1
    if any(sign * (note.pitch - other.pitch) < _AWAY for other in columns[index]
           if other is not note):
        return None
    end, meanwhile = note.offset, 0
    for column in columns[index + 1 :]:
        if column[0].onset >= end:
            break
        if any(sign * (note.pitch - other.pitch) < _AWAY for other in column):
            end = column[0].onset
            break
        meanwhile += 1
    is_held = meanwhile >= _MEANWHILE and end - note.onset >= _HELD
    return end if is_held else None


def _end(column: Sequence[PlacedNote], following: Fraction | None) -> Fraction:
    """Where a chord of the moving voice ends."""
    onset = column[0].onset
    end = max(note.offset for note in column)
    if following is None:
        return _rounded_up(end)
    if 2 * (end - onset) >= following - onset and following - end < _REST:
        return following
    return min(_rounded_up(end), following)


def _rounded_up(end: Fraction) -> Fraction:
    """The end of a note before a rest: short rests between eighths are not worth their ink."""
    return end if end.denominator % 3 == 0 else math.ceil(end / _EIGHTH) * _EIGHTH
