"""What a hand can do with notes."""

from __future__ import annotations

import dataclasses
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence

from app.song.note_table import NoteTable, Origins
from model.notes import Note, curve_between

# A hand can make notes no shorter than this.
SHORTEST_NOTE_S = 0.01
# Lengths that differ by less are one: times in seconds have such last digits.
_SAME_LENGTH_S = 1e-6
_HIGHEST_PITCH = 127

# What an operation makes of a note: onset and offset in seconds, pitch, velocity.
_Values = tuple[float, float, int, int]


class EditedNotes(NoteTable):
    """Decoded notes and a hand's changes to them: the operations; see `NoteTable` for the rest.

    Notes are values: a note is named by giving an equal one. Those that are not there (any more)
    are passed over by every operation. Every operation, on however many notes, is one step to
    undo; one that changes nothing is none. A note that a hand has changed has confidence 1.
    """

    def add(self, note: Note) -> Note:
        """Adds a note as it is; returns it, or the equal one that a hand had put there."""
        note = _by_hand(note)
        if note not in self._hand:
            self._change("Add note", [((), (note,))])
        return note

    def delete(self, notes: Iterable[Note]) -> None:
        """Takes notes away."""
        self._change("Delete", [((note,), ()) for note in self.present(notes)])

    def move(
        self, notes: Iterable[Note], *, seconds: float = 0.0, semitones: int = 0
    ) -> list[Note]:
        """Moves notes together in time and pitch, as far as all of them stay in their bounds.

        Returns:
            The notes as they are now, in the order given.
        """
        present = self.present(notes)
        if not present:
            return []
        seconds = max(seconds, -min(note.onset_s for note in present))
        semitones = min(semitones, _HIGHEST_PITCH - max(note.pitch for note in present))
        semitones = max(semitones, -min(note.pitch for note in present))
        return self._replace("Move", present, lambda note: (
            max(0.0, note.onset_s + seconds), note.offset_s + seconds,
            note.pitch + semitones, note.velocity,
        ))  # fmt: skip

    def stretch(
        self, notes: Iterable[Note], *, onset_by_s: float = 0.0, offset_by_s: float = 0.0
    ) -> list[Note]:
        """Moves the beginnings and ends of notes; none gets shorter than 10 ms.

        Returns:
            The notes as they are now, in the order given.
        """

        def stretched(note: Note) -> _Values:
            latest = (note.offset_s if onset_by_s else note.onset_s) - SHORTEST_NOTE_S
            onset_s = note.onset_s
            if onset_by_s:
                onset_s = max(0.0, min(note.onset_s + onset_by_s, max(latest, 0.0)))
            offset_s = max(note.offset_s + offset_by_s, onset_s + SHORTEST_NOTE_S)
            return onset_s, offset_s, note.pitch, note.velocity

        return self._replace("Change length", self.present(notes), stretched)

    def set_pitch(self, notes: Iterable[Note], pitch: int) -> list[Note]:
        """Gives notes a pitch (0 to 127); returns them as they are now."""
        pitch = min(max(pitch, 0), _HIGHEST_PITCH)
        return self._replace(
            "Change pitch",
            self.present(notes),
            lambda note: (note.onset_s, note.offset_s, pitch, note.velocity),
        )

    def set_velocity(self, notes: Iterable[Note], velocity: int) -> list[Note]:
        """Gives notes a velocity (1 to 127); returns them as they are now."""
        velocity = min(max(velocity, 1), 127)
        return self._replace(
            "Change velocity",
            self.present(notes),
            lambda note: (note.onset_s, note.offset_s, note.pitch, velocity),
        )

    def change_velocity(self, notes: Iterable[Note], by: int) -> list[Note]:
        """Makes each note so much louder or softer (1 to 127); returns them as they are now."""
        return self._replace(
            "Change velocity",
            self.present(notes),
            lambda note: (
                note.onset_s, note.offset_s, note.pitch, min(max(note.velocity + by, 1), 127)
            ),
        )  # fmt: skip

    def split(self, notes: Iterable[Note], at_s: float) -> list[Note]:
        """Cuts in two those notes that sound at a moment; returns the parts.

        A part would be no shorter than 10 ms, or the note stays whole.
        """
        first, last = SHORTEST_NOTE_S, -SHORTEST_NOTE_S
        cut = [
            note
            for note in self.present(notes)
            if note.onset_s + first <= at_s <= note.offset_s + last
        ]
        changes = [
            ((note,), (
                _made_of([note], note.onset_s, at_s), _made_of([note], at_s, note.offset_s)
            ))
            for note in cut
        ]  # fmt: skip
        self._change("Split", changes)
        return [part for _, parts in changes for part in parts]

    def join(self, notes: Iterable[Note]) -> list[Note]:
        """Makes one note of those of the same pitch, from the first onset to the last offset.

        Returns:
            The joined notes, one for each pitch that had several; the first one's velocity stays.
        """
        groups = defaultdict(list)
        for note in sorted(self.present(notes)):
            groups[note.pitch].append(note)
        changes = [
            (tuple(group), (
                _made_of(group, group[0].onset_s, max(note.offset_s for note in group)),
            ))
            for group in groups.values() if len(group) > 1
        ]  # fmt: skip
        self._change("Join", changes)
        return [joined for _, (joined,) in changes]

    def _replace(
        self, label: str, notes: Sequence[Note], change: Callable[[Note], _Values]
    ) -> list[Note]:
        changes: list[tuple[Origins, tuple[Note, ...]]] = []
        after = []
        for old in notes:
            values = change(old)
            new = old
            if values != (old.onset_s, old.offset_s, old.pitch, old.velocity):
                onset_s, offset_s, pitch, velocity = values
                new = _made_of([old], onset_s, offset_s, pitch, velocity)
                changes.append(((old,), (new,)))
            after.append(new)
        self._change(label, changes)
        return after


def _by_hand(note: Note) -> Note:
    return dataclasses.replace(note, confidence=1.0)


def _made_of(
    notes: Sequence[Note], onset_s: float, offset_s: float, pitch: int | None = None,
    velocity: int | None = None,
) -> Note:  # fmt: skip
    """A note made of others; what is not given is as of the first one, and cents as of all."""
    first = notes[0]
    cents = first.cents
    # A note that was moved takes its curve along; one that was cut or made longer does not.
    if abs((offset_s - onset_s) - (first.offset_s - first.onset_s)) > _SAME_LENGTH_S:
        cents = curve_between(notes, onset_s, offset_s)
    return Note(
        onset_s, offset_s, first.pitch if pitch is None else pitch,
        first.velocity if velocity is None else velocity, cents=cents,
    )  # fmt: skip
