"""The key of what was heard so far, which names are spelled in."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from app.music.key_finding import key_fits

# Fewer names, or less of them in seconds, have no key.
_LEAST_NAMES, _LEAST_S = 4, 2.0
# Another signature must fit so much better than the one at hand: names should not go to and fro.
_MARGIN = 0.04


class HeardKey:
    """Follows a piece while it grows.

    Attributes:
        fifths: its signature; None while too little was heard to tell.
    """

    def __init__(self) -> None:
        self.fifths: int | None = None

    def clear(self) -> None:
        """Another piece begins."""
        self.fifths = None

    def update(self, lengths_s: NDArray[np.float64]) -> None:
        """Takes how many seconds each pitch class sounded so far, shape (12,), C first."""
        is_enough = np.count_nonzero(lengths_s) >= _LEAST_NAMES and lengths_s.sum() >= _LEAST_S
        if not is_enough or np.ptp(lengths_s) == 0:
            return
        best: dict[int, float] = {}
        for key, fit in key_fits(lengths_s).items():
            best[key.fifths] = max(best.get(key.fifths, -1.0), fit)
        found = max(best, key=lambda fifths: best[fifths])
        if self.fifths is None or best[found] > best[self.fifths] + _MARGIN:
            self.fifths = found
