"""Log-frequency spectrogram whose every window ends at the newest sample.

One FFT serves all windows and all bins: each bin of each window is a short row of complex weights
on the spectrum of the newest samples, computed once (the sparse spectral kernels of Brown and
Puckette, "An efficient algorithm for the calculation of a constant Q transform", 1992). The same
code serves a stream and a whole file; nothing looks ahead and nothing needs the whole clip.
"""

from __future__ import annotations

import copy

import numpy as np
import scipy.fft
import scipy.sparse
from numpy.typing import NDArray

from model.config import FeatureConfig
from model.pitch import hz_from_pitch

# Weights below this share of a bin's largest are dropped. The asymmetric window's own side lobes
# are higher, so the picture does not change.
_KERNEL_CUT = 1e-3
# Bins whose weights are computed at once.
_KERNELS = 16
# Frames transformed at once: enough to be fast, little enough to stay in the cache.
_BLOCK = 64


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
    """Sparse complex weights, shape (windows * bins, FFT bins)."""
    n_fft = max(config.windows)
    all_frequencies = bin_frequencies(config)
    blocks = []
    for length in config.windows:
        time = np.arange(n_fft - length, n_fft) / config.sample_rate
        # A full-scale sine gives magnitude 1.
        window = 2 * analysis_window(length)
        # Few at once: that stays in the cache, and keeps the program small.
        for first in range(0, config.n_bins, _KERNELS):
            frequencies = all_frequencies[first : first + _KERNELS]
            kernels = np.zeros((len(frequencies), n_fft), np.complex128)
            tones = np.exp(-2j * np.pi * frequencies[:, None] * time)
            kernels[:, n_fft - length :] = tones * window
            # Parseval: the sum over samples equals the sum over FFT bins, conjugated and / n_fft.
            # The samples are real and the tone is one-sided, so only the positive half matters.
            spectrum = np.conj(scipy.fft.fft(np.conj(kernels), axis=1))[:, : n_fft // 2 + 1]
            spectrum /= n_fft
            spectrum[frequencies >= config.sample_rate / 2] = 0
            magnitude = np.abs(spectrum)
            spectrum[magnitude < _KERNEL_CUT * magnitude.max(axis=1, keepdims=True)] = 0
            blocks.append(scipy.sparse.csr_matrix(spectrum.astype(np.complex64)))
    return scipy.sparse.vstack(blocks, format="csr")


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
        config = self.config
        if len(samples):
            # A copy: the caller may use the array for what comes next.
            self._come.append(samples.astype(np.float32))
            self._n_come += len(samples)
        n_frames = self._n_come // config.hop_length
        frames = np.empty((n_frames, len(config.windows), config.n_bins), np.float32)
        if not n_frames:
            return frames
        held = np.concatenate([self._before, *self._come])
        first = n_frames * config.hop_length
        end = first + len(self._before)
        self._before, self._come = held[first:end], [held[end:]]
        self._n_come = len(held) - end
        if n_frames == 1:
            frames[0] = self._magnitudes(held[None, : self._n_fft])[0]
            self._compress(frames)
        else:
            views = np.lib.stride_tricks.sliding_window_view(held, self._n_fft)
            views = views[:: config.hop_length][:n_frames]
            for first in range(0, n_frames, _BLOCK):
                block = views[first : first + _BLOCK]
                frames[first : first + _BLOCK] = self._magnitudes(block)
            self._compress(frames)
        return frames

    def _magnitudes(self, block: NDArray[np.float32]) -> NDArray[np.float32]:
        spectra = scipy.fft.rfft(block, axis=1)
        weighted = (self._kernels @ spectra.T).T
        shape = (len(block), len(self.config.windows), self.config.n_bins)
        return np.asarray(np.abs(weighted), np.float32).reshape(shape)

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
