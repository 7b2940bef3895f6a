"""The gain of the input and the threshold of its gate, as set by hand while it is heard."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass
class InputLevels:
    """Settings that may change at any moment, from another thread than the one that uses them.

    Attributes:
        gain_db: in dB.
        gate_db: below this, in dB of full scale after the gain, the model hears silence; None
            lets everything through.
    """

    gain_db: float = 0.0
    gate_db: float | None = None


def amplify(samples: NDArray[np.float32], gain_db: float) -> NDArray[np.float32]:
    """These samples, of any shape, louder by `gain_db`; what exceeds full scale is kept."""
    return samples * np.float32(10 ** (gain_db / 20))
