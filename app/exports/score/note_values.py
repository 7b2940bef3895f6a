"""Note values: how a length of time is written, in parts that can be read."""

from __future__ import annotations

import bisect
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

from app.music.rhythm import Meter

# Lengths in quarter notes that have a sign of their own, the longest first, with their dots.
_PLAIN = (
    ("whole", Fraction(4)), ("half", Fraction(2)), ("quarter", Fraction(1)),
    ("eighth", Fraction(1, 2)), ("16th", Fraction(1, 4)), ("32nd", Fraction(1, 8)),
)
_SIGNS = {
    **{length: (name, 0) for name, length in _PLAIN},
    **{length * Fraction(3, 2): (name, 1) for name, length in _PLAIN if name != "32nd"},
}
_LENGTHS = tuple(sorted(_SIGNS, reverse=True))
_TRIPLET = Fraction(2, 3)
_QUARTER = Fraction(1)
_SHORTEST_TRIPLET = Fraction(1, 12)


@dataclass(frozen=True)
class Value:
    """A note value.

    Attributes:
        kind: "whole", "half", "quarter", "eighth", "16th" or "32nd".
        dots: one or none.
        length: in quarter notes, as it sounds.
        is_triplet: whether three of it take the time of two.
        bracket: whether a bracket of triplets begins or ends here, or both at once.
    """

    kind: str
    dots: int
    length: Fraction
    is_triplet: bool = False
    bracket: Literal["start", "stop"] | None = None


def values(
    begin: Fraction, end: Fraction, places: Sequence[Fraction], meter: Meter, *, is_rest: bool
) -> list[Value]:
    """The values that together last from `begin` to `end`, in quarter notes from the bar line.

    Beats stay visible: a value that begins off the beat ends with it at the latest, but for the
    syncopated quarter. A quarter note's time in which something begins or ends off the straight
    grid is written in triplets as a whole.

    Args:
        places: where anything begins or ends in this voice of the bar, rising.
        is_rest: rests are divided more strictly than notes.
    """
    found = []
    now = begin
    while now < end:
        beat = now // _QUARTER * _QUARTER
        if not meter.is_compound and _is_triplet(beat, places):
            value = _triplet(now, min(end, beat + _QUARTER), beat)
        else:
            limit = end if meter.is_compound else _next_triplet(now, end, places)
            value = next(_candidates(now, limit, meter, is_rest))
        found.append(value)
        now += value.length
    return found


def legible(place: Fraction, places: Sequence[Fraction], meter: Meter) -> Fraction:
    """The nearest place that note values lead to: that of a 32nd, or of one of its triplets.

    Others are there where a bar is shorter than its time signature says: then its quarter notes
    are not those that were divided, and may have triplets beside straight notes.

    Args:
        place: quarter notes from the bar line.
        places: all of this voice of the bar, rising.
    """
    beat = place // _QUARTER * _QUARTER
    is_triplet = not meter.is_compound and _is_triplet(beat, places)
    step = _SHORTEST_TRIPLET if is_triplet else _LENGTHS[-1]
    return round(place / step) * step


def _is_triplet(beat: Fraction, places: Sequence[Fraction]) -> bool:
    """Whether the quarter note that begins here is divided by three."""
    first = bisect.bisect_right(places, beat)
    last = bisect.bisect_left(places, beat + _QUARTER)
    return any(place.denominator % 3 == 0 for place in places[first:last])


def _next_triplet(now: Fraction, end: Fraction, places: Sequence[Fraction]) -> Fraction:
    """The first beat in triplets after `now`, or the end if that comes first."""
    beat = now // _QUARTER * _QUARTER + _QUARTER
    while beat < end:
        if _is_triplet(beat, places):
            return beat
        beat += _QUARTER
    return end


def _triplet(now: Fraction, end: Fraction, beat: Fraction) -> Value:
    # Three quarters in the time of two are longer than this bracket.
    signs = [sign for sign in _SIGNS if sign <= _QUARTER and sign * _TRIPLET <= end - now]
    length = max(signs) * _TRIPLET
    kind, dots = _SIGNS[length / _TRIPLET]
    bracket: Literal["start", "stop"] | None = None
    if now == beat:
        bracket = "start"
    elif now + length == beat + _QUARTER:
        bracket = "stop"
    return Value(kind, dots, length, is_triplet=True, bracket=bracket)


def _candidates(
    now: Fraction, end: Fraction, meter: Meter, is_rest: bool
) -> Iterator[Value]:
    """Values that may stand here, the longest first."""
    for length in _LENGTHS:
        if length <= end - now and _may_stand(now, length, meter, is_rest):
            yield Value(*_SIGNS[length], length)


def _may_stand(now: Fraction, length: Fraction, meter: Meter, is_rest: bool) -> bool:
    beat = meter.beat_quarters if meter.is_compound else _QUARTER
    within = now % beat
    if meter.is_compound:
        if within == 0 and length >= beat:
            return length % beat == 0
        return length <= beat - within
    is_dotted = _SIGNS[length][1] > 0
    if is_rest:
        # A rest lies where its value would lie if the bar were full of them.
        return not is_dotted and now % length == 0
    if within == 0:
        return length < beat or length % beat == 0 or length == Fraction(3, 2)
    if length <= beat - within:
        return True
    # Eighth, quarter, eighth: the one value that may hide a beat, but never the bar's middle.
    is_syncope = length == _QUARTER and within == Fraction(1, 2)
    middle = meter.bar_quarters / 2
    return is_syncope and not (meter.numerator % 2 == 0 and now < middle < now + length)
