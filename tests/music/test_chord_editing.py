"""Chord names that are typed, and chords that a hand lays over those that were found."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from app.music.chords.chord_editing import PlacedChord, index_at, laid, laid_over
from app.music.chords.chord_finding import ChordSpan
from app.music.chords.chord_names import SUFFIXES, Chord
from app.music.chords.chord_parsing import parse_chord
from app.music.chords.live_chords import LiveChords
from app.music.note_naming import STYLES, NoteNaming, Style, plain
from model.beats.note_features import NoteArrays
from model.notes import Note

LETTERS = NoteNaming()
C, F, G = (Chord(root, "", root) for root in (0, 5, 7))


@pytest.mark.parametrize("style", STYLES)
@pytest.mark.parametrize("transposition", [0, 2, -9])
def test_every_name_that_is_shown_can_be_typed(style: Style, transposition: int) -> None:
    for accidentals in ("sharps", "flats"):
        naming = NoteNaming(style, accidentals, transposition=transposition)
        for root in range(12):
            for suffix in SUFFIXES:
                for bass in {root, (root + 3) % 12, (root + 7) % 12}:
                    chord = Chord(root, suffix, bass)
                    name = chord.name(naming)
                    assert parse_chord(name, naming) == chord, name
                    assert parse_chord(plain(name), naming) == chord, name


@pytest.mark.parametrize(("text", "chord"), [
    ("am7", Chord(9, "m7", 9)), (" F# m / A ", Chord(6, "m", 9)), ("Bb", Chord(10, "", 10)),
    ("Bb5", Chord(10, "5", 10)), ("CM7", Chord(0, "maj7", 0)), ("C△", Chord(0, "maj7", 0)),
    ("G-7", Chord(7, "m7", 7)), ("Bø", Chord(11, "m7♭5", 11)), ("B°7", Chord(11, "dim7", 11)),
    ("E+", Chord(4, "aug", 4)), ("Dsus", Chord(2, "sus4", 2)), ("C6/9", Chord(0, "6/9", 0)),
    ("C6/9/G", Chord(0, "6/9", 7)), ("H7", Chord(11, "7", 11)), ("N", None), ("n.c.", None),
    ("", None),
])  # fmt: skip
def test_other_ways_to_write_them(text: str, chord: Chord | None) -> None:
    assert parse_chord(text, LETTERS) == chord


def test_german_and_solfege_names() -> None:
    german, solfege = NoteNaming("german"), NoteNaming("solfege")
    assert parse_chord("Bm", german) == Chord(10, "m", 10)
    assert parse_chord("Hm", german) == Chord(11, "m", 11)
    assert parse_chord("Asus4", german) == Chord(9, "sus4", 9)
    assert parse_chord("Esm7/Ges", german) == Chord(3, "m7", 6)
    assert parse_chord("Solm7/Sib", solfege) == Chord(7, "m7", 10)
    assert parse_chord("Am", solfege) == Chord(9, "m", 9)


@pytest.mark.parametrize("text", ["X", "Cfoo", "C/Q", "7", "Q7", "im"])
def test_what_is_no_chord_is_told_in_a_sentence(text: str) -> None:
    with pytest.raises(ValueError, match=f"“{text}” is no chord that is known here; examples are"):
        parse_chord(text, LETTERS)


FOUND = [ChordSpan(0, 2, C), ChordSpan(2, 6, F), ChordSpan(6, 8, None)]


def test_what_a_hand_set_lies_over_what_was_found() -> None:
    placed = laid_over(FOUND, [ChordSpan(3, 4, G)])
    assert placed == [
        PlacedChord(ChordSpan(0, 2, C)), PlacedChord(ChordSpan(2, 3, F)),
        PlacedChord(ChordSpan(3, 4, G), True), PlacedChord(ChordSpan(4, 6, F)),
        PlacedChord(ChordSpan(6, 8, None)),
    ]  # fmt: skip
    assert [index_at(placed, at_s) for at_s in (0, 3, 3.99, 8)] == [0, 2, 2, None]
    # Covered wholly, and with nothing left worth a name.
    assert laid_over(FOUND, [ChordSpan(0, 5.98, G)]) == [
        PlacedChord(ChordSpan(0, 5.98, G), True), PlacedChord(ChordSpan(6, 8, None)),
    ]  # fmt: skip


def test_a_later_hand_takes_the_place_of_an_earlier_one() -> None:
    first = laid((), [ChordSpan(2, 6, G)])
    assert laid(first, [ChordSpan(4, 7, C)]) == (ChordSpan(2, 4, G), ChordSpan(4, 7, C))


def test_chords_grow_while_one_plays_and_stay_once_they_settled() -> None:
    notes = [
        Note(2 * bar + offset, 2 * bar + 1.95, pitch, 80)
        for bar, chord in enumerate([(48, 64, 67, 72), (53, 65, 69, 72), (55, 62, 67, 71)] * 4)
        for offset, pitch in zip((0.0, 0.02, 0.04, 1.0), chord, strict=True)
    ]
    live, history = LiveChords(), []
    for step in range(1, 49):
        until_s = step / 2
        sounding = [
            note for note in notes if until_s - 8 < note.offset_s and note.onset_s < until_s
        ]
        assert live.is_due(until_s)
        assert live.update(NoteArrays.of(sounding), until_s)
        assert not live.update(NoteArrays.of(sounding), until_s + 0.3)
        edges = [span.start_s for span in live.spans] + [live.spans[-1].end_s]
        assert edges[0] == 0
        assert edges[-1] == until_s
        assert all(np.diff(edges) > 0)
        history.append([span for span in live.spans if span.end_s < until_s - 6])
    assert [span.chord for span in live.spans] == [C, F, G] * 4
    assert [span.start_s for span in live.spans] == [2.0 * bar for bar in range(12)]
    for before, after in itertools.pairwise(history):
        assert after[: len(before)] == before, "what has settled changes no more"
    live.begin()
    assert live.spans == []
