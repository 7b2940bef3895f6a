"""Which of the beats that were found are the printed ones, and how they form bars.

A page has one level of beats, and mostly one time signature: both are chosen together for a piece
as a whole. Bars then go on in it, but where another one is clearly meant: the likeliest way through
the places of every time signature (a hidden Markov model; Viterbi, 1967).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from model.beats.bar_evidence import BarEvidence, BarRun
from model.beats.beat_evidence import USUAL_METRES, BeatEvidence, FoundBeat, Known, Metre
from model.beats.beat_levels import levels
from model.beats.known_beats import broken_bars, may_hold, penalty
from model.beats.note_features import NoteArrays

# A moment that is given is a beat's that is so near.
_SAME_S = 0.04
# What has fewer pitches is a metronome or a drum: no page tells of its bars.
_LEAST_PITCHES = 5


@dataclass(frozen=True)
class BarWeights:
    """How much each kind of evidence counts; chosen on recordings.

    Attributes:
        downbeat, heard_downbeat: of what the bar network and the beat network say of a beat.
        meter: of a time signature at a beat.
        level: of the beats as a whole.
        heard_beat, heard_period: of what the beat network says of them.
        piece_meter, bars: of a time signature for the piece as a whole, and of how well its bars
            fit.
        stay: what the beats as they were found are ahead of other levels.
        bar: what is taken off for a bar.
        other_metre: what a beat loses in a time signature that is not the piece's.
        pickup: cost of beginning within a bar.
        new_metre, broken_bar: cost of another time signature, and of a bar that ends early.
    """

    downbeat: float = 0.82
    heard_downbeat: float = 0.55
    meter: float = 0.25
    level: float = 2.3
    heard_beat: float = 0.1
    heard_period: float = 0.3
    piece_meter: float = 0.6
    bars: float = 1.0
    stay: float = 0.3
    bar: float = 0.2
    other_metre: float = 0.6
    pickup: float = 0.7
    new_metre: float = 8.3
    broken_bar: float = 4.8


def bars_of(
    found: Sequence[FoundBeat], notes: NoteArrays, evidence: BeatEvidence, run: BarRun,
    known: Known = Known(), weights: BarWeights = BarWeights(),  # noqa: B008
    go_on: Callable[[], object] = lambda: None,
) -> list[FoundBeat]:
    """The printed beats with their bars, from beats that were found.

    Args:
        found: by the search for beats; fewer than three, and those of a metronome, stay as they
            are.
        notes: what is heard.
        evidence: what the beat network says of them.
        run: the bar network.
        known: what has been decided.
        go_on: is called now and then, and may raise to break off.
    """
    if len(found) < 3 or len(np.unique(notes.pitch)) < _LEAST_PITCHES:
        return list(found)
    beat_s = np.array([beat.time_s for beat in found])
    metres = may_hold(known, USUAL_METRES)
    is_level = known.beats_per_minute is not None or bool(known.runs)
    said = []
    for level in [beat_s] if is_level else levels(beat_s, notes.onset_s):
        go_on()
        if not any(np.abs(level - at).min() > _SAME_S for at in known.downbeats_s):
            said.append(BarEvidence.of(level, notes, evidence, run, metres))
    if not said:
        return list(found)
    return most_likely_bars(said, metres, known, weights, go_on)


def most_likely_bars(
    said: Sequence[BarEvidence], metres: Sequence[Metre], known: Known, weights: BarWeights,
    go_on: Callable[[], object] = lambda: None,
) -> list[FoundBeat]:
    """The beats of the level, in bars of the metre, that most speaks for.

    Args:
        said: of one level or several, that of the beats as they were found first.
    """
    states = [(m, k) for m, metre in enumerate(metres) for k in range(metre.beats)]
    of = np.array([m for m, _ in states])
    first = [i for i, (_, k) in enumerate(states) if k == 0]
    ahead = [
        weights.level * level.level + weights.heard_beat * level.heard_beat
        + weights.heard_period * level.heard_period + weights.stay * (index == 0)
        + weights.piece_meter * level.piece_meters
        for index, level in enumerate(said)
    ]  # fmt: skip
    best = -np.inf
    for index in sorted(range(len(said)), key=lambda index: -float(ahead[index].max())):
        # Bars only take off.
        if ahead[index].max() <= best:
            break
        go_on()
        level = said[index]
        earned = _earned(level, states, metres, known, weights)
        broken = broken_bars(level.beat_s, known, weights.broken_bar)
        # Each metre from the first beat to the last.
        totals, _ = _ways(earned, states, weights.pickup, np.inf, broken)
        fits = np.maximum.reduceat(totals, first) / len(level.beat_s)
        of_each = ahead[index] + weights.bars * fits
        if of_each.max() > best:
            best, metre = float(of_each.max()), int(of_each.argmax())
            chosen, bars, cost = level, earned, broken
    bars = bars + weights.meter * chosen.meters[:, of] - weights.other_metre * (of != metre)
    totals, came = _ways(bars, states, weights.pickup, weights.new_metre, cost)
    path = [int(totals.argmax())]
    for source in came[:0:-1]:
        path.append(int(source[path[-1]]))
    return [
        FoundBeat(float(at), states[state][1], metres[states[state][0]])
        for at, state in zip(chosen.beat_s, path[::-1], strict=True)
    ]


def _earned(
    said: BarEvidence, states: Sequence[tuple[int, int]], metres: Sequence[Metre], known: Known,
    weights: BarWeights,
) -> NDArray[np.float64]:
    """What every beat earns in every place of a bar."""
    is_first = np.array([k == 0 for _, k in states])
    x = weights.downbeat * said.downbeat + weights.heard_downbeat * said.heard_downbeat
    x = (x - weights.bar)[:, None]
    earned = np.where(is_first, -np.logaddexp(0, -x), -np.logaddexp(0, x))
    return np.asarray(earned + penalty(said.beat_s, states, metres, known))


def _ways(
    earned: NDArray[np.float64], states: Sequence[tuple[int, int]], pickup: float,
    new_metre: float, broken: NDArray[np.float64],
) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """What the best way to each state of the last beat earns, and from which state of the beat
    before it comes to each state of every beat."""
    first = np.array([i for i, (_, k) in enumerate(states) if k == 0])
    last = np.append(first[1:], len(states)) - 1
    within = [slice(begin, end + 1) for begin, end in zip(first, last, strict=True)]
    before = np.arange(len(states)) - 1
    is_first = np.array([k == 0 for _, k in states])
    total = earned[0] - np.where(is_first, 0.0, pickup)
    came = np.zeros(earned.shape, np.int64)
    for beat in range(1, len(earned)):
        moved, source = total[before], before.copy()
        ends = total[last]
        other, anywhere = int(last[ends.argmax()]), int(total.argmax())
        own = np.array([part.start + int(total[part].argmax()) for part in within])
        options = np.stack([
            ends, np.full(len(first), total[other] - new_metre), total[own] - broken[beat],
            np.full(len(first), total[anywhere] - broken[beat] - new_metre),
        ])  # fmt: skip
        sources = np.stack([
            last, np.full(len(first), other), own, np.full(len(first), anywhere),
        ])  # fmt: skip
        chosen = options.argmax(axis=0)
        columns = np.arange(len(first))
        moved[first], source[first] = options[chosen, columns], sources[chosen, columns]
        total = moved + earned[beat]
        came[beat] = source
    return total, came
