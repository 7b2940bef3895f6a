"""The notes of one recording or take in order of time, found quickly by the time in view."""

from __future__ import annotations

import math
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from model.notes import Note, NoteEvent, NoteOn


@dataclass(slots=True)
class Bar:
    """A note as it is drawn; `offset_s` is infinite while it sounds on.

    Attributes:
        strength: how loud it was struck, 0..1.
    """

    onset_s: float
    offset_s: float
    pitch: int
    strength: float

    @property
    def is_open(self) -> bool:
        return math.isinf(self.offset_s)


class NoteTrack:
    """Bars in order of onset. Both ways to fill it: whole lists, and events as they come."""

    def __init__(self) -> None:
        self._clear()

    def _clear(self) -> None:
        self.bars: list[Bar] = []
        self._onsets: list[float] = []
        # The latest offset among the bars up to each one: it never falls, so it can be searched.
        self._reach: list[float] = []
        # Index of the bar that still sounds, by pitch.
        self._open: dict[int, int] = {}

    def __len__(self) -> int:
        return len(self.bars)

    def replace(self, notes: Iterable[Note]) -> None:
        """Holds these finished notes and no others."""
        self._clear()
        for note in sorted(notes, key=lambda note: note.onset_s):
            self._append(Bar(note.onset_s, note.offset_s, note.pitch, note.velocity / 127))

    def add(self, events: Iterable[NoteEvent]) -> None:
        """Notes that began or ended, in the order of the events."""
        for event in events:
            if isinstance(event, NoteOn):
                # A pitch that is struck again has ended, even if nobody says so.
                self._end(event.pitch, event.onset_s)
                self._open[event.pitch] = len(self.bars)
                self._append(Bar(event.onset_s, math.inf, event.pitch, event.velocity / 127))
            else:
                self._end(event.pitch, event.offset_s)

    def close(self, at_s: float) -> None:
        """Ends every bar that still sounds at `at_s` seconds: no more events will come."""
        opened, self._open = sorted(self._open.values()), {}
        for index in opened:
            self.bars[index].offset_s = max(at_s, self.bars[index].onset_s)
        for index in opened[:1]:
            self._settle(index)

    def between(self, start_s: float, end_s: float) -> Iterator[Bar]:
        """The bars that can be seen between two moments, in order of onset."""
        first = bisect_right(self._reach, start_s)
        last = bisect_left(self._onsets, end_s)
        for index in range(first, last):
            if self.bars[index].offset_s > start_s:
                yield self.bars[index]

    def sounding(self, time_s: float) -> dict[int, float]:
        """Strength (0..1) of every pitch that sounds at a moment."""
        return {
            bar.pitch: bar.strength
            for bar in self.between(time_s, math.nextafter(time_s, math.inf))
        }

    def pitches(self) -> set[int]:
        """The MIDI pitches that occur."""
        return {bar.pitch for bar in self.bars}

    def _end(self, pitch: int, offset_s: float) -> None:
        index = self._open.pop(pitch, None)
        if index is not None:
            self.bars[index].offset_s = offset_s
            self._settle(index)

    def _append(self, bar: Bar) -> None:
        # Events come in order of time but for a rounding; keep the order that searching needs.
        onset = max(bar.onset_s, self._onsets[-1]) if self._onsets else bar.onset_s
        self.bars.append(bar)
        self._onsets.append(onset)
        reach = self._reach[-1] if self._reach else -math.inf
        self._reach.append(max(reach, bar.offset_s))

    def _settle(self, index: int) -> None:
        """Takes up a changed offset in the reach of this bar and those after it."""
        reach = self._reach[index - 1] if index else -math.inf
        for later in range(index, len(self.bars)):
            reach = max(reach, self.bars[later].offset_s)
            self._reach[later] = reach
