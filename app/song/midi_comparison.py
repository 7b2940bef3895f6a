"""Notes of a MIDI file laid beside those of a recording."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

from PySide6.QtCore import QObject, Signal

from app.midi.midi_file_reader import MidiFileError, read_midi
from app.song.audio_reference import AudioNotFoundError, AudioReference, find, refer_to
from app.system.worker_thread import Ended, Worker, WorkError
from model.notes import Note


class MidiComparison(QObject):
    """A second list of notes, read in a thread. Lives in the GUI thread.

    Attributes:
        notes: in order of onset, then pitch; none while nothing is laid beside.
        path: the file that they are of.
        reference: the same as a project keeps it, also while the file is not found.
        workers: those that run; for whoever ends them.

    Signals:
        changed(): `notes` are others.
        failed(str): the file cannot be read, the notes stay; one sentence.
        missed(str): the file of a project is not found or has changed; one sentence.
    """

    changed = Signal()
    failed = Signal(str)
    missed = Signal(str)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.workers: list[Worker] = []
        self.notes: list[Note] = []
        self.path: Path | None = None
        self.reference: AudioReference | None = None

    def read(self, path: Path) -> None:
        """Begins to read a MIDI file, and returns at once."""
        self._begin(partial(_read, Path(path)))

    def restore(self, reference: AudioReference | None, project: Path) -> None:
        """Begins to read the MIDI file that a project names, if any, and if it is as it was."""
        if reference is not None:
            self.reference = reference
            self._begin(partial(_find, reference, project))

    def _begin(self, work: Callable[[Worker], None]) -> None:
        for worker in self.workers:
            worker.stop()
        self.workers[:] = [worker for worker in self.workers if worker.is_alive]
        worker = Worker(work, self._receive, can_wait=True)
        self.workers.append(worker)
        worker.start()

    def clear(self) -> None:
        """Takes the notes away again."""
        for worker in self.workers:
            worker.stop()
        if self.reference is not None:
            self.notes, self.path, self.reference = [], None, None
            self.changed.emit()

    def _receive(self, posted: list[object]) -> None:
        for item in posted:
            match item:
                case (AudioReference() as reference, Path() as path, list() as notes):
                    self.reference, self.path, self.notes = reference, path, notes
                    self.changed.emit()
                case AudioNotFoundError() as error:
                    self.missed.emit(_sentence(error))
                case Ended(error=str() as error):
                    self.failed.emit(error)


def _read(path: Path, worker: Worker) -> None:
    try:
        notes = read_midi(path)
        worker.post((refer_to(path), path, notes))
    except MidiFileError as error:
        raise WorkError(str(error)) from None
    except OSError as error:
        raise WorkError(f"{path}: it cannot be read ({error.strerror})") from None


def _find(reference: AudioReference, project: Path, worker: Worker) -> None:
    try:
        path = find(reference, project)
    except AudioNotFoundError as error:
        worker.post(error)
    else:
        _read(path, worker)


def _sentence(error: AudioNotFoundError) -> str:
    if error.changed is not None:
        return f"{error.changed.name}, which was laid beside for comparison, has changed since " \
            "the project was saved."
    return f"{error.reference.path.name}, which was laid beside for comparison, is neither where " \
        "it was nor near the project."
