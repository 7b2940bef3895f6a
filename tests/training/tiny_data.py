"""Data files so small that a network trains on them within a second."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import h5py
import numpy as np

from model.config import FeatureConfig, NetworkConfig
from training.datasets.clips import SCALE, ClipFormat, ClipLength
from training.datasets.labels import fold

FEATURES = FeatureConfig(windows=(1024,), bins_per_octave=12)
LENGTH = ClipLength(frames=24, overlap=3)
SHAPE = NetworkConfig(
    stem_channels=2, channels=4, harmonic_channels=2, n_blocks=1, memory_units=3, delay_frames=1
)
PIECES = ("red/a", "red/b", "red/c", "red/d", "blue/a", "blue/b", "blue/c", "blue/d")


def write_clips(
    path: Path,
    names: Sequence[str] = PIECES,
    *,
    clips_per_piece: int = 3,
    features: FeatureConfig = FEATURES,
    only_note_names: bool = False,
    seed: int = 0,
) -> Path:
    """Clips in which three random notes sound, as bright bins over some noise."""
    rng = np.random.default_rng(seed)
    made = ClipFormat(features, LENGTH, only_note_names=only_note_names)
    n_clips = len(names) * clips_per_piece
    spectra = rng.integers(0, 60, (n_clips, LENGTH.frames, len(features.windows), features.n_bins))
    labels = {
        name: np.zeros((n_clips, LENGTH.frames, 88), np.uint8)
        for name in ("onset", "frame", "offset", "velocity")
    }
    for clip in range(n_clips):
        for _ in range(3):
            pitch, first = int(rng.integers(10, 70)), int(rng.integers(2, 14))
            last = first + 6
            middle = pitch * features.bins_per_semitone
            spectra[clip, first:last, :, middle : middle + features.bins_per_semitone] = 240
            labels["onset"][clip, first : first + 2, pitch] = 1
            labels["frame"][clip, first:last, pitch] = 1
            labels["offset"][clip, last : last + 2, pitch] = 1
            labels["velocity"][clip, first : first + 2, pitch] = 90
    arrays = {"features": np.clip(spectra, 0, SCALE).astype(np.uint8)}
    arrays |= {n: fold(a) if only_note_names else a for n, a in labels.items()}
    arrays["piece"] = np.repeat(np.arange(len(names), dtype=np.int32), clips_per_piece)
    with h5py.File(path, "w") as file:
        made.write(file)
        for name, array in arrays.items():
            file[name].resize(n_clips, axis=0)
            file[name][:] = array
        file.create_dataset("names", data=list(names), dtype=h5py.string_dtype())
    return path
