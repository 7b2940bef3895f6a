"""By how many cents the pitches of a take are off, hop by hop, while their notes sound."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from model.config import FeatureConfig
from model.pitch import LOWEST_PITCH
from model.pitch_tracker import row_lag_s

# Of a note that sounds on for longer, the beginning is seen once it has ended.
_KEPT_S = 30.0


class LiveCurves:
    """Keeps the newest cents of every pitch. For the GUI thread."""

    def __init__(self, features: FeatureConfig) -> None:
        self._hop_s = features.hop_length / features.sample_rate
        self._lag_s = row_lag_s(features)
        self._most = round(_KEPT_S / self._hop_s)
        self.clear()

    def clear(self) -> None:
        """Another sound begins."""
        # The frames held, and the index of the first of them.
        self._rows = np.zeros((0, 0), np.float32)
        self._first = self._count = 0

    def push(self, cents: NDArray[np.float32] | None, n_frames: int) -> None:
        """Takes the cents of further frames, (frames, pitches); None where nobody measured."""
        if cents is None or n_frames > self._most:
            self._first, self._count = self._first + self._count + n_frames, 0
            return
        if self._rows.shape[1] != cents.shape[1]:
            self._rows = np.zeros((2 * self._most, cents.shape[1]), np.float32)
            self._first, self._count = self._first + self._count, 0
        if self._count + len(cents) > len(self._rows):
            # Half of the room is moved at once, so that it is seldom done.
            kept = self._rows[: self._count][-self._most :].copy()
            self._first += self._count - len(kept)
            self._count = len(kept)
            self._rows[: len(kept)] = kept
        self._rows[self._count : self._count + len(cents)] = cents
        self._count += len(cents)

    def between(
        self, pitch: int, start_s: float, end_s: float
    ) -> tuple[NDArray[np.float64], NDArray[np.float32]]:
        """The moments in seconds at which a MIDI pitch was measured, and the cents then."""
        first, last = (
            round((at_s + self._lag_s) / self._hop_s - 1) - self._first for at_s in (start_s, end_s)
        )
        first, last = max(first, 0), min(last, self._count)
        column = pitch - LOWEST_PITCH
        if first >= last or not 0 <= column < self._rows.shape[1]:
            return np.zeros(0), np.zeros(0, np.float32)
        cents = self._rows[first:last, column]
        is_known = np.isfinite(cents)
        rows = np.flatnonzero(is_known) + first + self._first
        return np.asarray((rows + 1) * self._hop_s - self._lag_s), cents[is_known]
