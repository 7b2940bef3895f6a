"""Wind instruments that do not exist: a spectrum of their own, played like any sustained one."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from model.notes import Note
from model.pitch import hz_from_pitch
from training.rendering import sound
from training.rendering.music import Voice
from training.rendering.performance import (
    Curve,
    Manner,
    curve_times,
    phrased,
    pitch_curve,
    shape,
)

_SHORTEST_S = 0.04


def play_invented(
    out: NDArray[np.float32],
    voice: Voice,
    rng: np.random.Generator,
    *,
    tuning_cents: float,
    sample_rate: int,
    manner: Manner,
) -> list[Note]:
    """Adds a line of a made-up instrument; returns its notes as a listener would label them."""
    labels = []
    even = float(rng.choice([1.0, 1.0, 0.15, 0.4]))
    spectrum = _made_up_envelope(rng.uniform(0.6, 2.2), sample_rate, rng)
    breath = 10 ** rng.uniform(-3.5, -1.9)
    # Overblown winds hiss at the harmonics of the octave below, which is not played.
    undertone = 10 ** rng.uniform(-1.7, -0.7) if rng.random() < 0.4 else 0.0
    phase = 0.0
    for note, interval in phrased(voice, manner, rng, _SHORTEST_S):
        held_s = note.offset_s - note.onset_s
        lead_s = rng.uniform(0.008, 0.02) if interval else 0.0
        time = curve_times(-lead_s, held_s + manner.release_s, sample_rate)
        cents = pitch_curve(time, manner, interval, rng) + tuning_cents
        attack_s = 0.0 if interval else rng.uniform(0.005, 0.02 + manner.attack_s)
        amplitude = 0.12 * (note.velocity / 90) ** 1.3
        gain = amplitude * shape(time, held_s, lead_s, attack_s, manner, rng)
        envelope = np.broadcast_to(spectrum, (len(time), sound.ENVELOPE_POINTS))
        phase = sound.add_voice(
            out, round((note.onset_s - lead_s) * sample_rate),
            hz_from_pitch(note.pitch + cents / 100).astype(np.float32),
            gain.astype(np.float32), np.ascontiguousarray(envelope, np.float32), even,
            (breath * gain).astype(np.float32), sample_rate, phase,
        )
        if undertone:
            _hiss(
                out, round((note.onset_s - lead_s) * sample_rate),
                note.pitch - 12 + cents / 100, undertone * gain, sample_rate, rng,
            )
        labels.append(replace(note, onset_s=note.onset_s + 0.3 * attack_s))
    return labels


def _hiss(
    out: NDArray[np.float32],
    start: int,
    pitch: Curve,
    gain: Curve,
    sample_rate: int,
    rng: np.random.Generator,
) -> None:
    """Adds narrow bands of noise at the harmonics of a pitch: a tone that trembles at random."""
    trembling = pitch + rng.uniform(0.4, 1.2) * rng.standard_normal(len(pitch))
    flat = np.ones((len(pitch), sound.ENVELOPE_POINTS), np.float32)
    flat *= 1 / (1 + (sound.envelope_hz(sample_rate) / rng.uniform(600, 2500)) ** 2)
    uneven = gain * np.abs(1 + 0.5 * rng.standard_normal(len(gain)))
    sound.add_voice(
        out, start, hz_from_pitch(trembling).astype(np.float32), uneven.astype(np.float32),
        np.ascontiguousarray(flat, np.float32), 1.0, np.zeros(len(gain), np.float32),
        sample_rate, 0.0,
    )


def _made_up_envelope(tilt: float, sample_rate: int, rng: np.random.Generator) -> Curve:
    """A spectrum that no instrument has: falling, with a few broad bumps. Shape (64,)."""
    hz = sound.envelope_hz(sample_rate)
    envelope = 1 / (1 + (hz / rng.uniform(300, 2500)) ** (1 + tilt))
    for _ in range(int(rng.integers(0, 4))):
        centre, width = rng.uniform(200, 5000), rng.uniform(100, 900)
        envelope = envelope + rng.uniform(0, 0.8) * np.exp(-(((hz - centre) / width) ** 2))
    return np.asarray(envelope)
