"""Log-frequency spectrogram whose every window ends at the newest sample.

One FFT serves all windows and all bins: each bin of each window is a short row of complex weights
on the spectrum of the newest samples, computed once (the sparse spectral kernels of Brown and
Puckette, "An efficient algorithm for the calculation of a constant Q transform", 1992). The same
code serves a stream and a whole file; nothing looks ahead and nothing needs the whole clip.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator

import numpy as np
import scipy.fft
import scipy.sparse
from numpy.typing import NDArray

from model.config import FeatureConfig
from model.pitch import hz_from_pitch

# Weights below this share of a bin's largest are dropped. The asymmetric window's own side lobes
# are higher, so the picture does not change.
_KERNEL_CUT = 1e-3
# What lies further from a bin's frequency is below that: periods of the window.
_REACH = 12
# Frames transformed at once: enough to be fast, little enough to stay in the cache.
BLOCK_FRAMES = 64


def analysis_window(length: int) -> NDArray[np.float64]:
    """Asymmetric taper: rises slowly over the oldest 3/4, falls fast at the newest quarter.

    Its peak near the newest sample is what makes the delay short. Shape (length,), sum 1.
    """
    rise = 3 * length // 4
    fall = length - rise
    up = np.sin(np.pi / 2 * (np.arange(rise) + 0.5) / rise) ** 2
    down = np.cos(np.pi / 2 * (np.arange(fall) + 0.5) / fall) ** 2
    window = np.concatenate([up, down])
    return np.asarray(window / window.sum())


def bin_frequencies(config: FeatureConfig) -> NDArray[np.float64]:
    """Centre frequency in Hz of every bin, shape (bins,)."""
    pitches = np.array([config.bin_pitch(index) for index in range(config.n_bins)])
    return np.asarray(hz_from_pitch(pitches, config.a4))


def _spectral_kernels(config: FeatureConfig) -> scipy.sparse.csr_matrix:
    """Sparse complex weights, shape (windows * bins, FFT bins).

    By Parseval's theorem the sum over samples, with a window times a tone, equals the sum over FFT
    bins with the spectrum of that product. It is the window's own, moved to the tone's frequency,
    and only what lies next to that counts.
    """
    n_fft = max(config.windows)
    frequencies = bin_frequencies(config) / config.sample_rate
    rows = []
    for length in config.windows:
        reach = round(_REACH * n_fft / length)
        nearest = np.rint(frequencies * n_fft).astype(np.int32)
        columns = nearest[:, None] + np.arange(-reach, reach + 1, dtype=np.int32)
        turns = columns / n_fft - frequencies[:, None]
        # A full-scale sine gives magnitude 1. All windows end at the newest sample.
        weights = 2 / n_fft * _window_spectrum(length, turns)
        weights *= np.exp(2j * np.pi * turns * (n_fft - length))
        # The samples are real and the tone is one-sided, so only the positive half matters.
        weights[(columns < 0) | (columns > n_fft // 2)] = 0
        weights[frequencies >= 0.5] = 0
        magnitude = np.abs(weights)
        kept = (magnitude >= _KERNEL_CUT * magnitude.max(axis=1, keepdims=True)) & (magnitude > 0)
        ends = np.concatenate([[0], np.cumsum(kept.sum(axis=1))])
        rows.append(scipy.sparse.csr_matrix(
            (weights[kept].astype(np.complex64), columns[kept], ends),
            shape=(config.n_bins, n_fft // 2 + 1),
        ))  # fmt: skip
    return scipy.sparse.vstack(rows, format="csr")


def _window_spectrum(length: int, turns: NDArray[np.float64]) -> NDArray[np.complex128]:
    """The sum of `analysis_window` times a tone of so many turns a sample, which begins at 0.

    Squares of sine and cosine are sums of three tones, so this is one of geometric series.
    """
    rise = 3 * length // 4
    fall = length - rise
    up = _tone_sum(turns, rise) / 2
    up -= (_tone_sum(turns + 0.5 / rise, rise) + _tone_sum(turns - 0.5 / rise, rise)) / 4
    down = _tone_sum(turns, fall) / 2
    down += (_tone_sum(turns + 0.5 / fall, fall) + _tone_sum(turns - 0.5 / fall, fall)) / 4
    down *= np.exp(2j * np.pi * turns * rise)
    # Both halves sum to half of their length.
    return np.asarray((up + down) * np.exp(-1j * np.pi * turns) / (length / 2))


def _tone_sum(turns: NDArray[np.float64], count: int) -> NDArray[np.complex128]:
    """The sum of a tone of so many turns a sample over `count` samples, which begin at half one."""
    # numpy's sinc is sin(pi x) / (pi x), and 1 at 0.
    size = count * np.sinc(count * turns) / np.sinc(turns)
    return np.asarray(size * np.exp(1j * np.pi * turns * count))


class Spectrogram:
    """Turns samples into frames, as they come; one object for each stream.

    Every frame is (windows, bins) float32, 0 for silence and about 1 at the running level: the
    logarithm of the magnitude over the level of the last seconds (`range_db` below it is 0).
    """

    def __init__(self, config: FeatureConfig) -> None:
        self.config = config
        self._kernels = _spectral_kernels(config)
        self._n_fft = max(config.windows)
        # The fall of the level for each hop, as a natural logarithm.
        self._fall = (
            config.level_fall_db_per_s / config.frames_per_second * np.log(10) / 20
        )
        self._floor = config.level_floor_db * np.log(10) / 20
        self._range = 10 ** (config.range_db / 20)
        self.reset()

    def another(self) -> Spectrogram:
        """One for another stream, without computing the kernels again."""
        other = copy.copy(self)
        other.reset()
        return other

    def take_bins_of(self, other: Spectrogram) -> None:
        """Goes on with another one's frequencies; windows and hops must be the same."""
        self.config, self._kernels = other.config, other._kernels

    def reset(self) -> None:
        """Forgets all it heard: the next samples are the first of a stream."""
        # Those before the next hop, and what came of it so far.
        self._before = np.zeros(self._n_fft - self.config.hop_length, np.float32)
        self._come: list[NDArray[np.float32]] = []
        self._n_come = 0
        self._level = self._floor

    def push(self, samples: NDArray[np.float32]) -> NDArray[np.float32]:
        """The frames that these further samples complete.

        Args:
            samples: mono samples at the configuration's rate, shape (any,).

        Returns:
            Array (frames, windows, bins) float32; no frames while a hop is not complete.
        """
        blocks = [self.compressed(spectra) for spectra in self.spectra(samples)]
        if not blocks:
            return np.empty((0, len(self.config.windows), self.config.n_bins), np.float32)
        return blocks[0] if len(blocks) == 1 else np.concatenate(blocks)

    def spectra(self, samples: NDArray[np.float32]) -> Iterator[NDArray[np.complex64]]:
        """What `push` makes frames of, magnitude and phase: a full-scale sine has magnitude 1.

        Whoever asks for them gives each block to `compressed`, in order.

        Returns:
            Blocks (frames, windows, bins) of at most 64 frames; none while a hop is not complete.
        """
        config = self.config
        if len(samples):
            # A copy: the caller may use the array for what comes next.
            self._come.append(samples.astype(np.float32))
            self._n_come += len(samples)
        n_frames = self._n_come // config.hop_length
        if not n_frames:
            return
        held = np.concatenate([self._before, *self._come])
        first = n_frames * config.hop_length
        end = first + len(self._before)
        self._before, self._come = held[first:end], [held[end:]]
        self._n_come = len(held) - end
        views = np.lib.stride_tricks.sliding_window_view(held, self._n_fft)
        views = views[:: config.hop_length][:n_frames]
        for first in range(0, n_frames, BLOCK_FRAMES):
            yield self._transformed(views[first : first + BLOCK_FRAMES])

    def compressed(self, spectra: NDArray[np.complex64]) -> NDArray[np.float32]:
        """The frames of the spectra that came next, (frames, windows, bins)."""
        frames = np.asarray(np.abs(spectra), np.float32)
        self._compress(frames)
        return frames

    def _transformed(self, block: NDArray[np.float32]) -> NDArray[np.complex64]:
        weighted = (self._kernels @ scipy.fft.rfft(block, axis=1).T).T
        shape = (len(block), len(self.config.windows), self.config.n_bins)
        return np.asarray(weighted, np.complex64).reshape(shape)

    def _compress(self, frames: NDArray[np.float32]) -> None:
        """Level and logarithm, in place. The level rises at once and falls by a fixed rate."""
        peaks = np.log(np.maximum(frames.max(axis=(1, 2)), 1e-12)).astype(np.float64)
        ramp = self._fall * np.arange(1, len(frames) + 1)
        risen = np.maximum.accumulate(np.concatenate([[self._level], peaks + ramp]))[1:] - ramp
        levels = np.maximum(risen, self._floor)
        self._level = float(levels[-1])
        frames *= (self._range / np.exp(levels)).astype(np.float32)[:, None, None]
        np.log1p(frames, out=frames)
        frames /= np.float32(np.log1p(self._range))
