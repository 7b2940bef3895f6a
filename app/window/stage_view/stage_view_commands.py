"""The stage view: opened by its key over the whole screen, and left by Esc."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtGui import QAction, QKeyEvent
from PySide6.QtWidgets import QMainWindow

from app.settings.display_settings import DisplaySettings
from app.style.theme_colours import Theme
from app.views.stage.stage import Stage
from app.views.stage_view.stage_view import StageView
from app.window.commands import Commands


class StageViewCommands(QObject):
    """Opens and leaves it, and keeps it as the display settings say.

    Attributes:
        view: what lies over the window.
    """

    def __init__(
        self, action: QAction, stage: Stage, commands: Commands, display: DisplaySettings,
        theme: Theme, window: QMainWindow,
    ) -> None:
        super().__init__(window)
        self._action, self._commands, self._window = action, commands, window
        self._display, self._stage = display, stage
        self.view = StageView(stage, theme, window)
        self._was_full = False
        action.triggered.connect(self._set_open)
        stage.advanced.connect(lambda _: self._show_chord())
        commands.changed.connect(self._show_state)
        display.naming_changed.connect(self._follow)
        display.instrument_changed.connect(self._follow)
        window.installEventFilter(self)
        self._follow()
        self._show_state()

    def set_theme(self, theme: Theme) -> None:
        self.view.set_theme(theme)

    def _set_open(self, is_open: bool) -> None:
        whole = Qt.WindowState.WindowFullScreen
        if is_open:
            self._was_full = self._window.isFullScreen()
            self.view.open()
            self._window.setWindowState(self._window.windowState() | whole)
            self._show_chord()
        else:
            self.view.leave()
            self._stage.names.set_piece_chord(None)
            if not self._was_full:
                self._window.setWindowState(self._window.windowState() & ~whole)

    def _show_state(self) -> None:
        has_stage = self._commands.has_stage
        if not has_stage and self._action.isChecked():
            self._action.trigger()
        self._action.setEnabled(has_stage)
        self._show_chord()

    def _show_chord(self) -> None:
        """A broken chord has its name too, where it was found. Live, what sounds is sooner."""
        chord = None
        if self._action.isChecked() and not self._commands.has_take:
            now_s = self._stage.cursor_s
            chord = next(
                (span.chord for span in self._commands.chords()
                 if span.start_s <= now_s < span.end_s), None,
            )
        self._stage.names.set_piece_chord(chord)

    def _follow(self) -> None:
        instrument = self._display.instrument
        self.view.keyboard.set_naming(self._display.naming)
        self.view.keyboard.set_range(instrument.lowest, instrument.highest)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if not self._action.isChecked() or not isinstance(event, QKeyEvent):
            return False
        if event.key() != Qt.Key.Key_Escape or event.modifiers():
            return False
        if event.type() == QEvent.Type.ShortcutOverride:
            # Before it would cancel anything.
            event.accept()
            return True
        if event.type() == QEvent.Type.KeyPress:
            self._action.trigger()
            return True
        return False
