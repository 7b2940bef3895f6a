"""How a voice of notes is played on a bank: struck or sustained, with the freedoms players take.

Every function adds sound to `out` and returns the notes as a listener would label them. Control
curves hold one value every `sound.CONTROL` samples, at times in seconds from the note's onset.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from model.notes import Note
from training.rendering import sound
from training.rendering.banks import Bank, BankNote
from training.rendering.music import Voice
from training.rendering.sound import CONTROL

Curve = NDArray[np.float64]

# Below this a note adds nothing that can be heard or labelled.
_SHORTEST_S = 0.02
# A note that begins this close to the end of the one before may be joined to it.
_JOINED_S = 0.03
# What is kept of a recorded note before it is heard to begin: the hammer's or plectrum's touch, and
# the breath or the bow's scratch.
_TOUCH_S, _BREATH_S = 0.008, 0.03
# A slow attack delays the label by this share of its length, at which the tone is heard.
_HEARD = 0.2


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
            glide_s=float(rng.choice([0.03, 0.08, 0.16])),
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
    bends: float = 0.0,
) -> list[Note]:
    """Struck and plucked strings and bars: the recorded decay, damped at the note's end.

    Args:
        bends: share of the notes whose string is pulled aside for a moment.
    """
    damping_s = rng.uniform(0.04, 0.22)
    labels = []
    for note in voice:
        chosen = bank.choose(note.pitch, note.velocity, rng)
        ratio = _ratio(note.pitch - chosen.pitch, tuning_cents - bank.cents)
        first = max(1.0, chosen.onset - _TOUCH_S * sample_rate)
        # A note that was still ringing when its recording was cut is damped before that.
        rings_s = (chosen.length - first) / ratio / sample_rate
        held_s = min(note.offset_s - note.onset_s, max(rings_s - damping_s, 0.5 * rings_s))
        if held_s < _SHORTEST_S:
            continue
        time = curve_times(0.0, min(held_s + damping_s, rings_s), sample_rate)
        speed = np.full(len(time), ratio)
        if bends and rng.random() < bends:
            speed *= 2 ** (_pulled_string(time, rng) / 1200)
        gain = bank.blow(note.velocity, chosen) * _released(time, held_s, damping_s)
        sound.add_sample(
            out, round(note.onset_s * sample_rate), _source(bank, chosen), first,
            speed.astype(np.float32), gain.astype(np.float32), 0.0, 0.0, 1.0,
        )
        late_s = max(0.0, chosen.onset - first) / ratio / sample_rate
        labels.append(
            replace(note, onset_s=note.onset_s + late_s, offset_s=note.onset_s + held_s)
        )
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
    for note, interval in phrased(voice, manner, rng, _SHORTEST_S):
        chosen = bank.choose(note.pitch, note.velocity, rng)
        ratio = _ratio(note.pitch - chosen.pitch, tuning_cents - bank.cents)
        held_s = note.offset_s - note.onset_s
        # A joined note fades in around its onset, from within the recorded one.
        lead_s = rng.uniform(0.01, 0.025) if interval else 0.0
        time = curve_times(-lead_s, held_s + manner.release_s, sample_rate)
        cents = pitch_curve(time, manner, interval, rng)
        attack_s = 0.0 if interval else rng.uniform(0, manner.attack_s)
        gain = _loudness(note, chosen) * shape(time, held_s, lead_s, attack_s, manner, rng)
        loop_start, loop_end, fade = _loop(chosen, sample_rate, rng)
        if interval:
            skip = rng.uniform(0.05, 0.14) * sample_rate
            first = chosen.onset + min(skip, (chosen.length - chosen.onset) / 3)
        else:
            first = max(1.0, chosen.onset - _BREATH_S * sample_rate)
        sound.add_sample(
            out, round((note.onset_s - lead_s) * sample_rate), _source(bank, chosen), first,
            (ratio * 2 ** (cents / 1200)).astype(np.float32), gain.astype(np.float32),
            loop_start, loop_end, fade,
        )
        late_s = max(0.0, chosen.onset - first) / ratio / sample_rate + _HEARD * attack_s
        onset_s = note.onset_s + min(late_s, held_s / 2)
        if loop_end == 0.0:
            held_s = min(held_s, (chosen.length - first) / ratio / sample_rate)
        offset_s = max(onset_s + _SHORTEST_S, note.onset_s + held_s)
        labels.append(replace(note, onset_s=onset_s, offset_s=offset_s))
    return labels


def phrased(
    voice: Voice, manner: Manner, rng: np.random.Generator, shortest_s: float
) -> Iterator[tuple[Note, int]]:
    """The notes of a voice, each with the semitones up to the one before it if they are joined.

    0 stands for a note with an attack of its own. Notes shorter than `shortest_s` are left out.
    """
    before: Note | None = None
    for note in voice:
        if note.offset_s - note.onset_s < shortest_s:
            continue
        joined = (
            before is not None
            and abs(note.onset_s - before.offset_s) < _JOINED_S
            and note.pitch != before.pitch
            and rng.random() < manner.legato
        )
        yield note, before.pitch - note.pitch if before is not None and joined else 0
        before = note


def curve_times(first_s: float, last_s: float, sample_rate: int) -> Curve:
    """When the points of a control curve lie that reaches from one time to another."""
    n_points = int((last_s - first_s) * sample_rate / CONTROL) + 2
    return np.arange(n_points) * CONTROL / sample_rate + first_s


def pitch_curve(
    time: Curve, manner: Manner, interval: float, rng: np.random.Generator
) -> Curve:
    """Deviation in cents: vibrato, a slide from `interval` semitones away, a scoop."""
    cents = np.full(len(time), rng.normal(0, manner.spread_cents))
    if manner.vibrato_cents:
        hz = manner.vibrato_hz * rng.uniform(0.9, 1.1)
        depth = manner.vibrato_cents * np.clip(
            (time - manner.vibrato_delay_s * rng.uniform(0.5, 1.5)) / 0.3, 0, 1
        )
        cents += depth * np.sin(2 * np.pi * hz * time + rng.uniform(0, 2 * np.pi))
    if interval and manner.glide_s > 0.01:
        glide_s = rng.uniform(0.01, manner.glide_s)
        # The slide passes its middle at time 0, where the new note is labelled.
        along = np.clip(0.5 + time / glide_s, 0, 1)
        cents += 100 * interval * (0.5 + 0.5 * np.cos(np.pi * along))
    elif not interval and rng.random() < manner.scoop:
        cents -= manner.scoop_cents * np.exp(-np.maximum(time, 0) / rng.uniform(0.02, 0.06))
    return cents


def shape(
    time: Curve,
    held_s: float,
    lead_s: float,
    attack_s: float,
    manner: Manner,
    rng: np.random.Generator,
) -> Curve:
    """Amplitude over the note: attack, swell or fading, tremolo with the vibrato, release."""
    rise_s = max(attack_s, 2 * lead_s, 0.002)
    rise = np.clip((time + lead_s) / rise_s, 0, 1)
    along = np.clip(time / max(held_s, 0.05), 0, 1)
    centre, width = rng.uniform(-0.2, 1.0), rng.uniform(0.3, 1.0)
    swell = np.exp(-(((along - centre) / width) ** 2))
    level = rise * (1 - manner.swell + manner.swell * swell / swell.max())
    if manner.vibrato_cents:
        depth = rng.uniform(0, 0.2)
        level = level * (1 + depth * np.sin(2 * np.pi * manner.vibrato_hz * time + 1))
    return np.asarray(level * _released(time, held_s, manner.release_s))


def _released(time: Curve, held_s: float, release_s: float) -> Curve:
    """1, and from `held_s` on dying away within `release_s`."""
    return np.asarray(np.exp(-np.maximum(time - held_s, 0) / (release_s / 5)))


def _pulled_string(time: Curve, rng: np.random.Generator) -> Curve:
    """Deviation in cents: up by less than half a tone and back, or a slight vibrato."""
    if rng.random() < 0.5:
        centre_s, width_s = rng.uniform(0.1, 0.5), rng.uniform(0.05, 0.2)
        return np.asarray(
            rng.uniform(15, 70) * np.exp(-(((time - centre_s) / width_s) ** 2))
        )
    depth = rng.uniform(3, 20) * np.clip((time - 0.1) / 0.2, 0, 1)
    return np.asarray(depth * np.sin(2 * np.pi * rng.uniform(3.5, 7.0) * time))


def _ratio(semitones: float, cents: float) -> float:
    return float(2 ** (semitones / 12 + cents / 1200))


def _source(bank: Bank, chosen: BankNote) -> NDArray[np.int16]:
    return bank.samples[chosen.first : chosen.first + chosen.length]


def _loudness(note: Note, chosen: BankNote) -> float:
    """The layers of a bank carry most of the dynamics; between them the velocity scales."""
    return float((note.velocity / chosen.velocity) ** 1.1)


def _loop(
    chosen: BankNote, sample_rate: int, rng: np.random.Generator
) -> tuple[float, float, float]:
    """A stretch of the steady part, whole periods long, or none when the note is too short."""
    sounding = chosen.length - chosen.onset
    if sounding < 0.5 * sample_rate:
        return 0.0, 0.0, 1.0
    period = sample_rate / (440 * 2 ** ((chosen.pitch - 69) / 12))
    first = chosen.onset + sounding * rng.uniform(0.25, 0.4)
    last = chosen.onset + sounding * rng.uniform(0.65, 0.8)
    fade = min(0.06 * sample_rate, (last - first) / 3)
    return first, first + round((last - first) / period) * period, fade
