"""Labelled recordings to clips of spectrogram frames and labels in one HDF5 file."""

from __future__ import annotations

import multiprocessing
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import h5py
import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from model.config import FeatureConfig, to_json
from model.pitch import N_PITCHES
from model.spectrogram import Spectrogram
from training.corpora.recording import CorpusError, Recording
from training.labels import Targets, targets

FORMAT = "noteglow-clips-1"
# Share of a clip that lies before and after what it is trained and scored on: the frames before
# warm up the network's memory, those after carry the labels that its delay pushes there.
OVERLAP = 0.07
# Features lie between 0 and 1; 255 steps are finer than a quarter of a decibel.
SCALE = 255

TARGET_NAMES = ("onset", "frame", "offset", "velocity")


@dataclass(frozen=True)
class ClipLength:
    """Frames in a clip, and how many of them at each side belong to its neighbours."""

    frames: int
    overlap: int

    @classmethod
    def of(cls, seconds: float, features: FeatureConfig) -> ClipLength:
        """The clip length for about so many seconds.

        Raises:
            ValueError: that is less than ten frames.
        """
        frames = round(seconds * features.frames_per_second)
        if frames < 10:
            raise ValueError(f"a clip of {seconds} s is shorter than ten frames")
        return cls(frames, max(1, round(OVERLAP * frames)))

    @property
    def core(self) -> int:
        """Frames that a clip has for itself."""
        return self.frames - 2 * self.overlap


@dataclass(frozen=True)
class Clips:
    """The clips of one recording.

    Attributes:
        features: (clips, frames, windows, bins) uint8, `SCALE` times the spectrogram.
        targets: each (clips, frames, pitches) uint8.
    """

    features: NDArray[np.uint8]
    targets: Targets


def cut(
    frames: NDArray[np.float32], labels: Targets, length: ClipLength
) -> Clips:
    """Cuts a recording into clips; the first is preceded and the last followed by silence."""
    n_clips = max(1, -(-len(frames) // length.core))
    after = n_clips * length.core + length.overlap - len(frames)

    def clips(array: NDArray[np.generic]) -> NDArray[np.generic]:
        wide = np.pad(array, [(length.overlap, after)] + [(0, 0)] * (array.ndim - 1))
        return np.stack(
            [wide[i * length.core : i * length.core + length.frames] for i in range(n_clips)]
        )

    quantised = np.rint(np.clip(frames, 0, 1) * SCALE).astype(np.uint8)
    return Clips(
        clips(quantised),
        Targets(**{name: clips(getattr(labels, name)) for name in TARGET_NAMES}),
    )


@dataclass(frozen=True)
class _Job:
    recording: Recording
    features: FeatureConfig
    length: ClipLength

    def run(self) -> Clips | CorpusError:
        try:
            loaded = self.recording.load(self.features.sample_rate)
        except CorpusError as error:
            return error
        frames = Spectrogram(self.features).push(loaded.samples)
        return cut(frames, targets(loaded.notes, len(frames), self.features), self.length)


def build(
    recordings: Sequence[Recording],
    out: Path,
    features: FeatureConfig,
    *,
    clip_seconds: float,
    num_workers: int,
) -> list[str]:
    """Writes the clips of all recordings, in their order, beside `out` and renames at the end.

    Returns:
        One sentence for each recording that could not be used.

    Raises:
        CorpusError: none of them could be used.
    """
    length = ClipLength.of(clip_seconds, features)
    failures = []
    beside = out.with_name(out.name + ".part")
    out.parent.mkdir(parents=True, exist_ok=True)
    with h5py.File(beside, "w") as file:
        _create(file, features, length)
        names = []
        jobs = [_Job(recording, features, length) for recording in recordings]
        for job, result in zip(jobs, _run(jobs, num_workers), strict=True):
            if isinstance(result, CorpusError):
                failures.append(str(result))
                continue
            _append(file, result, piece=len(names))
            names.append(f"{job.recording.corpus}/{job.recording.name}")
        if not names:
            raise CorpusError(f"no recording could be used: {'; '.join(failures[:3])}")
        file.create_dataset("names", data=names, dtype=h5py.string_dtype())
    os.replace(beside, out)
    return failures


def _run(jobs: Sequence[_Job], num_workers: int) -> Iterator[Clips | CorpusError]:
    if num_workers <= 1:
        yield from tqdm(map(_Job.run, jobs), total=len(jobs), unit="recording")
        return
    with multiprocessing.get_context("spawn").Pool(num_workers) as pool:
        yield from tqdm(pool.imap(_Job.run, jobs), total=len(jobs), unit="recording")


def _create(file: h5py.File, features: FeatureConfig, length: ClipLength) -> None:
    file.attrs["format"] = FORMAT
    file.attrs["features"] = to_json(features)
    file.attrs["overlap"] = length.overlap
    shape = (length.frames, len(features.windows), features.n_bins)
    file.create_dataset("features", (0, *shape), np.uint8, maxshape=(None, *shape),
                        chunks=(1, *shape))
    for name in TARGET_NAMES:
        shape2 = (length.frames, N_PITCHES)
        file.create_dataset(name, (0, *shape2), np.uint8, maxshape=(None, *shape2),
                            chunks=(1, *shape2), compression="lzf")
    file.create_dataset("piece", (0,), np.int32, maxshape=(None,))


def _append(file: h5py.File, clips: Clips, piece: int) -> None:
    first = len(file["features"])
    last = first + len(clips.features)
    arrays = {"features": clips.features, "piece": np.full(last - first, piece)} | {
        name: getattr(clips.targets, name) for name in TARGET_NAMES
    }
    for name, array in arrays.items():
        file[name].resize(last, axis=0)
        file[name][first:last] = array
