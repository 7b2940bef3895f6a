"""Notes taken out of the window: the dialog of export, text for the clipboard, a dragged file."""

from __future__ import annotations

import dataclasses
import shutil
import tempfile
from collections.abc import Sequence
from functools import partial
from pathlib import Path

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QFileDialog, QMessageBox, QWidget

from app.exports.background_export import Exporter
from app.exports.export_file import FORMATS, as_text, is_known
from app.exports.export_options import ExportOptions
from app.exports.notes_part import NotesPart
from app.midi.midi_file_tempo import MidiFileTempo
from app.music.fretting import FRETTED, FrettedInstrument
from app.settings.display_settings import DisplaySettings
from app.settings.settings import Settings
from app.views.bars.midi_drag_handle import MidiHandle
from app.views.dialogs.export_choice import ExportChoice
from app.views.dialogs.export_dialog import ExportDialog
from app.views.dialogs.messages import question
from app.window.commands import Commands
from app.window.exporting.export_request import request_of
from app.window.exporting.part_choice import PartChoice
from model.files.whole_file import own_name, remove_left


class Exporting(QObject):
    """Asks as what the notes shall be written, and where to.

    Signals:
        copied(NotesPart): these notes are on the clipboard as text.
        failed(str): the file to be dragged cannot be written; one sentence.
    """

    copied = Signal(object)
    failed = Signal(str)

    def __init__(
        self, commands: Commands, parts: PartChoice, display: DisplaySettings,
        settings: Settings, handle: MidiHandle, window: QWidget,
    ) -> None:
        super().__init__(window)
        self._commands, self._display, self._settings = commands, display, settings
        self._parts = parts
        self._handle, self._window = handle, window
        self._choice = ExportChoice()
        # Those of the file that the last choice was for.
        self._file: MidiFileTempo | None = None
        self._folder: Path | None = None
        self._dragged = Exporter(self)
        self._dragged.written.connect(handle.offer)
        self._dragged.failed.connect(self.failed)
        handle.wanted.connect(self._write_dragged)

    def ask_paper(self, options: ExportOptions) -> None:
        """Opens the dialog for a PDF file of a score that is written so."""
        self._choice = dataclasses.replace(
            self._choice, kinds=(".pdf",), tab=options.tab, part=options.part,
            one_hand=options.one_hand, two_hands=options.two_hands, split=options.split,
        )
        self.ask()

    def ask(self) -> None:
        """Opens the dialog; what plays or transcribes behind it goes on."""
        commands = self._commands
        if commands.file_beats not in (None, self._file):
            # Another file's signs are no reason to pass over this one's.
            self._choice = dataclasses.replace(
                self._choice, follows_file=True, meter=None, key=None
            )
            self._file = commands.file_beats
        parts = self._parts.offered
        dialog = ExportDialog(
            self._window, [(part.text, part.count_text) for part in parts],
            commands.suggested_name, can_hear=commands.recording is not None,
            name=self._display.naming.name, choice=self._choice, file=commands.file_beats,
            fretted=self._fretted(),
        )
        dialog.accepted.connect(lambda: self._ask_path(dialog.choice, parts[dialog.part_index]))
        dialog.open()

    def copy_text(self, *, all_notes: bool = False) -> None:
        """Puts the notes that are meant, or all, on the clipboard as lines of text."""
        part = self._parts.offered[-1 if all_notes else 0]
        text = as_text(part.notes, self._display.naming.name)
        QGuiApplication.clipboard().setText(text)
        self.copied.emit(part)

    def close(self) -> None:
        """The dragged files are removed; who took one has copied it."""
        self._dragged.close()
        if self._folder is not None:
            shutil.rmtree(self._folder, ignore_errors=True)
            self._folder = None

    def _fretted(self) -> dict[str, FrettedInstrument]:
        return {**FRETTED, **self._settings.fretted}

    def _ask_path(self, choice: ExportChoice, part: NotesPart) -> None:
        self._choice = choice
        first, *others = choice.kinds
        asks = QFileDialog.Option.DontConfirmOverwrite if others else QFileDialog.Option(0)
        kinds = ", ".join(choice.kinds)
        name, _ = QFileDialog.getSaveFileName(
            self._window, f"Export the notes as {kinds}" if others else "Export the notes",
            str(self._suggested(first).with_suffix("") if others else self._suggested(first)),
            f"Names of all of them ({kinds}) (*)" if others else f"{FORMATS[first]} (*{first})",
            options=asks,
        )
        if not name:
            return
        path = Path(name)
        self._settings.last_folder = path.parent
        if others:
            # Only an ending that is one of these is no part of the name.
            base = path.with_suffix("") if path.suffix.lower() in choice.kinds else path
            self._export_all(
                [base.with_name(base.name + kind) for kind in choice.kinds], choice, part
            )
            return
        if not is_known(path):
            path = path.with_name(path.name + first)
        self._commands.export(path, self._display.a4, choice, part)

    def _export_all(
        self, paths: Sequence[Path], choice: ExportChoice, part: NotesPart
    ) -> None:
        """Writes several files, after a question where some are there."""
        export = partial(self._commands.export, paths, self._display.a4, choice, part)
        there = [path.name for path in paths if path.exists()]
        if not there:
            export()
            return
        are = "is" if len(there) == 1 else "are"
        text = f"{', '.join(there)} {are} already in {paths[0].parent}. Replace them?"
        box = question(self._window, text, "Replace")
        box.finished.connect(
            lambda _: export()
            if box.buttonRole(box.clickedButton()) == QMessageBox.ButtonRole.DestructiveRole
            else None
        )
        box.open()

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
        keys = QGuiApplication.keyboardModifiers()
        takes_all = bool(keys & Qt.KeyboardModifier.AltModifier)
        part = self._parts.offered[-1 if takes_all else 0]
        self._dragged.export(request_of(
            part, path, ExportChoice(), a4=self._display.a4, recording=None,
            annotations=self._commands.annotations, chords=self._commands.chords(),
            naming=self._commands.naming(),
        ))  # fmt: skip
