"""The inference thread: one piece of work, what it brings waiting in a bounded queue."""

from __future__ import annotations

import dataclasses
import threading
import weakref
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import shiboken6
from numpy.typing import NDArray
from PySide6.QtCore import QCoreApplication, QDeadlineTimer, QObject, QThread, Signal

from app.system.fault_hooks import fault_text
from model.heard import Heard

if TYPE_CHECKING:
    from model.transcriber import Stream

# A recording's worker waits while so many chunks are not taken yet.
MOST_WAITING = 4
# A live worker never waits; chunks before the last so many lose their picture. Three seconds.
MOST_PICTURES = 150


class WorkError(Exception):
    """The work cannot go on; the message is one sentence for the user."""


@dataclass(frozen=True)
class Ended:
    """The last thing that a worker posts.

    Attributes:
        error: one sentence about why the work could not be done; None when it was done or
            when it was asked to stop.
    """

    error: str | None


class Worker(QThread):
    """Runs `work(worker)` in a thread; `work` posts what it finds, the GUI thread receives it.

    The queue is bounded in one of two ways. A recording can wait: `post` then blocks until the
    GUI thread has taken something. Live sound cannot: `post` then blanks the pictures of the
    oldest chunks instead, which are most of their memory, and keeps all that was heard in them.

    Python's garbage collector runs in whatever thread it likes, this one too. So that a forgotten
    owner never becomes a trap, no Qt event is ever sent to it: the worker, a child of the
    application that deletes itself when it is done, gets its own signal in the GUI thread and
    calls the owner if there still is one. `work` must not refer to the owner.

    Attributes:
        dropped_pictures: chunks that lost their picture so far.
    """

    # Emitted in the worker's thread when the queue was empty.
    _ready = Signal()

    def __init__(
        self,
        work: Callable[[Worker], None],
        receive: Callable[[list[object]], None],
        *,
        can_wait: bool,
    ) -> None:
        """Does not begin yet; `start` does.

        Args:
            work: is run in the thread, and should return soon once the worker is stopping.
            receive: a method that is called in the GUI thread with what was posted, in order. It
                is referred to weakly. After `stop` it is not called any more.
            can_wait: how the queue is bounded.
        """
        application = QCoreApplication.instance()
        super().__init__(application)
        self.dropped_pictures = 0
        self._work = work
        self._receive = weakref.WeakMethod(receive)
        self._can_wait = can_wait
        self._waiting: deque[object] = deque()
        self._changed = threading.Condition()
        self._stopping = threading.Event()
        self._ready.connect(self._deliver)
        self.finished.connect(self.deleteLater)
        if application is not None:
            application.aboutToQuit.connect(self.end)

    @property
    def is_stopping(self) -> bool:
        """Whether the work should end; for the work itself to look at."""
        return self._stopping.is_set()

    @property
    def is_alive(self) -> bool:
        """Whether the thread has not ended. For the GUI thread."""
        return shiboken6.isValid(self) and not self.isFinished()

    def stop(self) -> None:
        """Asks the work to end soon. For any thread; returns at once."""
        with self._changed:
            self._stopping.set()
            self._changed.notify_all()

    def join(self, timeout_s: float | None = None) -> None:
        """Waits until the work has ended, of its own accord if it was not stopped.

        For the GUI thread, where the worker is deleted once the thread has ended.
        """
        if shiboken6.isValid(self):
            milliseconds = -1 if timeout_s is None else round(timeout_s * 1000)
            self.wait(QDeadlineTimer(milliseconds))

    def end(self) -> None:
        """Stops the work and joins the thread, unless this is not the GUI thread."""
        self.stop()
        if threading.current_thread() is threading.main_thread():
            self.join()

    def take(self) -> list[object]:
        """All that was posted and not received yet, in order. For the GUI thread."""
        with self._changed:
            taken = list(self._waiting)
            self._waiting.clear()
            self._changed.notify_all()
        return taken

    def pause(self, seconds: float) -> None:
        """Lets the work wait, for less if it shall end."""
        self._stopping.wait(seconds)

    def post(self, item: object) -> None:
        """Queues something for the GUI thread. For the work."""
        with self._changed:
            if self._can_wait:
                self._changed.wait_for(
                    lambda: self.is_stopping or len(self._waiting) < MOST_WAITING
                )
            elif len(self._waiting) >= MOST_PICTURES:
                self._blank(len(self._waiting) - MOST_PICTURES)
            self._waiting.append(item)
            first = len(self._waiting) == 1
        if first:
            self._ready.emit()

    def transcribe(self, stream: Stream, blocks: Iterable[NDArray[np.float32]]) -> None:
        """Posts all that a stream hears in the blocks, to the end unless it shall stop."""
        for block in blocks:
            if self.is_stopping:
                return
            heard = stream.push(block)
            if not heard.is_nothing:
                self.post(heard)
        if not self.is_stopping:
            self.post(stream.finish())

    def run(self) -> None:
        error: str | None = None
        try:
            self._work(self)
        except WorkError as failure:
            error = str(failure)
        except Exception as fault:
            error = _fault_sentence(fault)
            raise
        finally:
            self.post(Ended(error))

    def _deliver(self) -> None:
        receive = self._receive()
        owner = getattr(receive, "__self__", None)
        if isinstance(owner, QObject) and not shiboken6.isValid(owner):
            # Qt has deleted an owner that Python still holds.
            self.stop()
        if receive is None or self.is_stopping:
            return
        taken = self.take()
        try:
            receive(taken)
        except Exception as fault:
            # The owner did not take in what it was told: the work is of no use to it any more, and
            # it must not wait for an end that it never hears of.
            self.stop()
            if not any(isinstance(item, Ended) for item in taken):
                receive([Ended(_fault_sentence(fault))])
            raise

    def _blank(self, index: int) -> None:
        heard = self._waiting[index]
        if isinstance(heard, Heard) and len(heard.spectrum):
            blank = np.broadcast_to(np.float32(0), heard.spectrum.shape)
            self._waiting[index] = dataclasses.replace(heard, spectrum=blank)
            self.dropped_pictures += 1


def _fault_sentence(fault: Exception) -> str:
    return f"What was being done broke off by a fault of the program ({fault_text(fault)})."


def stop_workers(*groups: list[Worker]) -> None:
    """Asks workers to end soon, and takes those off their lists that have ended."""
    for workers in groups:
        for worker in workers:
            worker.stop()
        workers[:] = [worker for worker in workers if worker.is_alive]


def end_workers(*groups: list[Worker]) -> None:
    """Ends workers, all at once, and takes them off their lists."""
    for workers in groups:
        for worker in workers:
            worker.stop()
    for workers in groups:
        while workers:
            workers.pop().end()
