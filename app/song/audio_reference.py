"""Which recording a project is about, and finding it again by its content."""

from __future__ import annotations

import dataclasses
import hashlib
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

# Files that are looked at around a project before the user is asked.
_MOST_FILES = 20_000


@dataclass(frozen=True)
class AudioReference:
    """A file, known by its place and its content.

    Attributes:
        path: where it was, absolute.
        n_bytes: its size.
        sha256: of its content, in hexadecimal.
        beside: where it would be if project and recording had been moved together.
    """

    path: Path
    n_bytes: int
    sha256: str
    beside: Path | None = dataclasses.field(default=None, compare=False)


class AudioNotFoundError(ValueError):
    """The recording of a project is not where it was; the message is one sentence.

    Attributes:
        reference: what was looked for.
        changed: a file in its place whose content is another one; None when there is none.
    """

    def __init__(self, project: Path, reference: AudioReference, changed: Path | None) -> None:
        self.project, self.reference, self.changed = project, reference, changed
        if changed is not None:
            reason = f"{changed} has changed since the project was saved"
        else:
            reason = f"its recording {reference.path.name} is neither where it was nor near it"
        super().__init__(f"{project}: {reason}")


def refer_to(path: Path) -> AudioReference:
    """The reference to a file as it is now; reads all of it.

    Raises:
        OSError: it cannot be read.
    """
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
        n_bytes = file.tell()
    return AudioReference(path.absolute(), n_bytes, digest)


def find(reference: AudioReference, project: Path) -> Path:
    """Where the recording of a project is now.

    It is looked for beside the project as it lay before, where it was, and then by size and
    content in the project's folder and all below it.

    Raises:
        AudioNotFoundError: it is nowhere there.
    """
    changed = None
    for place in (reference.beside, reference.path):
        if place is not None and place.is_file():
            if _is_it(place, reference):
                return place
            changed = changed or place
    for place in _around(project.absolute().parent):
        if _is_it(place, reference):
            return place
    raise AudioNotFoundError(project, reference, changed)


def _is_it(path: Path, reference: AudioReference) -> bool:
    try:
        if path.stat().st_size != reference.n_bytes:
            return False
        return refer_to(path).sha256 == reference.sha256
    except OSError:
        return False


def _around(folder: Path) -> Iterator[Path]:
    """Files in a folder, then those below it."""
    count = 0
    for above, folders, names in os.walk(folder):
        folders.sort()
        for name in sorted(names):
            count += 1
            if count > _MOST_FILES:
                return
            path = Path(above, name)
            if path.is_file():
                yield path
