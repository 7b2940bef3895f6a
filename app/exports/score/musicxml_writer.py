"""Notes as a score in MusicXML, which MuseScore and other notation programs open."""

from __future__ import annotations

import copy
import dataclasses
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from xml.etree.ElementTree import Element

from music21 import (
    bar,
    clef,
    duration,
    instrument,
    key,
    layout,
    metadata,
    meter,
    stream,
    tempo,
)
from music21.musicxml.m21ToXml import ScoreExporter

from app.exports.export_options import ExportOptions
from app.exports.score.accidentals import Accidentals
from app.exports.score.bar_writer import Beaming, fill_bar
from app.exports.score.score_harmony import harmonies, hide_roots_of_none, rehearsal_marks
from app.exports.score.score_layout import Bar, Staff, notate
from app.exports.score.tablature import staves_with_tablature, write_frets
from app.exports.score.transposition import transposed_key, write_transposition
from app.exports.score.written_notes import WrittenNote, number_notes
from app.music.fretting import fret_notes
from app.music.instruments import ANY, PIANO
from app.music.key_finding import Key, estimate_key
from app.music.quantise import AUTO, quantise
from app.music.rhythm import Rhythm
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


@dataclass(frozen=True)
class WrittenScore:
    """A score in MusicXML.

    Attributes:
        content: the file.
        notes: what stands in it, in the file's order.
    """

    content: bytes
    notes: tuple[WrittenNote, ...]


def musicxml(
    notes: Sequence[Note], options: ExportOptions, title: str, go_on: GoOn = to_the_end
) -> bytes:
    """The file of a score; see `write_score`."""
    return write_score(notes, options, title, go_on).content


def write_score(
    notes: Sequence[Note], options: ExportOptions, title: str, go_on: GoOn = to_the_end
) -> WrittenScore:
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
        part = options.part
        placed = [dataclasses.replace(note, pitch=note.pitch + part.transposition)
                  for note in placed]
        signature = transposed_key(signature, part.transposition)
        staves = notate(
            placed, rhythm, options.split, one_hand=options.one_hand or part.is_monophonic,
            two_hands=options.two_hands,
        )
        player: instrument.Instrument = instrument.Piano()
        if part not in (ANY, PIANO):
            player.partName = part.name
    else:
        [staff] = notate(placed, rhythm, None, one_hand=True)
        staves = staves_with_tablature(staff, options.tab)
        player = _PLAYERS[options.tab.name]()
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
    written = tuple(number_notes(exporter.xmlRoot, staves, placed))
    if options.tab is not None:
        frets = fret_notes(placed, options.tab)
        write_frets(exporter.xmlRoot, staves[-1], placed, frets, options.tab)
    else:
        write_transposition(exporter.xmlRoot, options.part.transposition)
    go_on()
    content: bytes = exporter.asBytes()
    go_on()
    return WrittenScore(content, written)


_CLEFS: dict[str, type[clef.Clef]] = {
    "treble": clef.TrebleClef, "bass": clef.BassClef, "treble8vb": clef.Treble8vbClef,
    "bass8vb": clef.Bass8vbClef, "tab": clef.TabClef,
}
_PLAYERS: dict[str, type[instrument.Instrument]] = {
    "guitar": instrument.AcousticGuitar, "bass": instrument.ElectricBass,
    "ukulele": instrument.Ukulele,
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
    player: instrument.Instrument, go_on: GoOn,
) -> stream.Score:
    """The staves as one part, which a brace joins."""
    score = stream.Score()
    score.metadata = metadata.Metadata(title=title, transcriber="Noteglow")
    parts: list[stream.PartStaff] = []
    for number, staff in enumerate(staves, 1):
        part = stream.PartStaff(id=f"P{number}")
        part.append(copy.deepcopy(player))
        measures = list(_measures(staff, signature, go_on))
        if not parts:
            for measure, written in zip(measures, staff.bars, strict=True):
                for place, bpm in _tempi(written, rhythm, is_first=measure is measures[0]):
                    measure.insert(place, _tempo(bpm, rhythm))
        part.append(measures)
        parts.append(part)
        score.insert(0, part)
    if len(parts) > 1:
        score.insert(0, layout.StaffGroup(parts, symbol="brace", name=player.partName))
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
    beams, accidentals = Beaming(), Accidentals(signature)
    for number, written in enumerate(staff.bars, first):
        go_on()
        measure = stream.Measure(number=number)
        if number == first:
            measure.append(_CLEFS[staff.clef]())
            measure.append(key.KeySignature(signature.fifths))
        elif written.clef is not None:
            measure.append(_CLEFS[written.clef]())
        if written.meter != before:
            measure.append(meter.TimeSignature(str(written.meter)))
            before = written.meter
        if number == 0:
            measure.paddingLeft = written.meter.bar_quarters - written.length
            measure.showNumber = stream.enums.ShowNumber.NEVER
        fill_bar(measure, written, signature, beams, accidentals)
        if number - first == len(staff.bars) - 1:
            measure.rightBarline = bar.Barline("final")
        yield measure


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
