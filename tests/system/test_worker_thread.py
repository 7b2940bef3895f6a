"""A worker whose work or owner fails: the work ends with a sentence, the program goes on."""

from __future__ import annotations

import pytest
import shiboken6
from PySide6.QtCore import QObject, Signal
from pytestqt.qtbot import QtBot

from app.system.worker_thread import Ended, Worker
from tests.leaks import nothing_left, only_new_objects  # noqa: F401


class Owner:
    """Receives until it is told something that it cannot take in."""

    def __init__(self, indigestible: object = None) -> None:
        self.received: list[object] = []
        self._indigestible = indigestible

    def receive(self, posted: list[object]) -> None:
        for item in posted:
            if item == self._indigestible:
                raise LookupError(item)
            self.received.append(item)


def test_a_fault_in_the_work_ends_it_with_a_sentence_and_is_not_swallowed(qtbot: QtBot) -> None:
    def work(worker: Worker) -> None:
        worker.post("a part")
        raise ZeroDivisionError("no more")

    owner = Owner()
    worker = Worker(work, owner.receive, can_wait=True)
    with qtbot.captureExceptions() as faults:
        worker.start()
        qtbot.waitUntil(lambda: len(owner.received) == 2)
    assert owner.received == ["a part", Ended(
        "What was being done broke off by a fault of the program (ZeroDivisionError('no more'))."
    )]  # fmt: skip
    assert [kind for kind, _, _ in faults] == [ZeroDivisionError]


@pytest.mark.parametrize("last", [False, True])
def test_an_owner_that_fails_hears_that_the_work_is_over(qtbot: QtBot, last: bool) -> None:
    def work(worker: Worker) -> None:
        worker.post("bad")
        while not last and not worker.is_stopping:
            worker.pause(0.01)

    owner = Owner("bad")
    worker = Worker(work, owner.receive, can_wait=True)
    with qtbot.captureExceptions() as faults:
        worker.start()
        if last:
            worker.wait()
        qtbot.waitUntil(lambda: not worker.is_alive)
        qtbot.waitUntil(lambda: bool(faults))
    assert [kind for kind, _, _ in faults] == [LookupError]
    # Where the end came in the same breath, it went down with the rest: that is for the owner.
    assert len(owner.received) == (0 if last else 1)


def test_an_owner_that_qt_has_deleted_hears_nothing_more(qtbot: QtBot) -> None:
    class QtOwner(QObject):
        told = Signal(object)

        def receive(self, posted: list[object]) -> None:
            self.told.emit(posted)

    owner = QtOwner()
    worker = Worker(lambda worker: worker.post("a part"), owner.receive, can_wait=True)
    shiboken6.delete(owner)
    with qtbot.captureExceptions() as faults:
        worker.start()
        qtbot.waitUntil(lambda: not worker.is_alive)
    assert not faults
