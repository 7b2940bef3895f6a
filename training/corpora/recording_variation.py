"""Recordings played back at another speed and pitch, in another room, with another tone."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np

from training.corpora import audio
from training.corpora.recording import Labelled, Recording
from training.rendering import room_and_noise


def varied(recording: Recording, seed: int, rooms: tuple[Path, ...] = ()) -> Recording:
    """A copy of a recording that sounds otherwise; everything about it follows from the seed.

    Args:
        rooms: impulse responses; without any, rooms are made up.
    """
    return replace(
        recording,
        name=f"{recording.name}~{seed}",
        source=(recording, seed, rooms),
        read=_vary,
    )


def _vary(recording: Recording, seed: int, rooms: tuple[Path, ...], sample_rate: int) -> Labelled:
    rng = np.random.default_rng([7_310_000, seed])
    loaded = recording.load(sample_rate)
    semitones = int(rng.integers(-3, 4))
    ratio = float(2 ** ((semitones + rng.normal(0, 0.08)) / 12))
    samples = audio.resampled(loaded.samples, sample_rate * ratio, sample_rate)
    notes = [
        replace(
            note,
            onset_s=note.onset_s / ratio,
            offset_s=note.offset_s / ratio,
            pitch=note.pitch + semitones,
        )
        for note in loaded.notes
        if 0 <= note.pitch + semitones <= 127
    ]
    samples = room_and_noise.equalise(samples, rng, sample_rate)
    if rng.random() < 0.4:
        room = room_and_noise.any_room(rooms, rng, sample_rate)
        wet_db = rng.uniform(-26, -9)
        samples = room_and_noise.reverberate(samples, room, wet_db, 0.005, sample_rate)
    if rng.random() < 0.4:
        samples = room_and_noise.limit_band(samples, rng, sample_rate)
    loudness = float(np.sqrt(np.mean(samples**2)))
    noise = room_and_noise.coloured_noise(len(samples), rng.uniform(0, 2), rng, sample_rate)
    samples = samples + np.float32(loudness * 10 ** (rng.uniform(-60, -25) / 20)) * noise
    return Labelled(room_and_noise.to_level(samples, rng.uniform(-25, 0)), notes, loaded.changes)
