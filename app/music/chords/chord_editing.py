"""Chords that a hand set, laid over those that were found."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from app.music.chords.chord_finding import ChordSpan

# What is left of a span that another one covers is no chord of its own below this.
_SHORTEST_S = 0.05


class PlacedChord(NamedTuple):
    """A span, and whether a hand set it."""

    span: ChordSpan
    by_hand: bool = False


def laid_over(found: Iterable[ChordSpan], by_hand: Iterable[ChordSpan]) -> list[PlacedChord]:
    """All spans in order, one after the other: those set by hand, and between them what was found.
    """
    hand = list(by_hand)
    left = cut(found, hand)
    placed = [*(PlacedChord(span) for span in left), *(PlacedChord(span, True) for span in hand)]
    return sorted(placed, key=lambda one: one.span.start_s)


def laid(by_hand: Iterable[ChordSpan], new: Iterable[ChordSpan]) -> tuple[ChordSpan, ...]:
    """The chords set by hand, with further ones in the place of what they cover."""
    new = list(new)
    return tuple(sorted([*cut(by_hand, new), *new], key=lambda span: span.start_s))


def cut(spans: Iterable[ChordSpan], away: Iterable[ChordSpan]) -> list[ChordSpan]:
    """What is left of some spans beside others."""
    left = list(spans)
    for gone in away:
        parts = []
        for span in left:
            if span.end_s <= gone.start_s or span.start_s >= gone.end_s:
                parts.append(span)
                continue
            parts += [
                dataclasses.replace(span, start_s=start_s, end_s=end_s)
                for start_s, end_s in (
                    (span.start_s, gone.start_s), (gone.end_s, span.end_s)
                )
                if end_s - start_s >= _SHORTEST_S
            ]
        left = parts
    return left


def within(spans: Iterable[ChordSpan], start_s: float, end_s: float) -> list[ChordSpan]:
    """The chords between two moments, cut there."""
    return [
        dataclasses.replace(
            span, start_s=max(span.start_s, start_s), end_s=min(span.end_s, end_s)
        )
        for span in spans if span.start_s < end_s and span.end_s > start_s
    ]


def index_at(placed: Sequence[PlacedChord], time_s: float) -> int | None:
    """Which chord a moment lies in."""
    return next(
        (number for number, one in enumerate(placed)
         if one.span.start_s <= time_s < one.span.end_s), None,
    )
