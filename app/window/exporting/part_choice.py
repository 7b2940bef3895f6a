"""Which notes leave the window: the chosen ones, those of the selected part, or all."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

from app.exports.notes_part import NotesPart
from app.window.commands import Commands
from app.window.song.loop_speed_mix import LoopSpeedMix
from app.window.song.selection_editing import SelectionEditing

# A note that begins so little before a part is meant to be in it.
_EARLY_S = 0.03


class PartChoice:
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
        whole = NotesPart.of_all(notes, self._commands.duration_s)
        if self._commands.has_take:
            return [whole]
        found = []
        chosen = self._editing.chosen
        if chosen:
            found.append(NotesPart(
                "chosen", chosen, len(notes), chosen[0].onset_s,
                max(note.offset_s for note in chosen), whole.duration_s,
            ))
        if self._playback.span is not None:
            first_s, last_s = self._playback.span
            within = [
                note if note.offset_s <= last_s else dataclasses.replace(note, offset_s=last_s)
                for note in notes if first_s - _EARLY_S <= note.onset_s < last_s
            ]
            if within:
                name = "loop" if self._playback.loops else "selected"
                found.append(NotesPart(
                    name, within, len(notes), first_s, last_s, whole.duration_s
                ))
        return [*found, whole]
