"""The log of what went wrong, in the platform's folder for logs, and which runs did not end.

A program that crashes cannot tell. So each run that stays, a window or a listener, leaves a mark
in the folder while it lasts, which is locked; faulthandler writes into it when the program dies.
A mark that nobody holds is of a run that did not end: the next start finds it.
"""

from __future__ import annotations

import contextlib
import datetime
import faulthandler
import logging
import os
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from logging.handlers import RotatingFileHandler
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Self, TextIO

from app.system.fault_hooks import FaultHooks

if TYPE_CHECKING:
    from filelock import BaseFileLock

_NAME = "noteglow.log"
_MARK = "run-"
_MOST_BYTES = 512 * 1024
_OLDER_FILES = 2
_LINE = "%(asctime)s %(process)d %(levelname)s %(name)s: %(message)s"
# A dump of every thread takes a tenth of that.
_MOST_MARK_BYTES = 64 * 1024

_log = logging.getLogger(__name__)
# All modules of the program log below it; others with warnings and worse alone.
_own = logging.getLogger("app")


def log_folder() -> Path:
    """Where programs of this platform keep their logs."""
    from platformdirs import user_log_path

    return user_log_path("noteglow", appauthor=False)


@dataclass(frozen=True)
class Crash:
    """A run that did not end properly.

    Attributes:
        what: "window" or "listen".
        when: about when it stopped, by the user's clock.
        dump: what faulthandler wrote; empty where nothing could be written, as after a power cut.
    """

    what: str
    when: datetime.datetime
    dump: str


class CrashLog:
    """Logs for as long as it is entered: messages, uncaught exceptions, the death of the program.

    Attributes:
        folder: where the files lie.
        path: the newest file of the log.
        faults: the hooks; a window adds those of Qt and listens to them.
        failure: why nothing can be logged, in the system's words; None while it can.
    """

    def __init__(self, folder: Path | None = None) -> None:
        """Args: `folder` takes the place of the platform's."""
        self.folder = log_folder() if folder is None else folder
        self.path = self.folder / _NAME
        self.faults = FaultHooks()
        self.failure: str | None = None
        self._handlers: list[logging.Handler] = []
        self._dumps: TextIO | None = None
        self._mark: Path | None = None
        self._lock: BaseFileLock | None = None

    def __enter__(self) -> Self:
        if sys.stderr is not None:
            told = logging.StreamHandler()
            told.setLevel(logging.WARNING)
            told.setFormatter(logging.Formatter("noteglow: %(message)s"))
            self._handlers.append(told)
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            file = _LogFile(self.path, self._disk_failed)
            self._dumps = self.path.open("a", encoding="utf-8")
        except OSError as error:
            self.failure = error.strerror or str(error)
        else:
            file.setFormatter(logging.Formatter(_LINE))
            self._handlers.append(file)
            faulthandler.enable(self._dumps)
        for handler in self._handlers:
            logging.getLogger().addHandler(handler)
        self._usual_level = _own.level
        _own.setLevel(logging.INFO)
        self.faults.install()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        fault: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if isinstance(fault, Exception):
            self.faults.note("The program ended", fault)
        self.faults.remove()
        if self._dumps is not None:
            faulthandler.disable()
            self._dumps.close()
        self._unmark()
        _own.setLevel(self._usual_level)
        for handler in self._handlers:
            logging.getLogger().removeHandler(handler)
            handler.close()
        self._handlers.clear()

    def watch(self, what: str) -> None:
        """This run stays until it is ended: should it not end properly, the next start is told."""
        if self.failure is not None:
            return
        # Its import takes a while, and short commands do without.
        from filelock import FileLock

        mark = self.folder / f"{_MARK}{os.getpid()}-{time.time_ns()}.txt"
        lock = FileLock(mark.with_suffix(".lock"))
        try:
            # The lock first: a mark that nobody holds is taken for a crash.
            lock.acquire(timeout=0)
            dumps = mark.open("w", encoding="utf-8")
            print(what, file=dumps, flush=True)
        except OSError as error:
            self._disk_failed(error)
            lock.release()
            return
        faulthandler.enable(dumps)
        if self._dumps is not None:
            self._dumps.close()
        self._mark, self._lock, self._dumps = mark, lock, dumps
        _log.info("A %s began.", what)

    def take_crashes(self) -> list[Crash]:
        """Runs before this one that did not end, the oldest first; each is told of once.

        What they left of themselves goes into the log.
        """
        from filelock import FileLock, Timeout

        found = []
        for mark in self.folder.glob(f"{_MARK}*.txt"):
            if mark == self._mark:
                continue
            lock = FileLock(mark.with_suffix(".lock"))
            try:
                with lock.acquire(timeout=0):
                    crash = _read(mark)
                    mark.unlink()
            except (Timeout, OSError):
                # It still runs, or another program was faster, or nothing can be removed here.
                continue
            with contextlib.suppress(OSError):
                mark.with_suffix(".lock").unlink(missing_ok=True)
            found.append(crash)
        for lock_path in self.folder.glob(f"{_MARK}*.lock"):
            # It died before its mark was there.
            if not lock_path.with_suffix(".txt").exists():
                with contextlib.suppress(Timeout, OSError):
                    with FileLock(lock_path).acquire(timeout=0):
                        pass
                    lock_path.unlink(missing_ok=True)
        found.sort(key=lambda crash: crash.when)
        for crash in found:
            # For the file alone: it is long, and whoever asked tells of it in his own way.
            _log.info("A %s did not end, %s.\n%s", crash.what,
                      f"{crash.when:%Y-%m-%d %H:%M:%S}", crash.dump)
        return found

    def tail(self, n_lines: int) -> str:
        """The last lines of the log; empty without one."""
        lines: list[str] = []
        for path in (self.path.with_name(f"{_NAME}.1"), self.path):
            with contextlib.suppress(OSError):
                lines += path.read_text("utf-8", errors="replace").splitlines()
        return "\n".join(lines[-n_lines:])

    def _unmark(self) -> None:
        if self._mark is not None and self._lock is not None:
            _log.info("It ended.")
            with contextlib.suppress(OSError):
                self._mark.unlink(missing_ok=True)
            self._lock.release()
            with contextlib.suppress(OSError):
                self._mark.with_suffix(".lock").unlink(missing_ok=True)
            self._mark = self._lock = None

    def _disk_failed(self, error: OSError) -> None:
        """Says once that the log takes no more; the program goes on without."""
        if self.failure is None:
            self.failure = error.strerror or str(error)
            if sys.stderr is not None:
                print(f"noteglow: {self.path}: it cannot be written ({self.failure})",
                      file=sys.stderr)


class _LogFile(RotatingFileHandler):
    """The file, which gives way to a new one when it is full. Never a reason to end."""

    def __init__(self, path: Path, failed: Callable[[OSError], None]) -> None:
        super().__init__(
            path, maxBytes=_MOST_BYTES, backupCount=_OLDER_FILES, encoding="utf-8",
            errors="backslashreplace",
        )
        self._failed = failed

    def close(self) -> None:
        # What waits for a full disk is lost.
        with contextlib.suppress(OSError):
            super().close()

    def handleError(self, record: logging.LogRecord) -> None:
        error = sys.exc_info()[1]
        if isinstance(error, OSError):
            self._failed(error)
        else:
            super().handleError(record)


def _read(mark: Path) -> Crash:
    with mark.open(encoding="utf-8", errors="replace") as file:
        what, _, dump = file.read(_MOST_MARK_BYTES).partition("\n")
    when = datetime.datetime.fromtimestamp(mark.stat().st_mtime).astimezone()
    return Crash(what or "run", when, dump)
