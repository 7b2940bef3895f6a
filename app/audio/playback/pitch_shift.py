"""A recording read at any speed and at another pitch."""

from __future__ import annotations

import numpy as np
import soxr

from app.audio.playback.time_stretch import Samples, Sound, TimeStretcher

# How many samples are resampled at once.
_PIECE = 2048
# What would be out of tune by less than 0.02 cents is read as it is.
_SAME = 1e-5


class PitchShifter(TimeStretcher):
    """Stretched in time by a ratio and resampled by it: the pitch is that much higher, the speed
    what it was to be.

    Silence follows the recording's end; places are those of what is heard, as of every tape.
    """

    def __init__(
        self, samples: Samples, sample_rate: int, start: float, speed: float,
        loop: tuple[int, int] | None, ratio: float,
    ) -> None:
        """Args: `ratio` is how many times as high the pitch is, 0.25 to 4."""
        # As it is at the recording's own speed, which needs no vocoder of its own.
        super().__init__(samples, sample_rate, start, 1.0, loop)
        self.speed = speed
        inner = speed / ratio
        self._inner = TimeStretcher(
            samples, sample_rate, start, 1.0 if abs(inner - 1) < _SAME else inner, loop
        )
        self._resample = soxr.ResampleStream(
            sample_rate * ratio, sample_rate, 1, dtype="float32", quality="HQ"
        )
        self._ready: Sound = np.zeros(0, np.float32)

    def read(self, count: int) -> Sound:
        pieces, n_ready = [self._ready], len(self._ready)
        while n_ready < count:
            pieces.append(self._resample.resample_chunk(self._inner.read(_PIECE)))
            n_ready += len(pieces[-1])
        joined = np.concatenate(pieces)
        self._ready = joined[count:]
        return joined[:count]


def tape(
    samples: Samples, sample_rate: int, start: float = 0.0, speed: float = 1.0,
    loop: tuple[int, int] | None = None, ratio: float = 1.0,
) -> TimeStretcher:
    """What reads a recording from a position on, at a speed and `ratio` times as high."""
    if abs(ratio - 1) < _SAME:
        return TimeStretcher(samples, sample_rate, start, speed, loop)
    return PitchShifter(samples, sample_rate, start, speed, loop, ratio)
