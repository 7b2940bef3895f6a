"""Named moments of a piece, and the sections from one of them to the next."""

from __future__ import annotations

import itertools
from collections.abc import Iterable
from dataclasses import dataclass

from app.system.readable_text import readable

# A name is no longer than it can be read.
LONGEST_NAME = 80


@dataclass(frozen=True, order=True)
class Marker:
    """A moment in seconds with a name; a name is one line of at most `LONGEST_NAME` letters."""

    time_s: float
    name: str

    def __post_init__(self) -> None:
        object.__setattr__(self, "name", one_line(self.name))


@dataclass(frozen=True)
class Section:
    """What lies from a marker to the next one, in seconds."""

    start_s: float
    end_s: float
    name: str


def one_line(text: str) -> str:
    """A name as it is kept: without line breaks, and no longer than `LONGEST_NAME`."""
    return " ".join(readable(text).split())[:LONGEST_NAME]


def sections(markers: Iterable[Marker], end_s: float) -> list[Section]:
    """The sections in order; the last one lasts until `end_s`, in seconds.

    A section of no length, of a marker at the end or of two at one moment, is none.
    """
    in_order = sorted(marker for marker in markers if marker.time_s < end_s)
    starts = [*(marker.time_s for marker in in_order), end_s]
    return [
        Section(marker.time_s, end, marker.name)
        for marker, end in zip(in_order, starts[1:], strict=True) if marker.time_s < end
    ]


def section_at(found: Iterable[Section], time_s: float) -> Section | None:
    """The section in which a moment lies."""
    return next((one for one in found if one.start_s <= time_s < one.end_s), None)


def next_name(markers: Iterable[Marker]) -> str:
    """The name of a new section that nobody has named: the first free one of A, B, C … Z, A2 …"""
    used = {marker.name for marker in markers}
    for round_ in itertools.count(1):
        for letter in "ABCDEFGHIJKLMNOPQRSTUVWXYZ":
            name = letter if round_ == 1 else f"{letter}{round_}"
            if name not in used:
                return name
    raise AssertionError("there is always a free name")
