"""How in tune notes and phrases are, of pitch curves that are known."""

from __future__ import annotations

import numpy as np
import pytest

from app.music.tuning.intonation import Vibrato, intonation, phrases
from model.notes import Note

PART_S = 0.02


def held(cents: np.ndarray, onset_s: float = 0.0, pitch: int = 60) -> Note:
    return Note(onset_s, onset_s + PART_S * len(cents), pitch, cents=tuple(cents.tolist()))


def waving(
    seconds: float, hz: float, width: float, middle: float = 0.0, from_s: float = 0.0
) -> np.ndarray:
    time = (np.arange(round(seconds / PART_S)) + 0.5) * PART_S
    return middle + width / 2 * np.sin(2 * np.pi * hz * (time - from_s)) * (time >= from_s)


def test_a_steady_note_is_as_far_off_as_it_sounds_whatever_its_attack() -> None:
    cents = np.full(50, 12.0) + np.random.default_rng(1).normal(0, 2, 50)
    cents[:3] = (-80, -60, -30)
    cents[20] = 140
    found = intonation(held(cents))
    assert found is not None
    assert found.cents == pytest.approx(12, abs=1)
    assert found.spread == pytest.approx(2, abs=1)
    assert found.vibrato is None
    assert str(found).startswith("+12 cents ± ")


@pytest.mark.parametrize("hz", [4.5, 5.5, 6.8])
@pytest.mark.parametrize("width", [24.0, 90.0])
@pytest.mark.parametrize("seconds", [0.7, 3.3])
def test_a_vibrato_is_told_from_the_middle_that_it_swings_about(
    hz: float, width: float, seconds: float
) -> None:
    noise = np.random.default_rng(2).normal(0, 2, round(seconds / PART_S))
    found = intonation(held(waving(seconds, hz, width, middle=-7) + noise))
    assert found is not None
    assert found.vibrato is not None
    assert found.cents == pytest.approx(-7, abs=0.1 * width)
    assert found.vibrato.hz == pytest.approx(hz, abs=0.25)
    assert found.vibrato.cents == pytest.approx(width, rel=0.15)


def test_a_vibrato_that_begins_late_on_a_drifting_note_is_found() -> None:
    cents = waving(2.0, 5.8, 60, from_s=0.6) + np.linspace(-20, 20, 100)
    found = intonation(held(cents))
    assert found is not None
    assert found.vibrato is not None
    assert found.vibrato.hz == pytest.approx(5.8, abs=0.3)


@pytest.mark.parametrize(
    "cents",
    [
        np.random.default_rng(3).normal(0, 15, 100), np.linspace(-50, 50, 100),
        np.repeat([0.0, 40.0], 50), waving(2.0, 1.5, 60), waving(2.0, 5.5, 4), np.zeros(100),
    ],
    ids=["noise", "slide", "step", "too slow", "too narrow", "still"],
)
def test_what_is_no_vibrato_is_not_called_one(cents: np.ndarray) -> None:
    found = intonation(held(cents))
    assert found is not None
    assert found.vibrato is None


def test_nothing_is_said_of_notes_that_were_not_measured_or_are_all_attack() -> None:
    assert intonation(Note(0, 1, 60)) is None
    assert intonation(held(np.zeros(2))) is None


def test_phrases_are_parted_by_rests_and_each_has_its_own_intonation() -> None:
    first = [held(np.full(25, 10.0), 0.0), held(np.full(25, 10.0), 0.5)]
    second = [held(waving(2, 5, 50, middle=-20), 2.0), Note(3.0, 4.1, 48)]
    found = phrases([*second, *first])
    assert [phrase.notes for phrase in found] == [tuple(first), tuple(second)]
    assert (found[1].onset_s, found[1].offset_s) == (2.0, 4.1)
    steady, waved = (phrase.intonation for phrase in found)
    assert steady is not None
    assert waved is not None
    assert (steady.cents, steady.vibrato) == (10, None)
    assert waved.cents == pytest.approx(-20, abs=3)
    assert isinstance(waved.vibrato, Vibrato)
    assert waved.vibrato.hz == pytest.approx(5, abs=0.2)
    assert phrases([]) == []
    assert phrases([Note(0, 1, 60)])[0].intonation is None
