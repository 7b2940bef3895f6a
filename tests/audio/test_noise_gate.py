"""Gain, gate and grid: what is done to sound before the model hears it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import soundfile
from numpy.typing import NDArray

from app.audio.capture.bit_depth import on_24_bit_grid
from app.audio.capture.noise_gate import NoiseGate

RATE = 10_000


def through(
    gate: NoiseGate, samples: NDArray[np.float32], threshold_db: float | None, block: int
) -> NDArray[np.float32]:
    frames = np.stack([0.5 * samples, samples], axis=1)
    parts = [frames[first : first + block] for first in range(0, len(samples), block)]
    out = np.concatenate([gate.pass_through(part, threshold_db) for part in parts])
    # The gate is one for all channels, and the loudest opens it.
    np.testing.assert_array_equal(out[:, 0], 0.5 * out[:, 1])
    return out[:, 1]


def hum(seconds: float, peak: float) -> NDArray[np.float32]:
    time_s = np.arange(round(seconds * RATE)) / RATE
    return np.asarray(peak * np.sin(2 * np.pi * 500 * time_s), np.float32)


def test_the_grid_is_that_of_24_bits_and_ends_at_full_scale(tmp_path: Path) -> None:
    samples = np.array([0, 1e-8, 1e-6, 0.1, -0.1, 0.999, 1, -1, 3, -3], np.float32)
    grid = on_24_bit_grid(samples)
    steps = grid.astype(np.float64) * 2**23
    assert (steps == np.rint(steps)).all()
    assert (grid.min(), grid.max()) == (-1.0, np.float32(1 - 2**-23))
    np.testing.assert_allclose(grid[:6], samples[:6], atol=2**-24)
    # A file of 24 bits holds them all.
    path = tmp_path / "grid.flac"
    whole = (steps.astype(np.int32)) << 8
    soundfile.write(path, whole, RATE, subtype="PCM_24")
    np.testing.assert_array_equal(soundfile.read(path, dtype="float32")[0], grid)


@pytest.mark.parametrize("block", [17, 50, 333, 100_000])
def test_a_gate_passes_what_is_loud_and_silences_what_is_not(block: int) -> None:
    gate = NoiseGate(RATE)
    sound = np.concatenate([hum(0.5, 0.001), hum(0.5, 0.1), hum(1.0, 0.001)])
    out = through(gate, sound, -40.0, block)
    # The portion within which it grows loud is let through as a whole.
    assert not out[:4950].any()
    # It opens within the millisecond, and everything after that is untouched.
    np.testing.assert_array_equal(out[5060:10_000], sound[5060:10_000])
    # It stays open for the release, then closes for good.
    assert out[10_000:11_900].any()
    assert not out[12_200:].any()


def test_a_gate_that_is_off_changes_nothing() -> None:
    sound = hum(0.2, 0.001)
    assert through(NoiseGate(RATE), sound, None, 33) is not sound
    np.testing.assert_array_equal(through(NoiseGate(RATE), sound, None, 33), sound)


def test_between_its_two_thresholds_a_gate_stays_as_it_is() -> None:
    gate = NoiseGate(RATE)
    between = hum(1.0, 10 ** (-43 / 20))
    assert not through(gate, between, -40.0, 100).any()
    through(gate, hum(0.1, 0.1), -40.0, 100)
    np.testing.assert_array_equal(through(gate, between, -40.0, 100), between)
    assert not through(gate, hum(1.0, 10 ** (-50 / 20)), -40.0, 100)[2500:].any()


def test_a_gate_opens_and_closes_without_a_click() -> None:
    gate = NoiseGate(RATE)
    steady = np.concatenate([np.full(500, 0.5, np.float32), np.full(5000, 0.004, np.float32)])
    out = through(gate, steady, -40.0, 64)
    assert out[0] == 0
    # No step is larger than the fade's own, but for the one that the sound itself makes.
    steps = np.abs(np.diff(out))
    steps[499] = 0
    assert steps.max() <= 0.5 / 9 + 1e-6
    assert out[-1] == 0
