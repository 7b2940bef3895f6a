"""The steps of time at whose edges chords may change."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

# Where a step lies: at a bar line, on another beat, between beats.
BAR, BEAT, BETWEEN = range(3)
# A beat that lasts longer is two steps.
_LONG_S = 0.8


def chord_steps(
    beats_s: NDArray[np.float64], is_downbeat: NDArray[np.bool_]
) -> tuple[NDArray[np.float64], NDArray[np.intp]]:
    """The steps from the first of these beats to the last, which ends the last step.

    Returns:
        The edges in seconds, (steps + 1,), and where each step lies, (steps,).
    """
    edges: list[float] = []
    places: list[int] = []
    for beat in range(len(beats_s) - 1):
        begin, end = float(beats_s[beat]), float(beats_s[beat + 1])
        parts = 2 if end - begin > _LONG_S else 1
        edges += [begin + (end - begin) * part / parts for part in range(parts)]
        places += [BAR if is_downbeat[beat] else BEAT, *[BETWEEN] * (parts - 1)]
    edges += [float(beat_s) for beat_s in beats_s[-1:]]
    return np.array(edges), np.array(places, np.intp)
