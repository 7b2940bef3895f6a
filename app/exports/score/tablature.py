"""Tablature in MusicXML: a staff with a line for each string, and the frets of its notes."""

from __future__ import annotations

import bisect
from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction
from xml.etree.ElementTree import Element, SubElement

from app.exports.score.score_layout import Bar, Staff
from app.music.fretting import Fret, FrettedInstrument
from app.music.note_naming import NoteNaming

# Of the staff above the tablature, whose notes sound an octave lower than they stand.
CLEFS = {"guitar": "treble8vb", "bass": "bass8vb", "ukulele": "treble"}
_PITCHES = {"C": 0, "D": 2, "E": 4, "F": 5, "G": 7, "A": 9, "B": 11}


def staves_with_tablature(staff: Staff, instrument: FrettedInstrument) -> list[Staff]:
    """The same music on a staff of the instrument's clef, and in tablature below."""
    return [Staff(CLEFS[instrument.name], staff.bars), Staff("tab", staff.bars)]


def write_frets(
    root: Element, staff: Staff, frets: Mapping[tuple[int, Fraction], Fret],
    instrument: FrettedInstrument,
) -> None:
    """Writes the strings' tuning and the notes' frets into a score's second staff.

    Args:
        root: of the score, whose second staff is the tablature of `staff`.
        frets: by pitch and onset.
    """
    [part] = root.iter("part")
    by_pitch: dict[int, list[Fraction]] = {}
    for pitch, onset in sorted(frets):
        by_pitch.setdefault(pitch, []).append(onset)
    for index, (measure, bar) in enumerate(zip(part.iter("measure"), staff.bars, strict=True)):
        if index == 0:
            _write_tuning(measure, instrument)
        places = _places(bar, by_pitch)
        for note in measure.iter("note"):
            if note.findtext("staff") == "2" and note.find("pitch") is not None:
                pitch, onset = next(places)
                if pitch != _midi_pitch(note):
                    raise AssertionError("notes of a score are written in order")
                place = frets.get((pitch, onset))
                if place is not None:
                    _write_fret(note, place)


def _places(
    bar: Bar, by_pitch: Mapping[int, Sequence[Fraction]]
) -> Iterator[tuple[int, Fraction]]:
    """Every written note of a bar in order: its pitch, and when it began to sound."""
    for voice in bar.voices:
        now = bar.begin
        for sign in voice:
            for pitch in sign.pitches:
                onsets = by_pitch.get(pitch, ())
                index = bisect.bisect_right(onsets, now) - 1
                yield pitch, onsets[index] if index >= 0 else now
            now += sign.value.length


def _midi_pitch(note: Element) -> int:
    step, octave = note.findtext("pitch/step", "C"), note.findtext("pitch/octave", "0")
    alter = float(note.findtext("pitch/alter", "0"))
    return round(12 * (int(octave) + 1) + _PITCHES[step] + alter)


def _write_fret(note: Element, place: Fret) -> None:
    notations = note.find("notations")
    if notations is None:
        notations = Element("notations")
        # The order of a note's parts is given: only lyrics come after these.
        note.append(notations)
    technical = SubElement(notations, "technical")
    SubElement(technical, "string").text = str(place.string)
    SubElement(technical, "fret").text = str(place.fret)


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
