"""Sound on the grid of 24 bits, which a recording holds without loss."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

# Steps of a 24-bit sample from silence to full scale.
_STEPS = 2**23


def on_24_bit_grid(samples: NDArray[np.float32]) -> NDArray[np.float32]:
    """The nearest samples that 24 bits can hold: multiples of 2^-23 from -1 to 1 - 2^-23.

    A float32 holds each of them exactly, so a recording of 24 bits loses nothing.
    """
    steps = np.clip(np.rint(samples * np.float32(_STEPS)), -_STEPS, _STEPS - 1)
    return np.asarray(steps / np.float32(_STEPS), np.float32)
