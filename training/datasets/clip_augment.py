"""Variations of clips that are spectrogram frames already."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from model.pitch import N_NOTE_NAMES


@dataclass(frozen=True)
class Augmentation:
    """How clips are varied for training.

    Attributes:
        share: of the clips that are transposed, and of those whose tone is changed.
        semitones: the furthest that one is transposed.
        tilt_db: standard deviation of the change of tone at a frequency.
    """

    share: float = 0.5
    semitones: int = 3
    tilt_db: float = 3.0


def shift_pitch(
    frames: NDArray[np.float32],
    targets: dict[str, NDArray[np.float32]],
    semitones: int,
    bins_per_semitone: int,
) -> tuple[NDArray[np.float32], dict[str, NDArray[np.float32]]]:
    """Moves spectrum (..., bins) and labels (..., pitches) together; what leaves is lost.

    Labels of 12 note names go round: what leaves at B comes back at C.
    """
    if semitones == 0:
        return frames, targets
    return _moved(frames, semitones * bins_per_semitone), {
        name: np.roll(array, semitones, axis=-1)
        if array.shape[-1] == N_NOTE_NAMES
        else _moved(array, semitones)
        for name, array in targets.items()
    }


def _moved(array: NDArray[np.float32], steps: int) -> NDArray[np.float32]:
    moved = np.zeros_like(array)
    if steps > 0:
        moved[..., steps:] = array[..., :-steps]
    else:
        moved[..., :steps] = array[..., -steps:]
    return moved


def tilt_spectrum(
    frames: NDArray[np.float32], rng: np.random.Generator, spread: float = 0.05
) -> NDArray[np.float32]:
    """A smooth random tone control over the bins, on what is above the floor.

    Args:
        spread: standard deviation of the change at a bin, as a share of the features' range.
    """
    n_bins = frames.shape[-1]
    points = rng.normal(0, spread, 6)
    curve = np.interp(np.linspace(0, 5, n_bins), np.arange(6), points).astype(np.float32)
    # Near the floor the features are not logarithmic any more: fade the change out there.
    return np.asarray(np.clip(frames + curve * np.minimum(frames * 4, 1), 0, 1))
