"""The clock of a performance that was recorded without one: when it began, and how fast it is."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from app.practice.clock_practice import Clock
from app.practice.evidence import Attack
from app.practice.follower import Follower
from app.practice.piece import Piece

# A clock fits so many of the notes, within so much.
_STEADY_SHARE, _STEADY_S = 0.8, 0.12
# Rubato is followed by lines through so many seconds of the piece on either side.
_AROUND_S = 3.0
_FEWEST = 4
# Against one wrong match, a line through a few is drawn again without the worst.
_ROUNDS = 4


def clock_of(piece: Piece, attacks: Sequence[Attack]) -> Clock:
    """The clock that somebody who played the piece may have had.

    A steady one, where one fits; else one that goes with the performance, and against which only
    what comes early or late beside its neighbours is so. Where the piece is hardly heard, its own
    tempo from the first attack on.

    Args:
        attacks: of the whole performance.
    """
    attacks = sorted(attacks, key=lambda attack: attack.onset_s)
    at = _matches(piece, attacks)
    first_s = piece.notes[0].onset_s if piece.notes else 0.0
    if len(at) < _FEWEST:
        begins_s = (attacks[0].onset_s if attacks else 0.0) - first_s
        return Clock.steady(begins_s)
    line = _line(at)
    inside = np.abs(at[:, 1] - line[0] - line[1] * at[:, 0]) <= _STEADY_S
    if np.mean(inside) >= _STEADY_SHARE:
        return Clock.steady(*_line(at[inside]))
    return _with_rubato(at)


def _matches(piece: Piece, attacks: Sequence[Attack]) -> NDArray[np.float64]:
    """Moments of the piece and of the performance that belong together, (matches, 2), rising."""
    chords = piece.chords()
    # A clock goes on: who plays with it repeats nothing.
    follower = Follower(chords, jumps=False)
    found: dict[int, float] = {}
    for attack in attacks:
        follower.hear(attack.pitch, attack.onset_s)
        place = follower.place(attack.onset_s)
        if place is None or place.since_s != attack.onset_s:
            continue
        if attack.pitch in chords[place.chord].pitches:
            found[place.chord] = attack.onset_s
    pairs = np.array(
        [(chords[chord].onset_s, found[chord]) for chord in sorted(found)]
    ).reshape(-1, 2)
    # Whoever leaves something out or repeats it has no clock there: what goes on in order counts.
    return pairs[_rising(pairs[:, 1])]


def _rising(values: NDArray[np.float64]) -> NDArray[np.intp]:
    """The longest run of values, some left out, that rises."""
    ends: list[float] = []
    at: list[int] = []
    before = np.full(len(values), -1, np.intp)
    for index, value in enumerate(values):
        place = int(np.searchsorted(ends, value))
        before[index] = at[place - 1] if place else -1
        ends[place:place + 1], at[place:place + 1] = [float(value)], [index]
    found = []
    index = at[-1] if at else -1
    while index >= 0:
        found.append(index)
        index = int(before[index])
    return np.array(found[::-1], np.intp)


def _line(at: NDArray[np.float64]) -> tuple[float, float]:
    """Beginning and slowness: what half of the matches agree upon, whatever the others are."""
    from scipy import stats

    thinned = at[:: max(1, len(at) // 400)]
    slowness = float(stats.theilslopes(thinned[:, 1], thinned[:, 0]).slope)
    slowness = min(8.0, max(0.125, slowness))
    begins_s = float(np.median(at[:, 1] - slowness * at[:, 0]))
    for _ in range(_ROUNDS):
        off_s = at[:, 1] - begins_s - slowness * at[:, 0]
        good = np.abs(off_s) <= max(_STEADY_S / 2, 2 * float(np.median(np.abs(off_s))))
        if good.sum() < _FEWEST or np.ptp(at[good, 0]) < 1.0:
            break
        slowness, begins_s = map(float, np.polyfit(at[good, 0], at[good, 1], 1))
    return begins_s, slowness


def _with_rubato(at: NDArray[np.float64]) -> Clock:
    places: list[float] = []
    times: list[float] = []
    for place_s in np.unique(at[:, 0]):
        weights = 1 - np.abs(at[:, 0] - place_s) / _AROUND_S
        near = at[weights > 0]
        weights = weights[weights > 0]
        if len(near) < 3 or np.ptp(near[:, 0]) < 0.3:
            time_s = float(np.median(near[:, 1] - near[:, 0])) + place_s
        else:
            time_s = _weighted(near, weights, place_s)
        if not times or time_s > times[-1] + 1e-3:
            places.append(float(place_s))
            times.append(time_s)
    if len(places) < 2:
        return Clock.steady(*_line(at))
    return Clock(tuple(places), tuple(times))


def _weighted(near: NDArray[np.float64], weights: NDArray[np.float64], place_s: float) -> float:
    """A line through matches, the far and the odd ones counting less, at a place."""
    trust = weights
    time_s = 0.0
    for _ in range(_ROUNDS):
        slope, begin = np.polyfit(near[:, 0] - place_s, near[:, 1], 1, w=np.sqrt(trust))
        time_s = float(begin)
        off_s = np.abs(near[:, 1] - begin - slope * (near[:, 0] - place_s))
        trust = weights / (1 + (off_s / 0.1) ** 2)
    return time_s
