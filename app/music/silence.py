"""Sound too quiet for anything to be measured in it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

# In dB of full scale.
_SILENCE_DB = -70.0


def is_silent(samples: NDArray[np.float32] | NDArray[np.float64]) -> bool:
    """Whether the root mean square of these samples, shape (any,), is below -70 dB."""
    return bool(np.sqrt(np.mean(np.square(samples))) < 10 ** (_SILENCE_DB / 20))
