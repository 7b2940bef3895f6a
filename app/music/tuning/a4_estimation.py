"""A4, the tuning of what is played, measured in its sound: in some seconds, or a whole recording.

It takes tenths of a second: call it outside of the window's thread.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import numpy as np
import scipy.fft
from numpy.typing import NDArray

from app.audio.files.audio_file import AudioFile
from app.music.silence import is_silent
from model.pitch import STANDARD_A4

# The least sound that A4 is measured from.
_LEAST_HEARD_S = 1.0
# A4 is asked of the middle of the keyboard: below it partials lie close together and strings are
# stiff, above it notes are short.
_A4_RANGE_HZ = (110.0, 2500.0)
# The window of a spectrum, and how far it moves on.
_WINDOW_S = 0.19
_HOPS = 4
# A peak counts that reaches this share of the strongest in its window.
_WEAKEST = 0.1
# So far below the loud ones, those above this quantile, a peak is of what is no note.
_QUIETEST, _LOUD = 0.05, 0.98
# How closely the partials gather about one tuning, 0 (anywhere, as in noise) to 1 (all on it), at
# least: where somebody asks, and where a recording is heard otherwise by itself. Singers without
# others lie between the two, and another tuning does not help them.
_LEAST_AGREEMENT, _SURE_AGREEMENT = 0.3, 0.5
_NEAR_CENTS = 12
_ROUNDS = 8
# Of a recording at most so many passages of this length are measured, spread over all of it.
_PASSAGES, _PASSAGE_S = 64, 1.0
# What lies nearer to 440 Hz than this is heard at 440 Hz: the network was trained on all of it.
_NEAR_STANDARD_CENTS = 20.0


def estimate_a4(
    samples: NDArray[np.float32], sample_rate: float, near: float = STANDARD_A4
) -> float | None:
    """A4 in Hz to which these mono samples, shape (any,), are tuned, or None.

    The deviation from the tempered scale that most of the sound's partials share, as librosa's
    tuning estimate finds it, then the median of those that lie about it. (Loading librosa takes
    three seconds, which would be added to the opening of every recording.)

    Args:
        near: a quarter tone about this frequency is searched: half a semitone off, a tuning cannot
            be told from one that is half a semitone off the other way.

    Returns:
        None when there is less than a second, silence, or no clear tuning, as in noise.
    """
    return _a4_of([samples], sample_rate, near)


class RecordingTuning:
    """Measures the tuning of a recording that passes by in blocks, whatever their lengths.

    It keeps at most 64 passages of a second, spread evenly over all that came; of a short recording
    all of it.
    """

    def __init__(self, sample_rate: float) -> None:
        self._sample_rate = sample_rate
        self._length = round(_PASSAGE_S * sample_rate)
        self._kept: list[NDArray[np.float32]] = []
        # Every so many passages one is kept, and how many have passed.
        self._stride, self._count = 1, 0
        self._held: list[NDArray[np.float32]] = []
        self._n_held = 0

    def push(self, samples: NDArray[np.float32]) -> None:
        """Hears further mono samples, shape (any,)."""
        self._held.append(samples)
        self._n_held += len(samples)
        while self._n_held >= self._length:
            held = np.concatenate(self._held)
            self._keep(held[: self._length].copy())
            self._held, self._n_held = [held[self._length :]], len(held) - self._length

    def a4(
        self, near: float = STANDARD_A4, least_agreement: float = _LEAST_AGREEMENT
    ) -> float | None:
        """A4 in Hz, to a tenth, as `estimate_a4`; None where no clear tuning was heard."""
        passages = self._kept
        if self._count < _PASSAGES:
            # What is left of a short one counts as well.
            passages = [*passages, *self._held]
        found = _a4_of(passages, self._sample_rate, near, least_agreement)
        return None if found is None else round(found, 1)

    def best_a4(self) -> float:
        """The A4 in Hz with which it is heard best; see `recording_a4`."""
        measured = self.a4(least_agreement=_SURE_AGREEMENT)
        if measured is None or abs(1200 * np.log2(measured / STANDARD_A4)) < _NEAR_STANDARD_CENTS:
            return STANDARD_A4
        return measured

    @property
    def n_kept_samples(self) -> int:
        """How many samples are in memory."""
        return sum(len(part) for part in (*self._kept, *self._held))

    def _keep(self, passage: NDArray[np.float32]) -> None:
        if self._count % self._stride == 0:
            self._kept.append(passage)
            if len(self._kept) == _PASSAGES:
                # Those that a wider stride from the beginning on meets.
                self._kept, self._stride = self._kept[::2], 2 * self._stride
        self._count += 1


def recording_a4(path: Path) -> float:
    """The A4 in Hz with which a recording is heard best.

    440 Hz where it lies near, or has no clear tuning; else what was measured, to a tenth.

    Raises:
        AudioFileError: the file cannot be used.
    """
    with AudioFile(path) as file:
        return file_a4(file)


def file_a4(file: AudioFile) -> float:
    """The same of an open file. Raises AudioFileError when its data cannot be used."""
    tuning = RecordingTuning(file.sample_rate)
    for block in file.blocks():
        tuning.push(block)
    return tuning.best_a4()


def _a4_of(
    passages: Iterable[NDArray[np.float32]], sample_rate: float, near: float,
    least_agreement: float = _LEAST_AGREEMENT,
) -> float | None:
    """The tuning of passages of the same sound; see `estimate_a4`."""
    heard, n_heard = [], 0
    for samples in passages:
        # Drivers and files can send what is no number.
        samples = np.nan_to_num(samples, nan=0.0, posinf=0.0, neginf=0.0)
        n_heard += len(samples)
        if len(samples) and not is_silent(samples):
            heard.append(samples)
    if not heard or n_heard < _LEAST_HEARD_S * sample_rate:
        return None
    peaks = [_peaks(samples, sample_rate) for samples in heard]
    hz, magnitudes = (np.concatenate(column) for column in zip(*peaks, strict=True))
    if not len(hz):
        return None
    # Quiet passages, of breath or a tape's noise, have as many peaks: the louder half of the rest.
    is_loud = magnitudes >= _QUIETEST * np.quantile(magnitudes, _LOUD)
    hz = hz[magnitudes >= np.median(magnitudes[is_loud])]
    semitones = 12 * np.log2(hz / near)
    if abs(np.exp(2j * np.pi * semitones).mean()) < least_agreement:
        return None
    # The fullest cents, of a semitone's hundred on a circle.
    counts = np.bincount(np.rint(semitones * 100).astype(np.int64) % 100, minlength=100)
    around = range(-_NEAR_CENTS // 2, _NEAR_CENTS // 2 + 1)
    fullest = np.sum([np.roll(counts, way) for way in around], axis=0).argmax() / 100
    tuning = float(fullest)
    for _ in range(_ROUNDS):
        # Each time about the median of before, so that it does not hang on where the cents begin.
        off = np.mod(semitones - tuning + 0.5, 1.0) - 0.5
        tuning += float(np.median(off[np.abs(off) <= _NEAR_CENTS / 100]))
    tuning = (tuning + 0.5) % 1.0 - 0.5
    return float(near * 2 ** (tuning / 12))


def _peaks(
    samples: NDArray[np.float32], sample_rate: float
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Frequencies in Hz and magnitudes of the peaks in the spectra of mono samples."""
    n_fft = 2 ** round(np.log2(_WINDOW_S * sample_rate))
    samples = np.pad(samples, (0, max(0, n_fft - len(samples))))
    windows = np.lib.stride_tricks.sliding_window_view(samples, n_fft)[:: n_fft // _HOPS]
    taper = 0.5 - 0.5 * np.cos(2 * np.pi / n_fft * np.arange(n_fft, dtype=np.float32))
    spectra = np.abs(scipy.fft.rfft(windows * taper.astype(np.float32), axis=1))
    low, high = (
        min(max(round(hz * n_fft / sample_rate), 1), n_fft // 2 - 1) for hz in _A4_RANGE_HZ
    )
    left, middle, right = (spectra[:, low + way : high + way] for way in (-1, 0, 1))
    least = _WEAKEST * spectra.max(axis=1, keepdims=True)
    frames, bins = np.nonzero((middle > left) & (middle >= right) & (middle > least))
    # The top of a parabola through the logarithms, which a Hann window's peak is nearly.
    left, middle, right = (
        np.log(np.maximum(part[frames, bins], 1e-12)) for part in (left, middle, right)
    )
    offset = 0.5 * (left - right) / np.minimum(left - 2 * middle + right, -1e-12)
    hz = (bins + low + offset.clip(-0.5, 0.5)) * (sample_rate / n_fft)
    return hz.astype(np.float64), np.exp(middle.astype(np.float64))
