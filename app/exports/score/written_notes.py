"""Which of a recording's notes each written one is, and where it stands."""

from __future__ import annotations

import bisect
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from xml.etree.ElementTree import Element

from app.exports.score.score_layout import Staff
from app.music.quantise import PlacedNote

_PITCHES = {"C": 0, "D": 2, "E": 4, "F": 5, "G": 7, "A": 9, "B": 11}


@dataclass(frozen=True)
class WrittenNote:
    """A note on paper.

    Attributes:
        id: of its element in MusicXML, and of its head on engraved pages.
        at: quarter notes from second 0 to where it stands.
        index: which of the notes that were written it is. One that is tied stands there more than
            once, and one with tablature in both staves.
    """

    id: str
    at: Fraction
    index: int


class NoteOnsets:
    """Finds the note that sounds at a place of the score."""

    def __init__(self, placed: Sequence[PlacedNote]) -> None:
        self._notes: dict[int, list[PlacedNote]] = {}
        for note in sorted(placed):
            self._notes.setdefault(note.pitch, []).append(note)
        self._onsets = {pitch: [note.onset for note in notes]
                        for pitch, notes in self._notes.items()}

    def at(self, pitch: int, at: Fraction) -> PlacedNote:
        """The last note of a pitch that does not begin later; there must be one."""
        return self._notes[pitch][bisect.bisect_right(self._onsets[pitch], at) - 1]


def elements_of(
    root: Element, number: int, staff: Staff, onsets: NoteOnsets
) -> Iterator[tuple[Element, Fraction, PlacedNote]]:
    """The elements of a staff's notes in a score, where each stands, and which note it is.

    Args:
        number: of the staff, 1 for the first.
    """
    [part] = root.iter("part")
    for measure, bar in zip(part.iter("measure"), staff.bars, strict=True):
        elements = (
            element for element in measure.iter("note")
            if element.findtext("staff", "1") == str(number)
            and element.find("pitch") is not None
        )
        for voice in bar.voices:
            now = bar.begin
            for sign in voice:
                for pitch in sign.pitches:
                    element = next(elements)
                    if _midi_pitch(element) != pitch:
                        raise AssertionError("notes of a score are written in order")
                    yield element, now, onsets.at(pitch, now)
                now += sign.value.length


def number_notes(
    root: Element, staves: Sequence[Staff], placed: Sequence[PlacedNote]
) -> Iterator[WrittenNote]:
    """Gives every written note an id, and says what it is."""
    onsets = NoteOnsets(placed)
    count = 0
    for number, staff in enumerate(staves, 1):
        for element, at, note in elements_of(root, number, staff, onsets):
            element.set("id", f"note{count}")
            yield WrittenNote(f"note{count}", at, note.index)
            count += 1


def _midi_pitch(note: Element) -> int:
    step, octave = note.findtext("pitch/step", "C"), note.findtext("pitch/octave", "0")
    alter = float(note.findtext("pitch/alter", "0"))
    return round(12 * (int(octave) + 1) + _PITCHES[step] + alter)
