"""Some of the notes on the stage, as they are exported, copied or dragged."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass

from model.notes import Note


@dataclass(frozen=True)
class NotesPart:
    """Some of the notes on the stage, in order of onset.

    Attributes:
        name: "chosen", "selected" (a part of the time), "loop" (one that is played again and
            again) or "all".
        notes: these notes, cut at the part's end.
        n_all: how many there are on the stage.
        begin_s, end_s: where the part begins and ends.
        duration_s: of what is on the stage.
    """

    name: str
    notes: Sequence[Note]
    n_all: int
    begin_s: float
    end_s: float
    duration_s: float

    @property
    def is_all(self) -> bool:
        return self.name == "all"

    @property
    def count_text(self) -> str:
        """Such as "37 of 225 notes"."""
        n_notes = len(self.notes)
        many = "note" if self.n_all == 1 else "notes"
        return f"{n_notes} {many}" if self.is_all else f"{n_notes} of {self.n_all} {many}"

    @property
    def text(self) -> str:
        """What it is, in words."""
        n_notes = len(self.notes)
        one = "note" if n_notes == 1 else "notes"
        return {
            "chosen": f"The {n_notes} chosen {one} of {self.n_all}",
            "selected": f"The {n_notes} {one} of {self.n_all} in the selected part",
            "loop": f"The {n_notes} {one} of {self.n_all} in the loop",
        }.get(self.name, f"All {self.count_text}")

    def from_zero(self) -> NotesPart:
        """The same part as if it began at second 0; of all notes nothing is moved."""
        if self.is_all:
            return self
        by = self.begin_s
        moved = [
            dataclasses.replace(
                note, onset_s=max(note.onset_s - by, 0.0), offset_s=note.offset_s - by
            )
            for note in self.notes
        ]
        return dataclasses.replace(
            self, notes=moved, begin_s=0.0, end_s=self.end_s - by,
            duration_s=self.end_s - by,
        )

    @classmethod
    def of_all(cls, notes: Sequence[Note], duration_s: float) -> NotesPart:
        """All notes of what lasts so long."""
        return cls("all", notes, len(notes), 0.0, duration_s, duration_s)
