"""A4, the tuning of what is played, measured in its sound.

The first call takes some seconds, because librosa is slow to load: call it outside of the window's
thread.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from app.music.silence import is_silent
from model.pitch import STANDARD_A4

# The least sound that A4 is measured from.
_LEAST_HEARD_S = 1.0
# A4 is asked of the middle of the keyboard: below it partials lie close together and strings are
# stiff, above it notes are short.
_A4_RANGE_HZ = (110.0, 2500.0)
_A4_WINDOW = 8192
_A4_HOP = 2048
# How closely the partials gather about one tuning, 0 (anywhere, as in noise) to 1 (all on it).
_LEAST_AGREEMENT = 0.3
_NEAR_CENTS = 12.0


def estimate_a4(
    samples: NDArray[np.float32], sample_rate: float, near: float = STANDARD_A4
) -> float | None:
    """A4 in Hz to which these mono samples, shape (any,), are tuned, or None.

    librosa's tuning estimate (the most frequent deviation of spectral peaks from the tempered
    scale), then the median of the peaks that lie about it.

    Args:
        near: a quarter tone about this frequency is searched: half a semitone off, a tuning cannot
            be told from one that is half a semitone off the other way.

    Returns:
        None when there is less than a second, silence, or no clear tuning, as in noise.
    """
    # librosa refuses what is no number; a driver can send it.
    samples = np.nan_to_num(samples, nan=0.0, posinf=0.0, neginf=0.0)
    if len(samples) < _LEAST_HEARD_S * sample_rate or is_silent(samples):
        return None
    # Loading librosa takes seconds; the program starts without it.
    import librosa

    low, high = _A4_RANGE_HZ
    frequencies, magnitudes = librosa.piptrack(
        y=samples, sr=sample_rate, n_fft=_A4_WINDOW, hop_length=_A4_HOP, fmin=low, fmax=high
    )
    is_peak = frequencies > 0
    if not is_peak.any():
        return None
    # As in librosa.estimate_tuning: the louder half of the peaks.
    loud = is_peak & (magnitudes >= np.median(magnitudes[is_peak]))
    # librosa measures against 440 Hz.
    hz = frequencies[loud].astype(np.float64) * STANDARD_A4 / near
    semitones = 12 * librosa.hz_to_octs(hz)
    if abs(np.exp(2j * np.pi * semitones).mean()) < _LEAST_AGREEMENT:
        return None
    # Half a cent on: it gives the lower edge of its histogram's fullest cent.
    tuning = librosa.pitch_tuning(hz) + 0.005
    off = np.mod(semitones - tuning + 0.5, 1.0) - 0.5
    tuning += float(np.median(off[np.abs(off) <= _NEAR_CENTS / 100]))
    return float(near * 2 ** (tuning / 12))
