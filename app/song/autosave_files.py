"""Where copies of unsaved work lie, and whose they are.

They lie in the platform's folder for data, never beside a recording. Each program writes to names
of its own, NAME.PID-TIME.noteglow-autosave: beside it .json says which file it is a copy of, whose
it is and since when, and .lock is locked for as long as that program lives. What nobody holds is of
a program that died.
"""

from __future__ import annotations

import contextlib
import datetime
import json
import os
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from app.song.project_file import AUTOSAVE_SUFFIX, is_project
from app.system.atomic_write import WriteError, written_beside
from app.system.paths import data_folder
from model.files.whole_file import remove_left

if TYPE_CHECKING:
    from filelock import FileLock

# Whoever looks whether a copy is held has its lock for a moment.
_LOCK_S = 0.2
# A copy that its project has left behind is kept for so long, in seconds.
_KEPT_S = 30 * 24 * 3600.0
# The longest name of a file is 255 bytes, of up to four for a letter.
_MOST_LETTERS = 48


def autosave_folder() -> Path:
    """Where the copies are."""
    return data_folder() / "autosaves"


@dataclass(frozen=True)
class LeftAutosave:
    """A copy that a program which died left.

    Attributes:
        path: the copy; `Song.open` opens it.
        source: the recording or project that it is a copy of.
        written: when, in seconds since 1970.
    """

    path: Path
    source: Path
    written: float

    def discard(self) -> None:
        """Removes it, unless a program has it by now."""
        own = OwnedAutosave(self.source, self.path)
        with contextlib.suppress(WriteError):
            own.claim()
            own.remove()


class OwnedAutosave:
    """A copy of this program's unsaved work; nothing is on the disk before `claim`.

    Attributes:
        path: the copy.
        source: the recording or project that it is a copy of.
    """

    def __init__(self, source: Path, path: Path | None = None) -> None:
        """Args: `path` is a copy that is there already; a new name by default."""
        self.source = _absolute(source)
        self.path = path or autosave_folder() / (
            f"{source.name[:_MOST_LETTERS]}.{os.getpid()}-{time.time_ns()}{AUTOSAVE_SUFFIX}"
        )
        self._lock: FileLock | None = None

    def claim(self) -> None:
        """Makes it this program's until `remove` or `leave`; claiming twice is harmless.

        Raises:
            WriteError: another program has it, or the folder cannot be written.
        """
        if self._lock is not None:
            return
        # Loaded with the first copy: its import takes a while.
        from filelock import FileLock, Timeout

        lock = FileLock(_lock_path(self.path), thread_local=False)
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            lock.acquire(timeout=_LOCK_S)
        except Timeout:
            raise WriteError(f"{self.path}: another Noteglow has this copy open") from None
        except OSError as error:
            raise WriteError(f"{self.path}: it cannot be written ({error.strerror})") from None
        try:
            self._sign()
        except WriteError:
            lock.release()
            raise
        self._lock = lock

    def remove(self) -> None:
        """Removes the copy, if it was claimed."""
        if self._lock is not None:
            for path in (self.path, _owner_path(self.path)):
                with contextlib.suppress(OSError):
                    path.unlink(missing_ok=True)
            self.leave()

    def leave(self) -> None:
        """Leaves the copy for the next start to find."""
        if self._lock is not None:
            self._lock.release()
            self._lock = None
            with contextlib.suppress(OSError):
                _lock_path(self.path).unlink(missing_ok=True)

    def _sign(self) -> None:
        now = datetime.datetime.now().astimezone()
        owner = {"source": str(self.source), "pid": os.getpid(), "since": now.isoformat()}
        with written_beside(_owner_path(self.path)) as beside:
            beside.write_text(json.dumps(owner), "utf-8")


def left_autosaves(source: Path | None = None) -> list[LeftAutosave]:
    """The copies that nobody holds, the newest first.

    Args:
        source: only those of this recording or project. A recording never changes, so that its
            copy is always worth a look; of a project only what was written after it.
    """
    _tidy(autosave_folder())
    wanted = None if source is None else _absolute(source)
    found = [left for path in autosave_folder().glob(f"*{AUTOSAVE_SUFFIX}")
             if (left := _left(path)) is not None and wanted in (None, left.source)]
    return sorted(found, key=lambda left: left.written, reverse=True)


def _tidy(folder: Path) -> None:
    """Removes what programs left that died before there was a copy, or while they removed it."""
    from filelock import FileLock, Timeout

    remove_left(folder)
    for suffix in (".json", ".lock"):
        for path in folder.glob(f"*{AUTOSAVE_SUFFIX}{suffix}"):
            copy = path.with_suffix("")
            if copy.exists():
                continue
            with contextlib.suppress(Timeout, OSError):
                with FileLock(_lock_path(copy)).acquire(timeout=0):
                    _owner_path(copy).unlink(missing_ok=True)
                _lock_path(copy).unlink(missing_ok=True)


def _left(path: Path) -> LeftAutosave | None:
    from filelock import FileLock, Timeout

    try:
        owner = json.loads(_owner_path(path).read_text("utf-8"))
        source, written = Path(owner["source"]), path.stat().st_mtime
        with FileLock(_lock_path(path)).acquire(timeout=0):
            pass
        with contextlib.suppress(OSError):
            _lock_path(path).unlink(missing_ok=True)
        is_newer = not is_project(source) or not source.exists() or (
            written >= source.stat().st_mtime
        )
    except (Timeout, OSError, ValueError, KeyError, TypeError):
        # It is in use, or unreadable.
        return None
    left = LeftAutosave(path, source, written)
    if is_newer:
        return left
    if written < time.time() - _KEPT_S:
        left.discard()
    return None


def _absolute(path: Path) -> Path:
    return Path(os.path.abspath(path))


def _owner_path(copy: Path) -> Path:
    return copy.with_name(f"{copy.name}.json")


def _lock_path(copy: Path) -> Path:
    return copy.with_name(f"{copy.name}.lock")
