"""Slow and fast playback: pitch and loudness stay, everything comes when it should."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from app.audio.playback.time_stretch import TimeStretcher
from tests.conftest import tones

RATE = 8000
SPEEDS = (0.1, 0.25, 0.5, 0.8, 1.25, 1.5)


def sine(hz: float, seconds: float) -> NDArray[np.float32]:
    return (0.5 * np.sin(2 * np.pi * hz * np.arange(round(seconds * RATE)) / RATE)).astype(
        np.float32
    )


def in_ragged_blocks(tape: TimeStretcher, count: int) -> NDArray[np.float32]:
    sizes = np.random.default_rng(0).integers(1, 700, 10_000)
    blocks, done = [], 0
    for size in sizes:
        size = min(int(size), count - done)
        blocks.append(tape.read(size))
        done += size
        if done == count:
            break
    return np.concatenate(blocks)


@pytest.mark.parametrize("speed", SPEEDS)
@pytest.mark.parametrize("hz", [110.0, 440.0, 1234.5])
def test_pitch_and_loudness_stay(speed: float, hz: float) -> None:
    sound = sine(hz, 3.0)
    tape = TimeStretcher(sound, RATE, speed=speed)
    assert tape.length == np.ceil(len(sound) / speed)
    out = in_ragged_blocks(tape, int(tape.length))
    middle = out[RATE // 4 : -RATE // 4]
    spectrum = np.abs(np.fft.rfft(middle * np.hanning(len(middle))))
    assert np.argmax(spectrum) * RATE / len(middle) == pytest.approx(hz, abs=RATE / len(middle))
    assert np.sqrt(np.mean(middle**2)) == pytest.approx(0.5 / np.sqrt(2), rel=0.03)
    # And nothing else is heard: no flutter, no echo.
    peak = int(np.argmax(spectrum))
    share = np.sum(spectrum[peak - 6 : peak + 7] ** 2) / np.sum(spectrum**2)
    assert share > 0.995


def test_a_chord_keeps_its_balance() -> None:
    sound = sum((sine(hz, 3.0) / 4 for hz in (220.0, 277.2, 329.6)), np.zeros(3 * RATE, np.float32))
    out = TimeStretcher(sound, RATE, speed=0.5).read(6 * RATE)[RATE:-RATE]
    spectrum = np.abs(np.fft.rfft(out * np.hanning(len(out))))
    strengths = [spectrum[round(hz * len(out) / RATE) - 8 :][:17].max()
                 for hz in (220.0, 277.2, 329.6)]  # fmt: skip
    assert max(strengths) / min(strengths) < 1.15


@pytest.mark.parametrize("speed", SPEEDS)
def test_attacks_come_when_they_should(speed: float) -> None:
    """Within a frame of the model, however long it has been playing."""
    moments = np.array([0.5, 1.0, 3.7, 9.2, 15.0])
    sound = np.zeros(16 * RATE, np.float32)
    for moment in moments:
        first = round(moment * RATE)
        ring = np.exp(-np.arange(RATE // 4) / 400) * sine(600, 0.25)
        sound[first : first + len(ring)] += ring.astype(np.float32)
    out = TimeStretcher(sound, RATE, speed=speed).read(int(16 * RATE / speed))
    for moment in moments:
        around = round(moment / speed * RATE)
        part = np.abs(out[around - RATE // 8 : around + RATE // 8])
        loud = int(np.argmax(part > 0.5 * part.max())) - RATE // 8
        assert abs(loud / RATE) < 0.02


def test_at_its_own_speed_the_samples_come_unchanged() -> None:
    sound = tones(1.0, RATE)
    tape = TimeStretcher(sound, RATE, 100.0)
    out = in_ragged_blocks(tape, len(sound))
    np.testing.assert_array_equal(out[: len(sound) - 100], sound[100:])
    assert not out[len(sound) - 100 :].any()


def test_silence_and_nothing() -> None:
    for speed in (1.0, 0.5):
        assert not TimeStretcher(np.zeros(5000, np.int16), RATE, speed=speed).read(8000).any()
        empty = TimeStretcher(np.zeros(0, np.int16), RATE, speed=speed)
        assert empty.length == 0
        assert not empty.read(100).any()


def test_it_knows_where_every_sample_lies() -> None:
    tape = TimeStretcher(np.zeros(1000, np.int16), RATE, 100.0, 0.5, (200, 300))
    assert [tape.position(n) for n in (0, 100, 199, 200, 300, 399, 400, 401)] == [
        100.0, 150.0, 199.5, 200.0, 250.0, 299.5, 200.0, 200.5,
    ]  # fmt: skip
    assert tape.until_turn(0) == 400
    assert tape.until_turn(400) == 200
    assert tape.until_turn(599) == 1
    assert tape.length == np.inf


def test_from_behind_a_loop_it_reads_to_the_end() -> None:
    tape = TimeStretcher(np.zeros(1000, np.int16), RATE, 300.0, 1.0, (200, 300))
    assert tape.loop is None
    assert tape.length == 700


def test_a_loop_turns_without_a_click() -> None:
    """At its own speed the turn is exact to the sample; the seam is faded over."""
    ramp = np.arange(2000, dtype=np.float32) / 2000
    out = in_ragged_blocks(TimeStretcher(ramp, RATE, 500.0, 1.0, (400, 1400)), 5000)
    np.testing.assert_array_equal(out[:900], ramp[500:1400])
    np.testing.assert_array_equal(out[950:1900], ramp[450:1400])
    np.testing.assert_array_equal(out[1950:2900], ramp[450:1400])
    assert np.abs(np.diff(out[880:960])).max() < 0.05


def test_a_stretched_loop_repeats_itself() -> None:
    sound = sine(440, 2.0)
    sound[: RATE // 2] = 0
    sound[RATE:] = 0
    out = TimeStretcher(sound, RATE, 0.0, 0.5, (0, round(1.5 * RATE))).read(9 * RATE)
    level = np.sqrt(np.mean(out[: 9 * RATE].reshape(-1, RATE // 4) ** 2, axis=1))
    assert level.shape == (36,)
    for turn in range(3):
        loud = level[turn * 12 + 5 : turn * 12 + 7]
        quiet = level[turn * 12 + 10 : turn * 12 + 12]
        assert loud.min() > 0.25
        assert quiet.max() < 0.02
