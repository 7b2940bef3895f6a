"""Ctrl-C, and a friendly kill: heard at once, obeyed when nothing is lost by it."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

_SIGNALS = (signal.SIGINT, signal.SIGTERM)


class Stopped(Exception):
    """The run was asked to stop and has saved all that it needs to go on."""


class StopRequest:
    """Whether the run was asked to stop.

    Attributes:
        is_made: it was; whoever asks again gets a `KeyboardInterrupt` at once.
    """

    def __init__(self) -> None:
        self.is_made = False

    def make(self, _signal: int = 0, _frame: FrameType | None = None) -> None:
        """Takes note of a signal."""
        if self.is_made:
            raise KeyboardInterrupt
        self.is_made = True


@contextmanager
def stop_requests() -> Iterator[StopRequest]:
    """Listens for the signals in place of whoever did before; in the main thread only."""
    request = StopRequest()
    if threading.current_thread() is not threading.main_thread():
        yield request
        return
    before = {number: signal.signal(number, request.make) for number in _SIGNALS}
    try:
        yield request
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def leave_to_parent(_worker: int) -> None:
    """Makes a process that reads clips deaf to Ctrl-C: the training ends it when it is ready.

    Not to a kill, which is what ends it where it would not end by itself.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)
