"""Variations of recordings, before and after they have become spectrogram frames."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import soxr
from numpy.typing import NDArray

from training.corpora import effects
from training.corpora.recording import Labelled, Recording


@dataclass(frozen=True)
class Variation:
    """A recording played back at another speed and pitch, in another room, with another tone.

    Attributes:
        seed: from which everything about the variation follows.
        rooms: impulse responses.
    """

    recording: Recording
    seed: int
    rooms: tuple[Path, ...] = ()

    @property
    def corpus(self) -> str:
        return self.recording.corpus

    @property
    def licence(self) -> str:
        return self.recording.licence

    @property
    def name(self) -> str:
        return f"{self.recording.name}~{self.seed}"

    def load(self, sample_rate: int) -> Labelled:
        """Loads and varies it. Raises CorpusError when the recording cannot be read."""
        rng = np.random.default_rng([7_310_000, self.seed])
        loaded = self.recording.load(sample_rate)
        semitones = int(rng.integers(-3, 4))
        ratio = float(2 ** ((semitones + rng.normal(0, 0.08)) / 12))
        samples = soxr.resample(loaded.samples, sample_rate * ratio, sample_rate)
        notes = [
            replace(
                note,
                onset_s=note.onset_s / ratio,
                offset_s=note.offset_s / ratio,
                pitch=note.pitch + semitones,
            )
            for note in loaded.notes
        ]
        samples = np.asarray(effects.equalise(samples, rng, sample_rate), np.float32)
        if self.rooms and rng.random() < 0.4:
            room = effects.load_room(self.rooms[int(rng.integers(len(self.rooms)))], sample_rate)
            samples = effects.reverberate(samples, room, rng.uniform(-26, -9), 0.005, sample_rate)
        if rng.random() < 0.4:
            samples = effects.limit_band(samples, rng, sample_rate)
        loudness = float(np.sqrt(np.mean(samples**2)))
        noise = effects.coloured_noise(len(samples), rng.uniform(0, 2), rng, sample_rate)
        samples = samples + np.float32(loudness * 10 ** (rng.uniform(-60, -25) / 20)) * noise
        return Labelled(effects.to_level(samples, rng.uniform(-25, 0)), notes)


def shift_pitch(
    frames: NDArray[np.float32],
    targets: dict[str, NDArray[np.float32]],
    semitones: int,
    bins_per_semitone: int,
) -> tuple[NDArray[np.float32], dict[str, NDArray[np.float32]]]:
    """Moves spectrum (..., bins) and labels (..., pitches) together; what leaves is lost."""
    if semitones == 0:
        return frames, targets
    return _moved(frames, semitones * bins_per_semitone), {
        name: _moved(array, semitones) for name, array in targets.items()
    }


def _moved(array: NDArray[np.float32], steps: int) -> NDArray[np.float32]:
    moved = np.zeros_like(array)
    if steps > 0:
        moved[..., steps:] = array[..., :-steps]
    else:
        moved[..., :steps] = array[..., -steps:]
    return moved


def tilt_spectrum(frames: NDArray[np.float32], rng: np.random.Generator) -> NDArray[np.float32]:
    """A smooth random tone control of some decibels over the bins, on what is above the floor."""
    n_bins = frames.shape[-1]
    points = rng.normal(0, 0.05, 6)
    curve = np.interp(np.linspace(0, 5, n_bins), np.arange(6), points).astype(np.float32)
    # Near the floor the features are not logarithmic any more: fade the change out there.
    return np.clip(frames + curve * np.minimum(frames * 4, 1), 0, 1)
