"""What the commands do that only change how things are seen: zoom, scroll, full screen, help."""

from __future__ import annotations

from PySide6.QtCore import QObject, Qt
from PySide6.QtWidgets import QMainWindow

from app.settings.settings import Settings
from app.system.paths import GUIDE
from app.views.dialogs import messages as dialogs
from app.views.dialogs.guide_dialog import GuideDialog
from app.views.dialogs.shortcuts_dialog import ShortcutsDialog
from app.views.shortcuts.window_shortcuts import Actions
from app.views.stage.stage import Stage

_ZOOM_STEP = 0.7
# How far one press of a key scrolls: a share of the view, and semitones.
_SCROLL_SHARE = 0.25
_SCROLL_SEMITONES = 3.0


class ViewCommands(QObject):
    """Connects them to the stage and the window."""

    def __init__(
        self, act: Actions, stage: Stage, settings: Settings, window: QMainWindow
    ) -> None:
        super().__init__(window)
        self._stage, self._settings, self._window = stage, settings, window
        act.fit.triggered.connect(stage.fit)
        act.follow.toggled.connect(self._set_follow)
        act.earlier.triggered.connect(lambda: stage.shift(-_SCROLL_SHARE, 0))
        act.later.triggered.connect(lambda: stage.shift(_SCROLL_SHARE, 0))
        act.up.triggered.connect(lambda: stage.shift(0, _SCROLL_SEMITONES))
        act.down.triggered.connect(lambda: stage.shift(0, -_SCROLL_SEMITONES))
        act.zoom_in.triggered.connect(lambda: stage.zoom_time(_ZOOM_STEP))
        act.zoom_out.triggered.connect(lambda: stage.zoom_time(1 / _ZOOM_STEP))
        act.pitch_zoom_in.triggered.connect(lambda: stage.zoom_pitch(_ZOOM_STEP))
        act.pitch_zoom_out.triggered.connect(lambda: stage.zoom_pitch(1 / _ZOOM_STEP))
        act.full_screen.triggered.connect(self._set_full_screen)
        act.guide.triggered.connect(self._show_guide)
        act.shortcuts.triggered.connect(lambda: ShortcutsDialog(window).open())
        act.about.triggered.connect(lambda: dialogs.show_about(window))
        stage.follow_changed.connect(act.follow.setChecked)
        act.follow.setChecked(settings.follow)

    def _set_follow(self, follow: bool) -> None:
        self._stage.follows = follow
        self._settings.follow = follow

    def _show_guide(self) -> None:
        if GUIDE.is_file():
            GuideDialog(GUIDE, self._window).show()
        else:
            dialogs.show_error(self._window, f"{GUIDE}: the user’s guide is not there.")

    def _set_full_screen(self, full: bool) -> None:
        # A window that was maximised is so again afterwards.
        whole, state = Qt.WindowState.WindowFullScreen, self._window.windowState()
        self._window.setWindowState(state | whole if full else state & ~whole)
