"""Clips from HDF5 files, opened lazily in each process that reads them."""

from __future__ import annotations

import os
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.utils.data import Dataset

from model.config import FeatureConfig
from training.corpora.hdf5 import DAMAGED, require_an_end, whole
from training.corpora.recording import stem
from training.datasets.clip_augment import Augmentation, shift_pitch, tilt_spectrum
from training.datasets.clips import FORMAT, SCALE, TARGET_NAMES, ClipFormat
from training.errors import DataError

__all__ = ["END_WEIGHT", "ClipDataset", "ClipFile", "DataError"]

# Beside what is true of every frame: what the ends of the notes of a clip count.
END_WEIGHT = "end weight"


@dataclass(frozen=True, eq=False)
class ClipFile:
    """What one HDF5 file holds, or a part of its pieces.

    Attributes:
        format: how its clips were made.
        names: every piece of the file, as "corpus/name".
        lengths: frames of every piece, without the silence at the end of its last clip.
        rows: clips of the file that are used, in order; those of one piece follow each other.
        pieces: index into `names` of each of them.
        groups: of every piece: those of one group belong together, in whatever file.
        splits: of every piece, "validation" where its corpus's authors hold it out.
        share: how much of an epoch is drawn from it, beside those of the other files; 0 where each
            of its clips is used once in every epoch.
        end_weight: what the ends of its notes count. Of recordings whose labels were derived from
            pitch curves, beginnings are surer than ends.
    """

    path: Path
    format: ClipFormat
    names: list[str]
    lengths: NDArray[np.int64]
    rows: NDArray[np.int64]
    pieces: NDArray[np.int32]
    groups: list[str]
    splits: list[str]
    share: float = 0.0
    end_weight: float = 1.0

    @classmethod
    def open(cls, path: Path) -> ClipFile:
        """Reads the file's description.

        Raises:
            DataError: it is missing, damaged or not a file of clips.
        """
        if not path.is_file():
            raise DataError(f"{path}: there is no such data file")
        try:
            require_an_end(path)
            with h5py.File(path) as file:
                if file.attrs.get("format") != FORMAT:
                    raise DataError(f"{path}: this is not a Noteglow data file ({FORMAT})")
                made = ClipFormat.read(file)
                pieces = whole(file["piece"])
                names = [name.decode() for name in whole(file["names"])]
                if len(pieces) and not 0 <= pieces.min() <= pieces.max() < len(names):
                    raise ValueError("a clip is of no piece")
                # A file that does not tell the lengths is scored to the end of its last clips.
                lengths = (
                    whole(file["lengths"])
                    if "lengths" in file
                    else np.bincount(pieces, minlength=len(names)) * made.length.core
                )
                groups = _texts(file, "groups", len(names))
                return cls(
                    path, made, names, lengths, np.arange(len(pieces)), pieces,
                    [_key(group or stem(name)) for group, name in zip(groups, names, strict=True)],
                    _texts(file, "splits", len(names)),
                )
        except DataError:
            raise
        except DAMAGED as error:
            raise DataError(f"{path}: the data file is damaged ({error})") from None

    @property
    def features(self) -> FeatureConfig:
        return self.format.features

    @property
    def n_clips(self) -> int:
        return len(self.rows)

    @property
    def n_frames(self) -> int:
        return self.format.length.frames

    @property
    def overlap(self) -> int:
        return self.format.length.overlap

    def only(self, names: Collection[str]) -> ClipFile:
        """The clips of these pieces, given as "corpus/name"; names that are not here count not."""
        return self._where(np.array([name in names for name in self.names], bool))

    def without(self, names: Collection[str]) -> ClipFile:
        """The clips of all other pieces."""
        return self._where(np.array([name not in names for name in self.names], bool))

    def _where(self, kept: NDArray[np.bool_]) -> ClipFile:
        which = kept[self.pieces]
        return replace(self, rows=self.rows[which], pieces=self.pieces[which])


