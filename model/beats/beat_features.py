"""What lies in every beat, as the bar network reads it: the same at any tempo and in any key."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from model.beats.note_features import NoteArrays

# Places within a beat that are told apart: sixteenths and triplets fall on them.
_PLACES = 12
# Beats back with which a beat is compared.
_LAGS = (1, 2, 3, 4, 6, 8, 12)
_LOWEST, _HIGHEST = 21, 108
_SCALARS = 13
N_BEAT_FEATURES = 3 * _PLACES + 2 * len(_LAGS) + _SCALARS
# Features that tell of one thing, by their places; the beat's length and that it is there are none.
_FIRST_SCALAR = 3 * _PLACES + 2 * len(_LAGS)
FEATURE_GROUPS = (
    *(tuple(range(at, at + _PLACES)) for at in (0, _PLACES, 2 * _PLACES)),
    *(tuple(range(at, _FIRST_SCALAR, 2)) for at in (3 * _PLACES, 3 * _PLACES + 1)),
    *(tuple(_FIRST_SCALAR + i for i in group)
      for group in ((1, 2), (3, 4), (5, 6), (7,), (8,), (9,), (10, 11))),
)
# Beats on either side over which the tempo is meant.
_NEAR = 4


def beat_features(notes: NoteArrays, beat_s: NDArray[np.float64]) -> NDArray[np.float32]:
    """Shape (beats, `N_BEAT_FEATURES`).

    Args:
        beat_s: two beats or more, rising.
    """
    n_beats = len(beat_s)
    length_s = np.diff(beat_s, append=2 * beat_s[-1] - beat_s[-2])
    edges = np.append(beat_s, beat_s[-1] + length_s[-1])
    begin = np.interp(notes.onset_s, edges, np.arange(n_beats + 1), left=-1, right=-1)
    # A note a little before the first beat belongs to it.
    begin[(begin < 0) & (np.abs(notes.onset_s - beat_s[0]) < length_s[0] / _PLACES)] = 0
    inside = (begin >= 0) & (begin < n_beats)
    begin, pitch, velocity = begin[inside], notes.pitch[inside], notes.velocity[inside]
    beat = np.minimum(begin.astype(np.int64), n_beats - 1)
    held = np.clip((notes.offset_s - notes.onset_s)[inside] / length_s[beat], 0, 8)
    height = np.clip((pitch - _LOWEST) / (_HIGHEST - _LOWEST), 0, 1)
    place = np.rint(begin * _PLACES).astype(np.int64)
    place = np.minimum(place, n_beats * _PLACES - 1)
    out = np.zeros((n_beats, N_BEAT_FEATURES), np.float32)
    counts = np.zeros((3, n_beats * _PLACES))
    np.add.at(counts[0], place, 0.4 + 0.6 * velocity / 127)
    np.add.at(counts[1], place, np.log1p(held))
    np.add.at(counts[2], place, np.clip(1.4 - 2.4 * height, 0, 1))
    by_beat = np.log1p(counts).reshape(3, n_beats, _PLACES)
    out[:, : 3 * _PLACES] = by_beat.transpose(1, 0, 2).reshape(n_beats, -1)
    chroma = np.zeros((n_beats, 12))
    np.add.at(chroma, (place // _PLACES, pitch % 12), np.log1p(held) + 0.2)
    at = 3 * _PLACES
    for lag in _LAGS:
        out[:, at] = _likeness(chroma, lag)
        out[:, at + 1] = _likeness(by_beat[0], lag)
        at += 2
    _scalars(out[:, at:], notes, beat_s, length_s, place, height, held, pitch)
    out[:, at + 6] = np.log1p(np.bincount(place // _PLACES, minlength=n_beats))
    return out


def _likeness(rows: NDArray[np.float64], lag: int) -> NDArray[np.float64]:
    """The cosine between every row and the one so many before it; 0 where there is none."""
    length = np.linalg.norm(rows, axis=1)
    out = np.zeros(len(rows))
    if lag < len(rows):
        size = np.maximum(length[lag:] * length[:-lag], 1e-9)
        out[lag:] = (rows[lag:] * rows[:-lag]).sum(axis=1) / size
    return out


def _scalars(
    out: NDArray[np.float32], notes: NoteArrays, beat_s: NDArray[np.float64],
    length_s: NDArray[np.float64], place: NDArray[np.int64], height: NDArray[np.float64],
    held: NDArray[np.float64], pitch: NDArray[np.int64],
) -> None:
    n_beats = len(beat_s)
    on_beat = place % _PLACES == 0
    beat = place // _PLACES
    first = beat[on_beat]
    lowest, highest = np.full(n_beats, 2.0), np.full(n_beats, -1.0)
    np.minimum.at(lowest, first, height[on_beat])
    np.maximum.at(highest, first, height[on_beat])
    is_there = highest >= 0
    out[:, 0] = is_there
    out[:, 1] = np.where(is_there, lowest, 0)
    out[:, 2] = np.where(is_there, highest, 0)
    # How long the lowest, and the longest, of what begins on the beat is held.
    order = np.argsort(-pitch[on_beat], kind="stable")
    out[first[order], 3] = np.log1p(held[on_beat])[order]
    longest = np.zeros(n_beats)
    np.maximum.at(longest, first, np.log1p(held[on_beat]))
    out[:, 4] = longest
    out[:, 5] = np.log1p(np.bincount(first, minlength=n_beats))
    padded = np.pad(length_s, _NEAR, mode="edge")
    usual = np.median(np.lib.stride_tricks.sliding_window_view(padded, 2 * _NEAR + 1), axis=1)
    out[:, 7] = np.log2(usual)
    out[:, 8] = np.log2(length_s / usual)
    # What sounds through the beat, begun before it.
    begun = np.searchsorted(np.sort(notes.onset_s), beat_s - 0.03)
    ended = np.searchsorted(np.sort(notes.offset_s), beat_s + 0.03)
    out[:, 9] = np.log1p(np.maximum(begun - ended, 0))
    # The bass's step since it was last struck on a beat.
    known = np.flatnonzero(is_there)
    if len(known) > 1:
        step = np.diff(lowest[known])
        out[known[1:], 10] = step
        out[known[1:], 11] = np.abs(step) > 1 / 200
    out[:, 12] = 1
