"""Bars have the same numbers on the stage, on the page and in practice."""

from __future__ import annotations

from fractions import Fraction

import pytest

from app.exports.score.score_layout import notate
from app.music.beats.beat_grid import BeatGrid
from app.music.quantise import AUTO, quantise
from app.music.rhythm import BarSpan, Meter, Rhythm
from app.practice.piece import bars_of
from model.notes import Note


@pytest.mark.parametrize(("first_beat", "upbeats"), [(0, 0), (1, 0), (2, 2), (3, 1)])
def test_the_bar_of_an_upbeat_has_no_number(first_beat: int, upbeats: int) -> None:
    rhythm = Rhythm.steady(120)
    notes = [Note(0.5 * beat, 0.5 * beat + 0.5, 60 + beat % 5) for beat in range(first_beat, 12)]
    grid = BeatGrid.of(rhythm, 6.0, notes)
    assert [bar.number for bar in grid.bars] == ([0, 1, 2] if upbeats else [1, 2, 3])
    [staff] = notate(quantise(notes, rhythm, AUTO), rhythm, None)
    assert staff.bars[0].length == (upbeats or 4)
    bars_s, first_bar, beats_s = bars_of(rhythm, notes[0].onset_s, 6.0)
    assert first_bar == (0 if upbeats else 1)
    assert bars_s[:2] == pytest.approx([2 - 0.5 * (upbeats or 4), 2.0])
    assert beats_s[0] == pytest.approx(bars_s[0])


def test_a_first_note_a_little_before_the_middle_is_on_it() -> None:
    notes = [Note(0.98, 1.5, 60), Note(2.0, 2.5, 62), Note(2.5, 3.0, 60)]
    assert [bar.number for bar in BeatGrid.of(Rhythm.steady(120), 4.0, notes).bars] == [0, 1]


@pytest.mark.parametrize(("first", "begin", "length"), [
    (Fraction(1, 4), 0, Fraction(3, 2)), (Fraction(3, 4), Fraction(1, 2), 1),
    (1, 1, Fraction(1, 2)),
])  # fmt: skip
def test_a_short_bar_has_its_pickup(first: Fraction, begin: Fraction, length: Fraction) -> None:
    bar = BarSpan(Fraction(0), Fraction(3, 2), Meter(3, 8))
    assert bar.begun(Fraction(first), Fraction(1, 2)) == BarSpan(
        Fraction(begin), Fraction(length), Meter(3, 8)
    )
