"""Which moment a frame speaks about."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from model.config import DecoderConfig, FeatureConfig


class FrameTimes:
    """Frames as seconds of the sound, for an answer that comes so many frames late.

    Attributes:
        hop_s: seconds from one frame to the next.
        lag_frames: frame probabilities speak about so many frames before, by the read-out.
    """

    def __init__(
        self, config: DecoderConfig, features: FeatureConfig, delay_frames: int
    ) -> None:
        self._config = config
        self._sample_rate = features.sample_rate
        self.hop_s = features.hop_length / features.sample_rate
        # Frame t speaks about the hop that lies delay_frames before its own: take the middle of it.
        self._shift_s = (0.5 - delay_frames) * self.hop_s - config.onset_bias_ms / 1000
        # Frame probabilities may speak about the centre of their window instead.
        self.lag_frames = (
            features.centre_lag_frames() if config.read_out == "nearest-window" else 0.0
        )
        self._frame_shift_s = self._shift_s - self.lag_frames * self.hop_s

    def onset_s(self, frame: int) -> float:
        """The moment that an onset probability speaks about."""
        return max(0.0, frame * self.hop_s + self._shift_s)

    def frame_s(self, frame: int) -> float:
        """The moment that a frame probability speaks about, by the read-out."""
        return max(0.0, frame * self.hop_s + self._frame_shift_s)

    def rose_s(
        self, frames: NDArray[np.int32], bias_ms: NDArray[np.float64]
    ) -> NDArray[np.float64]:
        """When notes began whose frame probabilities rose on these frames, heard so much late."""
        times = frames * self.hop_s + self._frame_shift_s - bias_ms / 1000
        return np.asarray(np.maximum(0.0, times))

    def sure_onset_s(
        self, frame: int, two_before: float, one_before: float, onset: float
    ) -> float:
        """When a sure onset began, from its frame and the onset probabilities up to there.

        It rose so many whole samples before: probabilities of long blocks and of single hops
        differ in their last digits, and the time shall be the same.
        """
        rise_ms = self._config.rise_ms(two_before, one_before, onset)
        rise = round(rise_ms / 1000 * self._sample_rate)
        return max(0.0, self.onset_s(frame) - rise / self._sample_rate)

    def n_before_sound(self, first: int, count: int) -> int:
        """How many of some frames speak about moments before the first sample."""
        skipped = 0
        while skipped < count and (
            (first + skipped) * self.hop_s + self._shift_s <= -self.hop_s
        ):
            skipped += 1
        return skipped
