"""Examples for the bar network: beats as a search finds them, right and wrong ones."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from model.beats.beat_config import LEVELS
from model.beats.beat_features import FEATURE_GROUPS, N_BEAT_FEATURES, beat_features
from model.beats.note_features import NoteArrays
from training.beats.heard_notes import heard
from training.beats.played_music import PlayedMusic, play
from training.beats.printed_music import PrintedPiece

# How often beats are as printed, or what else.
_KINDS = ("same", "twice", "half", "thrice", "third", "off", "three halves")
_ODDS = (0.46, 0.16, 0.16, 0.06, 0.07, 0.05, 0.04)
_SNAPPED_S, _OFF_S = 0.045, 0.015
# How long the music is that examples are taken from, and how many of one.
_SECONDS, _OF_ONE = 70.0, 4
_LEAST_BEATS = 12
# How often what the network reads is not what it should be: a stretch of other beats, and a row of
# features that says nothing; and how far every one is off.
_LOST, _MUTE, _OFF = 0.5, 0.1, 0.1


class BarExample(NamedTuple):
    """One example, or a batch of them.

    Attributes:
        features: (beats, `N_BEAT_FEATURES`).
        level: (beats,) places in `LEVELS`; -1 is no beat.
        meter: (beats,) places in `METERS`; -1 is unknown.
        is_downbeat: (beats,) 0 or 1; -1 is unknown.
    """

    features: NDArray[np.float32]
    level: NDArray[np.int64]
    meter: NDArray[np.int64]
    is_downbeat: NDArray[np.float32]


def bar_examples(
    pieces: Sequence[PrintedPiece], odds: NDArray[np.float64], n_beats: int,
    rng: np.random.Generator,
) -> list[BarExample]:
    """A few examples of one of these pieces, with right and wrong beats.

    Args:
        odds: how often each piece is played; they add up to 1.
        n_beats: how long each is.
    """
    while True:
        music = play(pieces[int(rng.choice(len(pieces), p=odds))], _SECONDS, rng)
        if music is not None and len(music.beat_s) > _LEAST_BEATS:
            notes = heard(music.notes, rng)
            return [_example(music, notes, n_beats, rng) for _ in range(_OF_ONE)]


def _example(
    music: PlayedMusic, notes: NoteArrays, n_beats: int, rng: np.random.Generator
) -> BarExample:
    kind = str(rng.choice(_KINDS, p=_ODDS))
    found, which = _beats(music.beat_s, kind, rng)
    level = np.full(len(found), LEVELS.index(kind) if kind in LEVELS else LEVELS.index("other"))
    if rng.random() < _LOST:
        found, which, level = _broken(music, found, which, level, rng)
    found = _snapped(found, notes.onset_s, rng)
    keep = np.diff(found, prepend=-1.0) > 0.05
    found, which, level = found[keep], which[keep], level[keep]
    features = beat_features(notes, found)
    is_downbeat = np.where(which >= 0, music.is_downbeat[which], 0).astype(np.float32)
    meter = music.meter[np.maximum(which, 0)].copy()
    is_same = level == 0
    meter[~is_same] = -1
    is_downbeat[~is_same] = -1
    if not music.has_bars:
        is_downbeat[:] = -1
        meter[:] = -1
    first = int(rng.integers(0, max(1, len(found) - n_beats + 1)))
    size = min(n_beats, len(found) - first)
    out = BarExample(
        np.zeros((n_beats, N_BEAT_FEATURES), np.float32), np.full(n_beats, -1),
        np.full(n_beats, -1), np.full(n_beats, -1, np.float32),
    )
    for into, rows in zip(out, (features, level, meter, is_downbeat), strict=True):
        into[:size] = rows[first : first + size]
    for group in FEATURE_GROUPS:
        if rng.random() < _MUTE:
            out.features[:, list(group)] = 0
    off = np.exp(rng.normal(0, _OFF, out.features.shape)).astype(np.float32)
    return out._replace(features=out.features * off)


def _beats(
    beat_s: NDArray[np.float64], kind: str, rng: np.random.Generator
) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Beats of some kind, and which of the true ones each is; -1 is none."""
    places = {
        "same": (0, 1.0), "twice": (0, 0.5), "half": (int(rng.integers(0, 2)), 2.0),
        "thrice": (0, 1 / 3), "third": (int(rng.integers(0, 3)), 3.0), "off": (0.5, 1.0),
        "three halves": (0, 2 / 3),
    }  # fmt: skip
    first, step = places[kind]
    at = np.arange(first, len(beat_s) - 1 + 1e-6, step)
    which = np.where(np.abs(at - np.rint(at)) < 1e-6, np.rint(at), -1).astype(np.int64)
    return np.interp(at, np.arange(len(beat_s)), beat_s), which


def _broken(
    music: PlayedMusic, found: NDArray[np.float64], which: NDArray[np.int64],
    level: NDArray[np.int64], rng: np.random.Generator,
) -> tuple[NDArray[np.float64], NDArray[np.int64], NDArray[np.int64]]:
    """With a stretch in which the search was lost: other beats, or one too many or too few."""
    if len(found) < 12:
        return found, which, level
    if rng.random() < 0.5:
        for _ in range(int(rng.integers(1, 4))):
            index = int(rng.integers(1, len(found) - 1))
            if rng.random() < 0.5:
                found, which, level = (np.delete(rows, index) for rows in (found, which, level))
            else:
                between = (found[index - 1] + found[index]) / 2
                found = np.insert(found, index, between)
                which, level = np.insert(which, index, -1), np.insert(level, index, 5)
        return found, which, level
    begin = int(rng.integers(0, len(found) - 6))
    end = min(len(found) - 1, begin + int(rng.integers(4, 24)))
    kind = str(rng.choice(_KINDS))
    other, other_which = _beats(music.beat_s, kind, rng)
    other_level = LEVELS.index(kind) if kind in LEVELS else LEVELS.index("other")
    inside = (other > found[begin] + 0.1) & (other < found[end] - 0.1)
    before, after = slice(0, begin + 1), slice(end, None)
    return (
        np.concatenate([found[before], other[inside], found[after]]),
        np.concatenate([which[before], other_which[inside], which[after]]),
        np.concatenate([level[before], np.full(int(inside.sum()), other_level), level[after]]),
    )


def _snapped(
    found: NDArray[np.float64], onset_s: NDArray[np.float64], rng: np.random.Generator
) -> NDArray[np.float64]:
    """At the nearest onset where there is one, as a search has them."""
    if not len(onset_s):
        return found
    onset_s = np.sort(onset_s)
    after = np.clip(np.searchsorted(onset_s, found), 1, max(1, len(onset_s) - 1))
    before_s, after_s = onset_s[after - 1], onset_s[np.minimum(after, len(onset_s) - 1)]
    near = np.where(np.abs(before_s - found) < np.abs(after_s - found), before_s, after_s)
    elsewhere = found + rng.normal(0, _OFF_S, len(found))
    moved = np.where(np.abs(near - found) < _SNAPPED_S, near, elsewhere)
    return np.maximum.accumulate(moved)
