"""Which hand plays which note."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

from app.music.quantise import PlacedNote

# Ways to part the notes that are followed up.
_FOLLOWED = 8
# Semitones that a hand reaches, what one beyond them costs, and each of a leap.
_REACH, _BEYOND, _LEAP = 11, 0.8, 0.04
# Where each hand is at home, and what a semitone beyond it costs.
_LEFT_HIGHEST, _RIGHT_LOWEST, _AWAY = 64, 57, 0.063
# Notes that a hand plays at once, and what one more costs.
_FINGERS, _TOO_MANY = 5, 2.0
# A hand that takes over from the other, or that lies within it.
_CROSSED, _TURN = 1.0, 0.02


@dataclass(frozen=True)
class _Way:
    cost: float
    left: float
    right: float
    n_left: int
    before: _Way | None


def hands(notes: Sequence[PlacedNote]) -> tuple[list[PlacedNote], list[PlacedNote]]:
    """The notes of the right and of the left hand, in order of onset.

    Of what begins together the left hand plays the lowest; how many of them, the cheapest way
    through the whole piece tells: hands reach an octave, leap seldom and have a home.
    """
    columns = [
        sorted(group, key=_pitch)
        for _, group in itertools.groupby(sorted(notes), lambda note: note.onset)
    ]
    ways = [_Way(0.0, 48.0, 72.0, 0, None)]
    for column in columns:
        pitches = [note.pitch for note in column]
        found = [
            _moved(way, pitches, n_left) for way in ways for n_left in range(len(column) + 1)
        ]
        found.sort(key=lambda way: way.cost)
        ways = found[:_FOLLOWED]
    counts: list[int] = []
    last: _Way | None = ways[0]
    while last is not None and last.before is not None:
        counts.append(last.n_left)
        last = last.before
    right: list[PlacedNote] = []
    left: list[PlacedNote] = []
    for column, n_left in zip(columns, counts[::-1], strict=True):
        left += column[:n_left]
        right += column[n_left:]
    return sorted(right), sorted(left)


def _pitch(note: PlacedNote) -> int:
    return note.pitch


def _moved(way: _Way, pitches: Sequence[int], n_left: int) -> _Way:
    lower, upper = pitches[:n_left], pitches[n_left:]
    cost = way.cost
    left, right = way.left, way.right
    if lower:
        left = (lower[0] + lower[-1]) / 2
        cost += _hand(lower, left, way.left) + _AWAY * max(0, lower[-1] - _LEFT_HIGHEST)
    if upper:
        right = (upper[0] + upper[-1]) / 2
        cost += _hand(upper, right, way.right) + _AWAY * max(0, _RIGHT_LOWEST - upper[0])
    cost += _CROSSED * (left > right)
    if not lower or not upper:
        # Hands that take turns in one line are seldom printed so.
        alone_left, was_left = bool(lower), way.n_left > 0
        cost += _TURN * (alone_left != was_left)
    return _Way(cost, left, right, n_left, way)


def _hand(pitches: Sequence[int], middle: float, before: float) -> float:
    beyond = max(0, pitches[-1] - pitches[0] - _REACH)
    many = max(0, len(pitches) - _FINGERS)
    return _BEYOND * beyond + _TOO_MANY * many + _LEAP * abs(middle - before)
