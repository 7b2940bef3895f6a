"""Ctrl-C and SIGTERM wait while processes are waited for, and are heeded between two results.

An exception that a signal raises in the midst of `concurrent.futures` may leave one of its locks
taken for good: then the thread that ends the processes waits for ever, and the program with it.
"""

from __future__ import annotations

import contextlib
import signal
import sys
import threading
from collections.abc import Callable, Collection, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, wait
from types import FrameType
from typing import TypeVar

Result = TypeVar("Result")

# A signal is heeded so soon.
_LOOK_S = 0.1


@contextlib.contextmanager
def held_signals() -> Iterator[Callable[[], None]]:
    """Holds SIGINT and SIGTERM back; gives what heeds one that has come, by raising.

    The end heeds it as well, unless another exception has ended what was done. A signal that is
    ignored stays ignored. In other threads than the main one, which get no signals, nothing is
    done.

    Raises:
        KeyboardInterrupt: for SIGINT.
        SystemExit: for SIGTERM, with the status that a shell gives: 143.
    """
    came: list[int] = []

    def hold(number: int, frame: FrameType | None) -> None:
        came.append(number)

    def heed() -> None:
        if signal.SIGTERM in came:
            sys.exit(128 + signal.SIGTERM)
        if came:
            raise KeyboardInterrupt

    usual = {}
    try:
        if threading.current_thread() is threading.main_thread():
            for number in (signal.SIGINT, signal.SIGTERM):
                if signal.getsignal(number) is not signal.SIG_IGN:
                    usual[number] = signal.signal(number, hold)
        yield heed
    finally:
        for number, handler in usual.items():
            signal.signal(number, handler)
    heed()


def first_done(
    futures: Collection[Future[Result]], heed: Callable[[], None]
) -> Future[Result]:
    """Waits until one of these is done, and returns it; calls `heed` again and again meanwhile."""
    while True:
        heed()
        for future in wait(futures, timeout=_LOOK_S, return_when=FIRST_COMPLETED).done:
            return future
