"""Beats in time: what makes seconds into bars and beats."""

from __future__ import annotations

import bisect
import functools
import itertools
import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

# The tempo of a rhythm without beats, in quarter notes a minute. MIDI assumes the same.
PLAIN_BPM = 120.0
# A few intervals tell how fast the music is where no beat was found, before the first and after
# the last; their median is not misled by one of them.
_NEIGHBOURS = 4
# A first beat that comes so soon is second 0's.
_AT_ONCE_S = 0.15
# Beats that lie farther apart than this are no beats; a MIDI file cannot hold more than 16.7 s.
_LONGEST_BEAT_S = 8.0


@dataclass(frozen=True)
class Meter:
    """A time signature, such as 3/4. In 6/8, 9/8 and 12/8 a beat is a dotted quarter."""

    numerator: int = 4
    denominator: int = 4

    @classmethod
    def parse(cls, text: str) -> Meter:
        """Reads "3/4".

        Raises:
            ValueError: it is none of `METERS`.
        """
        for meter in METERS:
            if str(meter) == text.strip():
                return meter
        choices = ", ".join(str(meter) for meter in METERS)
        raise ValueError(f"{text!r} is not a time signature; there are {choices}")

    def __str__(self) -> str:
        return f"{self.numerator}/{self.denominator}"

    @property
    def is_compound(self) -> bool:
        """Whether a beat has three parts: of 6/8, not of 3/8."""
        return self.denominator >= 8 and self.numerator % 3 == 0 and self.numerator > 3

    @property
    def beat_quarters(self) -> Fraction:
        """How long a beat is, in quarter notes."""
        return Fraction(12 if self.is_compound else 4, self.denominator)

    @property
    def beats(self) -> int:
        """Beats in a bar."""
        return self.numerator // 3 if self.is_compound else self.numerator

    @property
    def bar_quarters(self) -> Fraction:
        """How long a bar is, in quarter notes."""
        return self.beats * self.beat_quarters


METERS = (
    Meter(2, 4), Meter(3, 4), Meter(4, 4), Meter(5, 4), Meter(2, 2), Meter(3, 2),
    Meter(3, 8), Meter(6, 8), Meter(7, 8), Meter(9, 8), Meter(12, 8),
)


@dataclass(frozen=True)
class BarSpan:
    """A bar: where it begins and how long it is, in quarter notes, and its time signature."""

    begin: Fraction
    length: Fraction
    meter: Meter

    def begun(self, first: Fraction, step: Fraction) -> BarSpan:
        """What is printed of it where it is the first bar of the music: a pickup begins with its
        notes. One in which nothing begins before its middle is a pickup, and one that is short.

        Args:
            first: where the first note begins.
            step: where a pickup may begin, counted from the bar's beginning.
        """
        silent = (first - self.begin) // step * step
        is_full = self.length >= self.meter.bar_quarters
        if silent <= 0 or (is_full and 2 * (first - self.begin) < self.length):
            return self
        return BarSpan(self.begin + silent, self.length - silent, self.meter)


