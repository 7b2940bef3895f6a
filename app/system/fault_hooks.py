"""Where Python and Qt hand over what nobody caught: into the log, and to whoever listens."""

from __future__ import annotations

import logging
import sys
import threading
from collections import Counter
from collections.abc import Callable
from types import TracebackType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from PySide6.QtCore import QMessageLogContext, QtMsgType

# A sentence is told with no more of a fault's own words.
_MOST_CHARACTERS = 160

_log = logging.getLogger(__name__)
_qt_log = logging.getLogger("Qt")


def fault_text(fault: BaseException) -> str:
    """A fault in a few words: its kind, and what it says."""
    text = repr(fault)
    return text if len(text) <= _MOST_CHARACTERS else f"{text[:_MOST_CHARACTERS]}…"


class FaultHooks:
    """Logs exceptions that nobody caught, in whatever thread, and Qt's messages.

    Exceptions in slots come here as well: PySide6 hands them to `sys.excepthook` and goes on. What
    repeats, as a fault in painting does sixty times a second, is logged the first, the tenth, the
    hundredth time.

    Attributes:
        listener: called with each fault in the thread where it was, maybe in the middle of
            anything; None for nobody. It may not raise.
    """

    def __init__(self) -> None:
        self.listener: Callable[[BaseException], None] | None = None
        # Not under a lock: an object's end may come here in the middle of it.
        self._seen: Counter[object] = Counter()
        self._has_qt = False

    def install(self) -> None:
        """Takes the place of Python's own hooks."""
        self._usual = sys.excepthook, threading.excepthook, sys.unraisablehook
        sys.excepthook = self._uncaught
        threading.excepthook = self._thread_ended
        sys.unraisablehook = self._unraisable

    def remove(self) -> None:
        """Gives them back."""
        sys.excepthook, threading.excepthook, sys.unraisablehook = self._usual
        if self._has_qt:
            from PySide6.QtCore import qInstallMessageHandler

            qInstallMessageHandler(None)
            self._has_qt = False

    def watch_qt(self) -> None:
        """Logs what Qt has to say; when it ends the program, its last words too."""
        from PySide6.QtCore import QtMsgType, qInstallMessageHandler

        levels = {
            QtMsgType.QtDebugMsg: logging.DEBUG,
            QtMsgType.QtInfoMsg: logging.INFO,
            QtMsgType.QtWarningMsg: logging.WARNING,
            QtMsgType.QtCriticalMsg: logging.ERROR,
            QtMsgType.QtFatalMsg: logging.CRITICAL,
        }

        def log(kind: QtMsgType, context: QMessageLogContext, message: str) -> None:
            times = self._times(message)
            if times is not None:
                _qt_log.log(levels[kind], "%s: %s%s", context.category, message, times)

        qInstallMessageHandler(log)
        self._has_qt = True

    def note(self, where: str, fault: BaseException) -> None:
        """Logs a fault, and tells the listener. For any thread."""
        times = self._times((type(fault), _place(fault.__traceback__)))
        if times is not None:
            _log.critical("%s by a fault of the program%s", where, times,
                          exc_info=(type(fault), fault, fault.__traceback__))
        if self.listener is not None:
            self.listener(fault)

    def _uncaught(
        self, kind: type[BaseException], fault: BaseException, trace: TracebackType | None
    ) -> None:
        if not isinstance(fault, Exception):
            self._usual[0](kind, fault, trace)
            return
        thread = threading.current_thread()
        is_main = thread is threading.main_thread()
        self.note("A call ended" if is_main else f"The work in {thread.name} ended", fault)

    def _thread_ended(self, ended: threading.ExceptHookArgs) -> None:
        if ended.exc_value is not None and not isinstance(ended.exc_value, SystemExit):
            name = ended.thread.name if ended.thread is not None else "a thread"
            self.note(f"The thread {name} ended", ended.exc_value)

    def _unraisable(self, found: sys.UnraisableHookArgs) -> None:
        """An object's end that failed: nothing was being done that anybody could be told of."""
        fault = found.exc_value
        times = self._times((found.exc_type, _place(found.exc_traceback)))
        if times is not None:
            _log.error(
                "%s%s", found.err_msg or "Exception ignored", times,
                exc_info=None if fault is None else (type(fault), fault, found.exc_traceback),
            )

    def _times(self, what: object) -> str | None:
        """How often this was there by now, to be logged; None where it needs no telling."""
        self._seen[what] += 1
        count = self._seen[what]
        if count == 1:
            return ""
        return f" ({count} times)" if count == 10 ** (len(str(count)) - 1) else None


def _place(trace: TracebackType | None) -> tuple[str, int]:
    """File and line where it happened."""
    if trace is None:
        return "", 0
    while trace.tb_next is not None:
        trace = trace.tb_next
    return trace.tb_frame.f_code.co_filename, trace.tb_lineno
