"""Files that are whole or not there: written beside under a name of their own, then renamed.

That name tells whose it is. A process that is killed leaves it, and the next one to write into the
folder, or to start, removes it.
"""

from __future__ import annotations

import contextlib
import os
import platform
import re
import secrets
import shutil
import sys
import time
import zlib
from collections.abc import Iterator
from pathlib import Path

# .NAME.MACHINE-PID-ANY.part, with the beginning of the name alone: one may be 255 bytes long, of up
# to four for a letter.
_LEFT = re.compile(r"\..*\.([0-9a-f]{8})-(\d+)-[0-9a-f]{4}\.part", re.DOTALL)
_MOST_LETTERS = 40
# Of another machine that shares the folder it is not known who lives, and a number may be given to
# another process. What was not written to for so long is nobody's.
_OLD_S = 24 * 3600.0


@contextlib.contextmanager
def whole_file(path: Path) -> Iterator[Path]:
    """Gives the name to write to; renames it to `path` at the end, and removes it on any error.

    Raises:
        OSError: it cannot be written; the error names `path`, or another file that it was about.
    """
    remove_left(path.parent)
    beside = path.with_name(own_name(path.name))
    try:
        yield beside
        os.replace(beside, path)
    except OSError as error:
        ours = error.filename in (None, str(beside), beside)
        raise OSError(
            error.errno, error.strerror or str(error), str(path) if ours else error.filename
        ) from None
    finally:
        with contextlib.suppress(OSError):
            beside.unlink(missing_ok=True)


def own_name(name: str) -> str:
    """A name that tells that it is this process's; `remove_left` removes it after its end."""
    token = f"{_machine()}-{os.getpid()}-{secrets.token_hex(2)}"
    return f".{name[:_MOST_LETTERS].strip('.')}.{token}.part"


def remove_left(folder: Path) -> None:
    """Removes what processes left in a folder, which may be missing, that live no more."""
    left = []
    with contextlib.suppress(OSError), os.scandir(folder) as entries:
        left = [entry for entry in entries if entry.name.endswith(".part") and _is_left(entry)]
    for entry in left:
        if entry.is_dir(follow_symlinks=False):
            shutil.rmtree(entry.path, ignore_errors=True)
        else:
            with contextlib.suppress(OSError):
                os.unlink(entry.path)


def _is_left(entry: os.DirEntry[str]) -> bool:
    owner = _LEFT.fullmatch(entry.name)
    if owner is None:
        return False
    if owner[1] == _machine() and not _is_alive(int(owner[2])):
        return True
    try:
        return entry.stat(follow_symlinks=False).st_mtime < time.time() - _OLD_S
    except OSError:
        return False


def _machine() -> str:
    """Names this machine; on Linux, what it counts its processes in: a container has its own."""
    try:
        counted_in = os.readlink("/proc/self/ns/pid")
    except OSError:
        counted_in = ""
    return f"{zlib.crc32(f'{platform.node()} {counted_in}'.encode()):08x}"


def _is_alive(pid: int) -> bool:
    if sys.platform == "win32":
        import ctypes

        # PROCESS_QUERY_LIMITED_INFORMATION; 259 is STILL_ACTIVE. os.kill() would end it there.
        kernel, status = ctypes.windll.kernel32, ctypes.c_ulong()
        handle = kernel.OpenProcess(0x1000, False, pid)
        known = kernel.GetExitCodeProcess(handle, ctypes.byref(status))
        kernel.CloseHandle(handle)
        return bool(known) and status.value == 259
    try:
        os.kill(pid, 0)
    except (ProcessLookupError, OverflowError):
        return False
    except OSError:
        # It is another user's.
        return True
    try:
        # A dead one that its parent has not asked for yet still has its number.
        with open(f"/proc/{pid}/stat", "rb") as told:
            return told.read().rpartition(b") ")[2][:1] != b"Z"
    except OSError:
        return True
