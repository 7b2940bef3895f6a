"""What a recording is made from: size, time and hash of its files."""

from __future__ import annotations

import functools
import hashlib
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from training.corpora.recording import Recording
from training.rendering.material import Material

# A larger file is an archive of many recordings: reading it for each of them would take longer
# than building them. Its size and its time tell.
_LARGEST_HASHED = 2 << 30


@dataclass(frozen=True)
class Source:
    """One file, or one folder of material.

    Attributes:
        name: without its folder, so that a corpus may be moved.
        size: in bytes; -1 where there is no such file.
        time_ns: of its last change.
        sha256: of its content; "" of a very large file, or where there is none.
    """

    name: str
    size: int
    time_ns: int
    sha256: str


def sources(recording: Recording) -> list[Source]:
    """All that a recording is read from. Raises OSError when something cannot be read."""
    return [_source(path) for path in _paths(recording.source)]


def changed(recording: Recording, before: Sequence[Source]) -> bool:
    """Whether a recording is made from something else than it was.

    Files of the same size and time count as the same; where only the time differs, they are read.
    """
    try:
        paths = list(_paths(recording.source))
        if [path.name for path in paths] != [source.name for source in before]:
            return True
        for path, then in zip(paths, before, strict=True):
            size, time_ns = _state(path)
            if size != then.size:
                return True
            if time_ns != then.time_ns and _differs(path, size, time_ns, then):
                return True
    except OSError:
        return True
    return False


def _differs(path: Path, size: int, time_ns: int, then: Source) -> bool:
    """Whether a file of the same size and of another time holds something else."""
    if then.sha256:
        return _hash(path, size, time_ns) != then.sha256
    # Of a large file only the time tells, and a finished data file does not say it.
    return then.time_ns != 0


def _paths(source: Sequence[Any]) -> Iterator[Path]:
    for value in source:
        if isinstance(value, Path):
            yield value
        elif isinstance(value, Recording):
            yield from _paths(value.source)
        elif isinstance(value, Material):
            yield from (value.folder, *value.soundfonts)
        elif isinstance(value, tuple):
            yield from _paths(value)


def _source(path: Path) -> Source:
    size, time_ns = _state(path)
    hashed = 0 <= size <= _LARGEST_HASHED
    return Source(path.name, size, time_ns, _hash(path, size, time_ns) if hashed else "")


def _state(path: Path) -> tuple[int, int]:
    """Size and time of a file, or of all files in a folder."""
    if path.is_dir():
        size, time_ns, _ = _folder(path)
        return size, time_ns
    try:
        stat = path.stat()
    except FileNotFoundError:
        return -1, 0
    return stat.st_size, stat.st_mtime_ns


# Several recordings may lie in one file.
@functools.lru_cache(maxsize=64)
def _hash(path: Path, size: int, time_ns: int) -> str:
    """Of a file's content while it is of this size and time."""
    if path.is_dir():
        return _folder(path)[2]
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


# Material is looked at once: every recording that is made from it asks.
@functools.lru_cache(maxsize=8)
def _folder(path: Path) -> tuple[int, int, str]:
    """Size and newest time of a folder's files, and a hash of their names and sizes."""
    size, time_ns, digest = 0, 0, hashlib.sha256()
    walked = os.walk(path, followlinks=True)
    for file in sorted(Path(place, name) for place, _, names in walked for name in names):
        stat = file.stat()
        size += stat.st_size
        time_ns = max(time_ns, stat.st_mtime_ns)
        digest.update(f"{file.relative_to(path)} {stat.st_size}\n".encode())
    return size, time_ns, digest.hexdigest()
