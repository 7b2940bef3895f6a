"""Where in its bar every onset is printed, without a grid that somebody has to choose.

Each beat is divided by what explains its onsets best: simple divisions cost little, others more,
and how far an onset may lie from its place follows from how exactly this player plays. All beats
of a piece are chosen together, for a division is seldom there for one beat alone.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from app.music.rhythm import Rhythm

# Onsets that lie so near to the first of a chord belong to it.
_TOGETHER_S = 0.04
# Parts of a beat and what each costs before anything is known of the piece.
_SIMPLE = {1: 0.0, 2: 0.4, 4: 1.2, 3: 1.7, 8: 3.2, 6: 3.4}
_EIGHTH = {1: 0.0, 2: 0.5, 4: 1.8}
_COMPOUND = {1: 0.0, 3: 0.3, 6: 1.0, 2: 3.0, 12: 2.6, 4: 4.0}
_COSTS = (_SIMPLE, _EIGHTH, _COMPOUND)
# How far onsets lie from their place in shares of a beat: at the least, at first, at the most; and
# in seconds at the least.
_EXACT, _USUAL, _LOOSE = 0.035, 0.075, 0.13
_EXACT_S = 0.014
# What is wrong is not counted among what is near: the spread is so much more than the median.
_TAIL = 3.2
# What one onset costs at most: it may be wrong.
_WORST = 9.0
# Two chords at one place, and two that come so soon after each other that one is an ornament.
_COLLISION, _ORNAMENT, _ORNAMENT_S = 1.2, 0.7, 0.14
# What an ornament costs at most for its place.
_LATE = 1.0
# Another division than the beat before's.
_OTHER = 0.7
# Beats whose divisions a piece is expected to have before any is seen.
_PRIOR_BEATS = 12.0


@dataclass(frozen=True)
class _Span:
    """A stretch that is divided as a whole: a beat, or a quarter note of a longer one.

    `kind` is its place in `_COSTS`; `onsets` are the chords that begin in it.
    """

    begin: Fraction
    length: Fraction
    seconds: float
    kind: int
    onsets: tuple[int, ...]


def place_onsets(onset_s: Sequence[float], rhythm: Rhythm) -> list[Fraction]:
    """Quarter notes from second 0 to where each onset is printed.

    Args:
        onset_s: seconds, in any order; those that belong together get one place.
    """
    order = sorted(range(len(onset_s)), key=lambda index: onset_s[index])
    chords: list[list[int]] = []
    for index in order:
        if chords and onset_s[index] - onset_s[chords[-1][0]] < _TOGETHER_S:
            chords[-1].append(index)
        else:
            chords.append([index])
    when_s = [float(np.median([onset_s[i] for i in chord])) for chord in chords]
    where = [rhythm.quarters_at(at) for at in when_s]
    spans = _spans(where, rhythm)
    costs: list[dict[int, float]] = list(_COSTS)
    spread = _USUAL
    divisions: list[int] = []
    # How the piece is divided tells how its beats are, and how exactly it is played.
    for _ in range(3):
        divisions = _divisions(spans, where, when_s, costs, spread)
        spread = _spread(spans, divisions, where)
        costs = [_learned(spans, divisions, kind) for kind in range(len(_COSTS))]
    placed = [Fraction(0)] * len(onset_s)
    for span, division in zip(spans, divisions, strict=True):
        for chord in span.onsets:
            part = _part(where[chord], span, division)
            for index in chords[chord]:
                placed[index] = span.begin + span.length * Fraction(part, division)
    return placed


def _spans(where: Sequence[float], rhythm: Rhythm) -> list[_Span]:
    found: dict[Fraction, list[int]] = {}
    length: dict[Fraction, tuple[Fraction, int]] = {}
    for index, quarters in enumerate(where):
        begin, meter = rhythm.meter_at(Fraction(quarters))
        unit = meter.beat_quarters if meter.is_compound else min(meter.beat_quarters, Fraction(1))
        at = begin + int((quarters - float(begin)) / float(unit) + 1e-9) * unit
        found.setdefault(at, []).append(index)
        length[at] = (unit, 2 if meter.is_compound else int(unit < 1))
    return [
        _Span(
            at, length[at][0],
            rhythm.seconds_at(float(at + length[at][0])) - rhythm.seconds_at(float(at)),
            length[at][1], tuple(onsets),
        )
        for at, onsets in sorted(found.items())
    ]


def _part(quarters: float, span: _Span, division: int) -> int:
    """The nearest of so many parts of a span; the last is the next span's first."""
    return round((quarters - float(span.begin)) / float(span.length) * division)


