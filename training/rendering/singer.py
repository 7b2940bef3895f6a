"""A made-up singer: one continuous tone that slides, scoops, wavers and speaks.

The whole line is one curve of pitch and one of loudness, because a voice has no separate notes: it
is the slides between them that a network takes for notes when it has never met them.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass, replace

import numpy as np
import scipy.ndimage
from numpy.typing import NDArray

from model.notes import Note
from model.pitch import hz_from_pitch
from training.rendering import lyrics, sound
from training.rendering.lyrics import Speech
from training.rendering.music import Voice
from training.rendering.performance import Curve, curve_times
from training.rendering.sound import CONTROL

# First four formants in Hz of a, e, i, o, u as spoken by men (Peterson and Barney 1952).
_VOWELS = np.array(
    [
        [730, 1090, 2440, 3400],
        [530, 1840, 2480, 3500],
        [270, 2290, 3010, 3700],
        [570, 840, 2410, 3300],
        [300, 870, 2240, 3200],
    ]
)


@dataclass(frozen=True)
class Singer:
    """Habits of one singer, drawn once for each recording.

    Attributes:
        vibrato_hz, vibrato_cents, vibrato_delay_s: swing of the pitch, and from when in a note on.
        legato: share of joined notes that are slid into.
        slide_s: longest slide; slide_before: share of it that is over when the note counts.
        scoop_cents, scoop: how far from below (seldom from above), and how often, a note is
            approached; scoop_s: how slowly.
        fall_cents: how far the pitch drops at the end of a phrase.
        drift_cents: slow wandering of the pitch; spread_cents: of whole notes.
        attack_s, release_s: longest rise, and fall, of the loudness.
        consonants: share of notes that begin with one.
        breath: breath noise against the tone.
        rough: cents by which the pitch trembles from one moment to the next.
    """

    vibrato_hz: float
    vibrato_cents: float
    vibrato_delay_s: float
    legato: float
    slide_s: float
    slide_before: float
    scoop_cents: float
    scoop: float
    scoop_s: float
    fall_cents: float
    drift_cents: float
    spread_cents: float
    attack_s: float
    release_s: float
    consonants: float
    breath: float
    rough: float

    @classmethod
    def draw(cls, rng: np.random.Generator) -> Singer:
        """A singer at random; three in ten sing without vibrato."""
        return cls(
            vibrato_hz=rng.uniform(4.5, 6.8),
            vibrato_cents=0.0 if rng.random() < 0.3 else rng.uniform(10, 140),
            vibrato_delay_s=rng.uniform(0.05, 0.6),
            legato=float(rng.choice([0.2, 0.6, 0.95])),
            slide_s=rng.uniform(0.04, 0.32),
            slide_before=rng.uniform(0.3, 0.9),
            scoop_cents=rng.uniform(40, 350),
            scoop=float(rng.choice([0.1, 0.4, 0.8])),
            scoop_s=rng.uniform(0.03, 0.12),
            fall_cents=float(rng.choice([0, 100, 300, 600])),
            drift_cents=rng.uniform(2, 35),
            spread_cents=rng.uniform(2, 32),
            attack_s=float(rng.choice([0.02, 0.05, 0.1])),
            release_s=rng.uniform(0.04, 0.2),
            consonants=rng.uniform(0, 0.9),
            breath=10 ** rng.uniform(-3.3, -1.6),
            rough=rng.uniform(0, 12),
        )


def sing(
    out: NDArray[np.float32],
    voice: Voice,
    rng: np.random.Generator,
    *,
    singer: Singer,
    tuning_cents: float,
    sample_rate: int,
    speech: Speech | None = None,
) -> list[Note]:
    """Adds a sung line to `out`; returns its notes as a listener would label them.

    Args:
        speech: whose words are sung; vowels at random if none is given.
    """
    voice = [note for note in voice if note.offset_s - note.onset_s >= 0.06]
    if not voice:
        return []
    time = curve_times(0.0, len(out) / sample_rate, sample_rate)
    joined = [False] + [
        note.onset_s - before.offset_s < 0.03
        and note.pitch != before.pitch
        and rng.random() < singer.legato
        for before, note in itertools.pairwise(voice)
    ]
    pitch = _pitch_curve(time, voice, joined, singer, rng) + tuning_cents / 100
    # No voice is quite even from one period to the next.
    pitch += singer.rough * rng.standard_normal(len(time)) / 100
    hz = hz_from_pitch(pitch)
    if speech is None or not len(speech.begins):
        loudness, noise = _loudness_curves(time, voice, joined, singer, rng)
        starts = [note.onset_s for note in voice]
        _speak(out, hz, loudness, noise + singer.breath * loudness, starts, rng, sample_rate)
    else:
        lyrics.sing_words(
            out, time, hz, voice, joined, speech, rng,
            release_s=singer.release_s, breath=singer.breath, sample_rate=sample_rate,
        )
    if rng.random() < 0.5:
        _breathe(out, voice, rng, sample_rate)
    return [
        note if slid else replace(note, onset_s=note.onset_s + 0.3 * singer.attack_s)
        for note, slid in zip(voice, joined, strict=True)
    ]


def babble(out: NDArray[np.float32], rng: np.random.Generator, sample_rate: int) -> None:
    """Adds what sounds like speech: syllables whose pitch never rests. It holds no notes."""
    time = curve_times(0.0, len(out) / sample_rate, sample_rate)
    per_second = sample_rate / CONTROL
    # Speech melody: a random walk of some semitones within a fraction of a second.
    walk = scipy.ndimage.gaussian_filter1d(
        rng.standard_normal(len(time)), rng.uniform(0.06, 0.15) * per_second
    )
    pitch = rng.uniform(42, 60) + rng.uniform(2, 5) * walk / walk.std()
    loudness, noise, starts = np.zeros(len(time)), np.zeros(len(time)), []
    now = rng.uniform(0, 0.5)
    while now < time[-1]:
        length = rng.uniform(0.06, 0.3)
        starts.append(now)
        bump = np.clip((time - now) / 0.03, 0, 1) * np.clip((now + length - time) / 0.06, 0, 1)
        loudness += rng.uniform(0.04, 0.15) * bump
        noise += rng.uniform(0, 0.04) * np.exp(-(((time - now) / 0.03) ** 2))
        now += length + (rng.uniform(0.2, 1.2) if rng.random() < 0.15 else rng.uniform(0, 0.06))
    if not starts:
        return
    hz = hz_from_pitch(pitch)
    _speak(out, hz, loudness, noise + 0.01 * loudness, starts, rng, sample_rate)


def _pitch_curve(
    time: Curve, voice: Voice, joined: list[bool], singer: Singer, rng: np.random.Generator
) -> Curve:
    """MIDI pitch over time: notes, the slides between them, scoops, vibrato and drift."""
    per_second = 1 / time[1]
    pitch = np.full(len(time), float(voice[0].pitch))
    depth = np.zeros(len(time))
    sung = 0.0
    for index, note in enumerate(voice):
        target = note.pitch + rng.normal(0, singer.spread_cents) / 100
        if joined[index]:
            slide_s = rng.uniform(0.03, singer.slide_s)
            along = np.clip(singer.slide_before + (time - note.onset_s) / slide_s, 0, 1)
            into = 0.5 - 0.5 * np.cos(np.pi * along)
            begun = along > 0
            pitch[begun] = (sung + (target - sung) * into)[begun]
            # A little too far, and back.
            over = np.sign(target - sung) * rng.uniform(0, 0.4)
            after = time >= note.onset_s
            pitch[after] += over * np.exp(-(time[after] - note.onset_s) / 0.06)
        else:
            begun = time >= note.onset_s - 0.1
            pitch[begun] = target
            if rng.random() < singer.scoop:
                tail = np.maximum(time[begun] - note.onset_s, 0)
                far = singer.scoop_cents / 100 * (1 if rng.random() < 0.8 else -0.5)
                pitch[begun] -= far * np.exp(-tail / (singer.scoop_s * rng.uniform(0.4, 1.2)))
        last = index + 1 == len(voice) or not joined[index + 1]
        if last and rng.random() < 0.5:
            falling = np.clip((time - note.offset_s + 0.04) / 0.12, 0, 1)
            pitch -= singer.fall_cents / 100 * falling
        swinging = (time >= note.onset_s) & (time < note.offset_s)
        waited = time[swinging] - note.onset_s - singer.vibrato_delay_s * rng.uniform(0.5, 1.5)
        depth[swinging] = singer.vibrato_cents / 100 * np.clip(waited / 0.3, 0, 1)
        sung = target
    rate = singer.vibrato_hz * (1 + 0.05 * np.sin(2 * np.pi * 0.7 * time))
    pitch += depth * np.sin(2 * np.pi * np.cumsum(rate) / per_second)
    drift = scipy.ndimage.gaussian_filter1d(rng.standard_normal(len(time)), 0.12 * per_second)
    return np.asarray(pitch + singer.drift_cents / 100 * drift / drift.std())


def _loudness_curves(
    time: Curve, voice: Voice, joined: list[bool], singer: Singer, rng: np.random.Generator
) -> tuple[Curve, Curve]:
    """Amplitude of the tone, and of the noise of consonants."""
    loudness, noise = np.zeros(len(time)), np.zeros(len(time))
    for index, note in enumerate(voice):
        amplitude = 0.12 * (note.velocity / 90) ** 1.3
        attack_s = 0.03 if joined[index] else rng.uniform(0.005, singer.attack_s)
        rise = np.clip((time - note.onset_s) / attack_s + 0.5 * joined[index], 0, 1)
        slid_on = index + 1 < len(voice) and joined[index + 1]
        release_s = 0.03 if slid_on else singer.release_s
        fall = np.exp(-np.maximum(time - note.offset_s, 0) / (release_s / 4))
        middle = rng.uniform(0, note.offset_s - note.onset_s)
        width = max(0.3, 1.5 * (note.offset_s - note.onset_s))
        swell = 0.5 + 0.5 * np.exp(-(((time - note.onset_s - middle) / width) ** 2))
        # Joined notes overlap by their ramps: the louder one holds, so that nothing doubles.
        loudness = np.maximum(loudness, amplitude * rise * fall * swell)
        if rng.random() < singer.consonants:
            length_s = rng.uniform(0.02, 0.09)
            centre = note.onset_s - length_s / 2
            bump = np.exp(-(((time - centre) / (length_s / 2)) ** 2))
            noise += amplitude * rng.uniform(0.02, 0.35) * bump
            if joined[index]:
                loudness *= 1 - rng.uniform(0, 0.8) * bump
    return loudness, noise


def _breathe(
    out: NDArray[np.float32], voice: Voice, rng: np.random.Generator, sample_rate: int
) -> None:
    """Adds breaths before phrases, where there is time for them."""
    strength = 0.12 * 10 ** rng.uniform(-3, -1)
    for before, note in itertools.pairwise(voice):
        room_s = note.onset_s - before.offset_s
        if room_s < 0.25:
            continue
        length = round(min(room_s - 0.1, rng.uniform(0.15, 0.6)) * sample_rate)
        first = round((note.onset_s - 0.05) * sample_rate) - length
        noise = scipy.ndimage.gaussian_filter1d(rng.standard_normal(length), rng.uniform(1, 4))
        noise *= np.hanning(length) * strength / (noise.std() + 1e-9)
        part = out[max(first, 0) : max(first, 0) + length]
        part += noise[: len(part)].astype(np.float32)


def _speak(
    out: NDArray[np.float32],
    hz: Curve,
    loudness: Curve,
    noise: Curve,
    starts: list[float],
    rng: np.random.Generator,
    sample_rate: int,
) -> None:
    """Renders the curves with a vowel for each start, through vowels that move."""
    time = np.arange(len(hz)) * CONTROL / sample_rate
    spectra = _vowel_spectra(len(starts), rng, sample_rate)
    place = np.interp(time, np.asarray(starts) + 0.04, np.arange(len(starts)))
    # Most of a note is one vowel; the mouth moves quickly to the next.
    index = np.floor(place).astype(int)
    part = np.clip((place - index - 0.8) / 0.2, 0, 1)[:, None]
    following = np.minimum(index + 1, len(starts) - 1)
    envelope = spectra[index] * (1 - part) + spectra[following] * part
    sound.add_voice(
        out, 0, hz.astype(np.float32), loudness.astype(np.float32),
        np.ascontiguousarray(envelope, np.float32), 1.0, noise.astype(np.float32), sample_rate, 0.0,
    )


def _vowel_spectra(
    n_vowels: int, rng: np.random.Generator, sample_rate: int
) -> NDArray[np.float64]:
    """Spectral envelopes (vowels, 64) of one mouth."""
    hz = sound.envelope_hz(sample_rate)
    size, tilt = rng.uniform(0.85, 1.25), rng.uniform(0.6, 2.2)
    widths = np.array([90, 110, 160, 220]) * rng.uniform(0.8, 1.6)
    peaks = np.array([1.0, 0.6, 0.35, 0.25])
    formants = rng.dirichlet(np.full(5, 0.5), size=n_vowels) @ _VOWELS * size
    resonances = peaks / (1 + ((hz[:, None, None] - formants) / widths) ** 2)
    source = 1 / (1 + (hz / 300) ** tilt)
    return np.asarray((resonances.sum(axis=-1).T + 0.02) * source)