@dataclass(frozen=True)
class Rhythm:
    """The beats of a recording from second 0 on, which is the first beat, and how they form bars.

    Attributes:
        beats_s: seconds of every beat, the first 0; two or more, each later than the one before.
        meter: the time signature of the beginning.
        pickup: beats before the first full bar, fewer than a bar has.
        changes: beats at which a bar of another time signature begins, and which; rising.
        parts: where tempi change within beats, so many moments of every beat are in `beats_s`.
        tempi: quarter notes from second 0, and quarter notes a minute from there on, which a score
            tells; none is the usual tempo, at the beginning.
    """

    beats_s: tuple[float, ...]
    meter: Meter = Meter()
    pickup: int = 0
    parts: int = 1
    tempi: tuple[tuple[Fraction, float], ...] = ()
    changes: tuple[tuple[int, Meter], ...] = ()

    def __post_init__(self) -> None:
        """Raises: ValueError: the beats or the pickup are not as described."""
        pairs = itertools.pairwise(self.beats_s)
        if len(self.beats_s) < 2 or self.beats_s[0] != 0 or any(a >= b for a, b in pairs):
            raise ValueError("the beats must begin at 0 and rise")
        if not 0 <= self.pickup < self.meter.beats:
            raise ValueError(f"a pickup of {self.pickup} beats does not fit into {self.meter}")
        begun, meter = self.pickup, self.meter
        for beat, following in self.changes:
            if beat < begun or (beat - begun) % meter.beats:
                raise ValueError(f"at beat {beat} no bar of {meter} ends")
            begun, meter = beat, following

    @classmethod
    def steady(cls, bpm: float = PLAIN_BPM, meter: Meter = Meter()) -> Rhythm:
        """One tempo from the start; `bpm` counts quarter notes."""
        return cls((0.0, 60 / bpm * float(meter.beat_quarters)), meter)

    @classmethod
    def of_beats(
        cls, beats_s: Sequence[float], meter: Meter = Meter(), downbeat: int = 0,
        changes: Sequence[tuple[int, Meter]] = (),
    ) -> Rhythm:
        """The rhythm of beats as they were heard; a steady one when there are fewer than two.

        Second 0 becomes a beat as well, so that a MIDI file's first tick is the recording's first
        sample: beats of about the length of the first ones lead up to the first. One that comes
        at once is moved there.

        Args:
            beats_s: seconds, rising.
            downbeat: index in `beats_s` of one that begins a bar.
            changes: indices in `beats_s` at which a bar of another time signature begins, and
                which.
        """
        if len(beats_s) < 2:
            return cls.steady(meter=meter)
        lead = _lead_in(beats_s)
        meters = [(0, meter), *((beat + len(lead), following) for beat, following in changes)]
        times, where = _without_gaps(
            [*lead, *(beats_s if lead else [0.0, *beats_s[1:]])], meters
        )
        moved = tuple((where[beat + len(lead)], following) for beat, following in changes)
        return cls(
            tuple(times), meter, (downbeat + len(lead)) % meter.beats, changes=moved
        )

    @property
    def step_quarters(self) -> Fraction:
        """How far one of `beats_s` is from the next, in quarter notes, at the beginning."""
        return self.meter.beat_quarters / self.parts

    @property
    def pickup_quarters(self) -> Fraction:
        """How long the bar before the first full one is, in quarter notes; 0 without one."""
        return self.pickup * self.meter.beat_quarters

    def interval_s(self, beat: int) -> float:
        """Seconds from one of `beats_s` to the next; after the last, as fast as the last few."""
        if beat + 1 < len(self.beats_s):
            return self.beats_s[beat + 1] - self.beats_s[beat]
        return _usual(self.beats_s[-_NEIGHBOURS - 1 :])

    def quarters_at(self, seconds: float) -> float:
        """Quarter notes from second 0 to a moment; nothing lies before it."""
        seconds = max(0.0, seconds)
        beat = self.step_at(seconds)
        place = beat + (seconds - self.beats_s[beat]) / self.interval_s(beat)
        begin, at, step = self._stretch(0, place)
        return float(at) + (place - begin) * float(step)

    def step_at(self, seconds: float) -> int:
        """The index of the last of `beats_s` that is not later than this moment."""
        return max(0, bisect.bisect_right(self.beats_s, seconds) - 1)

    def seconds_at(self, quarters: float) -> float:
        """The moment that lies so many quarter notes after second 0."""
        begin, at, step = self._stretch(1, max(0.0, quarters))
        place = begin + max(0.0, quarters - float(at)) / float(step)
        beat = min(int(place), len(self.beats_s) - 1)
        return self.beats_s[beat] + (place - beat) * self.interval_s(beat)

    def bars(self, until: Fraction) -> list[BarSpan]:
        """The bars from second 0 to so many quarter notes later, at least one full bar."""
        found = []
        if self.pickup:
            found.append(BarSpan(Fraction(0), self.pickup_quarters, self.meter))
        starts = [
            (self.pickup_quarters, self.meter),
            *((self._quarters_of(beat), meter) for beat, meter in self.changes),
        ]
        ends = [*(at for at, _ in starts[1:]), max(until, starts[-1][0] + Fraction(1, 64))]
        for (at, meter), end in zip(starts, ends, strict=True):
            while at < end:
                found.append(BarSpan(at, meter.bar_quarters, meter))
                at += meter.bar_quarters
        return found

    @property
    def last_change(self) -> Fraction:
        """Quarter notes to where the last time signature begins."""
        return self._quarters_of(self.changes[-1][0]) if self.changes else self.pickup_quarters

    def meter_at(self, quarters: Fraction) -> tuple[Fraction, Meter]:
        """Where the time signature begins that holds there, and which it is."""
        at, meter = Fraction(0), self.meter
        for beat, following in self.changes:
            begin = self._quarters_of(beat)
            if begin > quarters:
                break
            at, meter = begin, following
        return at, meter

    @functools.cached_property
    def _stretches(self) -> list[tuple[int, Fraction, Fraction]]:
        """Where a time signature begins, as an index in `beats_s` and in quarter notes, and the
        quarter notes from one of `beats_s` to the next there."""
        found = [(0, Fraction(0), self.step_quarters)]
        for beat, meter in self.changes:
            begin, at, step = found[-1]
            index = beat * self.parts
            found.append((index, at + (index - begin) * step, meter.beat_quarters / self.parts))
        return found

    def _stretch(self, column: int, place: float) -> tuple[int, Fraction, Fraction]:
        """The stretch in which something lies; `column` says how its place is counted."""
        stretches = self._stretches
        starts = [float(stretch[column]) for stretch in stretches]
        return stretches[bisect.bisect_right(starts, place) - 1]

    def _quarters_of(self, beat: int) -> Fraction:
        """Quarter notes from second 0 to a beat."""
        begin, at, step = self._stretch(0, beat * self.parts)
        return at + (beat * self.parts - begin) * step

    def quarters_of_step(self, index: int) -> tuple[Fraction, Fraction]:
        """Quarter notes from second 0 to one of `beats_s`, and from there to the next."""
        begin, at, step = self._stretch(0, index)
        return at + (index - begin) * step, step

    @property
    def bpm(self) -> float:
        """The usual tempo, in quarter notes a minute."""
        return 60 * float(self.step_quarters) / _usual(self.beats_s)


