"""From notes on a grid to what stands on paper: staves, bars, voices and note values."""

from __future__ import annotations

import bisect
import dataclasses
import itertools
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction

from app.exports.score.note_values import Value, legible, values
from app.exports.score.score_hands import hands
from app.exports.score.score_voices import Chord, voices
from app.music.quantise import PlacedNote
from app.music.rhythm import BarSpan, Meter, Rhythm

# Two staves when so large a share of the notes lies clearly below and clearly above middle C, and
# nine tenths of all notes, the middle ones, span more than a singer does.
_SHARE = 0.08
_SPAN = 24
_CLEARLY_BELOW, _CLEARLY_ABOVE = 56, 64
# The pitch of each clef's middle line, semitones from there to the first ledger line, and from one
# line to the next; as many lines of a quarter note as a change of clef is worth.
_MIDDLE_LINES = {"bass": 50, "treble": 71}
_ON_STAFF, _THIRD, _CHANGE = 10, 3.5, 5.0
# A pickup begins on one of these.
_EIGHTH = Fraction(1, 2)


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
            it, those of a lower one, which fill it as well. No sign at all is a bar of rest.
        begin: quarter notes from second 0 to the bar.
        meter: its time signature.
        clef: "treble" or "bass" where another one than before begins with it.
    """

    length: Fraction
    voices: tuple[tuple[Sign, ...], ...]
    begin: Fraction = Fraction(0)
    meter: Meter = Meter()  # noqa: RUF009
    clef: str | None = None


@dataclass(frozen=True)
class Staff:
    """A staff with its first clef: "treble" or "bass", an octave lower with "8vb", or "tab"."""

    clef: str
    bars: tuple[Bar, ...]


def notate(
    notes: Sequence[PlacedNote], rhythm: Rhythm, split: int | None, *, one_hand: bool = False,
    two_hands: bool = False,
) -> list[Staff]:
    """The staves of a score, the highest first; every one has the same bars, from the first note.

    Args:
        notes: on a grid, without overlaps in a pitch.
        split: the lowest MIDI pitch of the upper staff; None is one staff, or one for each hand
            when the notes reach far to both sides of middle C.
        one_hand: it is one staff in any case.
        two_hands: it is one for each hand in any case.
    """
    begin = min((note.onset for note in notes), default=Fraction(0))
    end = max((note.offset for note in notes), default=Fraction(0))
    # Silence before the music is no part of a score.
    bars = [bar for bar in rhythm.bars(end) if not notes or bar.begin + bar.length > begin]
    if notes and bars:
        bars[0] = bars[0].begun(begin, _EIGHTH)
    has_two = two_hands or reaches_both_sides([note.pitch for note in notes])
    if split is not None or (has_two and not one_hand):
        if split is None:
            upper, lower = hands(notes)
        else:
            upper = [note for note in notes if note.pitch >= split]
            lower = [note for note in notes if note.pitch < split]
        return [
            _with_clefs("treble", _staff(upper, bars)), _with_clefs("bass", _staff(lower, bars)),
        ]
    pitches = sorted(note.pitch for note in notes)
    is_low = bool(pitches) and pitches[len(pitches) // 2] < _CLEARLY_BELOW
    return [Staff("bass" if is_low else "treble", _staff(notes, bars))]


def reaches_both_sides(pitches: Sequence[int]) -> bool:
    """Whether notes of these MIDI pitches need two staves."""
    least = max(1, _SHARE * len(pitches))
    below = sum(pitch <= _CLEARLY_BELOW for pitch in pitches)
    above = sum(pitch >= _CLEARLY_ABOVE for pitch in pitches)
    rising = sorted(pitches)
    edge = len(rising) // 20
    is_wide = bool(rising) and rising[-1 - edge] - rising[edge] >= _SPAN
    return is_wide and min(below, above) >= least


def _staff(notes: Sequence[PlacedNote], bars: Sequence[BarSpan]) -> tuple[Bar, ...]:
    upper, lower = voices(notes)
    in_upper, in_lower = _by_bar(upper, bars), _by_bar(lower, bars)
    made = []
    for bar, above, below in zip(bars, in_upper, in_lower, strict=True):
        if not above and not below:
            made.append(Bar(bar.length, (), begin=bar.begin, meter=bar.meter))
            continue
        written = tuple(_written(voice, bar) for voice in (above, below) if voice)
        made.append(Bar(bar.length, written, begin=bar.begin, meter=bar.meter))
    return tuple(made)


def _with_clefs(usual: str, bars: Sequence[Bar]) -> Staff:
    """A hand's staff, in the other clef where it stays for long on the other's lines: the fewest
    ledger lines and changes."""
    ways: dict[str, tuple[float, tuple[str, ...]]] = {
        clef: (_CHANGE * (clef != usual), ()) for clef in _MIDDLE_LINES
    }
    for bar in bars:
        ways = {
            clef: min(
                (cost + _ledger_lines(bar, clef) + _CHANGE * (before != clef), (*way, clef))
                for before, (cost, way) in ways.items()
            )
            for clef in _MIDDLE_LINES
        }
    clefs = min(ways.values())[1]
    changed = [
        dataclasses.replace(bar, clef=clef if clef != before else None)
        for bar, before, clef in zip(bars, (clefs[0], *clefs), clefs, strict=False)
    ]
    return Staff(clefs[0], tuple(changed))


def _ledger_lines(bar: Bar, clef: str) -> float:
    """How many lines the notes of a bar have beyond the first, which is easily read, for how many
    quarter notes."""
    lines = 0.0
    for sign in itertools.chain.from_iterable(bar.voices):
        if sign.pitches:
            away = max(abs(pitch - _MIDDLE_LINES[clef]) for pitch in sign.pitches)
            lines += max(0.0, (away - _ON_STAFF) / _THIRD) * float(sign.value.length)
    return lines


def _by_bar(
    chords: Iterable[Chord], bars: Sequence[BarSpan]
) -> list[list[Chord]]:
    """For every bar the chords that sound in it."""
    found: list[list[Chord]] = [[] for _ in bars]
    ends = [bar.begin + bar.length for bar in bars]
    for chord in chords:
        index = bisect.bisect_right(ends, chord.onset)
        while index < len(bars) and bars[index].begin < chord.offset:
            found[index].append(chord)
            index += 1
    return found


def _written(chords: Sequence[Chord], bar: BarSpan) -> tuple[Sign, ...]:
    """A voice's signs in one bar, rests filled in."""
    begin, end, meter = bar.begin, bar.begin + bar.length, bar.meter
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
    played = sorted({place + shift for span in spans for place in span[:2]})
    places = sorted({legible(place, played, meter) for place in played})
    signs: list[Sign] = []
    for first, last, chord in spans:
        parts = values(
            legible(first + shift, played, meter), legible(last + shift, played, meter),
            places, meter, is_rest=chord is None,
        )
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
