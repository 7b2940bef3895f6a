"""Beats and bars of a whole piece: the best path through tempo, place in the bar and metre.

A beat lies where something begins, or where nothing does for a while. A path goes from beat to
beat; what it costs is how the tempo changes, what it earns is what the network says of beats, first
beats, the beat's length and the time signature. All of them are chosen together (a semi-Markov
model of the kind of Whiteley, Cemgil and Godsill, "Bayesian modelling of temporal structure in
musical audio", 2006), so that two beats of a slow bar are not taken for four of a fast one.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from model.beats.beat_config import FRAME_RATE, SLOWER, beat_periods
from model.beats.beat_evidence import (
    BeatEvidence,
    FoundBeat,
    Known,
    Metre,
    Weights,
)
from model.beats.known_beats import broken_bars, may_hold, penalty, reachable, with_known

# Onsets within this time are one place for a beat.
_TOGETHER_S = 0.035
# Where nothing begins for longer, a beat may lie at any of these steps.
_EMPTY_S, _STEP_S = 0.28, 0.07
_SHORTEST_S, _LONGEST_S = 0.14, 3.2
_NEVER = -1e9
# Bars of two, three and four beats; how they are printed is told later, from the beats.
_COUNTED = (Metre("2/4", 2), Metre("3/4", 3), Metre("4/4", 4))
# Beats are about as long as those so many seconds before and after, give or take so many octaves;
# of fewer beats nobody can tell.
_AROUND_S, _STEADY, _LEAST_STEADY = 60.0, 0.35, 8
# Beats before a beat that are followed up.
_FOLLOWED = 12
# Places after which it is asked whether the search is still wanted.
_ASKED_EVERY = 256


def decode(
    evidence: BeatEvidence, onset_s: NDArray[np.float64], known: Known = Known(),  # noqa: B008
    weights: Weights = Weights(),  # noqa: B008
    go_on: Callable[[], object] = lambda: None,
) -> list[FoundBeat]:
    """The beats from the first to the last note, rising; none where there are fewer than two.

    Args:
        onset_s: when notes begin, rising.
        known: what has been decided; the same search finds the rest.
        go_on: is called now and then, and may raise to break off.
    """
    if len(onset_s) < 2 or onset_s[-1] - onset_s[0] < _SHORTEST_S:
        return []
    places = _places(onset_s, evidence, known)
    metres = may_hold(known, _COUNTED)
    search = _Search(places, metres, evidence, known, weights, onset_s)
    found = search.best(go_on)
    if len(found) < _LEAST_STEADY or known.beats_per_minute is not None:
        return found
    # Bars of the same music are not now counted in quarters and now in halves.
    beat_s = np.array([beat.time_s for beat in found])
    if (_octaves(np.diff(beat_s), _usual(beat_s, beat_s[1:])) <= _STEADY).all():
        return found
    search.keep_to(_usual(beat_s, places))
    return search.best(go_on)


def _places(
    onset_s: NDArray[np.float64], evidence: BeatEvidence, known: Known
) -> NDArray[np.float64]:
    """Seconds at which a beat may lie, rising."""
    first = np.flatnonzero(np.diff(onset_s, prepend=-np.inf) > _TOGETHER_S)
    groups = np.split(onset_s, first[1:])
    # A chord that is rolled for long is several places.
    starts = sorted([*(float(np.median(group)) for group in groups), *known.fixed_s])
    ends = [*starts[1:], max(len(evidence.beats) / FRAME_RATE, starts[-1] + 0.1)]
    found: list[float] = []
    for start, end in zip(starts, ends, strict=True):
        found.append(start)
        gap = end - start
        if gap > _EMPTY_S:
            count = round(gap / _STEP_S)
            found += [start + gap * i / count for i in range(2, count - 1)]
    return with_known(np.array(found), known, _TOGETHER_S)


def _usual(
    beat_s: NDArray[np.float64], at_s: NDArray[np.float64]
) -> NDArray[np.float64]:
    """How long beats are around each moment: the median over about a minute on either side."""
    begin = np.searchsorted(beat_s[:-1], at_s - _AROUND_S)
    end = np.searchsorted(beat_s[:-1], at_s + _AROUND_S)
    gaps = np.diff(beat_s)
    found: dict[tuple[int, int], float] = {}
    for part in {*zip(begin.tolist(), end.tolist(), strict=True)}:
        found[part] = float(np.median(gaps[slice(*part)] if part[1] - part[0] > 3 else gaps))
    return np.array([found[part] for part in zip(begin.tolist(), end.tolist(), strict=True)])


def _octaves(one_s: NDArray[np.float64], other_s: NDArray[np.float64]) -> NDArray[np.float64]:
    """How far apart lengths are."""
    return np.asarray(np.abs(np.log2(one_s / other_s)))


class _Search:
    """The dynamic programme. A state is a place, the place of the beat before, and the beat's
    place in the bar of some metre."""

    def __init__(
        self, places: NDArray[np.float64], metres: Sequence[Metre], evidence: BeatEvidence,
        known: Known, weights: Weights, onset_s: NDArray[np.float64],
    ) -> None:
        self._at, self._metres, self._weights = places, metres, weights
        self._states = [(m, k) for m, metre in enumerate(metres) for k in range(metre.beats)]
        self._first = np.array([i for i, (_, k) in enumerate(self._states) if k == 0])
        self._last = np.append(self._first[1:], len(self._states)) - 1
        self._before = np.arange(len(self._states)) - 1
        # Beats after which a bar may break off: one of a single beat is no bar.
        widest = max(2, max(metre.beats for metre in metres)) - 2
        self._inner = self._first[:, None] + 1 + np.arange(widest)
        self._has_inner = self._inner < self._last[:, None]
        self._inner = np.minimum(self._inner, len(self._states) - 1)
        self._is_first = np.array([k == 0 for _, k in self._states])
        self._of = np.array([m for m, _ in self._states])
        self._onset_s = onset_s
        self._broken = broken_bars(places, known, weights.broken_bar)
        self._fixed = np.searchsorted(places, known.fixed_s)
        self._earns(evidence, known)

    def _earns(self, evidence: BeatEvidence, known: Known) -> None:
        """What a beat at each place earns, by state, and what a second of each period earns."""
        weights = self._weights
        frames = np.clip(np.rint(self._at * FRAME_RATE).astype(int), 0, len(evidence.beats) - 1)
        near = np.stack([evidence.beats[np.clip(frames + shift, 0, len(evidence.beats) - 1)]
                         for shift in (-2, -1, 0, 1, 2)]).max(axis=0)
        p = np.clip(near.astype(np.float64), 1e-3, 1 - 1e-3)
        beat = weights.beat * np.log(p[:, 0] / (1 - p[:, 0])) - weights.bias
        # How likely a beat is a bar's first one, once it is a beat.
        share = np.clip(p[:, 1] / np.maximum(p[:, 0], p[:, 1]), 0.02, 0.98)
        first = weights.downbeat * np.log(share) - weights.bar
        other = weights.downbeat * np.log(1 - share)
        self._beat = beat[:, None] + np.where(self._is_first, first[:, None], other[:, None])
        self._beat += penalty(self._at, self._states, self._metres, known)
        slow = np.clip(frames // SLOWER, 0, len(evidence.periods) - 1)
        self._log_periods = np.log(beat_periods())
        n_periods = len(self._log_periods)
        # Where nothing is known, nothing is earned or lost.
        told = np.log(np.maximum(evidence.periods[slow] * n_periods, 1e-3)) * weights.period
        if known.beats_per_minute is not None:
            away = self._log_periods - np.log(60 / known.beats_per_minute)
            told = np.broadcast_to(np.maximum(-60 * away**2, -30.0), told.shape)
        self._period = told

    def keep_to(self, usual_s: NDArray[np.float64]) -> None:
        """From now on beats are dear that are not about so long, for each place."""
        away = _octaves(np.exp(self._log_periods), usual_s[:, None])
        self._period = self._period - self._weights.steady * np.maximum(away - _STEADY, 0.0)

    def best(self, go_on: Callable[[], object]) -> list[FoundBeat]:
        """The beats of the best path."""
        at, weights = self._at, self._weights
        n_places, n_states = len(at), len(self._states)
        low, high = reachable(at, self._fixed, _SHORTEST_S, _LONGEST_S)
        # Of every place the likeliest beats before it are followed up.
        scores = np.full((n_places, n_states, _FOLLOWED), _NEVER, np.float32)
        log_gaps = np.zeros((n_places, _FOLLOWED), np.float32)
        came = _Came(n_places, n_states)
        begun = self._begun()
        for j in range(n_places):
            if j % _ASKED_EVERY == 0:
                go_on()
            i, n = int(low[j]), int(high[j] - low[j])
            if n <= 0:
                continue
            gaps = at[j] - at[i : i + n]
            log_gap = np.log(gaps)
            cost = np.minimum(
                weights.change * ((log_gap[:, None] - log_gaps[i : i + n]) / np.log(2)) ** 2,
                weights.most_change,
            ).astype(np.float32)
            paths = scores[i : i + n] - cost[:, None, :]
            which = paths.argmax(axis=2)
            best = np.take_along_axis(paths, which[:, :, None], axis=2)[:, :, 0]
            starts = begun[i : i + n] > best
            best = np.where(starts, begun[i : i + n], best)
            which[starts] = -1
            moved, source = self._moved(best, float(self._broken[j]))
            moved += (gaps * self._period_of(j, log_gap))[:, None] + self._beat[j]
            kept = np.arange(n)
            if n > _FOLLOWED:
                kept = np.argpartition(-moved.max(axis=1), _FOLLOWED)[:_FOLLOWED]
            count = len(kept)
            scores[j, :, :count] = moved[kept].T
            log_gaps[j, :count] = log_gap[kept]
            came.place[j, :count] = i + kept
            came.state[j, :, :count] = source[kept].T
            came.path[j, :, :count] = np.take_along_axis(which, source, axis=1)[kept].T
        return self._traced(scores, log_gaps, came)

    def _period_of(self, place: int, log_gap: NDArray[np.float64]) -> NDArray[np.float64]:
        """What a second earns with beats of these lengths."""
        column = np.interp(log_gap, self._log_periods, np.arange(len(self._log_periods)))
        below = np.minimum(column.astype(int), len(self._log_periods) - 2)
        share = column - below
        told = self._period[place]
        return np.asarray(told[below] * (1 - share) + told[below + 1] * share)

    def _begun(self) -> NDArray[np.float32]:
        """What a path earns that begins at each place, by state."""
        first_s = self._onset_s[0]
        late = np.maximum(0, np.searchsorted(self._onset_s, self._at - 0.05) > 0) * (
            self._at - first_s
        )
        begun = self._beat - self._weights.late_start * np.maximum(late, 0)[:, None]
        begun = begun - np.where(self._is_first, 0.0, 0.7)
        is_late = self._at > first_s + 2 * _LONGEST_S
        if len(self._fixed):
            is_late = np.arange(len(self._at)) > self._fixed[0]
        begun[is_late] = _NEVER
        return np.asarray(begun, np.float32)

    def _moved(
        self, best: NDArray[np.float32], broken: float
    ) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
        """The best score before each state of the next beat, and from which state it comes."""
        rows = np.arange(len(best))[:, None]
        moved = best[:, self._before]
        source = np.broadcast_to(self._before, best.shape).copy()
        # From the bar before of the same metre, whole or broken off.
        options = np.stack([
            best[:, self._last],
            *(np.where(self._has_inner[:, i], best[:, self._inner[:, i]], _NEVER) - broken
              for i in range(self._inner.shape[1])),
        ])  # fmt: skip
        froms = np.stack([
            np.broadcast_to(states, options[0].shape)
            for states in (self._last, *self._inner.T)
        ])  # fmt: skip
        # Or of another metre: whole, unless it is known that a bar begins here.
        n_left = 1 if broken else len(options)
        left = options[:n_left].max(axis=0)
        which = options[:n_left].argmax(axis=0)
        other = left.argmax(axis=1)[:, None]
        came_from = froms[which[rows, other], rows, other]
        options = np.concatenate([
            options, (left[rows, other] - self._weights.new_metre + np.zeros_like(left))[None]
        ])  # fmt: skip
        froms = np.concatenate([froms, (came_from + np.zeros_like(froms[0]))[None]])
        chosen = options.argmax(axis=0)
        moved[:, self._first] = np.take_along_axis(options, chosen[None], 0)[0]
        source[:, self._first] = np.take_along_axis(froms, chosen[None], 0)[0]
        return moved, source

    def _traced(
        self, scores: NDArray[np.float32], log_gaps: NDArray[np.float32], came: _Came
    ) -> list[FoundBeat]:
        """Back from the best end: the last note begins before one more beat would come."""
        last_s = self._onset_s[-1] + 0.02
        is_end = (self._at[:, None] + np.exp(log_gaps) > last_s - 0.04) & (
            self._at[:, None] <= last_s
        )
        if len(self._fixed):
            # What is known of may come after the last note.
            last = int(self._fixed[-1])
            is_end[:last] = False
            is_end[last] |= not is_end.any()
        final = np.where(is_end[:, None, :], scores, _NEVER)
        j, s, a = (int(x) for x in np.unravel_index(int(final.argmax()), final.shape))
        if final[j, s, a] <= _NEVER / 2:
            return []
        found: list[FoundBeat] = []
        while a >= 0:
            found.append(self._beat_at(j, s))
            j, s, a = int(came.place[j, a]), int(came.state[j, s, a]), int(came.path[j, s, a])
        found.append(self._beat_at(j, s))
        return found[::-1]

    def _beat_at(self, place: int, state: int) -> FoundBeat:
        metre, beat = self._states[state]
        return FoundBeat(float(self._at[place]), beat, self._metres[metre])


class _Came:
    """Where every followed path comes from: a place, a state and one of the paths there, or -1
    where it begins."""

    def __init__(self, n_places: int, n_states: int) -> None:
        self.place = np.zeros((n_places, _FOLLOWED), np.int32)
        self.state = np.zeros((n_places, n_states, _FOLLOWED), np.int8)
        self.path = np.zeros((n_places, n_states, _FOLLOWED), np.int8)
