"""Instruments and their ranges."""

from __future__ import annotations

import pytest

from app.music.instruments import ANY, INSTRUMENTS, TRANSPOSITIONS, instrument_named
from app.music.note_naming import NoteNaming
from model.pitch import HIGHEST_PITCH, LOWEST_PITCH, pitch_from_name


def test_ranges_lie_on_the_piano_and_names_are_unique() -> None:
    assert (ANY.lowest, ANY.highest, ANY.transposition) == (LOWEST_PITCH, HIGHEST_PITCH, 0)
    for preset in INSTRUMENTS:
        assert LOWEST_PITCH <= preset.lowest < preset.highest <= HIGHEST_PITCH
        NoteNaming(transposition=preset.transposition)
    assert len({preset.name for preset in INSTRUMENTS}) == len(INSTRUMENTS)
    assert {semitones for _, semitones in TRANSPOSITIONS} >= {0, 2, 7, 9}


@pytest.mark.parametrize(
    ("name", "lowest_sounding", "lowest_written"),
    [
        ("Guitar", "E2", "E2"),
        ("Violin", "G3", "G3"),
        ("Cello", "C2", "C2"),
        ("Clarinet in B♭", "D3", "E3"),
        ("Clarinet in A", "C♯3", "E3"),
        ("Soprano saxophone", "G♯3", "A♯3"),
        ("Alto saxophone", "C♯3", "A♯3"),
        ("Tenor saxophone", "G♯2", "A♯3"),
        ("Baritone saxophone", "C2", "A3"),
        ("Trumpet in B♭", "E3", "F♯3"),
        ("Horn in F", "B1", "F♯2"),
    ],
)
def test_lowest_notes_as_they_sound_and_as_players_call_them(
    name: str, lowest_sounding: str, lowest_written: str
) -> None:
    preset = instrument_named(name)
    assert preset.lowest == pitch_from_name(lowest_sounding)
    assert NoteNaming(transposition=preset.transposition).name(preset.lowest) == lowest_written


def test_an_instrument_of_another_version_is_any() -> None:
    assert instrument_named("Theremin") is ANY
    assert all(instrument_named(preset.name) is preset for preset in INSTRUMENTS)
