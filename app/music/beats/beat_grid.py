"""The beats and bars of a rhythm in seconds, as they are drawn, clicked and snapped to."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from app.music.rhythm import Meter, Rhythm
from model.notes import Note

# A bar's first beat belongs to the note that begins a little before it.
_EARLY_S = 0.05


@dataclass(frozen=True)
class BarLine:
    """A bar.

    Attributes:
        start_s: when it begins.
        number: 1 is the first full one of the music; one before it that is not full is 0, as are
            the bars of silence before the music.
        meter: its time signature.
        beats: how many it has; fewer than the meter's before the first full one.
        beat: the index of its first beat.
        tempo: beats a minute in it.
    """

    start_s: float
    number: int
    meter: Meter
    beats: int
    beat: int
    tempo: float

    @property
    def is_full(self) -> bool:
        """Whether it has all the beats of its time signature."""
        return self.beats == self.meter.beats


@dataclass(frozen=True)
class BeatGrid:
    """Every beat from second 0 to the end of the recording, and every bar.

    Attributes:
        beats_s: seconds of every beat, rising, shape (beats,).
        bars: one or more, the first at second 0.
    """

    beats_s: NDArray[np.float64]
    bars: tuple[BarLine, ...]

    @classmethod
    def of(cls, rhythm: Rhythm, until_s: float, notes: Sequence[Note] = ()) -> BeatGrid:
        """The grid of a rhythm, up to the first bar line that is not before `until_s`.

        Args:
            notes: the music, in order of onset; its first bar is the first one. None begins at
                second 0.
        """
        times = list(rhythm.beats_s[:: rhythm.parts])
        step_s = rhythm.interval_s(len(rhythm.beats_s) - 1) * rhythm.parts
        while times[-1] < until_s:
            times.append(times[-1] + step_s)
        starts = _bar_starts(rhythm, times, until_s, step_s)
        ends = [*(beat for beat, _ in starts[1:]), starts[-1][0] + starts[-1][1].beats]
        while len(times) <= ends[-1]:
            times.append(times[-1] + step_s)
        begin_s = notes[0].onset_s + _EARLY_S if notes else 0.0
        # The bar that the first note begins in.
        first = next(
            (index for index, end in enumerate(ends) if times[end] > begin_s), len(ends) - 1
        )
        beat, meter = starts[first]
        within = float(np.interp(begin_s, times, np.arange(len(times)))) - beat
        # As scores have it: what begins after a bar's middle is its pickup.
        if ends[first] - beat < meter.beats or (notes and 2 * within >= meter.beats):
            first += 1
        bars = []
        for index, ((beat, meter), end) in enumerate(zip(starts, ends, strict=True)):
            length_s = (times[end] - times[beat]) / (end - beat)
            bars.append(BarLine(
                times[beat], max(0, index - first + 1), meter, end - beat, beat, 60 / length_s
            ))
        return cls(np.array(times[: ends[-1] + 1]), tuple(bars))

    @cached_property
    def bars_s(self) -> NDArray[np.float64]:
        """When every bar begins."""
        return np.array([bar.start_s for bar in self.bars])

    @cached_property
    def beats_per_minute(self) -> float:
        """The usual tempo as a metronome counts."""
        return 60 / float(statistics.median(np.diff(self.beats_s).tolist()))

    def bar_at(self, seconds: float) -> BarLine:
        """The bar that a moment lies in."""
        return self.bars[max(0, int(np.searchsorted(self.bars_s, seconds, side="right")) - 1)]

    def every_bar(self, start_s: float, end_s: float, step: int = 1) -> range:
        """The indices of the bars that begin from a moment on and before another: of so many only
        the first, counted from the bar that is number 1."""
        first, last = (int(place) for place in np.searchsorted(self.bars_s, (start_s, end_s)))
        return range(first + (self._bar_one - first) % step, last, step)

    @cached_property
    def _bar_one(self) -> int:
        return next((index for index, bar in enumerate(self.bars) if bar.number), 0)

    def place_at(self, seconds: float) -> tuple[BarLine, int]:
        """The bar that a moment lies in, and its beat, 1 the first one."""
        bar = self.bar_at(seconds)
        beat = int(np.searchsorted(self.beats_s, seconds, side="right")) - 1
        return bar, max(0, beat - bar.beat) + 1

    def is_bar(self, beat: int) -> bool:
        """Whether the beat of an index begins a bar."""
        place = int(np.searchsorted(self._bar_beats, beat))
        return place < len(self._bar_beats) and int(self._bar_beats[place]) == beat

    def bar_of(self, beat: int) -> int:
        """The index of the bar that the beat of an index is in."""
        return int(np.searchsorted(self._bar_beats, beat, side="right")) - 1

    @cached_property
    def _bar_beats(self) -> NDArray[np.int64]:
        return np.array([bar.beat for bar in self.bars])

    def count_in(self, at_s: float) -> list[tuple[float, bool]]:
        """The beats that lead up to a moment, for a bar or a little more, as fast as its own:
        seconds before it, and whether a bar begins there; the earliest first."""
        beat = min(int(np.searchsorted(self.beats_s, at_s - 1e-3)), len(self.beats_s) - 1)
        bar = self.bars[self.bar_of(beat)]
        interval_s = 60 / bar.tempo
        lead_s, place, beats = float(self.beats_s[beat]) - at_s, beat - bar.beat, bar.meter.beats
        counted = [
            (number * interval_s - lead_s, (place - number) % beats == 0)
            for number in range(beats + place % beats, 0, -1)
        ]
        return [(before_s, is_first) for before_s, is_first in counted if before_s > 1e-3]

    def nearest(self, seconds: float) -> int:
        """The index of the beat that is nearest to a moment."""
        return int(np.argmin(np.abs(self.beats_s - seconds)))

    def bars_between(self, start_s: float, end_s: float) -> float:
        """How many bars lie between two moments, in bars and parts of them."""
        ends = [*self.bars_s, self.beats_s[-1]]
        numbers = np.arange(len(ends), dtype=np.float64)
        first, last = np.interp([start_s, end_s], ends, numbers)
        return float(last - first)

    def snapped(self, seconds: float, parts: int = 1) -> float:
        """The nearest of the moments that divide every beat into so many equal parts."""
        place = float(np.interp(seconds, self.beats_s, np.arange(len(self.beats_s))))
        return float(np.interp(
            round(place * parts) / parts, np.arange(len(self.beats_s)), self.beats_s
        ))  # fmt: skip


def _bar_starts(
    rhythm: Rhythm, times: Sequence[float], until_s: float, step_s: float
) -> list[tuple[int, Meter]]:
    """The beat that every bar begins with, and its time signature."""
    starts = [(0, rhythm.meter)] if rhythm.pickup else []
    changes = list(rhythm.changes)
    beat, meter = rhythm.pickup, rhythm.meter
    while True:
        if changes and changes[0][0] <= beat:
            beat, meter = changes.pop(0)
        at_s = times[beat] if beat < len(times) else times[-1] + (beat + 1 - len(times)) * step_s
        if at_s >= until_s and starts and not changes:
            return starts
        starts.append((beat, meter))
        beat += meter.beats
