"""Choosing files: what to open, where takes go, and the recordings opened before."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QObject, QUrl, Signal
from PySide6.QtGui import QDesktopServices, QImage
from PySide6.QtWidgets import QFileDialog, QMenu, QWidget

from app.audio.files.audio_file import AudioFileError
from app.audio.files.demo_recording import demo_recording
from app.settings.settings import Settings
from app.song.project_file import AUTOSAVE_SUFFIX
from app.system.atomic_write import WriteError, written_beside
from app.system.paths import is_own
from app.views.plain_text import menu_text, plain_tip
from app.views.recent_files_list import RecentFilesList
from app.views.shortcuts.window_shortcuts import Actions
from app.window.commands import Commands

# Twice the width of a usual screen.
_PICTURE_PX = 3840
_SOUND_FILES = (
    "Recordings, projects, MIDI (*.noteglow *.mid *.midi *.wav *.flac *.ogg *.oga *.opus *.mp3"
    " *.aif *.aiff *.m4a *.mp4 *.aac *.webm *.mkv *.mov);;"
    "Projects (*.noteglow);;MIDI files (*.mid *.midi);;All files (*)"
)


class FileCommands(QObject):
    """Asks for files, hands them to the commands, and remembers them.

    Signals:
        failed(str): something did not work; one sentence.
        picture_saved(Path): the view was written as a picture.
    """

    failed = Signal(str)
    picture_saved = Signal(object)

    def __init__(
        self, window: QWidget, act: Actions, recent: QMenu, page: RecentFilesList,
        commands: Commands, settings: Settings,
    ) -> None:
        """Args: `recent` and `page` are filled with the recordings opened before."""
        super().__init__(window)
        self._window, self._act, self._recent, self._page = window, act, recent, page
        self._commands, self._settings = commands, settings
        act.open.triggered.connect(self._ask_open)
        act.demo.triggered.connect(self._open_demo)
        page.chosen.connect(commands.open)
        act.clear_recent.triggered.connect(self._clear_recent)
        act.show_takes.triggered.connect(self._show_takes)
        act.choose_takes.triggered.connect(self._choose_takes)
        commands.song.opened.connect(self.remember)
        self._fill_recent()

    def remember(self, path: Path) -> None:
        """Puts a recording first among those opened before."""
        if path.name.endswith(AUTOSAVE_SUFFIX):
            return
        if not is_own(path):
            self._settings.last_folder = path.absolute().parent
        self._settings.add_recent_file(path)
        self._fill_recent()

    def _ask_open(self) -> None:
        name, _ = QFileDialog.getOpenFileName(
            self._window, "Open a recording, project or MIDI file",
            str(self._settings.last_folder), _SOUND_FILES,
        )
        if name:
            self._commands.open(Path(name))

    def _open_demo(self) -> None:
        try:
            self._commands.open(demo_recording())
        except AudioFileError as error:
            self.failed.emit(str(error))

    def save_picture(self, draw: Callable[[int], QImage]) -> None:
        """Asks for a file and writes a picture into it; `draw` makes one of a width in dots."""
        name, _ = QFileDialog.getSaveFileName(
            self._window, "Save the view as a picture",
            str(self._settings.last_folder / "noteglow.png"), "Pictures (*.png)",
        )
        if not name:
            return
        path = Path(name)
        if path.suffix.lower() != ".png":
            path = path.with_name(f"{path.name}.png")
        try:
            with written_beside(path) as beside:
                # The stubs ask for bytes, which PySide refuses.
                if not draw(_PICTURE_PX).save(str(beside), "PNG"):  # type: ignore[call-overload]
                    raise WriteError(f"{path}: the picture cannot be written")
        except WriteError as error:
            self.failed.emit(str(error))
        else:
            self.picture_saved.emit(path)

    def _show_takes(self) -> None:
        folder = self._commands.live.folder
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            self.failed.emit(f"{folder}: the folder cannot be made ({error.strerror})")
            return
        if not QDesktopServices.openUrl(QUrl.fromLocalFile(str(folder))):
            self.failed.emit(f"{folder}: no program of this system shows folders")

    def _choose_takes(self) -> None:
        name = QFileDialog.getExistingDirectory(
            self._window, "Where takes are recorded to", str(self._commands.live.folder)
        )
        if name:
            self._settings.takes_folder = Path(name)

    def _clear_recent(self) -> None:
        self._settings.clear_recent_files()
        self._fill_recent()

    def _fill_recent(self) -> None:
        self._recent.clear()
        files = self._settings.recent_files
        self._page.show_files(files)
        for path in files:
            action = self._recent.addAction(menu_text(path.name))
            action.setToolTip(plain_tip(str(path)))
            action.triggered.connect(lambda _, path=path: self._commands.open(path))
        if files:
            self._recent.addSeparator()
            self._recent.addAction(self._act.clear_recent)
        self._recent.setEnabled(bool(files))
