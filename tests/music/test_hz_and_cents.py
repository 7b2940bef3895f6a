"""Frequencies of single notes and the tuning of what is played, on sounds that are known."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import soundfile
from numpy.typing import NDArray

from app.live.tuner_worker import RecentSound
from app.music.tuning.a4_estimation import RecordingTuning, estimate_a4, recording_a4
from app.music.tuning.hz_and_cents import PitchMeasurement, measure
from model.pitch import hz_from_pitch, pitch_from_name

RATE = 22_050
# Amplitudes of the partials.
SOUNDS = {
    "sine": (1.0,),
    "bowed": tuple(1 / number for number in range(1, 20)),
    "clarinet": tuple(number % 2 / number for number in range(1, 20)),
    "weak fundamental": (0.05, 1.0, 0.7, 0.5, 0.4, 0.3, 0.2),
}


def tone(
    hz: float, seconds: float, amplitudes: tuple[float, ...], stiffness: float = 0.0
) -> NDArray[np.float32]:
    """A note whose first partial has the frequency `hz`, with a little noise."""
    generator = np.random.default_rng(round(hz * 100))
    time = np.arange(round(seconds * RATE)) / RATE
    sound = 0.002 * generator.standard_normal(len(time))
    for number, amplitude in enumerate(amplitudes, start=1):
        partial = number * hz * np.sqrt((1 + stiffness * number**2) / (1 + stiffness))
        if partial < 0.98 * RATE / 2:
            phase = generator.uniform(0, 2 * np.pi)
            sound += 0.2 * amplitude * np.sin(2 * np.pi * partial * time + phase)
    return sound.astype(np.float32)


def music(a4: float, seconds: float = 6.0) -> NDArray[np.float32]:
    """Struck and fading notes and chords in this tuning."""
    generator = np.random.default_rng(5)
    sound = np.zeros(round(seconds * RATE), np.float32)
    time = np.arange(round(0.7 * RATE)) / RATE
    fade = np.minimum(1, time / 0.005) * np.exp(-3 * time)
    for start in range(0, len(sound) - len(time), round(0.2 * RATE)):
        for pitch in generator.integers(45, 84, 2):
            note = tone(hz_from_pitch(float(pitch), a4), 0.7, SOUNDS["bowed"])
            sound[start : start + len(time)] += (0.5 * fade * note).astype(np.float32)
    return sound


@pytest.mark.parametrize("sound", SOUNDS)
@pytest.mark.parametrize("cents", [-45.0, -10.0, 0.0, 3.0, 28.0])
def test_within_two_cents_from_a1_to_c7(sound: str, cents: float) -> None:
    for pitch in range(pitch_from_name("A1"), pitch_from_name("C7") + 1):
        hz = hz_from_pitch(pitch + cents / 100)
        measured = measure(tone(hz, 0.2, SOUNDS[sound]), RATE, pitch)
        assert measured is not None
        assert measured.cents == pytest.approx(cents, abs=2)
        assert measured.hz == pytest.approx(hz, rel=2 / 1200 * np.log(2))


def test_a_tenth_of_a_second_is_enough_from_a2_on() -> None:
    for pitch in range(pitch_from_name("A2"), pitch_from_name("C7") + 1):
        measured = measure(tone(hz_from_pitch(pitch + 0.12), 0.1, SOUNDS["bowed"]), RATE, pitch)
        assert measured is not None
        assert measured.cents == pytest.approx(12, abs=2)


def test_stiff_strings_are_measured_at_their_first_partial() -> None:
    for pitch in range(pitch_from_name("A1"), pitch_from_name("C6")):
        sound = tone(hz_from_pitch(float(pitch)), 0.2, SOUNDS["weak fundamental"], stiffness=4e-4)
        measured = measure(sound, RATE, pitch)
        assert measured is not None
        assert measured.cents == pytest.approx(0, abs=2)


def test_cents_are_told_against_the_tuning_that_is_set() -> None:
    sound = tone(415.0, 0.2, SOUNDS["bowed"])
    at = measure(sound, RATE, 69, a4=415.0)
    assert at is not None
    assert at.hz == pytest.approx(415, abs=0.2)
    assert at.cents == pytest.approx(0, abs=1)
    below = measure(sound, RATE, 68, a4=440.0)
    assert below is not None
    assert below.cents == pytest.approx(-1.3, abs=1)


def test_only_the_end_of_what_came_is_measured() -> None:
    before, now = tone(440.0, 1.0, SOUNDS["bowed"]), tone(446.0, 0.21, SOUNDS["bowed"])
    measured = measure(np.concatenate([before, now]), RATE, 69)
    assert measured is not None
    assert measured.hz == pytest.approx(446, abs=0.3)


@pytest.mark.parametrize(
    "samples",
    [
        np.zeros(0, np.float32),
        np.zeros(RATE, np.float32),
        np.full(RATE, 0.3, np.float32),
        np.full(RATE, np.nan, np.float32),
        0.1 * np.random.default_rng(0).standard_normal(RATE).astype(np.float32),
        tone(440.0, 0.01, SOUNDS["sine"]),
        tone(330.0, 0.2, SOUNDS["bowed"]),
    ],
    ids=["nothing", "silence", "offset", "no numbers", "noise", "too short", "another note"],
)
def test_what_is_no_such_note_is_not_measured(samples: NDArray[np.float32]) -> None:
    assert measure(samples, RATE, 69) is None


def test_a_pitch_beyond_the_sample_rate_is_not_measured() -> None:
    assert measure(tone(440.0, 0.2, SOUNDS["sine"]), 8000, 108) is None


@pytest.mark.parametrize(
    ("cents", "text"),
    [(7.6, "442.1 Hz  +8 cents"), (-12.2, "442.1 Hz  −12 cents"), (-0.3, "442.1 Hz  ±0 cents")],
)
def test_the_line_about_a_note(cents: float, text: str) -> None:
    assert PitchMeasurement(442.08, cents).text == text


@pytest.mark.parametrize("a4", [429.0, 438.3, 440.0, 442.0, 445.5, 450.0])
def test_a4_is_measured_from_music(a4: float) -> None:
    assert estimate_a4(music(a4), RATE) == pytest.approx(a4, abs=0.25)


def test_a4_is_searched_near_the_tuning_that_is_set() -> None:
    # A quarter tone and more below 440 Hz is taken for the next semitone, unless it is known.
    assert estimate_a4(music(416.0), RATE, near=415.0) == pytest.approx(416, abs=0.25)


@pytest.mark.parametrize("kind", ["nothing", "short", "silence", "noise"])
def test_without_clear_pitches_there_is_no_tuning(kind: str) -> None:
    generator = np.random.default_rng(2)
    samples = {
        "nothing": np.zeros(0, np.float32),
        "short": music(440.0, 2.0)[: RATE // 2],
        "silence": np.zeros(3 * RATE, np.float32),
        "noise": 0.1 * generator.standard_normal(3 * RATE).astype(np.float32),
    }[kind]
    assert estimate_a4(samples, RATE) is None


def test_a_sample_that_is_no_number_does_not_hide_the_tuning() -> None:
    samples = music(436.0, 6.0)
    samples[[100, 200]] = np.nan, np.inf
    assert estimate_a4(samples, RATE) == pytest.approx(436, abs=0.25)


def test_the_tuning_is_that_of_the_last_seconds_and_no_more_is_held() -> None:
    sound = RecentSound(5.0)
    for block in np.array_split(music(445.0, 6.0), 37):
        sound.add(block, RATE)
    sound.add(music(436.0, 6.0), RATE)
    assert estimate_a4(sound.last(5.0), RATE) == pytest.approx(436, abs=0.25)
    for _ in range(100):
        sound.add(np.zeros(700, np.float32), RATE)
    assert len(sound.last(1000.0)) < 5 * RATE + 700 + 6 * RATE


def measured(samples: NDArray[np.float32], n_blocks: int) -> float | None:
    """The tuning of a recording that is read in so many blocks."""
    tuning = RecordingTuning(RATE)
    for block in np.array_split(samples, n_blocks):
        tuning.push(block)
    return tuning.a4()


@pytest.mark.parametrize("a4", [427.5, 438.3, 440.0, 452.5])
def test_a_recording_has_the_same_tuning_however_it_is_read(a4: float) -> None:
    samples = music(a4, 7.3)
    whole = measured(samples, 1)
    assert whole is not None
    # Half a semitone away it may be taken for that of the other side.
    cents = 1200 * np.log2(whole / a4)
    assert min(abs(cents), abs(abs(cents) - 100)) < 1
    assert whole == round(whole, 1)
    assert [measured(samples, 3), measured(samples, 100)] == [whole, whole]


def test_what_was_measured_is_measured_again_about_it() -> None:
    tuning = RecordingTuning(RATE)
    tuning.push(music(431.3, 9.0))
    first = tuning.a4()
    assert first is not None
    assert tuning.a4(first) == tuning.a4(first + 3.0) == first


def test_all_of_a_long_recording_counts_and_little_of_it_is_held() -> None:
    generator = np.random.default_rng(1)
    noise = (0.003 * generator.standard_normal(RATE)).astype(np.float32)
    tuning = RecordingTuning(RATE)
    for _ in range(200):
        tuning.push(noise)
    assert tuning.a4() is None
    # After minutes of noise comes the music.
    for second in np.array_split(np.tile(music(446.0, 8.0), 25), 200):
        tuning.push(second)
    assert tuning.a4() == pytest.approx(446, abs=0.3)
    assert tuning.n_kept_samples <= 65 * RATE


@pytest.mark.parametrize(("a4", "heard"), [(444.5, 440.0), (446.0, 446.0), (435.5, 440.0)])
def test_only_what_lies_clearly_beside_440_is_heard_otherwise(
    a4: float, heard: float, tmp_path: Path
) -> None:
    soundfile.write(tmp_path / "music.wav", music(a4), RATE)
    assert recording_a4(tmp_path / "music.wav") == pytest.approx(heard, abs=0.25)


def test_without_a_clear_tuning_a_recording_is_heard_at_440(tmp_path: Path) -> None:
    noise = 0.1 * np.random.default_rng(0).standard_normal(3 * RATE)
    soundfile.write(tmp_path / "noise.wav", noise, RATE)
    assert recording_a4(tmp_path / "noise.wav") == 440.0
