"""One note of a recording, taken out of the rest by its harmonics."""

from __future__ import annotations

import math

import numpy as np

from app.audio.playback.synthesiser import SoundingNote
from app.audio.playback.time_stretch import Samples, Sound, TimeStretcher
from model.pitch import STANDARD_A4, hz_from_pitch

# Sound before and after the note that is heard with it, and how it comes and goes.
_BEFORE_S = 0.03
_AFTER_S = 0.12
_EDGE_S = 0.02
# The longest note that is listened to.
_LONGEST_S = 6.0
# Half the width of a harmonic's band: a part of a semitone, but wide enough for an attack.
_HALF_BAND_CENTS = 40.0
_HALF_BAND_HZ = 9.0
_HARMONICS = 16


def sound_of(note: SoundingNote, samples: Samples, sample_rate: int, a4: float) -> Sound:
    """What a recording has at a note's time and harmonics; nothing where the note is beside it."""
    first, last = solo_span(note.onset_s, note.offset_s, sample_rate, len(samples))
    heard = TimeStretcher(samples, sample_rate, first).read(last - first)
    return harmonics_of(heard, sample_rate, note.pitch, a4) if len(heard) else heard


def solo_span(onset_s: float, offset_s: float, sample_rate: int, n_samples: int) -> tuple[int, int]:
    """The samples (first, one after the last) of a recording in which a note is heard alone."""
    offset_s = min(offset_s, onset_s + _LONGEST_S)
    first = max(0, round((onset_s - _BEFORE_S) * sample_rate))
    return first, max(first, min(n_samples, round((offset_s + _AFTER_S) * sample_rate)))


def harmonics_of(samples: Sound, sample_rate: int, pitch: int, a4: float = STANDARD_A4) -> Sound:
    """What lies at the harmonics of a pitch: a comb of smooth bands, nothing moved in time.

    Args:
        samples: some seconds of mono sound, shape (samples,).
        sample_rate: in Hz.
        pitch: MIDI pitch of the fundamental.
        a4: frequency in Hz of the pitch A4.

    Returns:
        The sound within the bands, shape (samples,), made as loud as what came in.
    """
    if not len(samples):
        return samples
    # Silence behind keeps the bands' ringing from coming round to the beginning.
    length = 2 ** math.ceil(math.log2(2 * len(samples)))
    spectrum = np.fft.rfft(samples, length)
    hz = np.arange(len(spectrum)) * (sample_rate / length)
    fundamental = float(hz_from_pitch(pitch, a4))
    bands = np.zeros(len(spectrum), np.float32)
    for harmonic in range(1, _HARMONICS + 1):
        centre = harmonic * fundamental
        # Neighbouring bands never touch, so that the octave below does not slip in between.
        half = max(_HALF_BAND_HZ, centre * (2 ** (_HALF_BAND_CENTS / 1200) - 1))
        half = min(half, 0.45 * fundamental)
        first, last = np.searchsorted(hz, [centre - half, centre + half])
        if first >= len(hz):
            break
        bands[first:last] = np.cos((hz[first:last] - centre) / half * (np.pi / 2)) ** 0.5
    alone = np.fft.irfft(spectrum * bands, length)[: len(samples)].astype(np.float32)
    edge = min(round(_EDGE_S * sample_rate), len(alone) // 2)
    if edge:
        alone[:edge] *= np.linspace(0, 1, edge, dtype=np.float32)
        alone[-edge:] *= np.linspace(1, 0, edge, dtype=np.float32)
    loudest, before = float(np.abs(alone).max()), float(np.abs(samples).max())
    # Not louder than this, or a note that is not there would become a roar.
    louder: Sound = alone * np.float32(min(4.0, before / max(loudest, 1e-9)))
    return louder