def _divisions(
    spans: Sequence[_Span], where: Sequence[float], when_s: Sequence[float],
    costs: Sequence[dict[int, float]], spread: float,
) -> list[int]:
    """The division of every span: the cheapest way through all of them."""
    totals: list[dict[int, float]] = []
    came: list[dict[int, int]] = []
    for span in spans:
        own = {
            division: cost + _misfit(span, division, where, when_s, spread)
            for division, cost in costs[span.kind].items()
        }
        before = totals[-1] if totals else {}
        best = min(before, key=lambda division: before[division]) if before else 0
        total: dict[int, float] = {}
        source: dict[int, int] = {}
        for division, cost in own.items():
            stay = before.get(division, math.inf)
            change = before[best] + _OTHER if before else 0.0
            source[division] = division if stay <= change else best
            total[division] = cost + min(stay, change)
        totals.append(total)
        came.append(source)
    if not totals:
        return []
    chosen = [min(totals[-1], key=lambda division: totals[-1][division])]
    for source in reversed(came[1:]):
        chosen.append(source[chosen[-1]])
    return chosen[::-1]


def _misfit(
    span: _Span, division: int, where: Sequence[float], when_s: Sequence[float], spread: float
) -> float:
    cost, before = 0.0, None
    width = max(spread * span.seconds, _EXACT_S)
    for index in span.onsets:
        part = _part(where[index], span, division)
        off = where[index] - float(span.begin) - part / division * float(span.length)
        off_s = off / float(span.length) * span.seconds
        is_again = before is not None and part == before
        # What comes soon after a chord may be of it: the lowest notes are heard last.
        is_ornament = is_again and when_s[index] - when_s[index - 1] < _ORNAMENT_S
        cost += min(0.5 * (off_s / width) ** 2, _LATE if is_ornament else _WORST)
        cost += (_ORNAMENT if is_ornament else _COLLISION) * is_again
        before = part
    return cost


def _spread(spans: Sequence[_Span], divisions: Sequence[int], where: Sequence[float]) -> float:
    """How far this player's onsets lie from their places, in shares of a beat."""
    off = []
    for span, division in zip(spans, divisions, strict=True):
        for index in span.onsets:
            within = (where[index] - float(span.begin)) / float(span.length) * division
            part = round(within)
            # Beats lie at onsets: these say nothing.
            if 0 < part < division:
                off.append(abs(within - part) / division)
    if len(off) < 8:
        return _USUAL
    return float(np.clip(_TAIL * np.median(off), _EXACT, _LOOSE))


def _learned(
    spans: Sequence[_Span], divisions: Sequence[int], kind: int
) -> dict[int, float]:
    """What each division costs in this piece: the rarer, the more."""
    first = _COSTS[kind]
    weights = {division: math.exp(-cost) for division, cost in first.items()}
    total = sum(weights.values())
    counts = {division: _PRIOR_BEATS * weight / total for division, weight in weights.items()}
    for span, division in zip(spans, divisions, strict=True):
        if span.kind == kind:
            counts[division] += 1
    most = sum(counts.values())
    return {
        # A division that every beat has is still dearer than its half.
        division: 0.5 * first[division] - 0.5 * math.log(count / most)
        for division, count in counts.items()
    }
