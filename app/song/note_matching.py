"""Which newly decoded notes are the same as earlier ones, that a hand has changed or deleted."""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from model.notes import Note

# Onsets that lie closer together than this are one onset (the tolerance of mir_eval's note scores).
SAME_ONSET_S = 0.05
# Pitch and onset in one number, so that both are searched at once: so many seconds lie between two
# pitches, more than any recording lasts. It costs the last digits, for which there is some slack.
_PITCH_S = 1e6
_SLACK_S = 1e-6


class NoteMatcher:
    """Decoded notes, found by pitch and time. A note is spoken of by its index among them.

    A decoded note is the *twin* of an earlier one if it has its pitch and overlaps it, and begins
    within 50 ms of it or lies in it with half of its length or more. Where the earlier one is
    among the decoded notes itself, it has no other twin.
    """

    def __init__(self, notes: Sequence[Note]) -> None:
        self._notes = notes

    @cached_property
    def indices(self) -> dict[Note, int]:
        """Where each of these very notes is, the first of those that are equal."""
        last = len(self._notes) - 1
        return {note: last - place for place, note in enumerate(reversed(self._notes))}

    def twins(self, earlier: Note) -> Iterator[int]:
        """What an earlier note is among these."""
        known = self.indices.get(earlier)
        if known is not None:
            yield known
            return
        for index in self._overlapping(earlier):
            note = self._notes[index]
            if _begin_together(note, earlier) or _share(note, earlier) >= 0.5:
                yield index

    def beside(self, notes: Collection[Note]) -> set[int]:
        """Those that have the pitch of one of some notes, overlap it, and begin within 50 ms of it.
        """
        columns = self._columns
        others = _Columns(notes)
        reach_s = SAME_ONSET_S + _SLACK_S
        nearest = np.searchsorted(columns.keys, others.keys - reach_s)
        last = np.searchsorted(columns.keys, others.keys + reach_s, side="right")
        found: set[int] = set()
        # In each turn, one more neighbour of each of those notes that have so many.
        which = np.arange(len(notes))
        while len(which := which[nearest[which] < last[which]]):
            place = nearest[which]
            onset_s, offset_s = columns.onset_s[place], columns.offset_s[place]
            is_beside = np.abs(onset_s - others.onset_s[which]) <= SAME_ONSET_S
            is_beside &= onset_s < others.offset_s[which]
            is_beside &= offset_s > others.onset_s[which]
            found.update(columns.order[place[is_beside]].tolist())
            nearest[which] += 1
        return found

    @cached_property
    def _columns(self) -> _Columns:
        return _Columns(self._notes)

    @cached_property
    def _pitches(self) -> dict[int, _Pitch]:
        groups: defaultdict[int, list[int]] = defaultdict(list)
        for index, note in enumerate(self._notes):
            groups[note.pitch].append(index)
        return {pitch: _Pitch(self._notes, group) for pitch, group in groups.items()}

    def _overlapping(self, note: Note) -> Iterable[int]:
        pitch = self._pitches.get(note.pitch)
        return [] if pitch is None else pitch.overlapping(note)


class _Columns:
    """Notes as arrays in order of pitch, then onset.

    Attributes:
        order: which of the notes each one is.
        onset_s, offset_s: shape (notes,).
        keys: pitch and onset in one number, rising.
    """

    def __init__(self, notes: Collection[Note]) -> None:
        onset_s = np.array([note.onset_s for note in notes], np.float64)
        offset_s = np.array([note.offset_s for note in notes], np.float64)
        keys = np.array([note.pitch for note in notes], np.float64) * _PITCH_S + onset_s
        self.order: NDArray[np.int64] = np.argsort(keys, kind="stable")
        self.onset_s, self.offset_s = onset_s[self.order], offset_s[self.order]
        self.keys = keys[self.order]


class _Pitch:
    """The notes of one pitch in order of time."""

    def __init__(self, notes: Sequence[Note], indices: list[int]) -> None:
        self._all = notes
        self._indices = sorted(indices, key=lambda index: notes[index])
        self._onsets = [notes[index].onset_s for index in self._indices]
        # Decoded notes of one pitch never overlap, but those of a MIDI file may.
        self._longest = max(notes[index].offset_s - notes[index].onset_s for index in indices)

    def overlapping(self, note: Note) -> Iterator[int]:
        first = bisect_left(self._onsets, note.onset_s - self._longest)
        last = bisect_left(self._onsets, note.offset_s)
        for index in self._indices[first:last]:
            if self._all[index].offset_s > note.onset_s:
                yield index


def _begin_together(one: Note, other: Note) -> bool:
    return abs(one.onset_s - other.onset_s) <= SAME_ONSET_S


def _share(note: Note, earlier: Note) -> float:
    """How much of a note lies in an earlier one, 0 to 1."""
    common_s = min(note.offset_s, earlier.offset_s) - max(note.onset_s, earlier.onset_s)
    return common_s / (note.offset_s - note.onset_s)
