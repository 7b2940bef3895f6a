"""Sound files as mono samples at a wanted rate."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import soundfile
import soxr
from numpy.typing import NDArray

from training.corpora.recording import CorpusError

SUFFIXES = (".wav", ".flac", ".ogg", ".mp3", ".aiff", ".aif")
# Frames that are decoded at once: a concert of an hour in stereo is never whole in memory.
_BLOCK = 1 << 20


def read(path: Path, sample_rate: int) -> NDArray[np.float32]:
    """The mean of a file's channels, resampled; shape (any,).

    Raises:
        CorpusError: the file is missing or damaged.
    """
    try:
        with soundfile.SoundFile(path) as file:
            blocks = [
                block.mean(axis=1)
                for block in file.blocks(_BLOCK, dtype="float32", always_2d=True)
            ]
            rate = file.samplerate
    except (OSError, soundfile.SoundFileError) as error:
        raise CorpusError(f"{path}: the audio cannot be read ({error})") from None
    mono = np.concatenate(blocks) if blocks else np.zeros(0, np.float32)
    return resampled(mono, rate, sample_rate)


def resampled(mono: NDArray[np.float32], rate: float, wanted: float) -> NDArray[np.float32]:
    """Samples at another rate, without delay."""
    if rate == wanted or not len(mono):
        return mono
    return np.asarray(soxr.resample(mono, rate, wanted), np.float32)
