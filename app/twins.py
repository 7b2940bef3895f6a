"""Which newly decoded notes are the same as earlier ones, that a hand has changed or deleted."""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence

from model.notes import Note

# Onsets that lie closer together than this are one onset (the tolerance of mir_eval's note scores).
SAME_ONSET_S = 0.05


class Twins:
    """Decoded notes, found by pitch and time. A note is spoken of by its index among them.

    A decoded note is the *twin* of an earlier one if it has its pitch and overlaps it, and begins
    within 50 ms of it or lies in it with half of its length or more. Where the earlier one is
    among the decoded notes itself, it has no other twin.
    """

    def __init__(self, notes: Sequence[Note]) -> None:
        self._notes = notes
        groups: defaultdict[int, list[int]] = defaultdict(list)
        for index, note in enumerate(notes):
            groups[note.pitch].append(index)
        self._pitches = {pitch: _Pitch(notes, group) for pitch, group in groups.items()}

    def index(self, note: Note) -> int | None:
        """Where this very note is; None when it is not among them."""
        pitch = self._pitches.get(note.pitch)
        return None if pitch is None else pitch.index(note)

    def twins(self, earlier: Note) -> Iterator[int]:
        """What an earlier note is among these."""
        known = self.index(earlier)
        if known is not None:
            yield known
            return
        for index in self._overlapping(earlier):
            note = self._notes[index]
            if _begin_together(note, earlier) or _share(note, earlier) >= 0.5:
                yield index

    def beside(self, note: Note) -> Iterator[int]:
        """Those of a note's pitch that overlap it and begin within 50 ms of it."""
        for index in self._overlapping(note):
            if _begin_together(self._notes[index], note):
                yield index

    def _overlapping(self, note: Note) -> Iterable[int]:
        pitch = self._pitches.get(note.pitch)
        return [] if pitch is None else pitch.overlapping(note)


class _Pitch:
    """The notes of one pitch in order of time."""

    def __init__(self, notes: Sequence[Note], indices: list[int]) -> None:
        self._all = notes
        self._indices = sorted(indices, key=lambda index: notes[index])
        self._onsets = [notes[index].onset_s for index in self._indices]
        # Decoded notes of one pitch never overlap, but those of a MIDI file may.
        self._longest = max(notes[index].offset_s - notes[index].onset_s for index in indices)

    def index(self, note: Note) -> int | None:
        place = bisect_left(self._onsets, note.onset_s)
        for index in self._indices[place:]:
            if self._all[index].onset_s != note.onset_s:
                break
            if self._all[index] == note:
                return index
        return None

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
