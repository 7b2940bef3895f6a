"""Notes as a score in MusicXML, which MuseScore and other notation programs open."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction
from pathlib import Path
from xml.etree.ElementTree import Element

from music21 import (
    bar,
    chord,
    clef,
    duration,
    instrument,
    key,
    layout,
    metadata,
    meter,
    note,
    pitch,
    stream,
    tempo,
    tie,
)
from music21.beam import Beams
from music21.musicxml.m21ToXml import ScoreExporter

from app.exports.export_options import ExportOptions
from app.exports.score.accidentals import Accidentals
from app.exports.score.note_values import Value
from app.exports.score.score_harmony import harmonies, hide_roots_of_none, rehearsal_marks
from app.exports.score.score_layout import Bar, Sign, Staff, notate
from app.exports.score.tablature import staves_with_tablature, write_frets
from app.music.fretting import fret_notes
from app.music.key_finding import Key, estimate_key
from app.music.quantise import AUTO, quantise
from app.music.rhythm import Meter, Rhythm
from app.system.atomic_write import written_beside
from app.system.progress import GoOn, to_the_end
from app.system.readable_text import readable
from model.notes import Note


def write_musicxml(
    notes: Sequence[Note], path: Path, options: ExportOptions, go_on: GoOn = to_the_end
) -> None:
    """Writes a score; see `musicxml`.

    Raises:
        WriteError: the file cannot be written.
    """
    content = musicxml(notes, options, options.title or readable(path.stem), go_on)
    with written_beside(path, go_on) as beside:
        beside.write_bytes(content)


def musicxml(
    notes: Sequence[Note], options: ExportOptions, title: str, go_on: GoOn = to_the_end
) -> bytes:
    """A score: bars of the rhythm's meter, the notes on the grid, one staff or two.

    Without a rhythm the bars are those of a steady tempo of 120. What sounds together is simplified
    to two voices in a staff (see `app.exports.score.score_voices`). Of twenty thousand notes it
    takes ten seconds; `go_on` is called in every bar, and before every staff.
    """
    rhythm = options.rhythm or Rhythm.steady()
    placed = quantise(notes, rhythm, options.grid or AUTO)
    go_on()
    signature = options.key or estimate_key(notes)
    if options.tab is None:
        staves = notate(placed, rhythm, options.split, one_hand=options.one_hand)
    else:
        [staff] = notate(placed, rhythm, None, one_hand=True)
        staves = staves_with_tablature(staff, options.tab)
    player = _PLAYERS["piano" if options.tab is None else options.tab.name]
    score = _score(staves, rhythm, signature, title, player, go_on)
    measures = list(score.parts[0].getElementsByClass(stream.Measure))
    for place, symbol in harmonies(options, rhythm, signature, staves[0].bars):
        measures[place.bar].insert(place.within, symbol)
    for place, mark in rehearsal_marks(options, rhythm, staves[0].bars):
        measures[place.bar].insert(place.within, mark)
    exporter = _Exporter(score, go_on)
    exporter.parse()
    _number_voices(exporter.xmlRoot)
    hide_roots_of_none(exporter.xmlRoot)
    if options.tab is not None:
        frets = fret_notes(placed, options.tab)
        write_frets(exporter.xmlRoot, staves[-1], frets, options.tab)
    go_on()
    content: bytes = exporter.asBytes()
    go_on()
    return content


_CLEFS: dict[str, type[clef.Clef]] = {
    "treble": clef.TrebleClef, "bass": clef.BassClef, "treble8vb": clef.Treble8vbClef,
    "bass8vb": clef.Bass8vbClef, "tab": clef.TabClef,
}
_PLAYERS: dict[str, type[instrument.Instrument]] = {
    "piano": instrument.Piano, "guitar": instrument.AcousticGuitar,
    "bass": instrument.ElectricBass, "ukulele": instrument.Ukulele,
}


class _Exporter(ScoreExporter):
    """Writes the staves one after the other."""

    def __init__(self, score: stream.Score, go_on: GoOn) -> None:
        super().__init__(score, makeNotation=False)
        self._go_on = go_on

    def parsePartlikeScore(self) -> None:
        for part in self.partExporterList:
            self._go_on()
            part.parse()


def _score(
    staves: Sequence[Staff], rhythm: Rhythm, signature: Key, title: str,
    player: type[instrument.Instrument], go_on: GoOn,
) -> stream.Score:
    """The staves as one part, which a brace joins."""
    score = stream.Score()
    score.metadata = metadata.Metadata(title=title, transcriber="Noteglow")
    parts: list[stream.PartStaff] = []
    for number, staff in enumerate(staves, 1):
        part = stream.PartStaff(id=f"P{number}")
        part.append(player())
        measures = list(_measures(staff, signature, go_on))
        if not parts:
            for measure, written in zip(measures, staff.bars, strict=True):
                for place, bpm in _tempi(written, rhythm, is_first=measure is measures[0]):
                    measure.insert(place, _tempo(bpm, rhythm))
        part.append(measures)
        parts.append(part)
        score.insert(0, part)
    if len(parts) > 1:
        score.insert(0, layout.StaffGroup(parts, symbol="brace", name=player().partName))
    return score


def _number_voices(root: Element) -> None:
    """Gives voices the same numbers in every bar: 1 and 2 on the upper staff, 5 and 6 on the lower.

    The library counts them anew in each bar, so that a tie can lead from one number to another.
    """
    for measure in root.iter("measure"):
        found: dict[str, list[str | None]] = {}
        for written in measure.iter("note"):
            staff, voice = written.findtext("staff", "1"), written.find("voice")
            if voice is not None:
                known = found.setdefault(staff, [])
                if voice.text not in known:
                    known.append(voice.text)
                voice.text = str(4 * (int(staff) - 1) + known.index(voice.text) + 1)


def _measures(
    staff: Staff, signature: Key, go_on: GoOn
) -> Iterator[stream.Measure]:
    first = 0 if staff.bars[0].length < staff.bars[0].meter.bar_quarters else 1
    before = None
    beams, accidentals = _Beams(), Accidentals(signature)
    for number, written in enumerate(staff.bars, first):
        go_on()
        measure = stream.Measure(number=number)
        if number == first:
            measure.append(_CLEFS[staff.clef]())
            measure.append(key.KeySignature(signature.fifths))
        if written.meter != before:
            measure.append(meter.TimeSignature(str(written.meter)))
            before = written.meter
        if number == 0:
            measure.paddingLeft = written.meter.bar_quarters - written.length
            measure.showNumber = stream.enums.ShowNumber.NEVER
        _fill(measure, written, signature, beams, accidentals)
        if number - first == len(staff.bars) - 1:
            measure.rightBarline = bar.Barline("final")
        yield measure


class _Beams:
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


def _fill(
    measure: stream.Measure, written: Bar, signature: Key, beaming: _Beams,
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


def _tempi(
    written: Bar, rhythm: Rhythm, *, is_first: bool
) -> Iterator[tuple[Fraction, float]]:
    """Where in a bar a tempo begins that is told, and which; the first bar always has one."""
    within = [(at - written.begin, bpm) for at, bpm in rhythm.tempi]
    if is_first and not any(place == 0 for place, _ in within):
        # What began in the silence that is no part of the score holds on.
        before = [bpm for place, bpm in within if place < 0]
        yield Fraction(0), before[-1] if before else rhythm.bpm
    for place, bpm in within:
        if 0 <= place < written.length:
            yield place, bpm


def _tempo(bpm: float, rhythm: Rhythm) -> tempo.MetronomeMark:
    beat = duration.Duration(rhythm.meter.beat_quarters)
    number = round(bpm / float(rhythm.meter.beat_quarters))
    mark = tempo.MetronomeMark(number=number, referent=beat)
    # The library's own default is all that it declares of its type.
    mark.placement = "above"  # type: ignore[assignment]
    return mark
