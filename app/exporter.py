"""Writes notes to files beside the window."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path

from PySide6.QtCore import QObject, Signal

from app.exports import ExportError, ExportOptions, export
from app.worker import Ended, Worker, WorkError
from model.notes import Note


class Exporter(QObject):
    """One file after the other. Lives in the GUI thread; every signal is emitted there.

    Signals:
        written(Path): the file is there.
        failed(str): it cannot be written; one sentence.
    """

    written = Signal(object)
    failed = Signal(str)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._worker: Worker | None = None
        self._waiting: list[tuple[Sequence[Note], Path, ExportOptions]] = []

    @property
    def is_writing(self) -> bool:
        return self._worker is not None

    def export(self, notes: Sequence[Note], path: Path, options: ExportOptions) -> None:
        """Writes notes in the format of the path's suffix, after what was asked for before."""
        self._waiting.append((list(notes), path, options))
        self._go_on()

    def close(self) -> None:
        """Returns when the file is whole that is being written; writes no others."""
        self._waiting.clear()
        if self._worker is not None:
            self._worker.end()
            self._worker = None

    def _go_on(self) -> None:
        if self._worker is None and self._waiting:
            self._worker = Worker(
                partial(_export, *self._waiting.pop(0)), self._receive, can_wait=True
            )
            self._worker.start()

    def _receive(self, posted: list[object]) -> None:
        for item in posted:
            match item:
                case Path():
                    self.written.emit(item)
                case Ended(error):
                    self._worker = None
                    if error is not None:
                        self.failed.emit(error)
                    self._go_on()


def _export(
    notes: Sequence[Note], path: Path, options: ExportOptions, worker: Worker
) -> None:
    try:
        export(notes, path, options)
    except ExportError as error:
        raise WorkError(str(error)) from None
    worker.post(path)
