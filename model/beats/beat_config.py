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
# What beats that were found are of the printed ones: the same, two or three of them in one, one of
# two or three in them, or something else.
LEVELS = ("same", "twice", "half", "thrice", "third", "other")
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
        channels: of every block.
        dilations: of the convolutions, in frames of the slower rate; attention follows each row.
    """

    channels: int = 64
    dilations: tuple[tuple[int, ...], ...] = (
        (1, 2, 4, 8, 16, 32, 64), (1, 2, 4, 8, 16, 32, 64),
    )  # fmt: skip
