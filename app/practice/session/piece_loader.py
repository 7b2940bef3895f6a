"""A piece read from a file in the background; a recording is listened to for it."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

from PySide6.QtCore import QObject, Signal

from app.audio.files.audio_file import AudioFile, AudioFileError
from app.music.tuning.a4_estimation import recording_a4
from app.practice.piece import Piece, PieceError
from app.practice.piece_reader import read_piece
from app.system.worker_thread import Ended, Worker, WorkError
from app.transcription.lazy_transcriber import TranscriberLike
from model.checkpoint_header import CheckpointError
from model.notes import Note, NoteEvent, notes_from_events

_BLOCK_S = 1.28


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
        """Gives up what is being read."""
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
        piece = read_piece(path, partial(hear_notes, transcriber, go_on=partial(_go_on, worker)))
    except (PieceError, AudioFileError, CheckpointError) as error:
        raise WorkError(str(error)) from None
    except _StoppedError:
        return
    worker.post(piece)


def _go_on(worker: Worker, share: float) -> None:
    if worker.is_stopping:
        raise _StoppedError
    worker.post(share)


def hear_notes(
    transcriber: TranscriberLike, path: Path, go_on: Callable[[float], object] = lambda _: None
) -> list[Note]:
    """The notes of a recording, in its own tuning.

    Args:
        go_on: told the share that is heard; what it raises ends the work.

    Raises:
        AudioFileError, CheckpointError: it cannot be heard.
    """
    a4 = recording_a4(path)
    go_on(0.0)
    events: list[NoteEvent] = []
    with AudioFile(path) as file:
        stream = transcriber.stream(file.sample_rate, a4)
        for block in file.blocks(round(_BLOCK_S * file.sample_rate)):
            events += stream.push(block).events_of("settled")
            go_on(min(1.0, stream.heard_s / max(file.duration_s or 0.0, 1e-3)))
        events += stream.finish().events_of("settled")
    return sorted(notes_from_events(events))
