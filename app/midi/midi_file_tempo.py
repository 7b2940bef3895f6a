"""The beats that a MIDI file has of its own: its tempi, time signature and key."""

from __future__ import annotations

import bisect
import itertools
from dataclasses import dataclass
from fractions import Fraction

from app.music.key_finding import Key
from app.music.rhythm import Meter, Rhythm

# Into how many parts a beat is divided so that changes of tempo fall between two of them. A tempo
# that changes anywhere else is averaged over the finest ones.
_PARTS = (1, 2, 3, 4, 6, 8, 12, 24)
# More moments than these are no music, and would only fill the memory.
_MOST_MOMENTS = 300_000
_EIGHTH = Fraction(1, 2)


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
    """

    tempi: tuple[tuple[Fraction, int], ...]
    end: Fraction
    meter: Meter | None = None
    bar: Fraction = Fraction(0)
    key: Key | None = None

    @property
    def is_sensible(self) -> bool:
        """Whether a rhythm can be made of it."""
        return self.end <= _MOST_MOMENTS and all(tempo > 0 for _, tempo in self.tempi)

    def rhythm(self, meter: Meter | None = None) -> Rhythm:
        """The rhythm of the file.

        Args:
            meter: takes the place of the file's time signature; None is the latter, or 4/4, which
                the standard assumes of a file without one.
        """
        meter = meter or self.meter or Meter()
        parts = self._parts(meter)
        step = meter.beat_quarters / parts
        starts = [begin for begin, _ in self.tempi]
        starts_s = list(itertools.accumulate(
            (float(after - begin) * tempo / 1e6
             for (begin, tempo), after in zip(self.tempi, starts[1:], strict=False)),
            initial=0.0,
        ))  # fmt: skip
        moments_s = []
        for number in range(max(2, int(self.end / step) + 2)):
            place = number * step
            index = bisect.bisect_right(starts, place) - 1
            begin, tempo = self.tempi[index]
            moments_s.append(starts_s[index] + float(place - begin) * tempo / 1e6)
        pickup = round(self.bar / meter.beat_quarters) % meter.beats
        return Rhythm(tuple(moments_s), meter, pickup, parts, self._told(meter))

    def _parts(self, meter: Meter) -> int:
        beat = meter.beat_quarters
        fitting = [parts for parts in _PARTS if self.end * parts / beat <= _MOST_MOMENTS] or [1]
        return next(
            (parts for parts in fitting
             if all((begin * parts / beat).denominator == 1 for begin, _ in self.tempi)),
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


def writable_meter(numerator: int, denominator: int) -> Meter | None:
    """The time signature, where bars of it can be written; 7/8 and the like cannot."""
    is_simple = denominator in (2, 4)
    is_compound = denominator == 8 and numerator % 3 == 0
    if 1 <= numerator <= 12 and (is_simple or is_compound):
        return Meter(numerator, denominator)
    return None
