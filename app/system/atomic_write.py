"""Files that are whole or not there: written beside under another name, then renamed."""

from __future__ import annotations

import contextlib
import errno
import os
import shutil
from collections.abc import Iterator
from pathlib import Path


class WriteError(ValueError):
    """A file cannot be written; the message is one sentence naming it and the reason."""


def require_writable(path: Path) -> None:
    """Finds out before long work whether `path` can be written after it, and changes nothing.

    Raises:
        WriteError: it is a folder, or the first folder above it that exists cannot be written.
    """
    if path.is_dir():
        raise WriteError(f"{path}: this is a folder, it cannot be written as a file")
    above = path.parent
    while not os.path.lexists(above) and above != above.parent:
        above = above.parent
    if not above.is_dir():
        raise WriteError(f"{path}: it cannot be written, {above} is not a folder")
    if not os.access(above, os.W_OK | os.X_OK):
        raise WriteError(f"{path}: it cannot be written, the folder {above} is read-only")


@contextlib.contextmanager
def written_beside(path: Path) -> Iterator[Path]:
    """Gives the name to write to; renames it to `path` at the end, and removes it on any error.

    Missing folders above are created.

    Raises:
        WriteError: the folder cannot be created, or the file not written or renamed.
    """
    require_writable(path)
    beside = _beside(path)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        yield beside
        os.replace(beside, path)
    except OSError as error:
        reason = error.strerror or str(error)
        raise WriteError(f"{path}: it cannot be written ({reason})") from None
    finally:
        remove_unfinished(path)


def move(source: Path, target: Path) -> None:
    """Moves a file, to another disk as well; a file of the target's name is replaced.

    Raises:
        WriteError: the target cannot be written; the source is where it was.
    """
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        source.replace(target)
    except OSError as error:
        if error.errno != errno.EXDEV:
            raise WriteError(f"{target}: it cannot be written ({error.strerror})") from None
        with written_beside(target) as beside:
            shutil.copyfile(source, beside)
        with contextlib.suppress(OSError):
            source.unlink()


def remove_unfinished(path: Path) -> None:
    """Removes what `written_beside` left in a process that was killed; `path` itself stays."""
    with contextlib.suppress(OSError):
        _beside(path).unlink(missing_ok=True)


def _beside(path: Path) -> Path:
    return path.with_name(path.name + ".part")
