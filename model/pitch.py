"""MIDI pitch, frequency in Hz and note name.

A pitch is a MIDI note number: 60 is middle C (C4), 69 is A4. The network hears the 88 keys of a
piano, from A0 (21) to C8 (108).
"""

from __future__ import annotations

import math
import re
from typing import overload

import numpy as np
from numpy.typing import NDArray

LOWEST_PITCH = 21
HIGHEST_PITCH = 108
N_PITCHES = HIGHEST_PITCH - LOWEST_PITCH + 1
# In note-name mode the twelve names stand for the octave from middle C on.
NOTE_NAME_OCTAVE = 60
N_NOTE_NAMES = 12
STANDARD_A4 = 440.0
# What a tuning in Hz may be.
A4_HZ = (400.0, 480.0)

SHARP_NAMES = ("C", "C♯", "D", "D♯", "E", "F", "F♯", "G", "G♯", "A", "A♯", "B")
FLAT_NAMES = ("C", "D♭", "D", "E♭", "E", "F", "G♭", "G", "A♭", "A", "B♭", "B")

_STEPS = {"C": 0, "D": 2, "E": 4, "F": 5, "G": 7, "A": 9, "B": 11}
_ACCIDENTALS = {"#": 1, "♯": 1, "b": -1, "♭": -1, "": 0}
_NAME = re.compile(r"([A-Ga-g])([#♯b♭]?)(-?\d+)")


@overload
def hz_from_pitch(pitch: float, a4: float = STANDARD_A4) -> float: ...
@overload
def hz_from_pitch(
    pitch: NDArray[np.float64], a4: float = STANDARD_A4
) -> NDArray[np.float64]: ...
def hz_from_pitch(
    pitch: float | NDArray[np.float64], a4: float = STANDARD_A4
) -> float | NDArray[np.float64]:
    """Frequency in Hz of a (fractional) MIDI pitch in equal temperament, A4 = `a4` Hz."""
    return a4 * 2.0 ** ((pitch - 69.0) / 12.0)


def pitch_from_hz(hz: float, a4: float = STANDARD_A4) -> float:
    """Fractional MIDI pitch of a frequency.

    Raises:
        ValueError: the frequency is not positive.
    """
    if not hz > 0:
        raise ValueError(f"a frequency must be positive, not {hz} Hz")
    return 69.0 + 12.0 * math.log2(hz / a4)


def is_black_key(pitch: int) -> bool:
    """Whether the piano key of this pitch is a black one."""
    return pitch % 12 in (1, 3, 6, 8, 10)


def note_name(pitch: int, *, flats: bool = False, octave: bool = True) -> str:
    """Name in scientific pitch notation, such as "C4" or "F♯3"; only "F♯" without the octave."""
    name = (FLAT_NAMES if flats else SHARP_NAMES)[pitch % 12]
    return f"{name}{pitch // 12 - 1}" if octave else name


def pitch_from_name(name: str) -> int:
    """MIDI pitch of a name such as "C4", "f#3" or "B♭2".

    Raises:
        ValueError: the text is not a note name with an octave.
    """
    match = _NAME.fullmatch(name.strip())
    if match is None:
        raise ValueError(f"{name!r} is not a note name such as C4 or F#3")
    step, accidental, octave = match.groups()
    return _STEPS[step.upper()] + _ACCIDENTALS[accidental] + 12 * (int(octave) + 1)
