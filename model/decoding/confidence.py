"""Calibrated confidence: the share of notes with such an onset probability that are right."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

# Where nothing was measured, a probability is taken at its word.
_AT_ITS_WORD = ((0.0, 0.0), (1.0, 1.0))


class Calibration:
    """A curve through measured points, straight between them."""

    def __init__(self, points: Sequence[tuple[float, float]] = ()) -> None:
        """Args: `points` are rising onset probabilities, each with the share of right notes."""
        curve = np.array(points or _AT_ITS_WORD)
        self._probabilities, self._right = curve[:, 0], curve[:, 1]

    def confidence(self, onset: NDArray[np.float32]) -> NDArray[np.float64]:
        """The confidence of notes with these onset probabilities; the same shape."""
        return np.asarray(np.interp(onset, self._probabilities, self._right))
