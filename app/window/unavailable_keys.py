"""Why a key does nothing: said in the status line, instead of silence."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import QEvent, QObject
from PySide6.QtGui import QAction, QKeyEvent, QKeySequence
from PySide6.QtWidgets import QWidget

from app.views.shortcuts.score_shortcuts import ScoreActions
from app.views.shortcuts.song_shortcuts import SongActions
from app.views.shortcuts.window_shortcuts import Actions
from app.window.commands import Commands


class UnavailableKeys(QObject):
    """Hears of keys that no command and no control took."""

    def __init__(
        self, window: QWidget, act: Actions, song: SongActions,
        score: ScoreActions, commands: Commands, say: Callable[[str], None],
    ) -> None:
        """Args: `say` gets one sentence."""
        super().__init__(window)
        self._act, self._song, self._commands, self._say = act, song, commands, say
        self._score = score
        self._others: list[tuple[Sequence[QAction], Callable[[QAction], str]]] = []
        window.installEventFilter(self)
        for action in (*act.all(), *song.all(), *score.all()):
            # What works needs no answer any more.
            action.triggered.connect(lambda _=False: say(""))

    def add(self, actions: Sequence[QAction], reason: Callable[[QAction], str]) -> None:
        """Answers these keys as well; `reason` gives half a sentence, or nothing."""
        self._others.append((actions, reason))
        for action in actions:
            action.triggered.connect(lambda _=False: self._say(""))

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.KeyPress and isinstance(event, QKeyEvent):
            keys = QKeySequence(event.keyCombination())
            for action in (*self._act.all(), *self._song.all(), *self._score.all()):
                if not action.isEnabled() and keys in action.shortcuts():
                    reason = self._reason(action)
                    if reason:
                        self._say(f"{action.text().rstrip('…')}: {reason}.")
                    return False
            for actions, reason_of in self._others:
                for action in actions:
                    if not action.isEnabled() and keys in action.shortcuts():
                        if reason := reason_of(action):
                            self._say(f"{action.text().rstrip('…')}: {reason}.")
                        return False
        return False

    def _reason(self, action: QAction) -> str:
        """Half a sentence; empty where there is nothing to be said."""
        act, commands = self._act, self._commands
        if action is act.cancel:
            # Esc is pressed to be rid of something.
            return ""
        if commands.live.is_lent:
            return "Esc ends practising first"
        if action is act.freeze:
            return "nothing is being listened to, L begins"
        if not commands.has_stage:
            return "nothing is open, Ctrl+O opens a recording"
        if action in (self._score.next_staves, *self._score.on_pages):
            return "V shows the score"
        if commands.has_take:
            return self._reason_live(action)
        if action in (act.export, self._song.copy_text, *self._score.of_notes):
            busy = commands.song.is_transcribing
            return "the notes are still being found" if busy else "there are no notes"
        return self._reason_song(action)

    def _reason_live(self, action: QAction) -> str:
        live = self._commands.live
        if action in (self._act.back, self._act.forward):
            return "Live shows what is played now, Z lets the view stand still"
        if action in (self._act.export, *self._score.of_notes):
            return "L ends Live first" if live.is_listening else "there are no notes"
        if not live.can_keep:
            return "what was played live is no recording"
        ends = "ends Live and keeps" if live.is_listening else "keeps"
        return f"this needs a recording, K {ends} what you just played as one"

    def _reason_song(self, action: QAction) -> str:
        song = self._song
        if action in (song.undo, song.redo):
            return f"there is nothing to {action.text().lower()}"
        if action in song.on_notes:
            begin = "" if self._commands.is_editing else ", E lets you choose notes"
            return f"no note is chosen{begin}"
        if action in (song.select_all, song.next_note, song.previous_note, song.split):
            return "E begins to edit notes"
        if action in song.chords.all():
            return "there are no chords yet, they are found once the beats are"
        if action in song.sections.all():
            return "there is no such section, Shift+H begins one at the cursor"
        if action in song.bars.on_grid:
            busy = self._commands.song.is_transcribing
            return "the notes are still being found" if busy else "no beats were found"
        return {
            song.bars.reset: "no beats are set by hand",
            song.play_part: "no note is chosen (E), and no part selected on the ruler",
            song.clear_span: "no part is selected",
            song.clear_comparison: "nothing is compared",
            song.other_mix: "there is no sound but that of the notes",
        }.get(action, "it cannot be used now")
