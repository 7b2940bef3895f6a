"""The noise gate: what is quieter than its threshold is silence to the model."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

# The gate looks at portions of so many seconds, and opens within the first of these.
_PORTION_S = 0.005
_ATTACK_S = 0.001
# It closes when the sound has been so much below its threshold for so long: longer than the lowest
# note's wave, so that it does not flutter.
_HYSTERESIS_DB = 6.0
_RELEASE_S = 0.2


class NoiseGate:
    """Lets sound through while it is loud enough. Use each for one stream."""

    def __init__(self, sample_rate: float) -> None:
        """Args: `sample_rate` in Hz. It begins closed."""
        self._portion = max(1, round(_PORTION_S * sample_rate))
        self._attack = max(1, round(_ATTACK_S * sample_rate))
        self._release = round(_RELEASE_S * sample_rate)
        self._is_open = False
        # Samples since the sound was loud enough.
        self._quiet = 0

    def pass_through(
        self, samples: NDArray[np.float32], threshold_db: float | None
    ) -> NDArray[np.float32]:
        """Further frames, shape (any, channels): as they are, or zeros where the gate is closed.

        Over a portion in which it opens or closes it fades, or there would be a click.
        """
        if threshold_db is None:
            self._is_open, self._quiet = True, 0
            return samples
        opens = 10 ** (threshold_db / 20)
        closes = 10 ** ((threshold_db - _HYSTERESIS_DB) / 20)
        out = np.zeros_like(samples)
        for first in range(0, len(samples), self._portion):
            portion = samples[first : first + self._portion]
            was_open = self._is_open
            self._follow(float(np.abs(portion).max()), len(portion), opens, closes)
            passed = out[first : first + self._portion]
            if was_open and not self._is_open:
                passed[:] = portion * np.linspace(1, 0, len(portion), dtype=np.float32)[:, None]
            elif self._is_open:
                passed[:] = portion
                if not was_open:
                    fading = min(self._attack, len(portion))
                    passed[:fading] *= np.linspace(0, 1, fading, dtype=np.float32)[:, None]
        return out

    def _follow(self, peak: float, length: int, opens: float, closes: float) -> None:
        if peak >= opens:
            self._is_open, self._quiet = True, 0
        elif peak >= closes:
            self._quiet = 0
        else:
            self._quiet += length
            self._is_open = self._is_open and self._quiet <= self._release
