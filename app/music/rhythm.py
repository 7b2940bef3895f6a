"""Beats in time: what makes seconds into bars and beats."""

from __future__ import annotations

import bisect
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
        """Whether a beat has three parts."""
        return self.denominator == 8

    @property
    def beat_quarters(self) -> Fraction:
        """How long a beat is, in quarter notes."""
        return Fraction(3, 2) if self.is_compound else Fraction(4, self.denominator)

    @property
    def beats(self) -> int:
        """Beats in a bar."""
        return self.numerator // 3 if self.is_compound else self.numerator

    @property
    def bar_quarters(self) -> Fraction:
        """How long a bar is, in quarter notes."""
        return self.beats * self.beat_quarters


METERS = (
    Meter(2, 4), Meter(3, 4), Meter(4, 4), Meter(5, 4), Meter(2, 2),
    Meter(6, 8), Meter(9, 8), Meter(12, 8),
)


@dataclass(frozen=True)
class Rhythm:
    """The beats of a recording from second 0 on, which is the first beat, and how they form bars.

    Attributes:
        beats_s: seconds of every beat, the first 0; two or more, each later than the one before.
        meter: the time signature.
        pickup: beats before the first full bar, fewer than a bar has.
        parts: where tempi change within beats, so many moments of every beat are in `beats_s`.
        tempi: quarter notes from second 0, and quarter notes a minute from there on, which a score
            tells; none is the usual tempo, at the beginning.
    """

    beats_s: tuple[float, ...]
    meter: Meter = Meter()
    pickup: int = 0
    parts: int = 1
    tempi: tuple[tuple[Fraction, float], ...] = ()

    def __post_init__(self) -> None:
        """Raises: ValueError: the beats or the pickup are not as described."""
        pairs = itertools.pairwise(self.beats_s)
        if len(self.beats_s) < 2 or self.beats_s[0] != 0 or any(a >= b for a, b in pairs):
            raise ValueError("the beats must begin at 0 and rise")
        if not 0 <= self.pickup < self.meter.beats:
            raise ValueError(f"a pickup of {self.pickup} beats does not fit into {self.meter}")

    @classmethod
    def steady(cls, bpm: float = PLAIN_BPM, meter: Meter = Meter()) -> Rhythm:
        """One tempo from the start; `bpm` counts quarter notes."""
        return cls((0.0, 60 / bpm * float(meter.beat_quarters)), meter)

    @classmethod
    def of_beats(
        cls, beats_s: Sequence[float], meter: Meter = Meter(), downbeat: int = 0
    ) -> Rhythm:
        """The rhythm of beats as they were heard; a steady one when there are fewer than two.

        Second 0 becomes a beat as well, so that a MIDI file's first tick is the recording's first
        sample: beats of about the length of the first ones lead up to the first. One that comes
        sooner than half a beat after 0 is moved there.

        Args:
            beats_s: seconds, rising.
            downbeat: index in `beats_s` of one that begins a bar.
        """
        if len(beats_s) < 2:
            return cls.steady(meter=meter)
        lead = _lead_in(beats_s)
        times = _without_gaps([*lead, *(beats_s if lead else [0.0, *beats_s[1:]])])
        return cls(tuple(times), meter, (downbeat + len(lead)) % meter.beats)

    @property
    def step_quarters(self) -> Fraction:
        """How far one of `beats_s` is from the next, in quarter notes."""
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
        beat = bisect.bisect_right(self.beats_s, seconds) - 1
        beats = beat + (seconds - self.beats_s[beat]) / self.interval_s(beat)
        return beats * float(self.step_quarters)

    def seconds_at(self, quarters: float) -> float:
        """The moment that lies so many quarter notes after second 0."""
        beats = max(0.0, quarters / float(self.step_quarters))
        beat = min(int(beats), len(self.beats_s) - 1)
        return self.beats_s[beat] + (beats - beat) * self.interval_s(beat)

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
    count = round(first_s / _usual(beats_s[: _NEIGHBOURS + 1]))
    return [first_s * beat / count for beat in range(count)]


def _without_gaps(beats_s: Sequence[float]) -> list[float]:
    """The beats, with others between those that lie too far apart: it was silent there."""
    usual_s = min(_usual(beats_s), _LONGEST_BEAT_S / 2)
    filled = [beats_s[0]]
    for before_s, beat_s in itertools.pairwise(beats_s):
        gap_s = beat_s - before_s
        parts = round(gap_s / usual_s) if gap_s > _LONGEST_BEAT_S else 1
        filled += [before_s + gap_s * part / parts for part in range(1, parts)]
        filled.append(beat_s)
    return filled
