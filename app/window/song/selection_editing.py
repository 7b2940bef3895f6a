"""Notes of the opened recording chosen and changed by hand."""

from __future__ import annotations

import bisect
import operator
from collections.abc import Callable, Iterable, Sequence

from PySide6.QtCore import QObject, Signal

from app.song.song import Song
from app.views.stage.stage import Stage
from model.notes import Note

_VELOCITY_STEP = 5
NUDGE_S = 0.01
# As notes are compared, but in a third of the time.
_ORDER = operator.attrgetter("onset_s", "offset_s", "pitch", "velocity", "confidence")


class SelectionEditing(QObject):
    """Which notes are chosen, and what is done to them; every operation is one step to undo.

    Signals:
        changed(): other notes are chosen, editing began or ended, or something else can be undone.
        refused(str): why a command changes nothing; one sentence.
    """

    changed = Signal()
    refused = Signal(str)

    def __init__(
        self, song: Song, stage: Stage, parent: QObject | None = None
    ) -> None:
        """Args: `marks` shows on the stage what is chosen."""
        super().__init__(parent)
        self._song, self._stage = song, stage
        self._is_on = False
        self._chosen: dict[Note, None] = {}
        song.notes_changed.connect(self._notes_changed)
        song.finished.connect(self._notes_changed)
        song.opened.connect(lambda _: self.choose([]))

    @property
    def is_on(self) -> bool:
        """Whether the mouse edits notes."""
        return self._is_on

    def set_on(self, is_on: bool) -> None:
        """Lets the mouse edit notes, or move the view again."""
        self._is_on = is_on
        if not is_on:
            self._chosen = {}
        self._show()

    # Choosing.

    @property
    def chosen(self) -> list[Note]:
        """The chosen notes, in order of onset."""
        return sorted(self._chosen, key=_ORDER)

    @property
    def has_chosen(self) -> bool:
        """Whether any note is chosen."""
        return bool(self._chosen)

    @property
    def only_chosen(self) -> Note | None:
        """The chosen note, if it is one alone."""
        return next(iter(self._chosen)) if len(self._chosen) == 1 else None

    def is_chosen(self, note: Note) -> bool:
        return note in self._chosen

    def choose(self, notes: Iterable[Note], *, adds: bool = False) -> None:
        """Chooses these notes, besides the others or in their place."""
        before = self._chosen if adds else {}
        self._chosen = dict.fromkeys([*before, *notes])
        self._show()

    def toggle(self, note: Note) -> None:
        """Chooses a note besides the others, or no longer."""
        if note in self._chosen:
            del self._chosen[note]
        else:
            self._chosen[note] = None
        self._show()

    def choose_all(self) -> None:
        """Chooses all notes that are shown."""
        self.choose(self._shown())

    def choose_beside(self, step: int) -> None:
        """Chooses the note after (1) or before (-1) the chosen one, or the cursor, and goes there.
        """
        notes = self._shown()
        if not notes:
            self.refused.emit("There are no notes.")
            return
        chosen = self.chosen
        if chosen:
            place = bisect.bisect_left(notes, chosen[-1 if step > 0 else 0]) + step
        else:
            onsets = [note.onset_s for note in notes]
            place = bisect.bisect_left(onsets, self._stage.cursor_s) + min(step, 0)
        if chosen and not 0 <= place < len(notes):
            self.refused.emit(f"This is the {'last' if step > 0 else 'first'} note.")
        note = notes[min(max(place, 0), len(notes) - 1)]
        self.choose([note])
        self._stage.seek_asked.emit(note.onset_s)

    def _shown(self) -> list[Note]:
        track = self._stage.roll.track
        return [note for note in self._song.notes if track.lowest <= note.pitch <= track.highest]

    # Changing.

    def add(self, onset_s: float, pitch: int, offset_s: float | None = None) -> Note:
        """Adds a note at the strongest onset nearby, and chooses it."""
        note = self._song.add_note(onset_s, pitch, offset_s)
        self.choose([note])
        return note

    def delete(self) -> None:
        """Takes the chosen notes away."""
        self._change(self._song.edits.delete)

    def move(self, seconds: float = 0.0, semitones: int = 0) -> None:
        """Moves the chosen notes."""
        self._change(lambda notes: self._song.edits.move(
            notes, seconds=seconds, semitones=semitones
        ))  # fmt: skip

    def stretch(self, onset_by_s: float = 0.0, offset_by_s: float = 0.0) -> None:
        """Moves the beginnings or ends of the chosen notes."""
        self._change(lambda notes: self._song.edits.stretch(
            notes, onset_by_s=onset_by_s, offset_by_s=offset_by_s
        ))  # fmt: skip

    def louder(self, steps: int) -> None:
        """Gives the chosen notes more velocity, or less."""
        self._change(
            lambda notes: self._song.edits.change_velocity(notes, steps * _VELOCITY_STEP)
        )

    def split(self) -> None:
        """Cuts the chosen notes at the cursor, or all that sound there if none is chosen."""
        at_s = self._stage.cursor_s
        notes = self.chosen or [
            note for note in self._shown() if note.onset_s < at_s < note.offset_s
        ]
        parts = self._song.edits.split(notes, at_s)
        if parts:
            self.choose(parts)
        else:
            which = "none of the chosen notes" if self._chosen else "no note"
            self.refused.emit(f"Split at the cursor: {which} sounds there.")

    def join(self) -> None:
        """Makes one note of the chosen ones of each pitch."""
        joined = self._song.edits.join(self.chosen)
        if joined:
            self.choose(joined)
        else:
            self.refused.emit("Join: no two of the chosen notes are of the same pitch.")

    def undo(self) -> None:
        """Takes the last change back, and chooses the notes that come with it."""
        self._choose_what_comes(self._song.edits.undo)

    def redo(self) -> None:
        """Does again what was undone, and chooses the notes that come with it."""
        self._choose_what_comes(self._song.edits.redo)

    @property
    def undo_label(self) -> str | None:
        return self._song.edits.undo_label

    @property
    def redo_label(self) -> str | None:
        return self._song.edits.redo_label

    # What a hand is about to do.

    def preview(self, notes: Sequence[Note]) -> None:
        """Shows where notes would be, without changing any."""
        self._stage.selection.set_preview(notes)

    def moved(self, seconds: float, semitones: int) -> list[Note]:
        """The chosen notes as `move` would leave them, but for bounds."""
        return [
            Note(note.onset_s + seconds, note.offset_s + seconds, note.pitch + semitones,
                 note.velocity, note.confidence)
            for note in self._chosen
        ]  # fmt: skip

    def stretched(self, onset_by_s: float, offset_by_s: float) -> list[Note]:
        """The chosen notes as `stretch` would leave them, but for bounds."""
        return [
            Note(note.onset_s + onset_by_s,
                 max(note.offset_s + offset_by_s, note.onset_s + onset_by_s),
                 note.pitch, note.velocity, note.confidence)
            for note in self._chosen
        ]  # fmt: skip

    # Within.

    def _change(self, change: Callable[[list[Note]], Iterable[Note] | None]) -> None:
        """Changes the chosen notes, and chooses what became of them."""
        # There may be thousands, of which none needs to be looked for while it is changed.
        notes, self._chosen = self.chosen, {}
        self._chosen = dict.fromkeys(change(notes) or ())
        self._show()

    def _choose_what_comes(self, act: Callable[[], None]) -> None:
        before = set(self._song.notes)
        act()
        came = [note for note in self._song.notes if note not in before]
        if self._is_on and came:
            self.choose(came)

    def _notes_changed(self) -> None:
        if self._chosen:
            self._chosen = dict.fromkeys(self._song.edits.present(self._chosen))
        self._show()

    def _show(self) -> None:
        self._stage.selection.set_chosen(self._chosen)
        self._stage.selection.set_by_hand(note for note, _ in self._song.edits.hand_notes)
        self.changed.emit()
