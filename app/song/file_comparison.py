"""Notes of a file laid beside those of a recording."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

from PySide6.QtCore import QObject, Signal

from app.midi.midi_file_reader import MidiFileError, read_midi
from app.song.audio_reference import AudioNotFoundError, AudioReference, find, refer_to
from app.system.worker_thread import Ended, Worker, WorkError
from model.notes import Note


class NotesError(ValueError):
    """The notes of a file cannot be read; the message is one sentence."""


# The notes of a file; called in a worker's thread. Raises NotesError.
ReadNotes = Callable[[Path, Callable[[float], None]], list[Note]]


class FileComparison(QObject):
    """A second list of notes, read in a thread. Lives in the GUI thread.

    Attributes:
        notes: in order of onset, then pitch; none while nothing is laid beside.
        path: the file that they are of.
        reference: the same as a project keeps it, also while the file is not found.
        workers: those that run; for whoever ends them.
        reader: reads a file in a worker's thread; told from time to time how far it is, by a call
            that raises what ends it. MIDI files alone by default.
        is_reading: whether a file is being read.

    Signals:
        changed(): `notes` are others.
        progress(float): the share of a recording that was heard, 0 to 1.
        failed(str): the file cannot be read, the notes stay; one sentence.
        missed(str): the file of a project is not found or has changed; one sentence.
    """

    changed = Signal()
    progress = Signal(float)
    failed = Signal(str)
    missed = Signal(str)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.workers: list[Worker] = []
        self.notes: list[Note] = []
        self.path: Path | None = None
        self.reference: AudioReference | None = None
        self.reader: ReadNotes = _read_midi

    @property
    def is_reading(self) -> bool:
        return bool(self.workers) and self.workers[-1].is_alive and (
            not self.workers[-1].is_stopping
        )

    def read(self, path: Path) -> None:
        """Begins to read a file, and returns at once."""
        self._begin(partial(_read, self.reader, Path(path)))

    def restore(self, reference: AudioReference | None, project: Path) -> None:
        """Begins to read the file that a project names, if any, and if it is as it was."""
        if reference is not None:
            self.reference = reference
            self._begin(partial(_find, self.reader, reference, project))

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
                case float() as share:
                    self.progress.emit(share)
                case AudioNotFoundError() as error:
                    self.missed.emit(_sentence(error))
                case Ended(error=str() as error):
                    self.failed.emit(error)


def _read_midi(path: Path, go_on: Callable[[float], None]) -> list[Note]:
    return read_midi(path)


class _StoppedError(Exception):
    """Nobody wants it any more."""


def _read(reader: ReadNotes, path: Path, worker: Worker) -> None:
    def go_on(share: float) -> None:
        if worker.is_stopping:
            raise _StoppedError
        worker.post(share)

    try:
        notes = reader(path, go_on)
        worker.post((refer_to(path), path, notes))
    except (MidiFileError, NotesError) as error:
        raise WorkError(str(error)) from None
    except OSError as error:
        raise WorkError(f"{path}: it cannot be read ({error.strerror})") from None
    except _StoppedError:
        return


def _find(
    reader: ReadNotes, reference: AudioReference, project: Path, worker: Worker
) -> None:
    try:
        path = find(reference, project)
    except AudioNotFoundError as error:
        worker.post(error)
    else:
        _read(reader, path, worker)


def _sentence(error: AudioNotFoundError) -> str:
    if error.changed is not None:
        return f"{error.changed.name}, which was laid beside for comparison, has changed since " \
            "the project was saved."
    return f"{error.reference.path.name}, which was laid beside for comparison, is neither where " \
        "it was nor near the project."
