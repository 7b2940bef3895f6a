"""One note of the recording heard alone, for as long as its key is held."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QCoreApplication, QEvent, QObject
from PySide6.QtGui import QAction, QKeyEvent, QKeySequence
from PySide6.QtWidgets import QWidget

from app.window.song.loop_speed_mix import LoopSpeedMix
from app.window.song.song_commands import SongCommands
from model.notes import Note


class SoloKey(QObject):
    """Begins with the command, and ends with its key or when the window is left.

    Chosen in the menu, where no key is held, it sounds once.
    """

    def __init__(
        self, act: QAction, find: Callable[[], Note | None], commands: SongCommands,
        playback: LoopSpeedMix, refuse: Callable[[str], None], window: QWidget,
    ) -> None:
        """Args: `find` says which note is meant, if any; `refuse` gets a sentence if none is."""
        super().__init__(window)
        self._act, self._find, self._refuse = act, find, refuse
        self._commands, self._playback, self._window = commands, playback, window
        self._is_held = self._sounds = False
        # The system's repetition of a held key would begin it again and again.
        act.setAutoRepeat(False)
        act.triggered.connect(self._begin)
        window.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        kind = event.type()
        if kind == QEvent.Type.WindowDeactivate and watched is self._window:
            # The key may be let go of where nobody here is told.
            self._let_go()
        elif isinstance(event, QKeyEvent) and self._is_key(event):
            if kind == QEvent.Type.ShortcutOverride and self._act.isEnabled():
                # It comes right before the command.
                self._is_held = True
            elif kind == QEvent.Type.KeyRelease:
                self._let_go()
        return False

    def _is_key(self, event: QKeyEvent) -> bool:
        # Whatever else is held when it is let go of, it is the same key.
        keys = self._act.shortcut()
        return not event.isAutoRepeat() and keys == QKeySequence(event.key())

    def _begin(self) -> None:
        note = self._find()
        if note is None:
            self._refuse(f"{self._act.text()}: point at a note.")
            return
        self._commands.rest()
        self._playback.solo(note, is_held=self._is_held)
        self._commands.changed.emit()
        application = QCoreApplication.instance()
        if self._is_held and not self._sounds and application is not None:
            self._sounds = True
            # Whatever has the focus by then gets the release, and may keep it for itself.
            application.installEventFilter(self)

    def _let_go(self) -> None:
        self._is_held = False
        application = QCoreApplication.instance()
        if self._sounds and application is not None:
            self._sounds = False
            application.removeEventFilter(self)
            self._playback.end_solo()
