"""Rhythm without melody: click tracks, and music with its pitches taken away."""

from __future__ import annotations

import dataclasses

import numpy as np

from model.beats.beat_config import METERS
from model.beats.note_features import NoteArrays
from training.beats.played_music import PlayedMusic

# Clicks in a minute, the slowest and the fastest.
_SLOWEST, _FASTEST = 36.0, 235.0
_BARS = {1: "other", 2: "2/4", 3: "3/4", 4: "4/4"}


def clicks(seconds: float, rng: np.random.Generator) -> PlayedMusic:
    """A metronome: every click is a beat, and an accent begins a bar where there are accents."""
    interval_s = 60 / float(np.exp(rng.uniform(np.log(_SLOWEST), np.log(_FASTEST))))
    beat_s = np.arange(rng.uniform(0.05, 2), seconds, interval_s)
    every = int(rng.integers(1, 5))
    is_first = (np.arange(len(beat_s)) + int(rng.integers(0, every))) % every == 0
    has_accents = every > 1
    pitch = int(rng.integers(45, 100))
    accent = pitch if rng.random() < 0.5 else int(np.clip(pitch + rng.integers(-12, 13), 21, 108))
    loud = rng.uniform(50, 90)
    velocity = np.where(is_first & has_accents, min(127.0, loud + rng.uniform(10, 40)), loud)
    onset_s = np.maximum(beat_s + rng.normal(0, 0.003, len(beat_s)), 0)
    notes = NoteArrays(
        onset_s, onset_s + rng.uniform(0.04, 0.12),
        np.where(is_first & has_accents, accent, pitch).astype(np.int64), velocity,
    )
    meter = np.full(len(beat_s), METERS.index(_BARS[every]))
    return PlayedMusic(notes, beat_s, is_first, meter, has_bars=has_accents)


def unpitched(music: PlayedMusic, rng: np.random.Generator) -> PlayedMusic:
    """The same rhythm on one to four pitches, all notes short."""
    count = int(rng.integers(1, 5))
    sounds = rng.integers(30, 96, count)
    notes = music.notes
    # Low notes on one drum, high ones on another.
    ranks = np.argsort(np.argsort(notes.pitch, kind="stable"), kind="stable")
    which = ranks * count // max(1, len(ranks))
    end = notes.onset_s + rng.uniform(0.04, 0.15)
    changed = NoteArrays(notes.onset_s, end, sounds[which].astype(np.int64), notes.velocity)
    return dataclasses.replace(music, notes=changed)
