"""Beats that were found with their places in bars, as the rhythm that is written."""

from __future__ import annotations

from collections.abc import Sequence

from app.music.rhythm import Meter, Rhythm
from model.beats.beat_evidence import FoundBeat


def rhythm_of_bars(beats: Sequence[FoundBeat], usual: Meter | None = None) -> Rhythm:
    """The rhythm of found beats; a plain steady tempo where there are fewer than two.

    A bar that ends early has a time signature of its own.

    Args:
        usual: the time signature of a rhythm without beats.
    """
    if len(beats) < 2:
        return Rhythm.steady(meter=usual or Meter())
    starts = _starts(beats)
    meter = _meter(beats[0].metre.name)
    if not starts:
        return Rhythm.of_beats([beat.time_s for beat in beats], meter, -beats[0].place)
    changes: list[tuple[int, Meter]] = []
    now = meter
    for start, end in zip(starts, [*starts[1:], None], strict=True):
        meant = _meter(beats[start].metre.name)
        if end is not None and end - start != meant.beats:
            meant = shortened(meant, end - start)
        if meant != now:
            if start == starts[0]:
                meter = meant
            else:
                changes.append((start, meant))
            now = meant
    if starts[0] and _meter(beats[0].metre.name).beat_quarters != meter.beat_quarters:
        # The beats before belong to a bar that was not heard from its beginning.
        changes.insert(0, (starts[0], meter))
        meter = _meter(beats[0].metre.name)
    times = [beat.time_s for beat in beats]
    return Rhythm.of_beats(times, meter, starts[0], changes)


def _starts(beats: Sequence[FoundBeat]) -> list[int]:
    """Indices of beats that begin bars.

    Three eighths alone are no beat but three: such a bar belongs to the one before, or comes
    before the first.
    """
    starts = [index for index, beat in enumerate(beats) if beat.place == 0]
    ends = [*starts[1:], len(beats) + 1] if starts else []
    return [
        start for start, end in zip(starts, ends, strict=True)
        if end - start > 1 or not _meter(beats[start].metre.name).is_compound
    ]


def shortened(meter: Meter, beats: int) -> Meter:
    """The time signature of a bar with fewer beats of the same length."""
    return Meter(beats * 3 if meter.is_compound else beats, meter.denominator)


def _meter(name: str) -> Meter:
    numerator, denominator = name.split("/")
    return Meter(int(numerator), int(denominator))
