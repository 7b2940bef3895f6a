"""Noteglow's window: it builds the parts and connects them."""

from __future__ import annotations

import sys
from pathlib import Path

from PySide6.QtCore import QSize
from PySide6.QtGui import (
    QCloseEvent,
    QDragEnterEvent,
    QDragLeaveEvent,
    QDropEvent,
    QGuiApplication,
    QResizeEvent,
)
from PySide6.QtWidgets import (
    QApplication,
    QFileDialog,
    QFrame,
    QMainWindow,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from app import dialogs
from app import theme as themes
from app.actions import fill_menus, make_actions
from app.commands import SKIP_S, Commands
from app.controls import StatusLine, TopBar
from app.live import Live
from app.sensitivity import MIDDLE
from app.settings import Settings
from app.song import Song
from app.views.stage import Stage
from app.views.welcome import Welcome
from model.checkpoint import CheckpointError
from model.config import DecoderConfig, FeatureConfig
from model.transcriber import Transcriber

SMALLEST = QSize(900, 560)
USUAL = QSize(1280, 800)
_SENSITIVITY_STEP = 5
_ZOOM_STEP = 0.7
# How far one press of a key scrolls: a share of the view, and semitones.
_SCROLL_SHARE = 0.25
_SCROLL_SEMITONES = 3.0
_SOUND_FILES = (
    "Recordings (*.wav *.flac *.ogg *.oga *.opus *.mp3 *.aif *.aiff *.m4a *.mp4 *.aac *.webm"
    " *.mkv *.mov);;All files (*)"
)


class MainWindow(QMainWindow):
    """The one window.

    Attributes:
        act: every command of the menus and buttons.
        commands: what they do.
        stage, welcome, bar, status: the parts that are seen.
    """

    def __init__(
        self,
        song: Song,
        live: Live,
        features: FeatureConfig,
        decoder: DecoderConfig,
        settings: Settings,
    ) -> None:
        """Args: `features` and `decoder` are those of the checkpoint that song and live use."""
        super().__init__()
        self._settings = settings
        theme = themes.theme_of(settings.theme)
        self.setMinimumSize(SMALLEST)
        self.setAcceptDrops(True)

        self.stage = Stage(features, theme)
        self.act = make_actions(self, self.stage)
        self.bar = TopBar(self.act, theme)
        self.welcome = Welcome(theme)
        self.status = StatusLine(self.act)
        self.commands = Commands(song, live, self.stage, decoder, features.a4, self)
        self._recent = fill_menus(self.menuBar(), self.act)
        self._pages = QStackedWidget()
        self._pages.addWidget(self.welcome)
        self._pages.addWidget(self.stage)
        middle = QWidget()
        column = QVBoxLayout(middle)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.bar)
        column.addWidget(self._pages, 1)
        self.setCentralWidget(middle)
        self.setStatusBar(self.status)
        self._drop_frame = QFrame(self)
        self._drop_frame.setObjectName("dropFrame")
        self._drop_frame.hide()

        self._connect_commands()
        self._connect_view()
        live.level.connect(self.bar.meter.set_level)
        # Sound may be lost while no note comes.
        live.level.connect(self._show_facts)
        self.act.follow.setChecked(settings.follow)
        self.act.themes[settings.theme].setChecked(True)
        self._apply_theme()
        self._fill_recent()
        geometry = settings.geometry
        if geometry is None or not self.restoreGeometry(geometry):
            self.resize(USUAL)
        self._show_state()

    def _connect_commands(self) -> None:
        act, commands = self.act, self.commands
        act.open.triggered.connect(self._ask_open)
        act.export.triggered.connect(self._ask_export)
        act.clear_recent.triggered.connect(self._clear_recent)
        act.quit.triggered.connect(self.close)
        act.play.triggered.connect(commands.play_or_pause)
        act.to_start.triggered.connect(commands.to_start)
        act.back.triggered.connect(lambda: commands.skip(-SKIP_S))
        act.forward.triggered.connect(lambda: commands.skip(SKIP_S))
        act.cancel.triggered.connect(commands.cancel)
        act.live.triggered.connect(commands.toggle_live)
        act.more_notes.triggered.connect(lambda: self._change_sensitivity(_SENSITIVITY_STEP))
        act.fewer_notes.triggered.connect(lambda: self._change_sensitivity(-_SENSITIVITY_STEP))
        act.own_notes.triggered.connect(lambda: commands.sensitivity.move(MIDDLE))
        self.bar.sensitivity_changed.connect(commands.sensitivity.move)
        commands.sensitivity.moved.connect(self.bar.set_sensitivity)
        commands.changed.connect(self._show_state)
        commands.opened.connect(self._remember)
        commands.failed.connect(lambda sentence: dialogs.show_error(self, sentence))

    def _connect_view(self) -> None:
        act, stage = self.act, self.stage
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
        act.full_screen.toggled.connect(self._set_full_screen)
        act.shortcuts.triggered.connect(lambda: dialogs.show_shortcuts(self, act))
        act.about.triggered.connect(lambda: dialogs.show_about(self))
        for name, action in act.themes.items():
            action.triggered.connect(lambda _, name=name: self._choose_theme(name))
        QGuiApplication.styleHints().colorSchemeChanged.connect(self._system_theme_changed)
        stage.follow_changed.connect(act.follow.setChecked)
        stage.advanced.connect(self._show_time)
        stage.notes_changed.connect(self._show_facts)

    # Showing.

    def _show_state(self) -> None:
        commands, act = self.commands, self.act
        if commands.has_stage:
            if self._pages.currentWidget() is not self.stage:
                self._pages.setCurrentWidget(self.stage)
                self.stage.setFocus()
        elif not commands.is_transcribing:
            self._pages.setCurrentWidget(self.welcome)
            self.welcome.setFocus()
        act.export.setEnabled(commands.can_export)
        for action in (act.play, act.to_start, act.back, act.forward):
            action.setEnabled(commands.has_song)
        act.cancel.setEnabled(commands.is_transcribing)
        act.live.setChecked(commands.is_listening)
        act.show_playing(commands.is_playing, self._theme)
        self.bar.set_listening(commands.is_listening)
        self.bar.sensitivity.setEnabled(not commands.is_listening)
        self.status.set_progress(commands.progress if commands.is_transcribing else None)
        self.stage.names.set_hint(commands.hint)
        self.setWindowTitle(f"{commands.title} – Noteglow" if commands.title else "Noteglow")
        self._show_facts()
        self._show_time()

    def _show_facts(self) -> None:
        commands = self.commands
        self.status.set_facts(commands.source, commands.note_count, commands.overflows)

    def _show_time(self) -> None:
        self.bar.set_time(self.stage.cursor_s, self.commands.duration_s)

    def _apply_theme(self) -> None:
        self._theme = themes.theme_of(self._settings.theme)
        themes.apply(self._theme)
        self.act.set_theme(self._theme)
        for part in (self.bar, self.stage, self.welcome):
            part.set_theme(self._theme)

    def _choose_theme(self, name: str) -> None:
        self._settings.theme = name
        self._apply_theme()

    def _system_theme_changed(self) -> None:
        if self._settings.theme == "system":
            self._apply_theme()

    def _set_follow(self, follow: bool) -> None:
        self.stage.follows = follow
        self._settings.follow = follow

    def _set_full_screen(self, full: bool) -> None:
        if full:
            self.showFullScreen()
        else:
            self.showNormal()

    def _change_sensitivity(self, steps: int) -> None:
        self.commands.sensitivity.move(self.commands.sensitivity.place + steps)

    # Files.

    def open(self, path: Path) -> None:
        """Opens a recording."""
        self.commands.open(path)

    def _ask_open(self) -> None:
        name, _ = QFileDialog.getOpenFileName(
            self, "Open a recording", str(self._settings.last_folder), _SOUND_FILES
        )
        if name:
            self.open(Path(name))

    def _ask_export(self) -> None:
        suggested = self._settings.last_folder / self.commands.suggested_name
        name, _ = QFileDialog.getSaveFileName(
            self, "Export MIDI", str(suggested), "MIDI files (*.mid)"
        )
        if name:
            path = Path(name)
            self._settings.last_folder = path.parent
            self.commands.export(path if path.suffix else path.with_suffix(".mid"))

    def _remember(self, path: Path) -> None:
        self._settings.last_folder = path.absolute().parent
        self._settings.add_recent_file(path)
        self._fill_recent()

    def _clear_recent(self) -> None:
        self._settings.clear_recent_files()
        self._fill_recent()

    def _fill_recent(self) -> None:
        self._recent.clear()
        files = self._settings.recent_files
        for path in files:
            action = self._recent.addAction(path.name)
            action.setToolTip(str(path))
            action.triggered.connect(lambda _, path=path: self.open(path))
        if files:
            self._recent.addSeparator()
            self._recent.addAction(self.act.clear_recent)
        self._recent.setEnabled(bool(files))

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if any(url.isLocalFile() for url in event.mimeData().urls()):
            event.acceptProposedAction()
            self._drop_frame.show()
            self._drop_frame.raise_()

    def dragLeaveEvent(self, event: QDragLeaveEvent) -> None:
        self._drop_frame.hide()

    def dropEvent(self, event: QDropEvent) -> None:
        self._drop_frame.hide()
        files = [url.toLocalFile() for url in event.mimeData().urls() if url.isLocalFile()]
        if files:
            event.acceptProposedAction()
            self.open(Path(files[0]))

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._drop_frame.setGeometry(self.rect().adjusted(3, 3, -3, -3))

    def closeEvent(self, event: QCloseEvent) -> None:
        self._settings.geometry = self.saveGeometry()
        self.commands.close()
        event.accept()


def run(file: Path | None, checkpoint: Path) -> int:
    """Opens the window, and `file` in it; returns the program's exit status when it is closed."""
    application = QApplication.instance()
    if not isinstance(application, QApplication):
        application = QApplication(sys.argv[:1])
    application.setApplicationName("Noteglow")
    application.setDesktopFileName("noteglow")
    try:
        transcriber = Transcriber.load(checkpoint)
    except CheckpointError as error:
        dialogs.show_fatal(str(error))
        return 1
    window = MainWindow(
        Song(transcriber), Live(transcriber), transcriber.features, transcriber.decoder,
        Settings(),
    )
    window.show()
    if file is not None:
        window.open(file)
    return int(application.exec())
