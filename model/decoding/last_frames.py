"""For each frame and pitch, when something was so last: the memory of the decoder's rules."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def frame_indices(first: int, count: int) -> NDArray[np.int32]:
    """The indices of some frames, as a column."""
    return np.arange(first, first + count, dtype=np.int32)[:, None]


def last_frames(
    is_so: NDArray[np.bool_], now: NDArray[np.int32], before: NDArray[np.int32]
) -> NDArray[np.int32]:
    """For each frame and pitch, the last frame on which it was so."""
    last = np.where(is_so, now, before)
    if len(last) > 1:
        np.maximum.accumulate(last, axis=0, out=last)
    return last
