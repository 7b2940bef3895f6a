"""What a data file holds: clips of spectrogram frames and labels that overlap at their sides."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import h5py
import numpy as np
from numpy.typing import NDArray

from model.config import FeatureConfig, difference, from_json, to_json
from model.pitch import N_NOTE_NAMES, N_PITCHES
from training.corpora.hdf5 import require_room

FORMAT = "noteglow-clips-1"
# Share of a clip that lies before and after what it is trained and scored on: the frames before
# warm up the network's memory, those after carry the labels that its delay pushes there.
OVERLAP = 0.07
# Features lie between 0 and 1; 255 steps are finer than a quarter of a decibel.
SCALE = 255

# Bytes of the longest clip that is made: some of them must be in memory at once.
LARGEST_CLIP = 1 << 28

_PACKED = {"compression": "gzip", "compression_opts": 1}

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
            ValueError: that is less than ten frames, or more than fit into memory.
        """
        size = len(features.windows) * features.n_bins + len(TARGET_NAMES) * N_PITCHES
        most_s = LARGEST_CLIP / size / features.frames_per_second
        if seconds > most_s:
            raise ValueError(
                f"a clip of {seconds:g} s is too long to be held in memory, {most_s:.0f} s are the "
                "most"
            )
        frames = round(seconds * features.frames_per_second)
        if frames < 10:
            raise ValueError(f"a clip of {seconds} s is shorter than ten frames")
        return cls(frames, max(1, round(OVERLAP * frames)))

    @property
    def core(self) -> int:
        """Frames that a clip has for itself."""
        return self.frames - 2 * self.overlap


@dataclass(frozen=True)
class ClipFormat:
    """How the clips of a file were made; files of different formats do not go together.

    Attributes:
        labels: when a frame bears a note, one of `training.datasets.labels.RULES`.
        only_note_names: labels of 12 note names, C to B, in place of 88 pitches.
        compressed: features take less room and longer to read; files of either kind go together.
    """

    features: FeatureConfig
    length: ClipLength
    labels: str = "hop"
    only_note_names: bool = False
    compressed: bool = False

    @property
    def n_pitches(self) -> int:
        return N_NOTE_NAMES if self.only_note_names else N_PITCHES

    @property
    def shapes(self) -> dict[str, tuple[int, ...]]:
        """Of one frame, in each of a file's data sets of clips."""
        frame = (len(self.features.windows), self.features.n_bins)
        return {"features": frame} | dict.fromkeys(TARGET_NAMES, (self.n_pitches,))

    def write(self, file: h5py.File) -> None:
        """Puts the format into the file's attributes and makes its data sets, without clips."""
        file.attrs["format"] = FORMAT
        file.attrs["features"] = to_json(self.features)
        file.attrs["overlap"] = self.length.overlap
        file.attrs["labels"] = self.labels
        file.attrs["only_note_names"] = self.only_note_names
        for name, shape in self.shapes.items():
            clip = (self.length.frames, *shape)
            file.create_dataset(
                name, (0, *clip), np.uint8, maxshape=(None, *clip), chunks=(1, *clip),
                # Spectrograms hardly become smaller, labels become very small. Not by lzf, whose
                # bytes depend on what lay in memory before: files would differ from run to run.
                **(_PACKED if name != "features" or self.compressed else {}),
                # A checksum of every clip, which reading it compares.
                fletcher32=True,
            )
        file.create_dataset("piece", (0,), np.int32, maxshape=(None,))

    @classmethod
    def read(cls, file: h5py.File) -> ClipFormat:
        """The format of an open data file.

        Raises:
            KeyError, ValueError: it is not a file of clips.
        """
        # A file that does not name its rule is of the first one.
        made = cls(
            from_json(FeatureConfig, file.attrs["features"]),
            ClipLength(file["features"].shape[1], int(file.attrs["overlap"])),
            str(file.attrs.get("labels", "hop")),
            bool(file.attrs.get("only_note_names", False)),
            file["features"].compression is not None,
        )
        n_clips = len(file["piece"])
        for name, shape in made.shapes.items():
            require_room(file[name])
            if file[name].shape != (n_clips, made.length.frames, *shape):
                raise ValueError(f"{name} is of the shape {file[name].shape}")
        return made

    def difference(self, other: ClipFormat) -> str:
        """Names both values of everything in which two formats differ; "" if in nothing."""
        pairs = (
            ("frames in a clip", self.length.frames, other.length.frames),
            ("overlap", self.length.overlap, other.length.overlap),
            ("labels", self.labels, other.labels),
            ("only_note_names", self.only_note_names, other.only_note_names),
        )
        unlike = [f"{name} {mine} against {theirs}" for name, mine, theirs in pairs
                  if mine != theirs]
        return ", ".join(filter(None, [difference(self.features, other.features), *unlike]))


def cut(frames: NDArray[np.uint8], length: ClipLength) -> Iterator[NDArray[np.uint8]]:
    """Cuts a recording's frames (frames, ...) into clips (length.frames, ...), one after another.

    The first clip begins and the last one ends with zeros.
    """
    for index in range(n_clips(len(frames), length)):
        first = index * length.core - length.overlap
        clip = np.zeros((length.frames, *frames.shape[1:]), np.uint8)
        inside = frames[max(0, first) : first + length.frames]
        clip[max(0, -first) : max(0, -first) + len(inside)] = inside
        yield clip


def n_clips(n_frames: int, length: ClipLength) -> int:
    """How many clips a recording of so many frames is cut into."""
    return max(1, -(-n_frames // length.core))
