"""Hz and cents of a single note, measured in its sound.

It takes a hundredth of a second or more: call it outside of the window's thread.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import scipy.fft
from numpy.typing import NDArray

from app.music.silence import is_silent
from model.pitch import STANDARD_A4, hz_from_pitch

# A note is measured over its last 200 ms, and over 7 periods when these are longer.
_NOTE_S = 0.2
_PERIODS = 7
# Interpolation between bins of a spectrum that is padded with zeros so many times is exact to a
# hundredth of a cent.
_PADDING = 8
# The next one is still out of reach of a stiff string's sixth.
_PARTIALS = 6
# How far off the pitch a partial may lie.
_REACH_CENTS = 60.0
# A partial counts when it stands out from the spectrum about it, and above the strongest so much.
_PROMINENCE_DB = 15.0
_WEAKEST_DB = -40.0
# Stiffness of strings: more than that of a small piano's lowest ones (Fletcher 1964) is no string.
_STIFFEST = 2e-3


@dataclass(frozen=True)
class PitchMeasurement:
    """Frequency of a note in Hz, and how many cents it lies above (below: negative) its pitch."""

    hz: float
    cents: float

    @property
    def text(self) -> str:
        """Such as "442.1 Hz  +8 cents"."""
        rounded = round(self.cents)
        sign = "+" if rounded > 0 else "−" if rounded < 0 else "±"
        return f"{self.hz:.1f} Hz  {sign}{abs(rounded)} cents"


def measure(
    samples: NDArray[np.float32], sample_rate: float, pitch: int, a4: float = STANDARD_A4
) -> PitchMeasurement | None:
    """Frequency of a single note that sounds at the end of these samples.

    The partials' peaks in the spectrum are fitted with f_n = n f sqrt(1 + B n^2), a string of
    stiffness B (Fletcher, "Normal vibration frequencies of a stiff piano string", 1964); `hz` is
    that of the first partial.

    Args:
        samples: mono sound, shape (any,), of which the last 200 ms are used (for the lowest notes
            7 periods). Less is enough when it holds 7 periods.
        sample_rate: of the samples in Hz.
        pitch: MIDI pitch that sounds.
        a4: tuning in Hz against which the cents are told.

    Returns:
        None when it is too short or too quiet, or no such note is found within 60 cents.
    """
    nominal = float(hz_from_pitch(float(pitch), a4))
    length = min(len(samples), round(max(_NOTE_S, _PERIODS / nominal) * sample_rate))
    if length < round(_PERIODS * sample_rate / nominal) or nominal * 1.04 > sample_rate / 2:
        return None
    sound = samples[-length:].astype(np.float64)
    sound -= sound.mean()
    if is_silent(sound):
        return None
    n_fft = scipy.fft.next_fast_len(_PADDING * length, real=True)
    # Hann's window; loading scipy.signal for it would take a second and 50 MB.
    sound *= 0.5 - 0.5 * np.cos(2 * np.pi / length * np.arange(length))
    spectrum = np.abs(scipy.fft.rfft(sound, n_fft))
    decibels = 20 * np.log10(np.maximum(spectrum, 1e-12))
    hz_per_bin = sample_rate / n_fft
    peaks = _partials(decibels, nominal / hz_per_bin)
    if not peaks:
        return None
    strongest = max(level for _, _, level in peaks)
    numbers, bins, levels = np.array(
        [peak for peak in peaks if peak[2] >= strongest + _WEAKEST_DB]
    ).T
    if numbers[0] > 2:
        # Higher partials alone are those of another note: the third of A4 is the fourth of E4.
        return None
    hz = _first_partial(numbers, bins * hz_per_bin, 10 ** ((levels - strongest) / 20))
    cents = 1200 * float(np.log2(hz / nominal))
    return PitchMeasurement(hz, cents) if abs(cents) <= _REACH_CENTS else None


def _partials(
    decibels: NDArray[np.float64], nominal_bin: float
) -> list[tuple[int, float, float]]:
    """Number, fractional FFT bin and level in dB of the partials that stand out."""
    found = []
    reach = 2 ** (_REACH_CENTS / 1200)
    for number in range(1, _PARTIALS + 1):
        low = int(number * nominal_bin / reach)
        # Those of a stiff string lie higher and higher.
        high = int(number * nominal_bin * reach * np.sqrt(1 + _STIFFEST * number**2)) + 2
        if high >= len(decibels) - 1:
            break
        best = low + int(decibels[low:high].argmax())
        left, peak, right = decibels[best - 1 : best + 2]
        # Half a fundamental to both sides: with nothing there but noise, the middle is as high.
        around = decibels[int((number - 0.5) * nominal_bin) : int((number + 0.5) * nominal_bin)]
        stands_out = peak - np.median(around) >= _PROMINENCE_DB
        if low < best < high - 1 and stands_out:
            offset = 0.5 * (left - right) / (left - 2 * peak + right)
            found.append((number, best + float(offset), float(peak)))
    return found


def _first_partial(
    numbers: NDArray[np.float64], hz: NDArray[np.float64], amplitudes: NDArray[np.float64]
) -> float:
    """Frequency of the first partial, from all of them."""
    # A peak's frequency is as uncertain as it is weak; divided by its number, less.
    weights = amplitudes * numbers
    squares = (hz / numbers) ** 2
    if len(numbers) >= 3:
        # (f_n / n)^2 = f^2 + f^2 B n^2 is a straight line over n^2.
        slope, base = np.polyfit(numbers**2, squares, 1, w=weights)
        if 0 < slope <= _STIFFEST * base:
            return float(np.sqrt(base + slope))
    return float(np.sqrt(np.average(squares, weights=weights**2)))
