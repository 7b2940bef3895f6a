"""The sustain pedal: notes that ring on together, written as keys let go and a pedal held."""

from __future__ import annotations

import bisect
import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass

from model.notes import Note, curve_between

# Ends so near to each other are one release of the pedal.
_TOGETHER_S = 0.06
# Fingers let go of a chord together as well: only notes that began apart tell of a pedal.
_APART_S = 0.1
# A pedal that is held for less does nothing that a finger could not do.
_SHORTEST_S = 0.15
# A key is let go of so soon after the pedal went down.
_AFTER_S = 0.02
# A pedal that comes up stays up for so long: instruments that model dampers need the time to damp
# the strings.
_LIFT_S = 0.06


@dataclass(frozen=True)
class PedalSpan:
    """The pedal is down from `down_s` to `up_s`."""

    down_s: float
    up_s: float


def pedalled(notes: Sequence[Note]) -> tuple[list[Note], list[PedalSpan]]:
    """The same sound with a pedal: keys are let go of early where it holds their notes.

    A recording tells when a note falls silent, not when its key was let go of. Notes that began
    apart and fall silent together were ended by a pedal that came up. It is put down after the
    last note before that fell silent for itself, so that it prolongs no other one; a key that it
    holds is let go of when the hand has struck the next one. Who plays the notes with the pedal
    hears all of them end when they ended in the recording, those of one release within 60 ms.
    """
    by_end = sorted(notes, key=lambda note: note.offset_s)
    onsets = sorted(note.onset_s for note in notes)
    kept: list[Note] = []
    spans: list[PedalSpan] = []
    first = 0
    while first < len(by_end):
        last = first
        while (
            last + 1 < len(by_end)
            and by_end[last + 1].offset_s - by_end[first].offset_s <= _TOGETHER_S
        ):
            last += 1
        group = by_end[first : last + 1]
        begun = [note.onset_s for note in group]
        before_s = by_end[first - 1].offset_s if first else 0.0
        down_s = max(before_s, min(begun)) + _AFTER_S
        if spans:
            down_s = max(down_s, spans[-1].up_s + _LIFT_S)
        span = PedalSpan(down_s, group[-1].offset_s)
        is_pedal = max(begun) - min(begun) >= _APART_S
        if is_pedal and span.up_s - span.down_s >= _SHORTEST_S:
            spans.append(span)
            group = [_let_go(note, span, onsets) for note in group]
        kept += group
        first = last + 1
    return sorted(kept, key=lambda note: (note.onset_s, note.pitch)), spans


def _let_go(note: Note, span: PedalSpan, onsets: Sequence[float]) -> Note:
    """The note as its key sounds: until the next one is struck, when the pedal holds it."""
    following = bisect.bisect_right(onsets, note.onset_s + _APART_S)
    if following == len(onsets):
        return note
    release_s = min(max(onsets[following], span.down_s) + _AFTER_S, note.offset_s)
    cents = curve_between([note], note.onset_s, release_s)
    return dataclasses.replace(note, offset_s=release_s, cents=cents)