def _usual(beats_s: Sequence[float]) -> float:
    """The median interval, in seconds."""
    return statistics.median(b - a for a, b in itertools.pairwise(beats_s))


def _lead_in(beats_s: Sequence[float]) -> list[float]:
    """Beats from 0 up to the first one, which is not among them; none when it is too near."""
    first_s = beats_s[0]
    count = max(round(first_s / _usual(beats_s[: _NEIGHBOURS + 1])), int(first_s > _AT_ONCE_S))
    return [first_s * beat / count for beat in range(count)]


def _without_gaps(
    beats_s: Sequence[float], meters: Sequence[tuple[int, Meter]]
) -> tuple[list[float], list[int]]:
    """The beats, with others between those that lie too far apart: it was silent there.

    They make up whole bars, so that the beats after them keep their places in theirs.

    Args:
        meters: beats from which on a time signature holds, and which; rising from 0.

    Returns:
        All beats, and where each of those given is among them.
    """
    usual_s = min(_usual(beats_s), _LONGEST_BEAT_S / 2)
    filled, where = [beats_s[0]], [0]
    begins = [beat for beat, _ in meters]
    for index, (before_s, beat_s) in enumerate(itertools.pairwise(beats_s)):
        gap_s = beat_s - before_s
        parts = 1
        if gap_s > _LONGEST_BEAT_S:
            in_bar = meters[bisect.bisect_right(begins, index) - 1][1].beats
            parts += max(1, round((gap_s / usual_s - 1) / in_bar)) * in_bar
        filled += [before_s + gap_s * part / parts for part in range(1, parts)]
        filled.append(beat_s)
        where.append(len(filled) - 1)
    return filled, where
