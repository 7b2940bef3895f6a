"""Notes taken out of the window: the dialog of export, text for the clipboard, a dragged file."""

from __future__ import annotations

import dataclasses
import shutil
import tempfile
from functools import partial
from pathlib import Path

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QFileDialog, QWidget

from app.exports.background_export import Exporter, ExportRequest
from app.exports.export_file import FORMATS, ExportOptions, as_text, is_known
from app.midi.midi_file_tempo import MidiFileTempo
from app.settings.display_settings import DisplaySettings
from app.settings.settings import Settings
from app.views.bars.midi_drag_handle import MidiHandle
from app.views.dialogs.export_choice import ExportChoice
from app.views.dialogs.export_dialog import ExportDialog
from app.window.commands import Commands
from model.files.whole_file import own_name, remove_left
from model.notes import Note


class Exporting(QObject):
    """Asks as what the notes shall be written, and where to.

    Signals:
        copied(int): so many notes are on the clipboard as text.
        failed(str): the file to be dragged cannot be written; one sentence.
    """

    copied = Signal(int)
    failed = Signal(str)

    def __init__(
        self, commands: Commands, display: DisplaySettings, settings: Settings,
        handle: MidiHandle, window: QWidget,
    ) -> None:
        super().__init__(window)
        self._commands, self._display, self._settings = commands, display, settings
        self._handle, self._window = handle, window
        self._choice = ExportChoice()
        # Those of the file that the last choice was for.
        self._file: MidiFileTempo | None = None
        self._folder: Path | None = None
        self._dragged = Exporter(self)
        self._dragged.written.connect(handle.offer)
        self._dragged.failed.connect(self.failed)
        handle.wanted.connect(self._write_dragged)

    def ask(self, suffix: str = "") -> None:
        """Opens the dialog, for files of a kind where one is meant; what plays or transcribes
        behind it goes on."""
        if suffix:
            self._choice = dataclasses.replace(self._choice, suffix=suffix)
        commands = self._commands
        if commands.file_beats not in (None, self._file):
            # Another file's signs are no reason to pass over this one's.
            self._choice = dataclasses.replace(
                self._choice, follows_file=True, meter=None, key=None
            )
            self._file = commands.file_beats
        dialog = ExportDialog(
            self._window, commands.note_count, commands.suggested_name,
            can_hear=commands.recording is not None, name=self._display.naming.name,
            choice=self._choice, file=commands.file_beats,
        )
        dialog.accepted.connect(partial(self._ask_path, dialog))
        dialog.open()

    def copy_text(self, notes: list[Note]) -> None:
        """Puts notes on the clipboard as lines of text."""
        text = as_text(notes, self._display.naming.name)
        QGuiApplication.clipboard().setText(text)
        self.copied.emit(len(notes))

    def close(self) -> None:
        """The dragged files are removed; who took one has copied it."""
        self._dragged.close()
        if self._folder is not None:
            shutil.rmtree(self._folder, ignore_errors=True)
            self._folder = None

    def _ask_path(self, dialog: ExportDialog) -> None:
        choice = self._choice = dialog.choice
        suggested = self._suggested(choice.suffix)
        name, _ = QFileDialog.getSaveFileName(
            self._window, "Export the notes", str(suggested),
            f"{FORMATS[choice.suffix]} (*{choice.suffix})",
        )
        if not name:
            return
        path = Path(name)
        if not is_known(path):
            path = path.with_name(path.name + choice.suffix)
        self._settings.last_folder = path.parent
        self._commands.export(path, self._display.a4, choice)

    def _suggested(self, suffix: str) -> Path:
        commands = self._commands
        folder = commands.suggested_folder or self._settings.last_folder
        path = folder / f"{commands.suggested_name}{suffix}"
        # The sound of the notes must not take the place of the sound that they are of.
        return path if path != commands.recording else path.with_stem(f"{path.stem} notes")

    def _write_dragged(self) -> None:
        if self._folder is None:
            temporary = Path(tempfile.gettempdir())
            remove_left(temporary)
            folder = temporary / own_name("noteglow")
            try:
                folder.mkdir(0o700)
            except OSError as error:
                self.failed.emit(f"{folder}: it cannot be made ({error.strerror})")
                return
            self._folder = folder
        path = self._folder / f"{self._commands.suggested_name}.mid"
        options = ExportOptions(
            duration_s=self._commands.duration_s, a4=self._display.a4,
            title=self._commands.suggested_name, markers=self._commands.annotations.markers,
        )
        self._dragged.export(ExportRequest(self._commands.notes, path, options))
