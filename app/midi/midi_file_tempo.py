"""The beats that a MIDI file has of its own: its tempi, time signature and key."""

from __future__ import annotations

import bisect
import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from app.music.bar_rhythm import shortened
from app.music.key_finding import Key
from app.music.rhythm import Meter, Rhythm

# Into how many parts a beat is divided so that changes of tempo fall between two of them. A tempo
# that changes anywhere else is averaged over the finest ones.
_PARTS = (1, 2, 3, 4, 6, 8, 12, 24)
# More moments than these are no music, and would only fill the memory.
_MOST_MOMENTS = 300_000
_EIGHTH = Fraction(1, 2)
# Of a bar that can be written.
_MOST_BEATS = 15


@dataclass(frozen=True)
class MidiFileTempo:
    """What a standard MIDI file says of tempo, bars and key.

    Attributes:
        tempi: quarter notes from the file's beginning, rising, the first 0, and the tempo from
            there on in microseconds for a quarter note, greater than 0.
        end: quarter notes to the last event.
        meter: the time signature that lasts longest; None where none can be written.
        bar: quarter notes to a bar line of this meter.
        key: the key signature that lasts longest; None where there is none.
        meters: every time signature, and quarter notes to where it begins, rising, the first 0;
            none where one of them cannot be written.
    """

    tempi: tuple[tuple[Fraction, int], ...]
    end: Fraction
    meter: Meter | None = None
    bar: Fraction = Fraction(0)
    key: Key | None = None
    meters: tuple[tuple[Fraction, Meter], ...] = ()

    @property
    def is_sensible(self) -> bool:
        """Whether a rhythm can be made of it."""
        return self.end <= _MOST_MOMENTS and all(tempo > 0 for _, tempo in self.tempi)

    def rhythm(self, meter: Meter | None = None) -> Rhythm:
        """The rhythm of the file.

        Args:
            meter: takes the place of the file's time signatures; None is these, or 4/4, which the
                standard assumes of a file without one.
        """
        stretches = self._stretches() if meter is None else []
        if stretches:
            # A bar that is shorter than those after it comes before the first full one.
            (begin, short), *others = stretches
            is_pickup = bool(others) and _is_pickup(short, others[0][0] - begin, others[0][1])
            pickup = int(others[0][0] / others[0][1].beat_quarters) if is_pickup else 0
            if is_pickup:
                stretches = [(Fraction(0), others[0][1]), *others[1:]]
        else:
            meter = meter or self.meter or Meter()
            stretches = [(Fraction(0), meter)]
            pickup = round(self.bar / meter.beat_quarters) % meter.beats
        parts = self._parts(stretches)
        moments_s, changes = self._moments(stretches, parts, pickup)
        meter = stretches[0][1]
        return Rhythm(
            tuple(moments_s), meter, pickup, parts, self._told(meter), tuple(changes)
        )

    def _stretches(self) -> list[tuple[Fraction, Meter]]:
        """Where a time signature begins; none where bars and beats of one do not come out even."""
        if len(self.meters) < 2:
            return []
        ends = [begin for begin, _ in self.meters[1:]]
        for (begin, meter), end in zip(self.meters, ends, strict=False):
            if (end - begin) % meter.beat_quarters:
                return []
        return list(self.meters)

    def _moments(
        self, stretches: Sequence[tuple[Fraction, Meter]], parts: int, pickup: int
    ) -> tuple[list[float], list[tuple[int, Meter]]]:
        """When every part of every beat begins, and at which beats the time signature changes."""
        starts = [begin for begin, _ in self.tempi]
        starts_s = list(itertools.accumulate(
            (float(after - begin) * tempo / 1e6
             for (begin, tempo), after in zip(self.tempi, starts[1:], strict=False)),
            initial=0.0,
        ))  # fmt: skip
        moments_s: list[float] = []
        changes: list[tuple[int, Meter]] = []
        ends = [*(begin for begin, _ in stretches[1:]), None]
        now = stretches[0][1]
        for (begin, meter), end in zip(stretches, ends, strict=True):
            step = meter.beat_quarters / parts
            beat = len(moments_s) // parts
            if meter != now:
                changes.append((beat, meter))
                now = meter
            count = max(2, int((self.end - begin) / step) + 2)
            if end is not None:
                count = round((end - begin) / step)
                # The last bar may end early.
                left = (count // parts - (pickup if beat == 0 else 0)) % meter.beats
                if left:
                    now = shortened(meter, left)
                    changes.append((beat + count // parts - left, now))
            for number in range(count):
                place = begin + number * step
                index = bisect.bisect_right(starts, place) - 1
                since, tempo = self.tempi[index]
                moments_s.append(starts_s[index] + float(place - since) * tempo / 1e6)
        return moments_s, changes

    def _parts(self, stretches: Sequence[tuple[Fraction, Meter]]) -> int:
        """Into how many parts beats are divided."""
        shortest = min(meter.beat_quarters for _, meter in stretches)
        fitting = [parts for parts in _PARTS if self.end * parts / shortest <= _MOST_MOMENTS] or [1]
        begins = [begin for begin, _ in stretches]

        def is_even(at: Fraction, parts: int) -> bool:
            begin, meter = stretches[bisect.bisect_right(begins, at) - 1]
            return ((at - begin) * parts / meter.beat_quarters).denominator == 1

        return next(
            (parts for parts in fitting if all(is_even(at, parts) for at, _ in self.tempi)),
            fitting[-1],
        )

    def _told(self, meter: Meter) -> tuple[tuple[Fraction, float], ...]:
        """The tempi that hold for a bar or longer: what lies between leads from one to the next."""
        ends = [*(begin for begin, _ in self.tempi[1:]), self.end]
        return tuple(
            (Fraction(round(begin / _EIGHTH)) * _EIGHTH, 60e6 / tempo)
            for (begin, tempo), end in zip(self.tempi, ends, strict=True)
            if end - begin >= meter.bar_quarters
        )


def _is_pickup(meter: Meter, length: Fraction, following: Meter) -> bool:
    """Whether music of so many quarter notes is a bar that begins late."""
    # One beat of 6/8 stands alone as 3/8, whose own beats are eighth notes.
    is_alike = meter.denominator == following.denominator
    is_even = length % following.beat_quarters == 0
    return is_alike and is_even and length == meter.bar_quarters < following.bar_quarters


def writable_meter(numerator: int, denominator: int) -> Meter | None:
    """The time signature, where bars of it can be written; 11/16 and the like cannot."""
    if 1 <= numerator <= _MOST_BEATS and denominator in (2, 4, 8):
        return Meter(numerator, denominator)
    return None
