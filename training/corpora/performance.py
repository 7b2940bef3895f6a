"""How a voice of notes is played: struck, sustained or sung, with the freedoms that players take.

Every function adds sound to `out` and returns the notes as a listener would label them.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from model.notes import Note
from training.corpora import sound
from training.corpora.banks import Bank, BankNote
from training.corpora.music import Voice
from training.corpora.sound import CONTROL

# Below this a note adds nothing that can be heard or labelled.
_SHORTEST_S = 0.02


@dataclass(frozen=True)
class Manner:
    """The freedoms of one player of a sustained instrument, drawn once for each voice.

    Attributes:
        vibrato_hz, vibrato_cents, vibrato_delay_s: how the pitch swings, and from when on.
        legato: share of the joined notes that begin without an attack.
        glide_s: longest slide from one joined note to the next.
        scoop_cents, scoop: how far from below, and how often, a note is approached.
        swell: how much the loudness moves within a note, 0 to 1.
        attack_s, release_s: longest extra attack, and release.
        spread_cents: how far single notes lie off the tuning.
    """

    vibrato_hz: float
    vibrato_cents: float
    vibrato_delay_s: float
    legato: float
    glide_s: float
    scoop_cents: float
    scoop: float
    swell: float
    attack_s: float
    release_s: float
    spread_cents: float

    @classmethod
    def draw(cls, rng: np.random.Generator, *, deepest_cents: float = 45) -> Manner:
        """A player at random; about a third of them play without vibrato."""
        return cls(
            vibrato_hz=rng.uniform(4.2, 7.2),
            vibrato_cents=0.0 if rng.random() < 0.35 else rng.uniform(5, deepest_cents),
            vibrato_delay_s=rng.uniform(0.0, 0.45),
            legato=float(rng.choice([0.0, 0.3, 0.6, 0.9])),
            glide_s=rng.uniform(0.0, 0.09),
            scoop_cents=rng.uniform(20, 160),
            scoop=float(rng.choice([0.0, 0.0, 0.1, 0.4])),
            swell=rng.uniform(0.0, 0.8),
            attack_s=float(rng.choice([0.0, 0.02, 0.06, 0.12])),
            release_s=rng.uniform(0.03, 0.15),
            spread_cents=rng.uniform(0, 10),
        )


def play_struck(
    out: NDArray[np.float32],
    voice: Voice,
    bank: Bank,
    rng: np.random.Generator,
    *,
    tuning_cents: float,
    sample_rate: int,
) -> list[Note]:
    """Struck and plucked strings and bars: the recorded decay, damped at the note's end."""
    damping_s = rng.uniform(0.04, 0.22)
    labels = []
    for note in voice:
        chosen = bank.choose(note.pitch, note.velocity, rng)
        ratio = _ratio(note.pitch - chosen.pitch, tuning_cents - bank.cents)
        rings_s = chosen.length / ratio / sample_rate
        held_s = min(note.offset_s - note.onset_s, rings_s)
        if held_s < _SHORTEST_S:
            continue
        curve_s = min(held_s + damping_s, rings_s)
        n_points = int(curve_s * sample_rate / CONTROL) + 2
        time = np.arange(n_points) * CONTROL / sample_rate
        gain = _loudness(note, chosen, bank) * np.exp(
            -np.maximum(time - held_s, 0) / (damping_s / 5)
        )
        start = round(note.onset_s * sample_rate)
        sound.add_sample(
            out, start, _source(bank, chosen), 1.0,
            np.full(n_points, ratio, np.float32), gain.astype(np.float32), 0.0, 0.0, 1.0,
        )
        onset_s = note.onset_s + min(chosen.onset / ratio / sample_rate, 0.01)
        labels.append(replace(note, onset_s=onset_s, offset_s=note.onset_s + held_s))
    return labels


