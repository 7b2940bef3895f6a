"""Notes of a MIDI file laid beside those of a recording."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from PySide6.QtCore import QObject, Signal

from app.midi_file import MidiFileError, read_midi
from app.worker import Ended, Worker, WorkError
from model.notes import Note


class Comparison(QObject):
    """A second list of notes, read in a thread. Lives in the GUI thread.

    Attributes:
        notes: in order of onset, then pitch; none while nothing is laid beside.
        path: the file that they are of.
        workers: those that run; for whoever ends them.

    Signals:
        changed(): `notes` are others.
        failed(str): the file cannot be read, the notes stay; one sentence.
    """

    changed = Signal()
    failed = Signal(str)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.workers: list[Worker] = []
        self.notes: list[Note] = []
        self.path: Path | None = None

    def read(self, path: Path) -> None:
        """Begins to read a MIDI file, and returns at once."""
        for worker in self.workers:
            worker.stop()
        self.workers[:] = [worker for worker in self.workers if worker.is_alive]
        worker = Worker(partial(_read, Path(path)), self._receive, can_wait=True)
        self.workers.append(worker)
        worker.start()

    def clear(self) -> None:
        """Takes the notes away again."""
        for worker in self.workers:
            worker.stop()
        if self.notes or self.path is not None:
            self.notes, self.path = [], None
            self.changed.emit()

    def _receive(self, posted: list[object]) -> None:
        for item in posted:
            match item:
                case (Path() as path, list() as notes):
                    self.path, self.notes = path, notes
                    self.changed.emit()
                case Ended(error=str() as error):
                    self.failed.emit(error)


def _read(path: Path, worker: Worker) -> None:
    try:
        worker.post((path, read_midi(path)))
    except MidiFileError as error:
        raise WorkError(str(error)) from None
