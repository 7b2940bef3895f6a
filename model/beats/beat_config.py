"""What the beat network reads and says, and how large it is."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

# Frames a second.
FRAME_RATE = 50
# So many of them are one frame of the slower rate.
SLOWER = 4
# Time signatures that the network tells apart; the last stands for every other one.
METERS = ("2/4", "3/4", "4/4", "2/2", "3/2", "3/8", "6/8", "9/8", "12/8", "other")
# Seconds of a beat, the shortest and the longest that the network tells, and steps of an octave.
SHORTEST_BEAT_S, LONGEST_BEAT_S, _STEPS_PER_OCTAVE = 0.2, 3.2, 12


def beat_periods() -> NDArray[np.float64]:
    """Seconds of a beat that the network tells apart, rising in equal ratios."""
    octaves = np.log2(LONGEST_BEAT_S / SHORTEST_BEAT_S)
    steps = np.arange(round(octaves * _STEPS_PER_OCTAVE) + 1)
    return np.asarray(SHORTEST_BEAT_S * 2 ** (steps / _STEPS_PER_OCTAVE))


@dataclass(frozen=True)
class BeatNetworkConfig:
    """How large the network is.

    Attributes:
        channels: of the layers that work at `FRAME_RATE`.
        deep_channels: of those that work at a quarter of it.
        front_dilations, deep_dilations, back_dilations: of each layer before, at and after the
            slower rate, in frames.
    """

    channels: int = 32
    deep_channels: int = 80
    front_dilations: tuple[int, ...] = (1,)
    deep_dilations: tuple[int, ...] = (1, 2, 4, 8, 16, 32, 64, 128)
    back_dilations: tuple[int, ...] = (1,)
