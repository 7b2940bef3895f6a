"""The tuning of an opened recording, measured in its file."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from PySide6.QtCore import QObject, Signal

from app.audio.files.audio_file import AudioFile, AudioFileError
from app.system.worker_thread import Ended, Worker, WorkError


class FileTuning(QObject):
    """Measures one file at a time in a thread. Lives in the GUI thread.

    Signals:
        measured(object): its A4 in Hz, to a tenth; None where no clear tuning was heard.
        failed(str): the file cannot be read; one sentence.
    """

    measured = Signal(object)
    failed = Signal(str)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._worker: Worker | None = None

    def measure(self, path: Path, near: float) -> None:
        """Begins with a file, in place of another one; within a quarter tone of `near` in Hz."""
        self.close()
        self._worker = Worker(partial(_measure, path, near), self._receive, can_wait=True)
        self._worker.start()

    def close(self) -> None:
        """Ends what is being measured, silently."""
        if self._worker is not None:
            self._worker.end()
            self._worker = None

    def _receive(self, posted: list[object]) -> None:
        for item in posted:
            match item:
                case (float() | None as a4,):
                    self.measured.emit(a4)
                case Ended(error):
                    self._worker = None
                    if error is not None:
                        self.failed.emit(error)


def _measure(path: Path, near: float, worker: Worker) -> None:
    # scipy's part of it takes a moment to load; the window is there before.
    from app.music.tuning.a4_estimation import RecordingTuning

    try:
        with AudioFile(path) as file:
            tuning = RecordingTuning(file.sample_rate)
            for block in file.blocks():
                if worker.is_stopping:
                    return
                tuning.push(block)
    except AudioFileError as error:
        raise WorkError(str(error)) from None
    worker.post((tuning.a4(near),))
