"""Slower and faster beats than those that were found: two in one, one in two, thirds."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

# Where a beat that was not found is put, an onset may be this share of the gap away.
_NEAR = 0.12
# The median of beats is no shorter and no longer.
_SHORTEST_S, _LONGEST_S = 0.19, 3.3


def levels(
    beat_s: NDArray[np.float64], onset_s: NDArray[np.float64]
) -> list[NDArray[np.float64]]:
    """The beats themselves first, then what else they may stand for; two or more beats each.

    Args:
        beat_s: two or more, rising.
        onset_s: when notes begin, rising.
    """
    halves, thirds = _divided(beat_s, onset_s, 2), _divided(beat_s, onset_s, 3)
    others = [
        halves, beat_s[::2], beat_s[1::2], beat_s[::3], beat_s[1::3], beat_s[2::3], thirds,
        thirds[::2], thirds[1::2],
    ]  # fmt: skip
    return [beat_s, *(
        other for other in others
        if len(other) > 2 and _SHORTEST_S < float(np.median(np.diff(other))) < _LONGEST_S
    )]  # fmt: skip


def _divided(
    beat_s: NDArray[np.float64], onset_s: NDArray[np.float64], parts: int
) -> NDArray[np.float64]:
    """Every beat in so many parts, which begin with an onset where one is near."""
    gap = np.diff(beat_s)
    made = [beat_s]
    for part in range(1, parts):
        at = beat_s[:-1] + gap * part / parts
        after = np.clip(np.searchsorted(onset_s, at), 1, max(1, len(onset_s) - 1))
        for near in (onset_s[after - 1], onset_s[np.minimum(after, len(onset_s) - 1)]):
            at = np.where(np.abs(near - at) < _NEAR * gap, near, at)
        made.append(at)
    return np.sort(np.concatenate(made))
