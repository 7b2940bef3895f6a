"""Where notes are fretted: what guitarists play, and what cannot be played."""

from __future__ import annotations

from fractions import Fraction

import pytest

from app.music.fretting import (
    BASS,
    FRETTED,
    GUITAR,
    UKULELE,
    Fret,
    FrettedInstrument,
    LiveFretting,
    fret_notes,
)
from app.music.quantise import PlacedNote


def shape(instrument: FrettedInstrument, *chords: tuple[int, ...]) -> list[str]:
    """The frets of chords that follow each other, the last string first; x is not struck."""
    notes = [
        PlacedNote(Fraction(index), Fraction(index + 1), pitch, 80)
        for index, chord in enumerate(chords) for pitch in chord
    ]
    frets = fret_notes(notes, instrument)
    shapes = []
    for index, chord in enumerate(chords):
        strings = {}
        for pitch in chord:
            place = frets.get((pitch, Fraction(index)))
            if place is not None:
                assert place.string not in strings
                assert instrument.strings[place.string - 1] + instrument.capo + place.fret == pitch
                strings[place.string] = str(place.fret)
        n_strings = len(instrument.strings)
        shapes.append(" ".join(strings.get(string, "x") for string in range(n_strings, 0, -1)))
    return shapes


def test_open_chords_are_fretted_as_guitarists_know_them() -> None:
    e, a_minor = (40, 47, 52, 56, 59, 64), (45, 52, 57, 60, 64)
    g, c, f = (43, 47, 50, 55, 59, 67), (48, 52, 55, 60, 64), (41, 48, 53, 57, 60, 65)
    assert shape(GUITAR, e, a_minor, g, c, f) == [
        "0 2 2 1 0 0", "x 0 2 2 1 0", "3 2 0 0 0 3", "x 3 2 0 1 0", "1 3 3 2 1 1"
    ]
    assert shape(UKULELE, (67, 60, 64, 72)) == ["0 0 0 3"]


def test_a_scale_stays_in_one_position() -> None:
    low = [(pitch,) for pitch in (40, 43, 45, 47, 48, 50, 52)]
    assert [single.replace("x", "").strip() for single in shape(GUITAR, *low)] == [
        "0", "3", "0", "2", "3", "0", "2"
    ]
    high = (64, 66, 67, 69, 71, 72, 74, 76)
    notes = [PlacedNote(Fraction(i), Fraction(i + 1), p, 80) for i, p in enumerate(high)]
    frets = [fret_notes(notes, GUITAR)[pitch, Fraction(i)].fret for i, pitch in enumerate(high)]
    # The hand does not creep up the string with every other note.
    hands: list[list[int]] = [[]]
    for fret in (fret for fret in frets if fret):
        if max([*hands[-1], fret]) - min([*hands[-1], fret]) > 3:
            hands.append([])
        hands[-1].append(fret)
    assert len(hands) <= 3


def test_a_string_that_sounds_is_not_struck_again() -> None:
    held = PlacedNote(Fraction(0), Fraction(4), 64, 80)
    above = PlacedNote(Fraction(1), Fraction(2), 67, 80)
    frets = fret_notes([held, above], GUITAR)
    assert frets[64, Fraction(0)].string != frets[67, Fraction(1)].string


def test_a_capo_and_another_tuning_move_the_frets() -> None:
    e_shape = (42, 49, 54, 58, 61, 66)
    assert shape(GUITAR.with_capo(2), e_shape) == ["0 2 2 1 0 0"]
    drop_d = GUITAR.tuned("D2 A2 D3 G3 B3 E4")
    assert drop_d.strings == (64, 59, 55, 50, 45, 38)
    assert shape(drop_d, (38, 45, 50)) == ["0 0 0 x x x"]
    assert BASS.tuned("B0 E1 A1 D2 G2").strings == (43, 38, 33, 28, 23)
    for wrong in ("", "H2", "A9", "E2 " * 13):
        with pytest.raises(ValueError, match=r"."):
            GUITAR.tuned(wrong)
    with pytest.raises(ValueError, match="capo"):
        GUITAR.with_capo(13)


def test_what_cannot_be_played_is_left_out_and_the_rest_is_fretted() -> None:
    assert shape(GUITAR, (30, 64)) == ["x x x x x 0"]
    assert not GUITAR.has(30)
    cluster = tuple(range(60, 70))
    [fretted] = shape(GUITAR, cluster)
    assert fretted.count("x") <= 2
    assert fret_notes([], GUITAR) == {}


def test_instruments_are_found_by_name() -> None:
    assert set(FRETTED) == {"guitar", "bass", "ukulele"}
    assert list(BASS.places(28)) == [Fret(4, 0)]


def test_while_it_is_played_the_hand_stays_near() -> None:
    live = LiveFretting(GUITAR)
    # High up first: the following note is played up there as well, not at the nut.
    [high] = live.fret([79]).values()
    assert high.fret >= 12
    live.fret([])
    [beside] = live.fret([76]).values()
    assert beside.fret >= 9
    # A chord gets a string for each of its notes.
    live.fret([])
    chord = live.fret([40, 47, 52, 56, 59, 64])
    assert sorted(place.string for place in chord.values()) == [1, 2, 3, 4, 5, 6]


def test_live_a_string_that_sounds_is_not_struck_again() -> None:
    live = LiveFretting(BASS)
    assert live.fret([28]) == {28: Fret(4, 0)}
    # There is no other string for it.
    assert live.fret([28, 30]) == {28: Fret(4, 0)}
    assert live.fret([30]) == {30: Fret(4, 2)}
