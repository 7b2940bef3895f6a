"""Files that are whole or not there: written beside under another name, then renamed."""

from __future__ import annotations

import contextlib
import errno
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

from app.system.progress import GoOn, to_the_end
from model.files.whole_file import whole_file


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
def written_beside(path: Path, go_on: GoOn = to_the_end) -> Iterator[Path]:
    """Gives the name to write to; renames it to `path` at the end, and removes it on any error.

    Missing folders above are created. `go_on` is called before the end; when it raises, nothing is
    written.

    Raises:
        WriteError: the folder cannot be created, or the file not written or renamed.
    """
    require_writable(path)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with whole_file(path) as beside:
            yield beside
            go_on()
    except OSError as error:
        reason = error.strerror or str(error)
        raise WriteError(f"{path}: it cannot be written ({reason})") from None


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
