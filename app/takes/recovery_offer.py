"""Takes that a crash or a power cut left: looked for, recovered or discarded beside the window."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from functools import partial
from pathlib import Path

from PySide6.QtCore import QObject, Signal

from app.system.atomic_write import WriteError
from app.system.worker_thread import Ended, Worker
from app.takes.take_recorder import TakeError, discard, recover, unfinished_takes
from model.files.whole_file import remove_left


class RecoveryOffer(QObject):
    """Lives in the GUI thread; every signal is emitted there.

    Signals:
        found(list[Path]): unfinished takes, the oldest first; not emitted when there are none.
        recovered(Path): one of them is a finished take now, of this name.
        failed(str): one of them cannot be recovered or discarded; one sentence.
        settled(): what was asked for is done.
    """

    found = Signal(list)
    recovered = Signal(object)
    failed = Signal(str)
    settled = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._workers: list[Worker] = []

    def look(self, folder: Path, written: Collection[Path] = ()) -> None:
        """Looks for unfinished takes in a folder, and removes what was half-written in others."""
        self._run(partial(_look, folder, tuple(written)))

    def recover(self, takes: Sequence[Path]) -> None:
        """Makes them into finished ones."""
        self._run(partial(_recover, list(takes)))

    def discard(self, takes: Sequence[Path]) -> None:
        """Removes them."""
        self._run(partial(_discard, list(takes)))

    def close(self) -> None:
        """Ends what runs: the take that is being recovered is the last one."""
        for worker in self._workers:
            worker.end()
        self._workers.clear()

    def _run(self, work: Callable[[Worker], None]) -> None:
        self._workers = [worker for worker in self._workers if worker.is_alive]
        worker = Worker(work, self._receive, can_wait=True)
        self._workers.append(worker)
        worker.start()

    def _receive(self, posted: list[object]) -> None:
        for item in posted:
            match item:
                case list():
                    self.found.emit(item)
                case Path():
                    self.recovered.emit(item)
                case str():
                    self.failed.emit(item)
                case Ended():
                    self.settled.emit()


def _look(folder: Path, written: Sequence[Path], worker: Worker) -> None:
    for other in written:
        remove_left(other)
    if takes := unfinished_takes(folder):
        worker.post(takes)


def _recover(takes: Sequence[Path], worker: Worker) -> None:
    for take in takes:
        if worker.is_stopping:
            return
        try:
            worker.post(recover(take))
        except (TakeError, WriteError) as error:
            worker.post(str(error))


def _discard(takes: Sequence[Path], worker: Worker) -> None:
    for take in takes:
        try:
            discard(take)
        except TakeError as error:
            worker.post(str(error))
