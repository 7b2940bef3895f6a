"""How a score is laid out: pickups, and the clefs of its staves."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import music21
import pytest

from app.exports.export_file import ExportOptions, export
from app.exports.score.score_layout import notate
from app.music.quantise import AUTO, PlacedNote, quantise
from app.music.rhythm import Meter, Rhythm
from model.notes import Note


@pytest.mark.parametrize(("first", "length"), [
    (Fraction(0), 4), (Fraction(1), 4), (Fraction(2), 2), (Fraction(5, 2), Fraction(3, 2)),
    (Fraction(15, 4), Fraction(1, 2)), (Fraction(7), 1),
])  # fmt: skip
def test_what_begins_late_in_its_bar_is_a_pickup(first: Fraction, length: Fraction) -> None:
    notes = [PlacedNote(first, Fraction(8), 60, 70), PlacedNote(Fraction(8), Fraction(9), 62, 70)]
    [staff] = notate(notes, Rhythm.steady(120), None)
    assert staff.bars[0].length == length
    assert (staff.bars[0].begin + staff.bars[0].length) % 4 == 0
    assert [bar.length for bar in staff.bars[1:]] == [4] * (len(staff.bars) - 1)


def test_a_short_first_bar_begins_with_its_notes() -> None:
    beats = [0.5 * beat for beat in range(12)]
    rhythm = Rhythm.of_beats(beats, Meter(4, 4), 3)
    notes = [PlacedNote(Fraction(at), Fraction(at + 1), 60 + at, 70) for at in (2, 3)]
    [staff] = notate(notes, rhythm, None)
    assert (staff.bars[0].begin, staff.bars[0].length) == (2, 1)


def test_a_hand_has_the_clef_of_where_it_plays(tmp_path: Path) -> None:
    left = [40] * 16 + [67] * 32 + [43] * 16
    notes = [Note(at * 0.5, at * 0.5 + 0.5, pitch, 70) for at, pitch in enumerate(left)]
    notes += [Note(at * 0.5, at * 0.5 + 0.5, 84, 70) for at in range(64)]
    placed = quantise(notes, Rhythm.steady(120), AUTO)
    upper, lower = notate(placed, Rhythm.steady(120), 70)
    assert (upper.clef, [bar.clef for bar in upper.bars]) == ("treble", [None] * 16)
    assert lower.clef == "bass"
    assert {at: bar.clef for at, bar in enumerate(lower.bars) if bar.clef} == {
        4: "treble", 12: "bass"
    }
    export(notes, tmp_path / "a.musicxml", ExportOptions(rhythm=Rhythm.steady(120), split=70))
    score = music21.converter.parse(tmp_path / "a.musicxml")
    found = [(clef.getOffsetInHierarchy(score), clef.sign)
             for clef in score.parts[1].recurse().getElementsByClass("Clef")]
    assert found == [(0, "F"), (16, "G"), (48, "F")]


def test_one_high_bar_is_no_change_of_clef() -> None:
    left = [48] * 16 + [62] * 4 + [48] * 16
    notes = [Note(at * 0.5, at * 0.5 + 0.5, pitch, 70) for at, pitch in enumerate(left)]
    notes += [Note(0.0, 1.0, 84, 70)]
    placed = quantise(notes, Rhythm.steady(120), AUTO)
    _, lower = notate(placed, Rhythm.steady(120), 70)
    assert not any(bar.clef for bar in lower.bars)
