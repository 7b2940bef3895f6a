"""Chords as broken ones: the texture of piano music that songs and quartets have little of."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

# Notes in a second that hands play at the most.
_FASTEST = 15.0
_DIVISIONS = (2, 3, 4, 6, 8)
_SIMPLE_ODDS, _COMPOUND_ODDS = (0.2, 0.16, 0.36, 0.12, 0.16), (0.05, 0.45, 0.05, 0.4, 0.05)
_SCALE = np.array([0, 2, 4, 5, 7, 9, 11, 12])
_SHORTEST_BEATS = 0.45


def broken(
    onset: NDArray[np.float64], end: NDArray[np.float64], pitch: NDArray[np.int64],
    is_meant: NDArray[np.bool_], beat_s: float, is_compound: bool, rng: np.random.Generator,
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.int64], NDArray[np.int64]] | None:
    """Longer notes and chords played as figures of equal short notes.

    Args:
        onset, end: of every note, in beats.
        is_meant: which notes may be broken up.
        beat_s: about how long a beat lasts.

    Returns:
        Onsets, ends and pitches of the new notes, and the note each stands for; the notes they
        replace are those. None is where it would be too fast.
    """
    odds = np.array(_COMPOUND_ODDS if is_compound else _SIMPLE_ODDS)
    odds = odds * (np.array(_DIVISIONS) / beat_s <= _FASTEST)
    if not odds.sum():
        return None
    step = 1 / int(rng.choice(_DIVISIONS, p=odds / odds.sum()))
    pattern, runs = int(rng.integers(0, 4)), rng.random() < 0.3
    order = np.flatnonzero(is_meant)
    order = order[np.lexsort((pitch[order], np.round(onset[order] * 96)))]
    places = np.round(onset[order] * 96)
    starts = np.flatnonzero(np.diff(places, prepend=-1e9) > 0)
    onsets, pitches, sources = [], [], []
    for chord in np.split(order, starts[1:]):
        length = float(np.median(end[chord] - onset[chord]))
        count = round(length / step)
        # What lies off its own steps would be no figure.
        off = abs(onset[chord[0]] / step - round(onset[chord[0]] / step))
        if length < _SHORTEST_BEATS or count < 2 or off > 0.02:
            continue
        count = min(count, 64)
        at = np.arange(count)
        if len(chord) == 1:
            if not runs:
                continue
            up = 1 if rng.random() < 0.5 else -1
            steps = at % 14
            place = np.where(steps < 8, steps, 14 - steps)
            pitches.append(pitch[chord[0]] + up * _SCALE[place])
            sources.append(np.full(count, chord[0]))
        else:
            n = len(chord)
            index = {
                0: at % n,
                1: (n - 1 - at) % n,
                2: np.abs((at + n - 1) % (2 * n - 2) - (n - 1)),
                3: np.where(at % 2 == 0, np.where(at % 4 == 0, 0, n // 2), n - 1),
            }[pattern]
            pitches.append(pitch[chord[index]])
            sources.append(chord[index])
        onsets.append(onset[chord[0]] + at * step)
    if not onsets:
        return None
    begin = np.concatenate(onsets)
    return begin, begin + step, np.concatenate(pitches), np.concatenate(sources)
