"""A piece read from a file in the background; a recording is listened to for it."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from PySide6.QtCore import QObject, Signal

from app.audio.files.audio_file import AudioFileError
from app.practice.piece import Piece, PieceError
from app.practice.piece_reader import read_piece
from app.practice.session.recording_hearing import hear_notes
from app.system.worker_thread import Ended, Worker, WorkError
from app.transcription.lazy_transcriber import TranscriberLike
from model.checkpoint_header import CheckpointError


class PieceLoader(QObject):
    """Reads one file at a time; the next one takes its place. Lives in the GUI thread.

    Signals:
        loaded(Path, Piece): it is read.
        progress(float): the share of a recording that is heard, 0 to 1.
        failed(Path, str): it cannot be; one sentence.
    """

    loaded = Signal(object, object)
    progress = Signal(float)
    failed = Signal(object, str)

    def __init__(self, transcriber: TranscriberLike, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._transcriber = transcriber
        self._worker: Worker | None = None
        self._path = Path()

    def read(self, path: Path) -> None:
        """Begins to read a file, and returns at once."""
        self.stop()
        self._path = Path(path)
        self._worker = Worker(
            partial(_read, self._transcriber, self._path), self._receive, can_wait=True
        )
        self._worker.start()

    def stop(self) -> None:
        """Gives up what is being read; nothing is told of it any more."""
        if self._worker is not None and self._worker.is_alive:
            self._worker.stop()
        self._worker = None

    def close(self) -> None:
        """The same, and waits until it has ended."""
        if self._worker is not None and self._worker.is_alive:
            self._worker.end()
        self._worker = None

    def _receive(self, posted: list[object]) -> None:
        for item in posted:
            match item:
                case Piece() as piece:
                    self.loaded.emit(self._path, piece)
                case float() as share:
                    self.progress.emit(share)
                case Ended(error=str() as error):
                    self.failed.emit(self._path, error)


class _StoppedError(Exception):
    """Nobody wants it any more."""


def _read(transcriber: TranscriberLike, path: Path, worker: Worker) -> None:
    try:
        piece = read_piece(
            path, partial(hear_notes, transcriber, go_on=partial(_go_on, worker)),
            partial(_look, worker),
        )
    except (PieceError, AudioFileError, CheckpointError) as error:
        raise WorkError(str(error)) from None
    except _StoppedError:
        return
    worker.post(piece)


def _look(worker: Worker) -> None:
    if worker.is_stopping:
        raise _StoppedError


def _go_on(worker: Worker, share: float) -> None:
    _look(worker)
    worker.post(share)