def play_sustained(
    out: NDArray[np.float32],
    voice: Voice,
    bank: Bank,
    rng: np.random.Generator,
    *,
    tuning_cents: float,
    sample_rate: int,
    manner: Manner,
) -> list[Note]:
    """Bowed and blown instruments and reeds: looped, with vibrato, slides, swells and legato."""
    labels = []
    previous: Note | None = None
    for note in voice:
        joined = (
            previous is not None
            and abs(note.onset_s - previous.offset_s) < 0.03
            and note.pitch != previous.pitch
            and rng.random() < manner.legato
        )
        chosen = bank.choose(note.pitch, note.velocity, rng)
        ratio = _ratio(note.pitch - chosen.pitch, tuning_cents - bank.cents)
        held_s = note.offset_s - note.onset_s
        if held_s < _SHORTEST_S:
            continue
        lead_s = rng.uniform(0.01, 0.025) if joined else 0.0
        curve_s = lead_s + held_s + manner.release_s
        n_points = int(curve_s * sample_rate / CONTROL) + 2
        time = np.arange(n_points) * CONTROL / sample_rate - lead_s
        interval = previous.pitch - note.pitch if joined and previous else 0
        cents = _pitch_curve(time, manner, interval, rng)
        attack_s = 0.0 if joined else rng.uniform(0, manner.attack_s)
        gain = _loudness(note, chosen, bank) * _shape(time, held_s, lead_s, attack_s, manner, rng)
        loop_start, loop_end, fade = _loop(chosen, sample_rate, rng)
        skip = rng.uniform(0.05, 0.14) * sample_rate if joined else 1.0
        skip = min(skip, chosen.length / 3)
        sound.add_sample(
            out, round((note.onset_s - lead_s) * sample_rate), _source(bank, chosen), skip,
            (ratio * 2 ** (cents / 1200)).astype(np.float32), gain.astype(np.float32),
            loop_start, loop_end, fade,
        )
        late_s = 0.0 if joined else chosen.onset / ratio / sample_rate + 0.2 * attack_s
        onset_s = note.onset_s + min(late_s, 0.08, held_s / 2)
        if loop_end == 0.0:
            held_s = min(held_s, (chosen.length - skip) / ratio / sample_rate)
        labels.append(replace(note, onset_s=onset_s, offset_s=max(onset_s + 0.02,
                                                                  note.onset_s + held_s)))
        previous = note
    return labels


def play_sung(
    out: NDArray[np.float32],
    voice: Voice,
    rng: np.random.Generator,
    *,
    tuning_cents: float,
    sample_rate: int,
    manner: Manner,
    formants: bool,
) -> list[Note]:
    """A singer, or (without formants) a made-up wind instrument with a spectrum of its own."""
    labels = []
    previous: Note | None = None
    even = 1.0 if formants else float(rng.choice([1.0, 1.0, 0.15, 0.4]))
    tilt, size = rng.uniform(0.6, 2.2), rng.uniform(0.85, 1.25)
    fixed = _made_up_envelope(tilt, sample_rate, rng)
    breath = 10 ** rng.uniform(-3.5, -1.9)
    consonants = rng.uniform(0, 0.8) if formants else 0.0
    phase = 0.0
    for note in voice:
        joined = (
            previous is not None
            and abs(note.onset_s - previous.offset_s) < 0.03
            and note.pitch != previous.pitch
            and rng.random() < manner.legato
        )
        held_s = note.offset_s - note.onset_s
        if held_s < 2 * _SHORTEST_S:
            continue
        consonant_s = (
            rng.uniform(0.02, 0.09) if not joined and rng.random() < consonants else 0.0
        )
        lead_s = rng.uniform(0.008, 0.02) if joined else consonant_s
        curve_s = lead_s + held_s + manner.release_s
        n_points = int(curve_s * sample_rate / CONTROL) + 2
        time = np.arange(n_points) * CONTROL / sample_rate - lead_s
        interval = previous.pitch - note.pitch if joined and previous else 0
        wander = rng.normal(0, manner.spread_cents + 4) + np.cumsum(rng.normal(0, 0.7, n_points))
        cents = _pitch_curve(time, manner, interval, rng) + wander * formants + tuning_cents
        hz = 440 * 2 ** ((note.pitch - 69 + cents / 100) / 12)
        attack_s = 0.0 if joined else rng.uniform(0.005, 0.02 + manner.attack_s)
        amplitude = 0.12 * (note.velocity / 90) ** 1.3
        gain = amplitude * _shape(time, held_s, lead_s if joined else 0.0, attack_s, manner, rng)
        gain = np.where(time < (-lead_s if joined else 0), 0, gain)
        noise = breath * gain + 0.3 * amplitude * np.exp(
            -((time + consonant_s / 2) / (consonant_s / 2 + 1e-6)) ** 2
        ) * (rng.uniform(0.1, 1.0) if consonant_s else 0.0)
        envelope = (
            _vowels(n_points, size, tilt, sample_rate, rng)
            if formants
            else np.broadcast_to(fixed, (n_points, 64))
        )
        phase = sound.add_voice(
            out, round((note.onset_s - lead_s) * sample_rate), hz.astype(np.float32),
            gain.astype(np.float32), np.ascontiguousarray(envelope, np.float32), even,
            noise.astype(np.float32), sample_rate, phase,
        )
        onset_s = note.onset_s + (0.0 if joined else 0.3 * attack_s)
        labels.append(replace(note, onset_s=onset_s))
        previous = note
    return labels


def _ratio(semitones: float, cents: float) -> float:
    return float(2 ** (semitones / 12 + cents / 1200))


def _source(bank: Bank, chosen: BankNote) -> NDArray[np.int16]:
    return bank.samples[chosen.first : chosen.first + chosen.length]


def _loudness(note: Note, chosen: BankNote, bank: Bank) -> float:
    """The bank's layers carry most of the dynamics; between them the velocity scales."""
    return float((note.velocity / chosen.velocity) ** 1.1)


