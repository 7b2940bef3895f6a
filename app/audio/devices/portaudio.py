"""PortAudio, of which each process has one: who uses it, and when it can be started anew.

PortAudio lists the devices once, when it starts, and what is plugged in later stays unknown until
it is ended and started again. That would close every stream there is, so it is only done while
nobody uses it.
"""

from __future__ import annotations

import importlib
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from types import ModuleType


class PortAudioLibrary:
    """Counts the users of PortAudio: open streams, and whoever looks at its list of devices."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._users = 0
        self._opening = threading.Lock()

    def hold(self) -> None:
        """Begins a use: until `release`, the list and its indices stay as they are."""
        with self._lock:
            self._users += 1

    def release(self) -> None:
        """Ends a use."""
        with self._lock:
            self._users -= 1

    @contextmanager
    def in_use(self) -> Iterator[None]:
        """Holds PortAudio within."""
        self.hold()
        try:
            yield
        finally:
            self.release()

    @contextmanager
    def opening(self, patience_s: float) -> Iterator[bool]:
        """Lets one thread at a time open a stream, as PortAudio wants it.

        Yields whether it is this one's turn; False when another thread still hangs in a driver
        after so many seconds.
        """
        is_turn = self._opening.acquire(timeout=patience_s)
        try:
            yield is_turn
        finally:
            if is_turn:
                self._opening.release()

    def restart(self) -> bool:
        """Ends and starts PortAudio, so that it lists the devices of this moment.

        Returns:
            Whether it was done; False while it is in use.

        Raises:
            OSError, sounddevice.PortAudioError: it is not installed, or does not start.
        """
        with self._lock:
            if self._users:
                return False
            sounddevice = module()
            # The only way there is; the module's author recommends it for this purpose.
            if sounddevice._initialized:
                sounddevice._terminate()
            sounddevice._initialize()
            return True


@cache
def library() -> PortAudioLibrary:
    """The one of this process, as there is one PortAudio in it."""
    return PortAudioLibrary()


def module() -> ModuleType:
    """The `sounddevice` module; the import fails with an OSError where PortAudio is missing."""
    return importlib.import_module("sounddevice")


def prepare_thread() -> None:
    """Makes this thread, not the main one, fit to open a stream.

    On Windows WASAPI answers only to threads that have COM. It is not given back: the stream that
    was opened needs it for as long as it runs.
    """
    if sys.platform == "win32":
        import ctypes

        ctypes.windll.ole32.CoInitializeEx(None, 0)
