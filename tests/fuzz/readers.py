"""What the readers have in common that are fuzzed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from hypothesis import strategies

from tests.fuzz.damage import damaged


class Case(bytes):
    """A file's content, which is not written out."""

    def __repr__(self) -> str:
        return f"<{len(self)} bytes>"


@dataclass(frozen=True)
class Reader:
    """What reads files of one kind.

    Attributes:
        suffix: of the file that is given to `read`.
        wholes: the contents of whole files; a folder to write them to is given.
        read: all that the program does with such a file.
        refusals: the errors that say in a sentence that a file cannot be used.
        is_text: single values of it can be changed.
        pack: makes a file of each of the contents, where checksums or lengths stand in it.
    """

    name: str
    suffix: str
    wholes: Callable[[Path], list[bytes]]
    read: Callable[[Path], object]
    refusals: tuple[type[Exception], ...]
    is_text: bool = False
    pack: Callable[[bytes], bytes] | None = None

    def cases(self, folder: Path) -> strategies.SearchStrategy[Case]:
        """Damaged files; the whole ones are written to the folder first."""
        wholes = self.wholes(folder)
        found = damaged(wholes, is_text=self.is_text)
        if self.pack is not None:
            packed = [self.pack(whole) for whole in wholes]
            found = found.map(self.pack) | damaged(packed, is_text=False)
        return found.map(Case)


def all_of(*readings: Callable[[], object], refusals: tuple[type[Exception], ...]) -> None:
    """Calls all of them, whatever one refuses."""
    refused = None
    for read in readings:
        try:
            read()
        except refusals as error:
            refused = error
    if refused is not None:
        raise refused
