"""Signals that ask the program to end: Ctrl-C, `kill`, a terminal that closes, a log-out."""

from __future__ import annotations

import contextlib
import signal
import socket
from collections.abc import Callable, Iterator

from PySide6.QtCore import QObject, QSocketNotifier

_NAMES = ("SIGINT", "SIGTERM", "SIGHUP", "SIGBREAK")


@contextlib.contextmanager
def ended_by_signals(end: Callable[[], None]) -> Iterator[None]:
    """Calls `end` in Qt's event loop when the program is asked to end; the second time it is ended.

    For the main thread. A signal that the program was started to ignore, as by nohup, is ignored.
    """
    numbers = [
        number
        for number in (getattr(signal, name, None) for name in _NAMES)
        if number is not None and signal.getsignal(number) is not signal.SIG_IGN
    ]
    # Python sees a signal only when it runs, and in the event loop it may not for long. The system
    # writes into one end at once, and the other end wakes the loop.
    woken, waking = socket.socketpair()
    for part in (woken, waking):
        part.setblocking(False)
    listening = _Woken(woken, frozenset(numbers), end)
    before_fd = signal.set_wakeup_fd(waking.fileno(), warn_on_full_buffer=False)
    before = {
        number: signal.signal(number, lambda number, _: signal.signal(number, signal.SIG_DFL))
        for number in numbers
    }
    try:
        yield
    finally:
        for number, usual in before.items():
            signal.signal(number, usual)
        signal.set_wakeup_fd(before_fd)
        listening.close()
        woken.close()
        waking.close()


class _Woken(QObject):
    """Reads what the system writes."""

    def __init__(
        self, socket_: socket.socket, numbers: frozenset[int], end: Callable[[], None]
    ) -> None:
        super().__init__()
        self._socket, self._numbers, self._end = socket_, numbers, end
        self._notifier = QSocketNotifier(socket_.fileno(), QSocketNotifier.Type.Read, self)
        self._notifier.activated.connect(self._read)

    def close(self) -> None:
        """Is woken no more."""
        self._notifier.setEnabled(False)

    def _read(self) -> None:
        with contextlib.suppress(BlockingIOError):
            # Others may have handlers of their own.
            if self._numbers.intersection(self._socket.recv(64)):
                self._end()
