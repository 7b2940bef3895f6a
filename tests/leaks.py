"""A fixture that fails a test which leaves a window, a running timer or a thread alive."""

from __future__ import annotations

import contextlib
import gc
import threading
from collections.abc import Iterator

import pytest
from PySide6.QtCore import QCoreApplication, QEvent, QThread, QTimer
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot
from shiboken6 import isValid


def _windows() -> set[QWidget]:
    return {widget for widget in QApplication.topLevelWidgets() if widget.parent() is None}


def _left() -> list[str]:
    found = [repr(widget) for widget in _windows()]
    for thing in gc.get_objects():
        # Not isinstance(): it asks the objects themselves, and some answer with a warning.
        kind = type(thing)
        if issubclass(kind, QTimer) and isValid(thing) and thing.isActive():
            found.append(f"a running timer of {thing.parent()!r}")
        elif issubclass(kind, QThread) and isValid(thing) and thing.isRunning():
            found.append(f"the running thread {thing!r}")
    found += [repr(thread) for thread in threading.enumerate()
              if thread is not threading.main_thread() and not thread.daemon]
    return found


def clear_up() -> None:
    """Lets everything go that was asked to be deleted."""
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
    gc.collect()
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
    QCoreApplication.processEvents()


@pytest.fixture(autouse=True)
def only_new_objects() -> None:
    """Takes what there was before the test out of sight, or looking through it is slow."""
    gc.collect()
    gc.freeze()


@pytest.fixture(autouse=True)
def nothing_left(qtbot: QtBot, only_new_objects: None) -> Iterator[None]:
    """Import both into a module of tests to watch over all of them."""
    before = set(_left())
    yield
    left: list[str] = []

    def is_clear() -> bool:
        clear_up()
        left[:] = [thing for thing in _left() if thing not in before]
        return not left

    # A thread that has said its last word may need a moment to end.
    with contextlib.suppress(qtbot.TimeoutError):
        qtbot.waitUntil(is_clear, timeout=30_000)
    assert not left, f"the test left alive: {', '.join(left)}"
