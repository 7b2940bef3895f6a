"""The pitch between the keys: cents of each hop, of synthesised tones whose pitch is known."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from model.config import FeatureConfig
from model.pitch import LOWEST_PITCH, N_PITCHES, hz_from_pitch
from model.pitch_tracker import PitchTracker, row_lag_s
from model.spectrogram import Spectrogram

FEATURES = FeatureConfig()
# A fractional MIDI pitch for every moment.
PitchAt = Callable[[NDArray[np.float64]], NDArray[np.float64]]


def steady(pitch: float) -> PitchAt:
    return lambda time: np.full_like(time, pitch)


def vibrato(pitch: float, cents: float = 40.0, hz: float = 5.5) -> PitchAt:
    return lambda time: pitch + cents / 100 * np.sin(2 * np.pi * hz * time)


def tone(pitch: PitchAt, seconds: float = 1.0, a4: float = 440.0) -> NDArray[np.float32]:
    """Eight partials, each softer than the one below, over a little noise."""
    time = np.arange(round(seconds * FEATURES.sample_rate)) / FEATURES.sample_rate
    hz = hz_from_pitch(pitch(time), a4)
    turns = 2 * np.pi * np.cumsum(hz) / FEATURES.sample_rate
    samples = sum(
        0.6 ** (partial - 1) * np.sin(partial * turns + partial)
        * (partial * hz < FEATURES.sample_rate / 2)
        for partial in range(1, 9)
    )  # fmt: skip
    noise = np.random.default_rng(0).normal(0, 1e-3, len(time))
    return (0.2 * samples + noise).astype(np.float32)


def cents_of(
    samples: NDArray[np.float32],
    pitches: Sequence[int],
    features: FeatureConfig = FEATURES,
    block: int = 1 << 20,
) -> NDArray[np.float32]:
    spectrogram, tracker = Spectrogram(features), PitchTracker(features)
    found = []
    for first in range(0, len(samples), block):
        for spectra in spectrogram.spectra(samples[first : first + block]):
            sounds = np.zeros((len(spectra), N_PITCHES), bool)
            sounds[:, np.array(pitches) - LOWEST_PITCH] = True
            found.append(tracker.push(spectra, sounds))
    return np.concatenate(found)


def worst(
    cents: NDArray[np.float32], key: int, pitch: PitchAt, features: FeatureConfig = FEATURES
) -> float:
    """The largest error in cents, once the longest window is full of the tone."""
    ends_s = np.array([features.frame_end_s(frame) for frame in range(len(cents))])
    true = 100 * (pitch(ends_s - row_lag_s(features)) - key)
    return float(np.abs(cents[:, key - LOWEST_PITCH] - true)[20:].max())


@pytest.mark.parametrize("cents", [-40, 0, 13])
@pytest.mark.parametrize("key", [22, 28, 40, 52, 60, 69, 81, 96, 107])
def test_a_steady_tone_is_measured_to_cents(key: int, cents: int) -> None:
    pitch = steady(key + cents / 100)
    assert worst(cents_of(tone(pitch), [key]), key, pitch) < 2


@pytest.mark.parametrize("a4", [415.0, 427.5, 442.0, 466.0])
def test_cents_are_told_against_the_tuning(a4: float) -> None:
    features = replace(FEATURES, a4=a4)
    samples = tone(steady(64.1), a4=a4)
    assert worst(cents_of(samples, [64], features), 64, steady(64.1), features) < 1
    # The same sound is off by more against another.
    assert abs(np.nanmedian(cents_of(samples, [64])[20:, 64 - 21]) - 10) > 5


@pytest.mark.parametrize("key", [50, 57, 64, 71, 79])
def test_a_vibrato_is_followed(key: int) -> None:
    assert worst(cents_of(tone(vibrato(key)), [key]), key, vibrato(key)) < 5


def test_a_slide_is_followed() -> None:
    def slide(time: NDArray[np.float64]) -> NDArray[np.float64]:
        return 60 - 0.5 + time

    assert worst(cents_of(tone(slide), [60]), 60, slide) < 1


@pytest.mark.parametrize(
    "chord", [[60, 64, 67], [48, 52, 55], [60, 61], [36, 43, 52], [62, 64, 65, 67]]
)
def test_each_note_of_a_chord_has_its_own(chord: list[int]) -> None:
    pitches = {key: steady(key + (0.1 if index % 2 else -0.08)) for index, key in enumerate(chord)}
    samples = np.sum([tone(pitch) for pitch in pitches.values()], axis=0)
    cents = cents_of(samples, chord)
    for key, pitch in pitches.items():
        assert worst(cents, key, pitch) < 5


def test_a_vibrato_over_a_chord_is_followed_and_the_chord_stays() -> None:
    samples = tone(vibrato(79)) + tone(steady(60)) + tone(steady(64))
    cents = cents_of(samples, [60, 64, 79])
    assert worst(cents, 79, vibrato(79)) < 12
    assert worst(cents, 60, steady(60)) < 2


def test_blocks_of_any_length_give_the_same() -> None:
    samples = tone(vibrato(69)) + tone(steady(57))
    whole = cents_of(samples, [57, 69])
    hops = cents_of(samples, [57, 69], block=441)
    np.testing.assert_allclose(hops, whole, atol=0.05)


def test_nothing_is_said_of_pitches_that_do_not_sound_nor_of_silence() -> None:
    cents = cents_of(tone(steady(60)), [60])
    assert np.isnan(np.delete(cents, 60 - LOWEST_PITCH, axis=1)).all()
    assert np.isnan(cents_of(np.zeros(22_050, np.float32), [60])).all()


def test_other_features_are_tracked_too() -> None:
    features = replace(FEATURES, windows=(2048, 8192), bins_per_octave=24, hop_length=256)
    assert worst(cents_of(tone(steady(64.2)), [64], features), 64, steady(64.2), features) < 1


@pytest.mark.parametrize(
    ("key", "wait_s", "median", "most"),
    [(33, 0.15, 8, 20), (41, 0.15, 8, 20), (48, 0.06, 3, 10), (60, 0.06, 3, 10),
     (76, 0.06, 3, 10), (96, 0.06, 3, 10)],
)  # fmt: skip
def test_a_tone_that_begins_is_soon_measured(
    key: int, wait_s: float, median: float, most: float
) -> None:
    silence = np.random.default_rng(1).normal(0, 1e-3, FEATURES.sample_rate // 2)
    begun = tone(steady(key + 0.17), seconds=1.0)
    cents = cents_of(np.concatenate([silence, begun]).astype(np.float32), [key])
    ends_s = np.array([FEATURES.frame_end_s(frame) for frame in range(len(cents))])
    about_s = ends_s - row_lag_s(FEATURES)
    held = cents[(about_s > 0.5 + wait_s) & (ends_s < 1.5), key - LOWEST_PITCH]
    off = np.abs(held - 17)
    assert len(held) > 30
    assert np.median(off) < median
    assert np.percentile(off, 95) < most
