"""Streaming conversion between sample rates, with a delay of half a millisecond or so.

What the model listens to lies below 0.36 of its sample rate, so the filter may fall slowly from
there on: it is short. What folds back stays above that too. Every output sample is computed in the
same way whatever the blocks, so a stream and a file give the same ones.
"""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

# What the model listens to, as a share of the lower sample rate.
_HEARD = 0.36
# Of what is stopped so much is left.
_STOPPED_DB = 90.0
# Places between two input samples for which the filter is tabulated, at most. Between them it is
# interpolated, exact to 100 dB.
_MOST_PHASES = 1024
# Output samples that are computed at once; more would not stay in a processor's cache.
_CHUNK = 2048


class Resampler:
    """One stream of mono sound at another sample rate. Not thread-safe.

    An output sample comes out once `delay_s` more of the input is known. Its time is that of the
    sound: sample n of the output is the sound n / `to` seconds after the first input sample.

    Attributes:
        delay_s: seconds of sound that the filter looks ahead.
    """

    def __init__(self, rate: float, to: float, passed: float = _HEARD) -> None:
        """Args:
        rate, to: of the input and of the output, in Hz.
        passed: up to this share of the lower rate, below a half, the sound passes as it is, and
            what folds back stays above it. The nearer to a half, the longer the filter.

        Raises:
            ValueError: one of the rates is not a positive number.
        """
        if not (0 < rate < math.inf and 0 < to < math.inf):
            raise ValueError(f"sound cannot be resampled from {rate} to {to} Hz")
        # From one output sample to the next the input goes on by step / up samples.
        ratio = Fraction(rate).limit_denominator(1000) / Fraction(to).limit_denominator(1000)
        self._step, self._up = ratio.numerator, ratio.denominator
        lower = min(rate, to) / rate
        # Kaiser, "Nonrecursive digital filter design", 1974.
        taps = (_STOPPED_DB - 8) / (2.285 * 2 * math.pi * (1 - 2 * passed) * lower)
        self._half = math.ceil(taps / 2)
        self.delay_s = self._half / rate
        self._is_exact = self._up <= _MOST_PHASES
        n_phases = self._up if self._is_exact else _MOST_PHASES
        self._filters = _filters(n_phases, self._half, lower / 2)
        # Silence before the first sample; the filter looks back as well.
        self._kept = np.zeros(self._half - 1, np.float32)
        # The input sample that `_kept` begins with, how many came, and the next output sample.
        self._first = 1 - self._half
        self._received = self._next = 0

    def push(self, samples: NDArray[np.float32], *, last: bool = False) -> NDArray[np.float32]:
        """Further samples, shape (any,); returns what is known of the output, shape (any,).

        Args:
            last: no more comes: the output is as long as the input was.
        """
        self._received += len(samples)
        silence = np.zeros(self._half if last else 0, np.float32)
        self._kept = np.concatenate([self._kept, samples.astype(np.float32, copy=False), silence])
        # The first output sample that needs more than there is, or lies after the end.
        known = self._received if last else self._received - self._half
        end = max(self._next, -(-known * self._up // self._step))
        out = np.empty(end - self._next, np.float32)
        for start in range(self._next, end, _CHUNK):
            stop = min(start + _CHUNK, end)
            self._compute(start, out[start - self._next : stop - self._next])
        self._next = end
        # Copied, so that a long block is not held for the sake of its end.
        before = end * self._step // self._up - self._half + 1
        self._kept = self._kept[max(0, before - self._first) :].copy()
        self._first = max(self._first, before)
        return out

    def _compute(self, first: int, out: NDArray[np.float32]) -> None:
        """Fills in the output samples from `first` on."""
        places = np.arange(first, first + len(out), dtype=np.int64) * self._step
        at, phases = np.divmod(places, self._up)
        windows = np.lib.stride_tricks.sliding_window_view(self._kept, 2 * self._half)
        sound = windows[at - self._half + 1 - self._first]
        if self._is_exact:
            np.einsum("nk,nk->n", sound, self._filters[phases], out=out)
            return
        place = phases * (_MOST_PHASES / self._up)
        row = place.astype(np.int64)
        share = (place - row).astype(np.float32)
        low, high = (
            np.einsum("nk,nk->n", sound, self._filters[rows]) for rows in (row, row + 1)
        )
        out[:] = low + share * (high - low)


def _filters(n_phases: int, half: int, cutoff: float) -> NDArray[np.float32]:
    """The low-pass at every place between two samples, and at the second of them; a row each.

    Args:
        cutoff: as a share of the input's sample rate.

    Returns:
        Shape (n_phases + 1, 2 * half), each row with a sum of 1.
    """
    beta = 0.1102 * (_STOPPED_DB - 8.7)
    taps = np.arange(2 * half) - half + 1
    times = taps - np.arange(n_phases + 1)[:, None] / n_phases
    window = np.i0(beta * np.sqrt(np.maximum(0.0, 1 - (times / half) ** 2)))
    filters = np.sinc(2 * cutoff * times) * window
    return np.asarray(filters / filters.sum(axis=1, keepdims=True), np.float32)
