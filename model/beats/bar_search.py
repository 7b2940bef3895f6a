"""Which of the beats that were found are the printed ones, and how they form bars.

A page has one level of beats, and bars that go on: the likeliest way through the places of every
time signature, for a whole piece at once (a hidden Markov model; Viterbi, 1967).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from model.beats.beat_config import FRAME_RATE, METERS, SLOWER, beat_periods
from model.beats.beat_evidence import USUAL_METRES, BeatEvidence, FoundBeat, Known, Metre
from model.beats.beat_features import beat_features
from model.beats.beat_levels import levels
from model.beats.known_beats import broken_bars, may_hold, penalty
from model.beats.note_features import NoteArrays

# A moment that is given is a beat's that is so near.
_SAME_S = 0.04
_LEAST_LOG = -5.0
# Beats of half notes are seldom printed, and wrong ones double every length of a page: what is
# taken off for each beat of 2/2 and 3/2, before it is weighed.
_SELDOM = {"2/2": 0.75, "3/2": 1.2}
# What has fewer pitches is a metronome or a drum: no page tells of its bars.
_LEAST_PITCHES = 5

# Features of beats (beats, n) to probabilities of downbeats (beats), levels and meters.
BarRun = Callable[[NDArray[np.float32]], tuple[NDArray[np.float32], ...]]


@dataclass(frozen=True)
class BarWeights:
    """How much each kind of evidence counts; chosen on recordings.

    Attributes:
        downbeat, meter: of what the bar network says of a beat, as a logit and a logarithm.
        heard_downbeat: of what the beat network says, as a logit.
        level: of what the bar network says of the beats as a whole.
        heard_beat, heard_period: of what the beat network says of them.
        stay: what the beats as they were found are ahead of other levels.
        bar, two_beats: what is taken off for a bar, and for each beat of bars of two.
        pickup: cost of beginning within a bar.
        new_metre, broken_bar: cost of another time signature, and of a bar that ends early.
    """

    downbeat: float = 0.82
    meter: float = 0.18
    heard_downbeat: float = 0.68
    level: float = 1.0
    heard_beat: float = 0.1
    heard_period: float = 0.23
    stay: float = 0.3
    bar: float = -0.05
    two_beats: float = 0.11
    pickup: float = 2.6
    new_metre: float = 8.3
    broken_bar: float = 6.2


def bars_of(
    found: Sequence[FoundBeat], notes: NoteArrays, evidence: BeatEvidence, run: BarRun,
    known: Known = Known(), weights: BarWeights = BarWeights(),  # noqa: B008
) -> list[FoundBeat]:
    """The printed beats with their bars, from beats that were found.

    Args:
        found: by the search for beats; fewer than three, and those of a metronome, stay as they
            are.
        notes: what is heard.
        evidence: what the beat network says of them.
        run: the bar network.
        known: what has been decided.
    """
    if len(found) < 3 or len(np.unique(notes.pitch)) < _LEAST_PITCHES:
        return list(found)
    beat_s = np.array([beat.time_s for beat in found])
    metres = may_hold(known, USUAL_METRES)
    is_level = known.beats_per_minute is not None or bool(known.runs)
    tried = [beat_s] if is_level else levels(beat_s, notes.onset_s)
    best: tuple[float, _Heard] | None = None
    for level in tried:
        if any(np.abs(level - at).min() > _SAME_S for at in known.downbeats_s):
            continue
        heard = _Heard.of(level, notes, evidence, run, metres)
        ahead = heard.ahead(weights) + weights.stay * (level is beat_s)
        if best is None or ahead > best[0]:
            best = ahead, heard
    if best is None:
        return list(found)
    heard = best[1]
    states = [(m, k) for m, metre in enumerate(metres) for k in range(metre.beats)]
    broken = broken_bars(heard.beat_s, known, weights.broken_bar)
    path = _likeliest(_earned(heard, states, metres, known, weights), states, weights, broken)
    return [
        FoundBeat(float(at), states[state][1], metres[states[state][0]])
        for at, state in zip(heard.beat_s, path, strict=True)
    ]


@dataclass(frozen=True)
class _Heard:
    """What both networks say of beats of one level; of each of the metres that may be."""

    beat_s: NDArray[np.float64]
    downbeat: NDArray[np.float64]
    level: NDArray[np.float64]
    meters: NDArray[np.float64]
    heard_downbeat: NDArray[np.float64]
    heard_beat: float
    heard_period: float

    @classmethod
    def of(
        cls, beat_s: NDArray[np.float64], notes: NoteArrays, evidence: BeatEvidence, run: BarRun,
        metres: Sequence[Metre],
    ) -> _Heard:
        downbeats, level, meters = run(beat_features(notes, beat_s))
        names = [METERS.index(m.name) if m.name in METERS else len(METERS) - 1 for m in metres]
        frames = np.clip(np.rint(beat_s * FRAME_RATE).astype(int), 0, len(evidence.beats) - 1)
        near = np.stack([
            evidence.beats[np.clip(frames + shift, 0, len(evidence.beats) - 1)]
            for shift in (-2, -1, 0, 1, 2)
        ]).max(axis=0)
        p = np.clip(near.astype(np.float64), 1e-3, 1 - 1e-3)
        share = np.clip(p[:, 1] / np.maximum(p[:, 0], p[:, 1]), 0.02, 0.98)
        slow = np.clip(frames // SLOWER, 0, len(evidence.periods) - 1)
        periods = np.log(beat_periods())
        gaps = np.log(np.diff(beat_s, append=2 * beat_s[-1] - beat_s[-2]))
        column = np.interp(gaps, periods, np.arange(len(periods)))
        below = np.minimum(column.astype(int), len(periods) - 2)
        told = np.log(np.maximum(evidence.periods[slow] * len(periods), 1e-3))
        rows = np.arange(len(beat_s))
        period = told[rows, below] * (1 - column + below) + told[rows, below + 1] * (column - below)
        return cls(
            beat_s, _logit(downbeats), np.log(np.maximum(level[:, 0], 1e-6)),
            np.maximum(np.log(np.maximum(meters[:, names], 1e-9)), _LEAST_LOG)
            - np.array([_SELDOM.get(metre.name, 0.0) for metre in metres]),
            _logit(share),
            float(_logit(p[:, 0]).mean()), float(period.mean()),
        )

    def ahead(self, weights: BarWeights) -> float:
        """How much speaks for beats of this level."""
        return (
            weights.level * float(self.level.mean()) + weights.heard_beat * self.heard_beat
            + weights.heard_period * self.heard_period
        )


def _logit(p: NDArray[np.floating]) -> NDArray[np.float64]:
    p = np.clip(p.astype(np.float64), 1e-5, 1 - 1e-5)
    return np.asarray(np.log(p / (1 - p)))


def _earned(
    heard: _Heard, states: Sequence[tuple[int, int]], metres: Sequence[Metre], known: Known,
    weights: BarWeights,
) -> NDArray[np.float64]:
    """What every beat earns in every state."""
    is_first = np.array([k == 0 for _, k in states])
    of = np.array([m for m, _ in states])
    x = weights.downbeat * heard.downbeat + weights.heard_downbeat * heard.heard_downbeat
    x = (x - weights.bar)[:, None]
    earned = np.where(is_first, -np.logaddexp(0, -x), -np.logaddexp(0, x))
    if len(metres) > 1:
        meters = weights.meter * heard.meters
        meters = meters - weights.two_beats * np.array([metre.beats == 2 for metre in metres])
        earned = earned + meters[:, of]
    return np.asarray(earned + penalty(heard.beat_s, states, metres, known))


def _likeliest(
    earned: NDArray[np.float64], states: Sequence[tuple[int, int]], weights: BarWeights,
    broken: NDArray[np.float64],
) -> list[int]:
    """The state of every beat on the best way."""
    first = np.array([i for i, (_, k) in enumerate(states) if k == 0])
    last = np.append(first[1:], len(states)) - 1
    within = [slice(begin, end + 1) for begin, end in zip(first, last, strict=True)]
    before = np.arange(len(states)) - 1
    is_first = np.array([k == 0 for _, k in states])
    total = earned[0] - np.where(is_first, 0.0, weights.pickup)
    came = np.zeros(earned.shape, np.int64)
    for beat in range(1, len(earned)):
        moved, source = total[before], before.copy()
        ends = total[last]
        other, anywhere = int(last[ends.argmax()]), int(total.argmax())
        own = np.array([part.start + int(total[part].argmax()) for part in within])
        options = np.stack([
            ends, np.full(len(first), total[other] - weights.new_metre),
            total[own] - broken[beat],
            np.full(len(first), total[anywhere] - broken[beat] - weights.new_metre),
        ])  # fmt: skip
        sources = np.stack([
            last, np.full(len(first), other), own, np.full(len(first), anywhere),
        ])  # fmt: skip
        chosen = options.argmax(axis=0)
        columns = np.arange(len(first))
        moved[first], source[first] = options[chosen, columns], sources[chosen, columns]
        total = moved + earned[beat]
        came[beat] = source
    path = [int(total.argmax())]
    for source in came[:0:-1]:
        path.append(int(source[path[-1]]))
    return path[::-1]
