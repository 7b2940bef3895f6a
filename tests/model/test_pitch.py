from __future__ import annotations

import numpy as np
import pytest

from model.pitch import (
    HIGHEST_PITCH,
    LOWEST_PITCH,
    N_PITCHES,
    hz_from_pitch,
    is_black_key,
    note_name,
    pitch_from_hz,
    pitch_from_name,
)


def test_the_keys_of_a_piano_are_heard() -> None:
    assert (note_name(LOWEST_PITCH), note_name(HIGHEST_PITCH)) == ("A0", "C8")
    assert N_PITCHES == 88
    white = [pitch for pitch in range(LOWEST_PITCH, HIGHEST_PITCH + 1) if not is_black_key(pitch)]
    assert len(white) == 52


@pytest.mark.parametrize(
    ("pitch", "hz"), [(69, 440.0), (81, 880.0), (60, 261.6256), (21, 27.5), (108, 4186.009)]
)
def test_equal_temperament(pitch: int, hz: float) -> None:
    assert hz_from_pitch(pitch) == pytest.approx(hz, rel=1e-6)
    assert pitch_from_hz(hz) == pytest.approx(pitch, abs=1e-5)


def test_another_a4_moves_every_frequency_by_the_same_ratio() -> None:
    assert hz_from_pitch(69, a4=415.0) == 415.0
    assert hz_from_pitch(60, a4=415.0) / hz_from_pitch(60) == pytest.approx(415 / 440)
    assert pitch_from_hz(415.0, a4=415.0) == 69.0
    # The baroque A lies almost a semitone below.
    assert pitch_from_hz(415.0) == pytest.approx(68, abs=0.02)


def test_hz_and_pitch_are_inverse_between_the_keys_too() -> None:
    pitches = np.linspace(10, 120, 441)
    back = [pitch_from_hz(float(hz), 443.0) for hz in hz_from_pitch(pitches, 443.0)]
    np.testing.assert_allclose(back, pitches, atol=1e-9)


@pytest.mark.parametrize("hz", [0.0, -440.0, float("nan")])
def test_only_a_positive_frequency_has_a_pitch(hz: float) -> None:
    with pytest.raises(ValueError, match="must be positive"):
        pitch_from_hz(hz)


@pytest.mark.parametrize("flats", [False, True])
def test_names_and_pitches_are_inverse(flats: bool) -> None:
    for pitch in range(128):
        assert pitch_from_name(note_name(pitch, flats=flats)) == pitch


def test_names_follow_scientific_pitch_notation() -> None:
    assert note_name(60) == "C4"
    assert note_name(59) == "B3"
    assert note_name(66) == "F♯4"
    assert note_name(66, flats=True) == "G♭4"
    assert note_name(66, octave=False) == "F♯"
    assert note_name(0) == "C-1"


@pytest.mark.parametrize(
    ("name", "pitch"),
    [("C4", 60), ("c4", 60), (" A4 ", 69), ("f#3", 54), ("F♯3", 54), ("Bb2", 46), ("B♭2", 46),
     ("bb2", 46), ("b2", 47), ("Cb4", 59), ("B#3", 60), ("E#4", 65), ("C-1", 0)],
)  # fmt: skip
def test_names_as_people_type_them(name: str, pitch: int) -> None:
    assert pitch_from_name(name) == pitch


@pytest.mark.parametrize("name", ["", "H4", "C", "C##4", "4", "C4 D4", "C4.5", "♯4"])
def test_other_text_is_refused_by_name(name: str) -> None:
    with pytest.raises(ValueError, match="not a note name") as error:
        pitch_from_name(name)
    assert repr(name) in str(error.value)
