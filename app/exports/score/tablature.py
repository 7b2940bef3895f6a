"""Tablature in MusicXML: a staff with a line for each string, and the frets of its notes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction
from xml.etree.ElementTree import Element, SubElement

from app.exports.score.score_layout import Staff
from app.exports.score.written_notes import NoteOnsets, elements_of
from app.music.fretting import Fret, FrettedInstrument
from app.music.note_naming import NoteNaming
from app.music.quantise import PlacedNote

# Of the staff above the tablature, whose notes sound an octave lower than they stand.
CLEFS = {"guitar": "treble8vb", "bass": "bass8vb", "ukulele": "treble"}


def staves_with_tablature(staff: Staff, instrument: FrettedInstrument) -> list[Staff]:
    """The same music on a staff of the instrument's clef, and in tablature below."""
    return [Staff(CLEFS[instrument.name], staff.bars), Staff("tab", staff.bars)]


def write_frets(
    root: Element, staff: Staff, placed: Sequence[PlacedNote],
    frets: Mapping[tuple[int, Fraction], Fret], instrument: FrettedInstrument,
) -> None:
    """Writes the strings' tuning and the notes' frets into a score's second staff.

    What cannot be fretted is left out there.

    Args:
        root: of the score, whose second staff is the tablature of `staff`.
        placed: its notes.
        frets: by pitch and onset.
    """
    measure = next(root.iter("measure"), None)
    if measure is not None:
        _write_tuning(measure, instrument)
    measures = {note: measure for measure in root.iter("measure") for note in measure.iter("note")}
    for element, _, note in list(elements_of(root, 2, staff, NoteOnsets(placed))):
        place = frets.get((note.pitch, note.onset))
        if place is not None:
            _write_fret(element, place)
        else:
            _leave_out(element, measures[element])


def _write_fret(note: Element, place: Fret) -> None:
    notations = note.find("notations")
    if notations is None:
        notations = Element("notations")
        # The order of a note's parts is given: only lyrics come after these.
        note.append(notations)
    technical = SubElement(notations, "technical")
    SubElement(technical, "string").text = str(place.string)
    SubElement(technical, "fret").text = str(place.fret)


def _leave_out(note: Element, measure: Element) -> None:
    """Takes a note out of its chord, or makes it a rest that is not seen."""
    index = list(measure).index(note)
    following = measure[index + 1] if index + 1 < len(measure) else None
    if note.find("chord") is not None:
        measure.remove(note)
        return
    chord = None if following is None else following.find("chord")
    if following is not None and chord is not None:
        # What follows is the chord's first note now, and carries the beams.
        following.remove(chord)
        before = [child.tag for child in following].index("staff") + 1
        for beam in reversed(note.findall("beam")):
            following.insert(before, beam)
        measure.remove(note)
        return
    _unbeam(note, measure)
    for child in list(note):
        if child.tag == "pitch":
            child.clear()
            child.tag = "rest"
        elif child.tag in ("tie", "accidental", "stem", "notehead", "beam", "notations"):
            note.remove(child)
    note.set("print-object", "no")
    note.attrib.pop("id", None)


def _unbeam(note: Element, measure: Element) -> None:
    """Gives flags to the notes of a beam that one of them leaves."""
    if note.find("beam") is None:
        return
    voice = [
        other for other in measure.findall("note")
        if other.find("beam") is not None
        and (other.findtext("staff"), other.findtext("voice"))
        == (note.findtext("staff"), note.findtext("voice"))
    ]
    first = last = voice.index(note)
    while first > 0 and voice[first].findtext("beam") != "begin":
        first -= 1
    while last + 1 < len(voice) and voice[last].findtext("beam") != "end":
        last += 1
    for other in voice[first : last + 1]:
        for beam in other.findall("beam"):
            other.remove(beam)


def _write_tuning(measure: Element, instrument: FrettedInstrument) -> None:
    attributes = measure.find("attributes")
    if attributes is None:
        return
    details = Element("staff-details", {"number": "2"})
    n_strings = len(instrument.strings)
    SubElement(details, "staff-lines").text = str(n_strings)
    naming = NoteNaming()
    # Lines are counted from the lowest, which is the last string.
    for line, pitch in enumerate(reversed(instrument.strings), 1):
        base, sign, octave = naming.parts(pitch)
        tuning = SubElement(details, "staff-tuning", {"line": str(line)})
        SubElement(tuning, "tuning-step").text = base
        if sign:
            SubElement(tuning, "tuning-alter").text = "1"
        SubElement(tuning, "tuning-octave").text = str(octave)
    if instrument.capo:
        SubElement(details, "capo").text = str(instrument.capo)
    # After the clefs, before transpositions and what else may follow.
    clefs = [index for index, child in enumerate(attributes) if child.tag == "clef"]
    attributes.insert(clefs[-1] + 1 if clefs else len(attributes), details)
