"""Whether labels lie where the sound is: onsets against rises of the sound's energy."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from model.notes import Note

# Energy is summed over so long; a rise compares two such spans with the two before.
_STEP_S = 0.005
# Steps whose energy is summed at once: a recording of hours is never in memory twice.
_BLOCK = 4096
# For all onsets together, a rise of more says only that there was silence before.
_LARGEST_RISE_DB = 20.0
# Softer than the loudest by this much, nothing is compared.
_RANGE_DB = 60.0
# Lags that are looked for, of the whole recording and of one onset beside that.
_FURTHEST_S = 0.3
_NEAR_S = 0.05
# With fewer onsets, chance decides.
_FEWEST = 8
# The rise at the labels stands out from that elsewhere by so many standard errors, or is not clear.
_CLEAR = 5.0
# Music that goes evenly rises at every beat: of rises nearly as great as the greatest, the nearest.
_NEARLY = 0.85

LARGEST_LAG_S = 0.03


@dataclass(frozen=True)
class Lag:
    """How much later than its labels a recording's sound rises.

    Attributes:
        onsets: moments at which a note begins.
        median_s: of all onsets; nothing where there are too few to tell, or no lag is clear.
        clear: whether the sound rises at one distance from the labels and not elsewhere.
    """

    onsets: int
    median_s: float | None = None
    clear: bool = False

    @property
    def fault(self) -> str:
        """What is wrong with the labels, as words that follow a name; "" when nothing is."""
        if self.onsets < _FEWEST:
            return ""
        if self.median_s is None:
            return f"the sound does not rise at its {self.onsets} onsets"
        if abs(self.median_s) <= LARGEST_LAG_S:
            return ""
        side = "after" if self.median_s > 0 else "before"
        return f"the sound rises {1000 * abs(self.median_s):.0f} ms {side} its labels"


def lag(samples: NDArray[np.float32], notes: Sequence[Note], sample_rate: int) -> Lag:
    """The median time from labelled onsets to where the energy rises most.

    Args:
        samples: shape (any,).
    """
    step = max(1, round(_STEP_S * sample_rate))
    rises = _rises(samples, step)
    furthest, near = round(_FURTHEST_S / _STEP_S), round(_NEAR_S / _STEP_S)
    onsets = np.array([note.onset_s * sample_rate / step for note in notes])
    # The notes of a chord are one onset. Each with all that may lie around it.
    at, first = np.unique(onsets.astype(int), return_index=True)
    inside = (at >= furthest + near) & (at < len(rises) - furthest - near)
    at, onsets = at[inside], onsets[first[inside]]
    if len(at) < _FEWEST:
        return Lag(len(at))
    small = np.minimum(rises, _LARGEST_RISE_DB)
    around = small[at[:, None] + np.arange(-furthest, furthest + 1)].mean(axis=0)
    error = small.std() / np.sqrt(len(at))
    above = around - small.mean()
    if above.max() < _CLEAR * max(error, 1e-9):
        return Lag(len(at))
    high = np.flatnonzero(above >= _NEARLY * above.max())
    whole = high[np.argmin(np.abs(high - furthest))] - furthest
    # Around that, each onset has its own.
    own = rises[at[:, None] + whole + np.arange(-near, near + 1)]
    # A rise within a step is found at its beginning: on average half a step too soon.
    later = at + whole + own.argmax(axis=1) - near + 0.5 - onsets
    median = np.median(later[own.max(axis=1) > 0])
    return Lag(len(at), float(median * step / sample_rate), clear=True)


def _rises(samples: NDArray[np.float32], step: int) -> NDArray[np.float32]:
    """By how many dB there is more energy after each step's beginning than before it.

    High frequencies count more: they mark an attack.
    """
    n_steps = len(samples) // step
    if n_steps < 4:
        return np.zeros(0, np.float32)
    energy = np.empty(n_steps, np.float32)
    for first in range(0, n_steps, _BLOCK):
        block = samples[first * step : min(first + _BLOCK, n_steps) * step]
        before = samples[first * step - 1] if first else np.float32(0)
        sharp = np.diff(block, prepend=before).reshape(-1, step)
        energy[first : first + len(sharp)] = np.einsum("ij,ij->i", sharp, sharp)
    spans = energy[:-1] + energy[1:]
    level = 10 * np.log10(spans + spans.max() * 10 ** (-_RANGE_DB / 10) + 1e-20)
    rises = np.zeros(n_steps, np.float32)
    rises[2:-1] = np.maximum(level[2:] - level[:-2], 0)
    return rises