def _texts(file: h5py.File, name: str, count: int) -> list[str]:
    """A text for each piece; "" where the file does not have them."""
    return [text.decode() for text in whole(file[name])] if name in file else [""] * count


def _key(group: str) -> str:
    """A group's name without what is often written in two ways: case, spaces, dots and commas."""
    return "".join(filter(str.isalnum, group.casefold())) or group


class ClipDataset(Dataset[tuple[Tensor, dict[str, Tensor]]]):
    """Training clips of one or more files; a file that is named twice counts twice.

    An item is features (frames, windows, bins) float32 and targets (frames, pitches) float32.
    With a seed every item is varied, differently in each epoch but repeatably. Where the ends of
    some files count less, targets have an `END_WEIGHT` too, of shape (1, 1).

    Attributes:
        format: how all clips were made; `labels` and `only_note_names` are of it.
        epoch: set it before the epoch's loader is made.
    """

    def __init__(
        self,
        files: Sequence[ClipFile],
        seed: int | None = None,
        augmentation: Augmentation | None = None,
    ) -> None:
        """Raises DataError when the files were made in different ways."""
        for file in files[1:]:
            unlike = files[0].format.difference(file.format)
            if unlike:
                raise DataError(f"{files[0].path} and {file.path} differ: {unlike}")
        self.files = list(files)
        self.format = files[0].format
        self.features = self.format.features
        self.overlap = self.format.length.overlap
        self.seed = seed
        self.augmentation = augmentation or Augmentation()
        self.epoch = 0
        self._ends = np.cumsum([file.n_clips for file in files])
        self._weighs_ends = any(file.end_weight != 1 for file in files)
        self._open: dict[tuple[int, Path], h5py.File] = {}

    @property
    def labels(self) -> str:
        return self.format.labels

    @property
    def only_note_names(self) -> bool:
        return self.format.only_note_names

    def __len__(self) -> int:
        return int(self._ends[-1])

    def __getitem__(self, index: int) -> tuple[Tensor, dict[str, Tensor]]:
        which = int(np.searchsorted(self._ends, index, side="right"))
        file = self.files[which]
        row = int(file.rows[index - int(self._ends[which]) + file.n_clips])
        try:
            opened = self._opened(file.path)
            frames = opened["features"][row].astype(np.float32) / SCALE
            targets = {name: opened[name][row].astype(np.float32) for name in TARGET_NAMES}
        except DAMAGED as error:
            raise DataError(
                f"{file.path}: the data file is damaged, clip {row} cannot be read ({error})"
            ) from None
        if self.seed is not None:
            frames, targets = self._varied(frames, targets, index)
        if self._weighs_ends:
            targets[END_WEIGHT] = np.full((1, 1), file.end_weight, np.float32)
        return torch.from_numpy(frames), {
            name: torch.from_numpy(array) for name, array in targets.items()
        }

    def _varied(
        self, frames: NDArray[np.float32], targets: dict[str, NDArray[np.float32]], index: int
    ) -> tuple[NDArray[np.float32], dict[str, NDArray[np.float32]]]:
        assert self.seed is not None
        vary = self.augmentation
        rng = np.random.default_rng([self.seed, self.epoch, index])
        if rng.random() < vary.share:
            semitones = int(rng.integers(-vary.semitones, vary.semitones + 1))
            frames, targets = shift_pitch(
                frames, targets, semitones, self.features.bins_per_semitone
            )
        if rng.random() < vary.share:
            frames = tilt_spectrum(frames, rng, vary.tilt_db / self.features.range_db)
        return frames, targets

    def _opened(self, path: Path) -> h5py.File:
        """The file, opened by this very process: a forked one does not touch its parent's."""
        key = os.getpid(), path
        if key not in self._open:
            self._open[key] = h5py.File(path)
        return self._open[key]

    def __getstate__(self) -> dict[str, Any]:
        """What a spawned loader process is given: everything but open files."""
        return self.__dict__ | {"_open": {}}
