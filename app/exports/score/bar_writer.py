"""A bar of a staff in music21's words: voices, notes and rests, beams, ties."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

from music21 import chord, duration, meter, note, pitch, stream, tie
from music21.beam import Beams

from app.exports.score.accidentals import Accidentals
from app.exports.score.note_values import Value
from app.exports.score.score_layout import Bar, Sign
from app.music.key_finding import Key
from app.music.rhythm import Meter


class Beaming:
    """Beams as the time signatures have them. Rhythms come again and again, and to find their
    beams is slow."""

    def __init__(self) -> None:
        self._meters: dict[Meter, meter.TimeSignature] = {}
        self._found: dict[tuple[Meter, Fraction, tuple[object, ...]], list[Beams | None]] = {}

    def of(
        self, signs: Sequence[Sign], generals: Sequence[note.GeneralNote], written: Bar
    ) -> list[Beams | None]:
        """The beams of each of a voice's signs, which are these in the library's words."""
        missing = written.meter.bar_quarters - written.length
        rhythm = tuple((sign.value, bool(sign.pitches)) for sign in signs)
        known = self._found.get((written.meter, missing, rhythm))
        if known is None:
            beaming = self._meters.setdefault(
                written.meter, meter.TimeSignature(str(written.meter))
            )
            known = beaming.getBeams(generals, measureStartOffset=missing)
            self._found[written.meter, missing, rhythm] = known
        return known


class _SortedChord(chord.Chord):
    """A chord whose pitches rise already: the library would sort a copy of every one."""

    def sortAscending(self, *, inPlace: bool = False) -> _SortedChord:
        return self


def fill_bar(
    measure: stream.Measure, written: Bar, signature: Key, beaming: Beaming,
    accidentals: Accidentals,
) -> None:
    """Writes the voices of a bar, with beams as the time signature has them."""
    accidentals.begin_bar()
    if not written.voices:
        rest = note.Rest(quarterLength=written.length)
        rest.fullMeasure = True
        measure.insert(0, rest)
        return
    heads: list[tuple[Fraction, int, note.NotRest]] = []
    for number, signs in enumerate(written.voices, 1):
        is_lower = number == 2
        place: stream.Stream[note.GeneralNote] = measure
        if len(written.voices) > 1:
            place = stream.Voice(id=str(number))
            measure.insert(0, place)
        generals = [_general_note(sign, signature) for sign in signs]
        all_beams = beaming.of(signs, generals, written)
        now = Fraction(0)
        for sign, general, beams in zip(signs, generals, all_beams, strict=True):
            if isinstance(general, note.NotRest):
                if beams is not None:
                    general.beams = beams
                if len(written.voices) > 1:
                    general.stemDirection = "down" if is_lower else "up"
                # A tie holds the accidental of where it comes from.
                if sign.continues:
                    accidentals.hide(general)
                else:
                    heads.append((now, number, general))
            elif is_lower:
                # Its silence says nothing that the first voice does not.
                general.style.hideObjectOnPrint = True
            place.insert(now, general)
            now += sign.value.length
    accidentals.write(general for _, _, general in sorted(heads, key=lambda head: head[:2]))


def _general_note(sign: Sign, signature: Key) -> note.GeneralNote:
    length = _duration(sign.value)
    if not sign.pitches:
        return note.Rest(duration=length)
    heads = [_pitch(signature, midi_pitch) for midi_pitch in sign.pitches]
    written: note.NotRest = note.Note(heads[0]) if len(heads) == 1 else _SortedChord(heads)
    written.duration = length
    if sign.goes_on or sign.continues:
        ties = {(True, False): "start", (True, True): "continue", (False, True): "stop"}
        written.tie = tie.Tie(ties[sign.goes_on, sign.continues])
    return written


def _pitch(signature: Key, midi_pitch: int) -> pitch.Pitch:
    step, alteration, octave = signature.spell(midi_pitch)
    name = step + "#" * alteration + "-" * -alteration
    return pitch.Pitch(name, octave=octave)


def _duration(value: Value) -> duration.Duration:
    length = duration.Duration(type=value.kind, dots=value.dots)
    if value.is_triplet:
        bracket = duration.Tuplet(3, 2, "eighth")
        bracket.type = value.bracket
        length.appendTuplet(bracket)
    return length
