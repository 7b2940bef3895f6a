"""Pages of a score that come in the background, the first one first."""

from __future__ import annotations

import weakref
from collections.abc import Sequence
from functools import partial

from PySide6.QtCore import QObject, Signal

from app.exports.export_options import ExportOptions
from app.exports.score.engraving import Paper
from app.exports.score.page_process import (
    PageJob,
    PageProcess,
    PagesEnded,
    ProcessDiedError,
    ScorePage,
)
from app.system.worker_thread import Ended, Worker, WorkError, end_workers, stop_workers
from model.notes import Note


class PageEngraver(QObject):
    """Engraves one score after the other; a later one takes the place of what is not done.

    Lives in the GUI thread; every signal is emitted there.

    Signals:
        page(ScorePage): a page, in order; of a longer piece the first comes as a draft before.
        ended(int): all pages of the job of this number have come.
        failed(str): no further pages come; one sentence.
    """

    page = Signal(object)
    ended = Signal(int)
    failed = Signal(str)

    def __init__(
        self, parent: QObject | None = None, process: PageProcess | None = None
    ) -> None:
        super().__init__(parent)
        self._process = process or PageProcess()
        self._workers: list[Worker] = []
        self._number = 0
        weakref.finalize(self, _close, self._workers, self._process)

    def engrave(
        self, notes: Sequence[Note], options: ExportOptions, paper: Paper, title: str = ""
    ) -> int:
        """Engraves these notes, in order of onset; returns the job's number.

        Without a rhythm in the options, it is found in the notes.
        """
        stop_workers(self._workers)
        self._number += 1
        job = PageJob(self._number, tuple(notes), options, paper, title)
        worker = Worker(partial(_engrave, self._process, job), self._receive, can_wait=True)
        self._workers.append(worker)
        worker.start()
        return self._number

    def close(self) -> None:
        """Engraves nothing more until it is asked again."""
        _close(self._workers, self._process)

    def _receive(self, posted: list[object]) -> None:
        for found in posted:
            match found:
                case ScorePage():
                    self.page.emit(found)
                case PagesEnded(job, error=None):
                    self.ended.emit(job)
                case PagesEnded(error=str(error)):
                    self.failed.emit(error)
                case Ended(str(error)):
                    self.failed.emit(error)


def _close(workers: list[Worker], process: PageProcess) -> None:
    end_workers(workers)
    process.kill()


def _engrave(process: PageProcess, job: PageJob, worker: Worker) -> None:
    try:
        for found in process.pages(job, lambda: worker.is_stopping):
            worker.post(found)
    except ProcessDiedError:
        raise WorkError("The process that engraves the score ended unexpectedly.") from None
