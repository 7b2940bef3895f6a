"""The resampler: right in time and level, quick to answer, the same in blocks of any length."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from model.resampler import Resampler

TO = 22_050
RATES = (8_000, 11_025, 16_000, 32_000, 44_100, 47_999.5, 48_000, 88_200, 96_000, 192_000)


def sine(hz: float, rate: float, seconds: float = 0.5) -> NDArray[np.float32]:
    return np.sin(2 * np.pi * hz * np.arange(round(seconds * rate)) / rate).astype(np.float32)


def all_of(rate: float, samples: NDArray[np.float32]) -> NDArray[np.float32]:
    return Resampler(rate, TO).push(samples, last=True)


@pytest.mark.parametrize("rate", RATES)
@pytest.mark.parametrize("hz", [30.0, 441.0, 2_500.0])
def test_a_tone_keeps_its_time_and_level(rate: float, hz: float) -> None:
    out = all_of(rate, sine(hz, rate))
    assert abs(len(out) - TO / 2) <= 1
    inside = slice(400, -400)
    assert np.abs(out - sine(hz, TO, 1.0)[: len(out)])[inside].max() < 2e-4


@pytest.mark.parametrize("rate", [44_100, 48_000, 96_000])
def test_all_that_the_model_hears_passes_and_nothing_folds_into_it(rate: float) -> None:
    passed = all_of(rate, sine(7_800.0, rate))
    assert np.sqrt(2) * np.std(passed[500:-500]) == pytest.approx(1.0, abs=0.01)
    for hz in (14_300.0, 16_000.0, 21_000.0):
        assert np.std(all_of(rate, sine(hz, rate))[500:-500]) < 10 ** (-80 / 20)
    # What folds back from just above the middle lies above everything that is listened to.
    folded = all_of(rate, sine(12_500.0, rate))[500:-500]
    spectrum = np.abs(np.fft.rfft(folded * np.blackman(len(folded))))
    strongest = spectrum.argmax() * TO / len(folded)
    assert strongest == pytest.approx(TO - 12_500.0, abs=20)


@pytest.mark.parametrize("rate", RATES)
def test_blocks_of_any_length_give_exactly_the_same(rate: float) -> None:
    generator = np.random.default_rng(5)
    sound = generator.standard_normal(round(0.2 * rate)).astype(np.float32)
    whole = all_of(rate, sound)
    stream, parts, place = Resampler(rate, TO), [], 0
    while place < len(sound):
        length = int(generator.integers(0, 700))
        parts.append(stream.push(sound[place : place + length]))
        place += length
    parts.append(stream.push(np.zeros(0, np.float32), last=True))
    assert np.array_equal(np.concatenate(parts), whole)


@pytest.mark.parametrize("rate", [32_000, 44_100, 48_000, 96_000])
def test_it_answers_within_a_millisecond(rate: float) -> None:
    stream = Resampler(rate, TO)
    assert stream.delay_s < 0.001
    known = sum(len(stream.push(np.zeros(64, np.float32))) for _ in range(500))
    assert 500 * 64 / rate - known / TO < 0.0011


def test_a_long_stream_does_not_drift() -> None:
    stream = Resampler(48_000, TO)
    count = sum(len(stream.push(np.zeros(480_000, np.float32))) for _ in range(60))
    count += len(stream.push(np.zeros(0, np.float32), last=True))
    assert count == 600 * TO


@pytest.mark.parametrize("rate", [0.0, -44_100.0, float("nan"), float("inf")])
def test_a_rate_that_is_none_is_refused(rate: float) -> None:
    with pytest.raises(ValueError, match="cannot be resampled"):
        Resampler(rate, TO)
