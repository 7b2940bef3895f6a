"""How notes are called."""

from __future__ import annotations

import dataclasses
import io
import sys
from typing import Any

import pytest

from app.music.note_naming import KEYS, STYLES, NoteNaming, fitting, plain
from app.terminal.printing import summary
from model.notes import Note
from model.pitch import note_name, pitch_from_name

LETTERS = NoteNaming()


def octave(naming: NoteNaming) -> str:
    """The twelve names from C on."""
    return " ".join(naming.pitch_class(pitch) for pitch in range(60, 72))


@pytest.mark.parametrize("flats", [False, True])
def test_letters_are_the_names_that_the_model_has(flats: bool) -> None:
    naming = NoteNaming(accidentals="flats" if flats else "sharps")
    for pitch in range(128):
        assert naming.name(pitch) == note_name(pitch, flats=flats)
        assert naming.pitch_class(pitch) == note_name(pitch, flats=flats, octave=False)


@pytest.mark.parametrize(
    ("naming", "names"),
    [
        (NoteNaming(), "C C♯ D D♯ E F F♯ G G♯ A A♯ B"),
        (NoteNaming(accidentals="flats"), "C D♭ D E♭ E F G♭ G A♭ A B♭ B"),
        (NoteNaming("solfege"), "Do Do♯ Re Re♯ Mi Fa Fa♯ Sol Sol♯ La La♯ Si"),
        (NoteNaming("solfege", "flats"), "Do Re♭ Re Mi♭ Mi Fa Sol♭ Sol La♭ La Si♭ Si"),
        (NoteNaming("german"), "C Cis D Dis E F Fis G Gis A Ais H"),
        (NoteNaming("german", "flats"), "C Des D Es E F Ges G As A B H"),
    ],
)
def test_twelve_names(naming: NoteNaming, names: str) -> None:
    assert octave(naming) == names


@pytest.mark.parametrize(
    ("key", "names"),
    [
        (-7, "C D♭ D E♭ F♭ F G♭ G A♭ A B♭ C♭"),
        (-3, "C D♭ D E♭ E F G♭ G A♭ A B♭ B"),
        # D minor has a C sharp, G minor an F sharp.
        (-1, "C C♯ D E♭ E F F♯ G A♭ A B♭ B"),
        (-2, "C D♭ D E♭ E F F♯ G A♭ A B♭ B"),
        (0, "C C♯ D E♭ E F F♯ G G♯ A B♭ B"),
        (1, "C C♯ D D♯ E F F♯ G G♯ A A♯ B"),
        (3, "C C♯ D D♯ E E♯ F♯ G G♯ A A♯ B"),
        (4, "B♯ C♯ D D♯ E E♯ F♯ G G♯ A A♯ B"),
        (7, "B♯ C♯ D D♯ E E♯ F♯ G G♯ A A♯ B"),
    ],
)
def test_names_by_key(key: int, names: str) -> None:
    assert octave(NoteNaming(accidentals="key", key=key)) == names


@pytest.mark.parametrize("key", KEYS)
def test_a_major_scale_has_every_letter_once_and_the_signs_of_its_signature(key: int) -> None:
    naming = NoteNaming(accidentals="key", key=key)
    tonic = 60 + key * 7 % 12
    scale = [naming.parts(tonic + step) for step in (0, 2, 4, 5, 7, 9, 11)]
    assert sorted(base for base, _, _ in scale) == list("ABCDEFG")
    assert "".join(sign for _, sign, _ in scale) == ("♯" if key > 0 else "♭") * abs(key)


@pytest.mark.parametrize("key", KEYS)
def test_keys_with_sharps_have_no_flats_and_no_name_needs_two_signs(key: int) -> None:
    for style in STYLES:
        names = octave(NoteNaming(style, "key", key))
        assert len(set(names.split())) == 12
        assert "♯♯" not in names
        assert "♭♭" not in names
        assert key <= 0 or "♭" not in names


@pytest.mark.parametrize("key", KEYS)
def test_the_octave_belongs_to_the_letter(key: int) -> None:
    naming = NoteNaming(accidentals="key", key=key)
    for pitch in range(12, 128):
        assert pitch_from_name(naming.name(pitch)) == pitch
    if key == 7:
        assert naming.name(60) == "B♯3"
    if key == -7:
        assert naming.name(59) == "C♭4"


@pytest.mark.parametrize(
    ("semitones", "sounding", "written"),
    [(2, "B♭3", "C4"), (3, "A3", "C4"), (7, "F3", "C4"), (9, "E♭4", "C5"), (14, "A♭2", "B♭3")],
)
def test_transposing_instruments_see_what_they_read(
    semitones: int, sounding: str, written: str
) -> None:
    naming = NoteNaming(accidentals="flats", transposition=semitones)
    assert naming.name(pitch_from_name(sounding)) == written
    assert naming.pitch_class(pitch_from_name(sounding) % 12) == written[:-1]


def test_the_key_is_the_one_that_is_read() -> None:
    # A clarinet in B flat plays C major from a part in D major.
    part = NoteNaming(accidentals="key", key=2, transposition=2)
    assert [part.pitch_class(pitch) for pitch in (60, 64, 67)] == ["D", "F♯", "A"]


def test_octaves_can_be_left_out() -> None:
    for style, name in zip(STYLES, ("G♯", "Sol♯", "Gis"), strict=True):
        naming = NoteNaming(style, octaves=False)
        assert naming.name(68) == name
        assert dataclasses.replace(naming, octaves=True).name(68) == f"{name}4"


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"style": "numbers"}, "numbers"),
        ({"accidentals": "both"}, "both"),
        ({"key": 8}, "8"),
        ({"transposition": -37}, "-37"),
    ],
)
def test_other_values_are_refused_by_name(change: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        dataclasses.replace(LETTERS, **change)


def test_ascii_where_a_terminal_knows_no_more() -> None:
    assert plain("F♯m7♭5/A♭") == "F#m7b5/Ab"
    assert fitting("C♯4", "utf-8") == "C♯4"
    for encoding in ("ascii", "latin-1", "cp1252", None, "no such encoding"):
        assert fitting("C♯4", encoding) == "C#4"
    assert fitting("C4", "ascii") == "C4"


@pytest.mark.parametrize(("encoding", "name"), [("ascii", "C#4"), ("utf-8", "C♯4")])
def test_the_summary_in_a_terminal_has_letters_that_it_knows(
    encoding: str, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(io.BytesIO(), encoding))
    assert f"range      {name} to {name}" in summary([Note(0.0, 1.0, 61)], 2.0)