def _loop(
    chosen: BankNote, sample_rate: int, rng: np.random.Generator
) -> tuple[float, float, float]:
    """A stretch of the steady part, whole periods long, or none when the note is too short."""
    if chosen.length < 0.5 * sample_rate:
        return 0.0, 0.0, 1.0
    period = sample_rate / (440 * 2 ** ((chosen.pitch - 69) / 12))
    first = chosen.length * rng.uniform(0.25, 0.4)
    last = chosen.length * rng.uniform(0.65, 0.8)
    fade = min(0.06 * sample_rate, (last - first) / 3)
    return first, first + round((last - first) / period) * period, fade


def _pitch_curve(
    time: NDArray[np.float64], manner: Manner, interval: float, rng: np.random.Generator
) -> NDArray[np.float64]:
    """Deviation in cents: vibrato, a slide from `interval` semitones away, a scoop."""
    cents = np.full(len(time), rng.normal(0, manner.spread_cents))
    if manner.vibrato_cents:
        hz = manner.vibrato_hz * rng.uniform(0.9, 1.1)
        depth = manner.vibrato_cents * np.clip(
            (time - manner.vibrato_delay_s * rng.uniform(0.5, 1.5)) / 0.3, 0, 1
        )
        cents += depth * np.sin(2 * np.pi * hz * time + rng.uniform(0, 6.28))
    if interval and manner.glide_s > 0.01:
        glide_s = rng.uniform(0.01, manner.glide_s)
        # The slide passes its middle at time 0, where the new note is labelled.
        cents += 100 * interval * np.clip(0.5 - time / glide_s, 0, 1)
    elif not interval and rng.random() < manner.scoop:
        cents -= manner.scoop_cents * np.exp(-np.maximum(time, 0) / rng.uniform(0.02, 0.06))
    return cents


def _shape(
    time: NDArray[np.float64],
    held_s: float,
    lead_s: float,
    attack_s: float,
    manner: Manner,
    rng: np.random.Generator,
) -> NDArray[np.float64]:
    """Amplitude over the note: attack, swell or fading, tremolo with the vibrato, release."""
    rise_s = max(attack_s, 2 * lead_s, 0.002)
    shape = np.clip((time + lead_s) / rise_s, 0, 1)
    along = np.clip(time / max(held_s, 0.05), 0, 1)
    centre, width = rng.uniform(-0.2, 1.0), rng.uniform(0.3, 1.0)
    swell = np.exp(-(((along - centre) / width) ** 2))
    shape = shape * (1 - manner.swell + manner.swell * swell / swell.max())
    if manner.vibrato_cents:
        depth = rng.uniform(0, 0.2)
        shape = shape * (1 + depth * np.sin(2 * np.pi * manner.vibrato_hz * time + 1))
    return shape * np.exp(-np.maximum(time - held_s, 0) / (manner.release_s / 5))


def _envelope_axis(sample_rate: int) -> NDArray[np.float64]:
    return np.arange(64) * (sample_rate / 2) / 63


# First four formants in Hz of vowels as sung: a, e, i, o, u (Peterson and Barney 1952, men).
_VOWELS = np.array(
    [
        [730, 1090, 2440, 3400],
        [530, 1840, 2480, 3500],
        [270, 2290, 3010, 3700],
        [570, 840, 2410, 3300],
        [300, 870, 2240, 3200],
    ]
)


def _vowels(
    n_points: int, size: float, tilt: float, sample_rate: int, rng: np.random.Generator
) -> NDArray[np.float64]:
    """Spectral envelope (points, 64) that moves from one vowel to another."""
    hz = _envelope_axis(sample_rate)
    mixes = rng.dirichlet(np.full(5, 0.5), size=2)
    formants = mixes @ _VOWELS * size
    widths = np.array([90, 110, 160, 220]) * rng.uniform(0.8, 1.6)
    peaks = np.array([1.0, 0.6, 0.35, 0.25])
    rows = [
        (peaks / (1 + ((hz[:, None] - row) / widths) ** 2)).sum(axis=1) + 0.02 for row in formants
    ]
    source = 1 / (1 + (hz / 300) ** tilt)
    along = np.linspace(0, 1, n_points)[:, None]
    return np.asarray(((1 - along) * rows[0] + along * rows[1]) * source)


def _made_up_envelope(
    tilt: float, sample_rate: int, rng: np.random.Generator
) -> NDArray[np.float64]:
    """A spectrum that no instrument has: falling, with a few broad bumps. Shape (64,)."""
    hz = _envelope_axis(sample_rate)
    envelope = 1 / (1 + (hz / rng.uniform(300, 2500)) ** (1 + tilt))
    for _ in range(int(rng.integers(0, 4))):
        centre, width = rng.uniform(200, 5000), rng.uniform(100, 900)
        envelope = envelope + rng.uniform(0, 0.8) * np.exp(-(((hz - centre) / width) ** 2))
    return np.asarray(envelope)
