"""Data files whose recordings become part of another: one that is added to, or several."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import h5py
from tqdm import tqdm

from training.corpora.hdf5 import DAMAGED, require_an_end
from training.corpora.recording import Recording
from training.datasets.clips import FORMAT, ClipFormat
from training.datasets.facts import Facts, Report
from training.datasets.writing import ClipWriter, Entry, is_full, without_times, writing
from training.errors import DataError


@dataclass(frozen=True)
class Existing:
    """A data file that recordings are copied from."""

    path: Path
    format: ClipFormat
    entries: list[Entry]

    @classmethod
    def read(cls, path: Path) -> Existing:
        """Raises DataError when it is missing, damaged or no file of clips."""
        if not path.is_file():
            raise DataError(f"{path}: there is no such data file")
        try:
            require_an_end(path)
            with h5py.File(path) as file:
                if file.attrs.get("format") != FORMAT:
                    raise DataError(f"{path}: this is not a Noteglow data file ({FORMAT})")
                return cls(path, ClipFormat.read(file), Entry.all_of(file))
        except DataError:
            raise
        except DAMAGED as error:
            raise _damaged(path, error) from None

    def check(self, made: ClipFormat, beside: str) -> None:
        """Raises DataError when its clips were made otherwise than `made`, that of `beside`."""
        unlike = self.format.difference(made)
        if unlike:
            raise DataError(f"{self.path} and {beside} differ: {unlike}")

    def renewed(self, recording: Recording) -> Existing:
        """The part of a recording, with what is said of that now beside its sound and labels."""
        entry = replace(
            self.entries[0], name=recording.title, licence=recording.licence,
            group=recording.group, split=recording.split,
        )
        return replace(self, entries=[entry])

    def copy(self, writer: ClipWriter, pieces: Sequence[int]) -> None:
        """Copies recordings, by their numbers.

        Raises:
            DataError: the file is damaged.
            OSError: there is no room for them.
        """
        try:
            with h5py.File(self.path) as file:
                for piece in pieces:
                    writer.copy(file, piece, without_times(self.entries[piece]))
        except DAMAGED as error:
            if isinstance(error, OSError) and error.errno is not None:
                raise
            raise _damaged(self.path, error) from None


def join(paths: Sequence[Path], out: Path) -> tuple[int, int, Report]:
    """Writes the recordings of all data files into one, in their order.

    One that lies in several files, with the same content, is taken once.

    Returns:
        How many recordings and clips there are, and the report on them.

    Raises:
        DataError: a file cannot be used, they were made in different ways, two of them hold
            different recordings of one name, or the disk is full.
    """
    files = [Existing.read(path) for path in paths]
    first: dict[str, tuple[Existing, Entry]] = {}
    chosen: list[list[int]] = []
    for file in files:
        file.check(files[0].format, str(files[0].path))
        pieces = []
        for piece, entry in enumerate(file.entries):
            other, before = first.setdefault(entry.name, (file, entry))
            if before is entry:
                pieces.append(piece)
            elif not entry.sha256 or before.sha256 != entry.sha256:
                raise DataError(
                    f"{other.path} and {file.path} both hold {entry.name}, and not with the same "
                    "sound and labels"
                )
        chosen.append(pieces)
    made = replace(files[0].format, compressed=all(file.format.compressed for file in files))
    try:
        with writing(out, made) as writer:
            for file, pieces in zip(tqdm(files, desc="writing", disable=None), chosen, strict=True):
                file.copy(writer, pieces)
    except OSError as error:
        if not is_full(error):
            raise
        raise DataError(
            f"{out}: the disk is full; make room and give the same command again"
        ) from None
    return len(writer.entries), writer.n_clips, report(writer.entries)


def report(entries: Sequence[Entry], failures: Sequence[str] = ()) -> Report:
    """On the recordings of a data file, as far as it says anything of them."""
    return Report({e.name: Facts.from_json(e.facts) for e in entries if e.facts}, failures)


def _damaged(path: Path, error: Exception) -> DataError:
    return DataError(f"{path}: the data file is damaged ({error})")
