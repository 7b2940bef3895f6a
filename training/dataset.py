"""Clips from HDF5 files, opened lazily in each process that reads them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import h5py
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.utils.data import Dataset

from model.config import FeatureConfig, difference, from_json
from training.augment import shift_pitch, tilt_spectrum
from training.process import FORMAT, SCALE, TARGET_NAMES

# The furthest that a clip is transposed for training.
_MOST_SEMITONES = 3


class DataError(ValueError):
    """A data set cannot be used; the message names the file and why."""


@dataclass(frozen=True)
class ClipFile:
    """What one HDF5 file holds."""

    path: Path
    features: FeatureConfig
    n_clips: int
    n_frames: int
    overlap: int
    pieces: NDArray[np.int32]
    names: list[str]

    @classmethod
    def open(cls, path: Path) -> ClipFile:
        """Reads the file's description.

        Raises:
            DataError: it is missing, damaged or not a file of clips.
        """
        if not path.is_file():
            raise DataError(f"{path}: there is no such data file")
        try:
            with h5py.File(path) as file:
                if file.attrs.get("format") != FORMAT:
                    raise DataError(f"{path}: this is not a Noteglow data file ({FORMAT})")
                return cls(
                    path,
                    from_json(FeatureConfig, file.attrs["features"]),
                    len(file["features"]),
                    file["features"].shape[1],
                    int(file.attrs["overlap"]),
                    file["piece"][:],
                    [name.decode() for name in file["names"][:]],
                )
        except (OSError, KeyError) as error:
            raise DataError(f"{path}: the data file is damaged ({error})") from None


class ClipDataset(Dataset[tuple[Tensor, dict[str, Tensor]]]):
    """Training clips of one or more files; a file that is named twice counts twice.

    An item is features (frames, windows, bins) float32 and targets (frames, pitches) float32.
    With a seed every item is varied, differently in each epoch but repeatably.
    """

    def __init__(self, files: Sequence[ClipFile], seed: int | None = None) -> None:
        """Raises DataError when the files' configurations differ."""
        for file in files[1:]:
            unlike = difference(files[0].features, file.features)
            if unlike:
                raise DataError(f"{file.path} and {files[0].path} differ: {unlike}")
            if (file.n_frames, file.overlap) != (files[0].n_frames, files[0].overlap):
                raise DataError(
                    f"{file.path} and {files[0].path} differ: clips of {file.n_frames} against "
                    f"{files[0].n_frames} frames"
                )
        self.files = list(files)
        self.features = files[0].features
        self.overlap = files[0].overlap
        self.seed = seed
        self.epoch = 0
        self._ends = np.cumsum([file.n_clips for file in files])
        self._open: dict[Path, h5py.File] = {}

    def __len__(self) -> int:
        return int(self._ends[-1])

    def __getitem__(self, index: int) -> tuple[Tensor, dict[str, Tensor]]:
        which = int(np.searchsorted(self._ends, index, side="right"))
        file = self.files[which]
        row = index - int(self._ends[which]) + file.n_clips
        opened = self._open.get(file.path)
        if opened is None:
            opened = self._open[file.path] = h5py.File(file.path)
        frames = opened["features"][row].astype(np.float32) / SCALE
        targets = {name: opened[name][row].astype(np.float32) for name in TARGET_NAMES}
        if self.seed is not None:
            rng = np.random.default_rng([self.seed, self.epoch, index])
            if rng.random() < 0.5:
                semitones = int(rng.integers(-_MOST_SEMITONES, _MOST_SEMITONES + 1))
                frames, targets = shift_pitch(
                    frames, targets, semitones, self.features.bins_per_semitone
                )
            if rng.random() < 0.5:
                frames = tilt_spectrum(frames, rng)
        return torch.from_numpy(frames), {
            name: torch.from_numpy(array) for name, array in targets.items()
        }


class EpochOrder:
    """Batches of clip indices of one epoch, shuffled by seed and epoch; can start in the middle."""

    def __init__(self, n_clips: int, batch_size: int, seed: int) -> None:
        self.n_clips = n_clips
        self.batch_size = batch_size
        self.seed = seed
        self.epoch = 0
        self.skip = 0

    def __len__(self) -> int:
        return self.n_clips // self.batch_size

    def __iter__(self) -> Iterator[list[int]]:
        order = np.random.default_rng([self.seed, self.epoch]).permutation(self.n_clips)
        for batch in range(self.skip, len(self)):
            yield order[batch * self.batch_size : (batch + 1) * self.batch_size].tolist()
