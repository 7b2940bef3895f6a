"""Which notes leave the window: the chosen ones, those of the selected part, or all."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass

from app.window.commands import Commands
from app.window.song.loop_speed_mix import LoopSpeedMix
from app.window.song.selection_editing import SelectionEditing
from model.notes import Note

# A note that begins so little before a part is meant to be in it.
_EARLY_S = 0.03


@dataclass(frozen=True)
class NotesPart:
    """Some of the notes on the stage, in order of onset.

    Attributes:
        name: "chosen", "selected" (a part of the time) or "all".
        notes: these notes, cut at the part's end.
        n_all: how many there are on the stage.
        begin_s, end_s: where the part begins and ends.
    """

    name: str
    notes: Sequence[Note]
    n_all: int
    begin_s: float
    end_s: float

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
        return dataclasses.replace(self, notes=moved, begin_s=0.0, end_s=self.end_s - by)


class NotesParts:
    """Says which parts there are now."""

    def __init__(
        self, commands: Commands, editing: SelectionEditing, playback: LoopSpeedMix
    ) -> None:
        self._commands, self._editing, self._playback = commands, editing, playback

    @property
    def meant(self) -> NotesPart:
        """The chosen notes, else those of the selected part, else all."""
        return self.offered[0]

    @property
    def offered(self) -> Sequence[NotesPart]:
        """Every part that has notes, the one that is meant first, all notes last."""
        notes = sorted(self._commands.notes, key=lambda note: note.onset_s)
        whole = NotesPart("all", notes, len(notes), 0.0, self._commands.duration_s)
        if self._commands.has_take:
            return [whole]
        found = []
        chosen = self._editing.chosen
        if chosen:
            found.append(NotesPart(
                "chosen", chosen, len(notes), chosen[0].onset_s,
                max(note.offset_s for note in chosen),
            ))
        if self._playback.span is not None:
            first_s, last_s = self._playback.span
            within = [
                note if note.offset_s <= last_s else dataclasses.replace(note, offset_s=last_s)
                for note in notes if first_s - _EARLY_S <= note.onset_s < last_s
            ]
            if within:
                found.append(NotesPart("selected", within, len(notes), first_s, last_s))
        return [*found, whole]
