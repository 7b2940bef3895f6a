"""From notes on a grid to what stands on paper: staves, bars, voices and note values."""

from __future__ import annotations

import bisect
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction

from app.exports.note_values import Value, values
from app.exports.score_voices import Chord, voices
from app.music.quantise import PlacedNote
from app.music.rhythm import Meter, Rhythm

# Two staves when so large a share of the notes lies clearly below and clearly above middle C, and
# nine tenths of all notes, the middle ones, span more than a singer does.
_SHARE = 0.08
_SPAN = 24
_CLEARLY_BELOW, MIDDLE_C, _CLEARLY_ABOVE = 56, 60, 64


@dataclass(frozen=True)
class Sign:
    """A written note, chord or rest.

    Attributes:
        value: its note value.
        pitches: MIDI pitches; none is a rest.
        goes_on: whether it is tied to the next sign.
        continues: whether it is tied to the one before.
    """

    value: Value
    pitches: tuple[int, ...] = ()
    goes_on: bool = False
    continues: bool = False


@dataclass(frozen=True)
class Bar:
    """One bar of a staff.

    Attributes:
        length: in quarter notes; a pickup is shorter than the meter's bar.
        voices: the signs of the first voice, which fill the bar, and where notes are held against
            it, those of a second one, which fill it as well. No sign at all is a bar of rest.
        held_above: whether the second voice is the higher one.
        begin: quarter notes from second 0 to the bar.
    """

    length: Fraction
    voices: tuple[tuple[Sign, ...], ...]
    held_above: bool = False
    begin: Fraction = Fraction(0)


@dataclass(frozen=True)
class Staff:
    """A staff with its clef, "treble" or "bass"."""

    clef: str
    bars: tuple[Bar, ...]


def notate(
    notes: Sequence[PlacedNote], rhythm: Rhythm, split: int | None, *, one_hand: bool = False
) -> list[Staff]:
    """The staves of a score, the highest first; every one has the same bars, from the first note.

    Args:
        notes: on a grid, without overlaps in a pitch.
        split: the lowest MIDI pitch of the upper staff; None is one staff, or two that meet at
            middle C when the notes reach far to both sides of it.
        one_hand: it is one staff in any case.
    """
    begin = min((note.onset for note in notes), default=Fraction(0))
    end = max((note.offset for note in notes), default=Fraction(0))
    # Silence before the music is no part of a score.
    bars = [bar for bar in _bars(end, rhythm) if not notes or bar[1] > begin]
    if split is None and not one_hand and _reaches_both_sides(notes):
        split = MIDDLE_C
    if split is not None:
        upper = [note for note in notes if note.pitch >= split]
        lower = [note for note in notes if note.pitch < split]
        return [
            Staff("treble", _staff(upper, bars, rhythm.meter)),
            Staff("bass", _staff(lower, bars, rhythm.meter)),
        ]
    pitches = sorted(note.pitch for note in notes)
    is_low = bool(pitches) and pitches[len(pitches) // 2] < _CLEARLY_BELOW
    return [Staff("bass" if is_low else "treble", _staff(notes, bars, rhythm.meter))]


def _reaches_both_sides(notes: Sequence[PlacedNote]) -> bool:
    least = max(1, _SHARE * len(notes))
    below = sum(note.pitch <= _CLEARLY_BELOW for note in notes)
    above = sum(note.pitch >= _CLEARLY_ABOVE for note in notes)
    pitches = sorted(note.pitch for note in notes)
    edge = len(pitches) // 20
    is_wide = bool(pitches) and pitches[-1 - edge] - pitches[edge] >= _SPAN
    return is_wide and min(below, above) >= least


def _bars(end: Fraction, rhythm: Rhythm) -> list[tuple[Fraction, Fraction]]:
    """Beginning and end of every bar up to the last note's end, at least one full bar."""
    bar, pickup = rhythm.meter.bar_quarters, rhythm.pickup_quarters
    bars = [(Fraction(0), pickup)] if pickup else []
    begin = pickup
    while begin < end or begin == pickup:
        bars.append((begin, begin + bar))
        begin += bar
    return bars


def _staff(
    notes: Sequence[PlacedNote], bars: Sequence[tuple[Fraction, Fraction]], meter: Meter
) -> tuple[Bar, ...]:
    main, held = voices(notes)
    in_main, in_held = _by_bar(main, bars), _by_bar(held, bars)
    made = []
    for (begin, end), moving, long in zip(bars, in_main, in_held, strict=True):
        if not moving and not long:
            made.append(Bar(end - begin, (), begin=begin))
            continue
        written = [_written(moving, begin, end, meter)]
        if long:
            written.append(_written(long, begin, end, meter))
        above = bool(long) and bool(moving) and _middle(long) > _middle(moving)
        made.append(Bar(end - begin, tuple(written), above, begin))
    return tuple(made)


def _middle(chords: Iterable[Chord]) -> float:
    pitches = [pitch for chord in chords for pitch in chord.pitches]
    return sum(pitches) / len(pitches)


def _by_bar(
    chords: Iterable[Chord], bars: Sequence[tuple[Fraction, Fraction]]
) -> list[list[Chord]]:
    """For every bar the chords that sound in it."""
    found: list[list[Chord]] = [[] for _ in bars]
    ends = [end for _, end in bars]
    for chord in chords:
        index = bisect.bisect_right(ends, chord.onset)
        while index < len(bars) and bars[index][0] < chord.offset:
            found[index].append(chord)
            index += 1
    return found


def _written(
    chords: Sequence[Chord], begin: Fraction, end: Fraction, meter: Meter
) -> tuple[Sign, ...]:
    """A voice's signs in one bar, rests filled in."""
    spans: list[tuple[Fraction, Fraction, Chord | None]] = []
    now = begin
    for sounding in chords:
        first, last = max(sounding.onset, begin), min(sounding.offset, end)
        if first > now:
            spans.append((now, first, None))
        spans.append((first, last, sounding))
        now = last
    if now < end:
        spans.append((now, end, None))
    # A pickup ends where a bar would: its beats are the last ones.
    shift = meter.bar_quarters - (end - begin) - begin
    places = sorted({place + shift for span in spans for place in span[:2]})
    signs: list[Sign] = []
    for first, last, chord in spans:
        parts = values(first + shift, last + shift, places, meter, is_rest=chord is None)
        if chord is None:
            signs += [Sign(value) for value in parts]
            continue
        for index, value in enumerate(parts):
            signs.append(
                Sign(
                    value, chord.pitches,
                    goes_on=index + 1 < len(parts) or last < chord.offset,
                    continues=index > 0 or first > chord.onset,
                )
            )
    return tuple(signs)
