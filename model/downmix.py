"""Several channels as one, without losing what a channel holds.

One channel is the mean of all, as long as they do not cancel each other. Where they do (one
microphone wired the wrong way round, a karaoke track), those that move against the loudest one are
turned over first. It is decided for each hundredth of a second by what was heard before it, so a
stream in blocks of any length and a whole file give the same sound, and nothing waits.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

# So much sound is mixed in one way, and changes to another within as much.
_SEGMENT_S = 0.01
# What was heard so long ago counts for 1 / e.
_MEMORY_S = 0.5
# The energy of the channels' sum by that which channels that know nothing of each other would have:
# below the first they cancel, above the second no longer.
_CANCELS, _ADDS = 0.1, 0.3


class Downmix:
    """One stream of sound of several channels. Not thread-safe."""

    def __init__(self, n_channels: int, sample_rate: float) -> None:
        """Args: `sample_rate` in Hz.

        Raises:
            ValueError: there is no channel.
        """
        if n_channels < 1:
            raise ValueError(f"sound cannot have {n_channels} channels")
        self._n_channels = n_channels
        self._length = max(1, round(_SEGMENT_S * sample_rate))
        self._forget = float(np.exp(-_SEGMENT_S / _MEMORY_S))
        self._plain = np.full(n_channels, np.float32(1 / n_channels), np.float32)
        # How the segment before was mixed, and how this one is.
        self._before = self._weights = self._plain
        # Energies of the channels (diagonal), and of what each has in common with each other.
        self._energies = np.zeros((n_channels, n_channels))
        self._cancels = False
        # The segment that is not complete.
        self._begun = np.zeros((0, n_channels), np.float32)

    def push(self, samples: NDArray[np.float32]) -> NDArray[np.float32]:
        """Further frames, shape (frames, channels); returns as many samples, shape (frames,)."""
        if self._n_channels == 1:
            return samples[:, 0]
        out = np.empty(len(samples), np.float32)
        place = 0
        while place < len(samples):
            end = min(place + self._length - len(self._begun), len(samples))
            part = samples[place:end]
            out[place:end] = self._mix(part, len(self._begun))
            self._begun = np.concatenate([self._begun, part]) if len(self._begun) else part
            if len(self._begun) == self._length:
                self._decide()
            place = end
        # The caller's block is not held for the sake of its end.
        self._begun = self._begun.copy()
        return out

    def _mix(self, part: NDArray[np.float32], first: int) -> NDArray[np.float32]:
        """Mixes some frames of a segment, the first of them at a place within it."""
        mixed = _weighted(part, self._weights)
        if self._before is self._weights:
            return mixed
        share = np.arange(first, first + len(part), dtype=np.float32) / np.float32(self._length)
        before = _weighted(part, self._before)
        return before + share * (mixed - before)

    def _decide(self) -> None:
        """A segment is complete: how the next one is mixed."""
        segment = self._begun.astype(np.float64)
        self._begun = self._begun[:0]
        self._energies *= self._forget
        self._energies += segment.T @ segment
        self._before = self._weights
        alone = float(np.trace(self._energies))
        together = float(self._energies.sum()) / alone if alone > 0 else 1.0
        self._cancels = together < (_ADDS if self._cancels else _CANCELS)
        if not self._cancels:
            self._weights = self._plain
            return
        loudest = self._energies[int(np.argmax(np.diag(self._energies)))]
        weights = np.where(loudest < 0, -self._plain, self._plain)
        if not np.array_equal(weights, self._weights):
            self._weights = weights


def _weighted(part: NDArray[np.float32], weights: NDArray[np.float32]) -> NDArray[np.float32]:
    """The weighted sum of the channels; the same for each frame, whatever stands beside it."""
    mixed: NDArray[np.float32] = part[:, 0] * weights[0]
    for channel in range(1, len(weights)):
        mixed += part[:, channel] * weights[channel]
    return mixed
