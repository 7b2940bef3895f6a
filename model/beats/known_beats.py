"""What somebody knows of the beats, among the places and ways that a search may choose from."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from model.beats.beat_evidence import Known, Metre

# What a way loses that does not keep to what is known: more than any evidence is worth.
_AGAINST = -1e4
# Where time signatures are known, a bar that ends early costs so many times as much.
_BROKEN = 4.0


def may_hold(known: Known, usual: Sequence[Metre]) -> tuple[Metre, ...]:
    """The time signatures that may hold anywhere: those that are known, and the usual ones where
    none is known from the beginning on."""
    given = [metre for _, metre in known.metres]
    is_all = bool(known.metres) and known.metres[0][0] <= 0
    return tuple(dict.fromkeys([*([] if is_all else usual), *given]))


def with_known(
    places: NDArray[np.float64], known: Known, together_s: float
) -> NDArray[np.float64]:
    """Places of beats, rising, with those that are known, and without others within their runs.

    Args:
        places: seconds.
        together_s: what is nearer than this to a known beat is the same.
    """
    kept = np.ones(len(places), bool)
    for run in [*known.runs, *((at,) for at in known.downbeats_s)]:
        kept &= (places < run[0] - together_s) | (places > run[-1] + together_s)
    return np.unique(np.concatenate([places[kept], known.fixed_s]))


def reachable(
    places: NDArray[np.float64], fixed: NDArray[np.int64], shortest_s: float, longest_s: float
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """For every place the first one of those that the beat before may lie at, and the one after
    the last.

    Args:
        places: seconds, rising.
        fixed: indices of those that are beats, rising: no way passes over one of them.
    """
    low = np.searchsorted(places, places - longest_s)
    high = np.searchsorted(places, places - shortest_s)
    if len(fixed):
        before = np.searchsorted(fixed, np.arange(len(places))) - 1
        last = np.where(before >= 0, fixed[np.maximum(before, 0)], 0)
        low = np.maximum(low, last)
        # From one known beat to the next it is as long as it is.
        follows = np.zeros(len(places), bool)
        follows[fixed[1:]] = np.diff(fixed) == 1
        index = np.arange(len(places))
        low, high = np.where(follows, index - 1, low), np.where(follows, index, high)
    return low, high


def broken_bars(at_s: NDArray[np.float64], known: Known, cost: float) -> NDArray[np.float64]:
    """What it costs that a bar ends early before each beat; nothing where one is known to begin.

    Args:
        at_s: seconds of beats, rising.
        cost: where nothing is known.
    """
    costs = np.full(len(at_s), cost * (_BROKEN if known.metres else 1.0))
    for moment_s in known.downbeats_s:
        costs[int(np.argmin(np.abs(at_s - moment_s)))] = 0.0
    return costs


def penalty(
    at_s: NDArray[np.float64], states: Sequence[tuple[int, int]], metres: Sequence[Metre],
    known: Known,
) -> NDArray[np.float64]:
    """What a beat loses by being what it is known not to be, (beats, states); mostly 0.

    Args:
        at_s: seconds of beats, rising.
        states: of each the index of its metre, and its place in a bar of it.
        metres: what may hold.
    """
    lost = np.zeros((len(at_s), len(states)))
    is_first = np.array([place == 0 for _, place in states])
    for moment_s in known.downbeats_s:
        lost[int(np.argmin(np.abs(at_s - moment_s))), ~is_first] = _AGAINST
    ends = [*(begin for begin, _ in known.metres[1:]), np.inf]
    for (begin_s, metre), end_s in zip(known.metres, ends, strict=False):
        # A beat that is meant may lie a last digit before the moment.
        within = (at_s > begin_s - 1e-3) & (at_s <= end_s - 1e-3)
        is_other = np.array([metres[of] != metre for of, _ in states])
        lost[np.ix_(within, is_other)] = _AGAINST
    return lost
