"""Data files as they are written: clips of new recordings, and copies of those of other files."""

from __future__ import annotations

import contextlib
import errno
import hashlib
import json
import os
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import h5py
import numpy as np
from numpy.typing import NDArray

from model.config import to_json
from model.files.whole_file import whole_file
from training.corpora.hdf5 import whole
from training.datasets.clips import TARGET_NAMES, ClipFormat, cut
from training.datasets.fingerprint import Source
from training.datasets.labels import Targets
from training.datasets.sink import Sink

_CLIPS = ("features", *TARGET_NAMES)
_TEXTS = ("names", "licences", "groups", "splits", "facts", "sources", "piece_sha256")


@dataclass(frozen=True)
class Entry:
    """What a data file says of one recording beside its clips.

    Attributes:
        name: as "corpus/name".
        group, split: see `training.corpora.recording.Recording`.
        length: in frames.
        facts: as `training.datasets.facts.Facts` has them in JSON; "" where they are not known.
        sources: what it was made from.
        sha256: of features and labels, before they were cut.
    """

    name: str
    licence: str
    group: str
    split: str
    length: int
    facts: str
    sources: tuple[Source, ...]
    sha256: str

    @classmethod
    def all_of(cls, file: h5py.File) -> list[Entry]:
        """The entries of an open data file; one made elsewhere may lack all but the names.

        Raises:
            One of `DAMAGED`: the file is.
        """
        n_pieces = len(file["names"])
        texts = {
            name: [text.decode() for text in whole(file[name])] if name in file else [""] * n_pieces
            for name in _TEXTS
        }
        core = file["features"].shape[1] - 2 * int(file.attrs["overlap"])
        lengths = (
            whole(file["lengths"])
            if "lengths" in file
            else np.bincount(whole(file["piece"]), minlength=n_pieces) * core
        )
        return [
            cls(
                texts["names"][i], texts["licences"][i] or "unknown", texts["groups"][i],
                texts["splits"][i] or "train", int(lengths[i]), texts["facts"][i],
                tuple(Source(**row) for row in json.loads(texts["sources"][i] or "[]")),
                texts["piece_sha256"][i],
            )
            for i in range(n_pieces)
        ]


def content_sha256(features: NDArray[np.uint8], targets: Targets) -> str:
    """Of a recording's frames and labels."""
    digest = hashlib.sha256(np.ascontiguousarray(features).data)
    for name in TARGET_NAMES:
        digest.update(np.ascontiguousarray(getattr(targets, name)).data)
    return digest.hexdigest()


@contextlib.contextmanager
def writing(path: Path, made: ClipFormat) -> Iterator[ClipWriter]:
    """A new data file, written beside `path` and renamed when it is whole.

    Raises:
        OSError: there is no room for it.
    """
    with whole_file(path) as beside, Sink(beside) as sink:
        with sink.hdf5() as file:
            made.write(file)
            writer = ClipWriter(file, sink, made)
            yield writer
            writer.finish()
        sink.check()
        os.fsync(sink.fileno())


class ClipWriter:
    """Puts recordings into a data file, one after the other.

    Attributes:
        n_clips, entries: what is in it by now.
    """

    def __init__(self, file: h5py.File, sink: Sink, made: ClipFormat) -> None:
        self.n_clips = 0
        self.entries: list[Entry] = []
        self._file = file
        self._sink = sink
        self._made = made

    def add(self, features: NDArray[np.uint8], targets: Targets, entry: Entry) -> None:
        """Cuts frames (frames, windows, bins) and their labels into clips."""
        arrays = {"features": features} | {name: getattr(targets, name) for name in TARGET_NAMES}
        count = 0
        for name, array in arrays.items():
            clips = self._file[name]
            for count, clip in enumerate(cut(array, self._made.length), 1):
                clips.resize(self.n_clips + count, axis=0)
                clips[self.n_clips + count - 1] = clip
        self._entered(entry, count)

    def copy(self, file: h5py.File, piece: int, entry: Entry) -> None:
        """Copies the clips of one recording of another data file of the same format.

        Raises:
            OSError: that file is damaged; errors of this one wait in its sink.
        """
        rows = np.flatnonzero(file["piece"][:] == piece)
        for name in _CLIPS:
            source, clips = file[name], self._file[name]
            clips.resize(self.n_clips + len(rows), axis=0)
            alike = _filters(source) == _filters(clips)
            rest = (0,) * (clips.ndim - 1)
            for at, row in enumerate(rows, self.n_clips):
                # Read in any case, which compares its checksum: damage shall not be handed on.
                clip = source[row]
                if alike:
                    mask, chunk = source.id.read_direct_chunk((int(row), *rest))
                    clips.id.write_direct_chunk((at, *rest), chunk, mask)
                else:
                    clips[at] = clip
        self._entered(entry, len(rows))

    def _entered(self, entry: Entry, count: int) -> None:
        pieces = self._file["piece"]
        pieces.resize(self.n_clips + count, axis=0)
        pieces[self.n_clips :] = len(self.entries)
        self.n_clips += count
        self.entries.append(entry)
        self._sink.check()

    def finish(self) -> None:
        """Writes what the file says of its recordings, and the hash of it all."""
        columns = {
            "names": [entry.name for entry in self.entries],
            "licences": [entry.licence for entry in self.entries],
            "groups": [entry.group for entry in self.entries],
            "splits": [entry.split for entry in self.entries],
            "facts": [entry.facts for entry in self.entries],
            "sources": [_as_json(entry.sources) for entry in self.entries],
            "piece_sha256": [entry.sha256 for entry in self.entries],
        }
        for name in _TEXTS:
            self._file.create_dataset(name, data=columns[name], dtype=h5py.string_dtype())
        # Frames of each piece; what follows in its last clip is no sound.
        lengths = np.array([entry.length for entry in self.entries], np.int64)
        self._file.create_dataset("lengths", data=lengths)
        made = self._made
        said = [
            to_json(made.features), made.length.frames, made.length.overlap, made.labels,
            made.only_note_names,
            [(e.name, e.group, e.split, e.length, e.sha256) for e in self.entries],
        ]
        digest = hashlib.sha256(json.dumps(said).encode()).hexdigest()
        self._file.attrs["content_sha256"] = digest


def is_full(error: OSError) -> bool:
    """Whether the disk, or what one may use of it, is full."""
    return error.errno in (errno.ENOSPC, errno.EDQUOT)


def without_times(entry: Entry) -> Entry:
    """An entry that does not say when its sources were last changed, but only what they hold."""
    return replace(entry, sources=tuple(replace(s, time_ns=0) for s in entry.sources))


def _as_json(sources: Sequence[Source]) -> str:
    return json.dumps([asdict(source) for source in sources])


def _filters(dataset: h5py.Dataset) -> list[object]:
    """What is done to each chunk before it is written."""
    stored = dataset.id.get_create_plist()
    filters = [stored.get_filter(i)[:3] for i in range(stored.get_nfilters())]
    return [dataset.chunks, dataset.dtype, *filters]
