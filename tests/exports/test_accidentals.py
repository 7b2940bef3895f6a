"""Which accidentals a score prints."""

from __future__ import annotations

from music21 import note

from app.exports.score.accidentals import Accidentals
from app.music.key_finding import Key


def printed(accidentals: Accidentals, *names: str) -> str:
    """A bar's notes, and what is printed of their accidentals: "-" is none."""
    accidentals.begin_bar()
    heads = [note.Note(name) for name in names]
    accidentals.write(heads)
    signs = {"sharp": "#", "flat": "b", "natural": "n"}
    return "".join(
        signs[head.pitch.accidental.name]
        if head.pitch.accidental is not None and head.pitch.accidental.displayStatus else "-"
        for head in heads
    )


def test_an_accidental_is_valid_until_the_bar_ends() -> None:
    assert printed(Accidentals(Key(0)), "F#4", "F#4", "F4", "F4", "F#4") == "#-n-#"
    assert printed(Accidentals(Key(-2)), "B-4", "B4", "B-4", "E-5", "A4") == "-nb--"
    assert printed(Accidentals(Key(2)), "F#4", "F4", "C#4") == "-n-"


def test_readers_are_reminded_in_the_next_bar_and_in_other_octaves() -> None:
    accidentals = Accidentals(Key(0))
    assert printed(accidentals, "G#4", "G5") == "#n"
    assert printed(accidentals, "G4", "G4") == "n-"
    assert printed(accidentals, "G4") == "-"


def test_a_tied_note_has_none_and_the_next_one_has() -> None:
    accidentals = Accidentals(Key(0))
    assert printed(accidentals, "C#4") == "#"
    accidentals.begin_bar()
    tied, after = note.Note("C#4"), note.Note("C#4")
    accidentals.hide(tied)
    accidentals.write([after])
    assert tied.pitch.accidental is not None
    assert not tied.pitch.accidental.displayStatus
    assert after.pitch.accidental is not None
    assert after.pitch.accidental.displayStatus
