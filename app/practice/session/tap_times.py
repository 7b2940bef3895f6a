"""When somebody taps or claps, or a click sounds, in what is heard: sudden sound in many bands."""

from __future__ import annotations

from collections import deque

import numpy as np
from numpy.typing import NDArray

from model.config import FeatureConfig
from model.heard import Heard

# By so much this share of the bands, those that rise most, rise within two hops at a tap, and so
# many times as much as is usual.
_LEAST_RISE, _TIMES, _SHARE = 0.1, 4.0, 0.1
_DEAD_S = 0.25
_USUAL_FRAMES = 100


class TapTimes:
    """Finds taps in the spectrogram, to a hop."""

    def __init__(self, features: FeatureConfig) -> None:
        self._hop_s = features.hop_length / features.sample_rate
        self._before: deque[NDArray[np.float32]] = deque(maxlen=2)
        self._rises: deque[float] = deque(maxlen=_USUAL_FRAMES)
        self._last_s = -1.0

    def push(self, heard: Heard) -> list[float]:
        """The taps in what was heard, in seconds of the sound."""
        found = []
        for index, frame in enumerate(heard.spectrum):
            if len(self._before) == 2:
                rises = np.maximum(frame - self._before[0], 0.0)
                most = max(1, round(_SHARE * len(rises)))
                rise = float(np.partition(rises, -most)[-most:].mean())
                usual = float(np.median(self._rises)) if self._rises else 0.0
                # The newest sample of a frame is where its hop ends.
                time_s = (heard.first_frame + index) * self._hop_s
                if (
                    rise >= max(_LEAST_RISE, _TIMES * usual)
                    and time_s - self._last_s >= _DEAD_S
                ):
                    self._last_s = time_s
                    found.append(time_s)
                self._rises.append(rise)
            self._before.append(frame)
        return found
