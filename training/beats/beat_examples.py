"""Examples for the beat network: what it reads, and what it should say."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from model.beats.beat_config import FRAME_RATE, SLOWER, beat_periods
from model.beats.note_features import N_FEATURES, note_features
from training.beats.drums_and_clicks import clicks, unpitched
from training.beats.heard_notes import heard
from training.beats.played_music import PlayedMusic, play
from training.beats.printed_music import PrintedPiece

# Beats on either side over which a tempo is meant.
_NEAR = 3
# How often a click track is heard, and music as a drum would play it.
_CLICKS, _UNPITCHED = 0.03, 0.04


class BeatExample(NamedTuple):
    """One example, or a batch of them with a first axis more.

    Attributes:
        features: (frames, `N_FEATURES`).
        beats: (frames, 2), 1 where a beat, a downbeat is.
        is_known: (frames, 2), 0 where nobody knows.
        periods: (slower frames, periods), the beat's length as shares; zeros are unknown.
        meters: (slower frames,), places in `METERS`; -1 is unknown.
    """

    features: NDArray[np.float32]
    beats: NDArray[np.float32]
    is_known: NDArray[np.float32]
    periods: NDArray[np.float32]
    meters: NDArray[np.int64]


def example(music: PlayedMusic, n_frames: int, rng: np.random.Generator) -> BeatExample:
    """What is heard of a stretch of music, cut or filled up to so many frames."""
    features = np.zeros((n_frames, N_FEATURES), np.float32)
    read = note_features(heard(music.notes, rng), n_frames)
    features[: len(read)] = read
    beats = np.zeros((n_frames, 2), np.float32)
    is_known = np.ones((n_frames, 2), np.float32)
    frames = np.rint(music.beat_s * FRAME_RATE).astype(np.int64)
    inside = (frames >= 0) & (frames < n_frames)
    beats[frames[inside], 0] = 1
    beats[frames[inside & music.is_downbeat], 1] = 1
    # Whether beats go on after the last note, nobody can hear.
    is_known[min(int(frames.max(initial=0)) + 5, n_frames) :] = 0
    if not music.has_bars:
        is_known[:, 1] = 0
    slow_s = (np.arange(n_frames // SLOWER) + 0.5) * SLOWER / FRAME_RATE
    periods = np.zeros((len(slow_s), len(beat_periods())), np.float32)
    meters = np.full(len(slow_s), -1, np.int64)
    if len(music.beat_s) > 2:
        at = np.searchsorted(music.beat_s, slow_s, side="right") - 1
        within = (at >= 0) & (at < len(music.beat_s) - 1)
        usual = _usual(np.diff(music.beat_s))[np.clip(at, 0, len(music.beat_s) - 2)]
        periods[within] = _shares(usual[within])
        if music.has_bars:
            meters[within] = music.meter[at[within]]
    return BeatExample(features, beats, is_known, periods, meters)


def beat_example(
    pieces: Sequence[PrintedPiece], odds: NDArray[np.float64], seconds: float,
    rng: np.random.Generator,
) -> BeatExample:
    """An example of one of these pieces, or of a click track.

    Args:
        odds: how often each piece is played; they add up to 1.
        seconds: how long it is.
    """
    n_frames = int(seconds * FRAME_RATE) // SLOWER * SLOWER
    if rng.random() < _CLICKS:
        return example(clicks(seconds, rng), n_frames, rng)
    while True:
        music = play(pieces[int(rng.choice(len(pieces), p=odds))], seconds, rng)
        if music is not None and rng.random() < _UNPITCHED:
            music = unpitched(music, rng)
        if music is not None and len(music.beat_s) > 4:
            return example(music, n_frames, rng)


def _usual(length_s: NDArray[np.float64]) -> NDArray[np.float64]:
    """The length of a beat around each one: the median of its neighbours'."""
    padded = np.pad(length_s, _NEAR, mode="edge")
    windows = np.lib.stride_tricks.sliding_window_view(padded, 2 * _NEAR + 1)
    return np.asarray(np.median(windows, axis=1))


def _shares(length_s: NDArray[np.float64]) -> NDArray[np.float32]:
    """Lengths as shares of the two nearest of `beat_periods`."""
    periods = beat_periods()
    place = np.interp(np.log(length_s), np.log(periods), np.arange(len(periods)))
    low = np.minimum(place.astype(np.int64), len(periods) - 2)
    out = np.zeros((len(place), len(periods)), np.float32)
    rows = np.arange(len(place))
    out[rows, low] = 1 - (place - low)
    out[rows, low + 1] = place - low
    return out
