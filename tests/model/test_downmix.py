"""Several channels as one: the mean, unless they cancel each other."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from model.downmix import Downmix

RATE = 48_000


def sound(seed: int, seconds: float = 1.0) -> NDArray[np.float32]:
    generator = np.random.default_rng(seed)
    return (0.2 * generator.standard_normal(round(seconds * RATE))).astype(np.float32)


def mixed(*channels: NDArray[np.float32]) -> NDArray[np.float32]:
    return Downmix(len(channels), RATE).push(np.stack(channels, axis=1))


def level(samples: NDArray[np.float32]) -> float:
    return float(np.sqrt(np.mean(samples[RATE // 10 :] ** 2)))


def test_one_channel_stays_as_it_is() -> None:
    assert np.array_equal(mixed(sound(1)), sound(1))


@pytest.mark.parametrize("n_channels", [2, 3, 6])
def test_channels_that_do_not_cancel_are_their_mean(n_channels: int) -> None:
    channels = [sound(seed) for seed in range(n_channels)]
    assert np.allclose(mixed(*channels), np.mean(channels, axis=0), atol=1e-6)
    same = [sound(1)] * n_channels
    assert np.allclose(mixed(*same), sound(1), atol=1e-6)


def test_a_channel_alone_is_heard_whichever_it_is() -> None:
    silent = np.zeros(RATE, np.float32)
    assert np.allclose(mixed(sound(1), silent), sound(1) / 2, atol=1e-7)
    assert np.allclose(mixed(silent, sound(1)), sound(1) / 2, atol=1e-7)


def test_a_channel_turned_over_takes_nothing_from_the_other() -> None:
    left = sound(1)
    assert level(mixed(left, -left)) == pytest.approx(level(left), rel=1e-3)
    # As microphones hear it: not quite alike.
    assert level(mixed(left, -0.9 * left + 0.05 * sound(2))) > 0.9 * level(left)
    assert level(mixed(left, left, -left, -left)) == pytest.approx(level(left), rel=1e-3)


def test_it_changes_without_a_click_and_back_when_the_channels_agree_again() -> None:
    time = np.arange(4 * RATE) / RATE
    left = (0.5 * np.sin(2 * np.pi * 220 * time)).astype(np.float32)
    right = np.where((time > 1) & (time < 2), -left, left)
    out = mixed(left, right)
    # The wave's own steps are that steep; a click would be far steeper.
    assert np.abs(np.diff(out)).max() < 2.2 * np.abs(np.diff(left)).max()
    assert np.allclose(out[: RATE // 2], left[: RATE // 2], atol=1e-6)
    assert np.allclose(out[-RATE // 2 :], left[-RATE // 2 :], atol=1e-6)


def test_blocks_of_any_length_give_exactly_the_same() -> None:
    generator = np.random.default_rng(3)
    left = sound(1, 3.0)
    right = np.where(np.arange(len(left)) % RATE < RATE // 2, left, -left)
    frames = np.stack([left, right], axis=1)
    stream, parts, place = Downmix(2, RATE), [], 0
    while place < len(frames):
        length = int(generator.integers(0, 3000))
        parts.append(stream.push(frames[place : place + length]))
        place += length
    assert np.array_equal(np.concatenate(parts), mixed(left, right))


def test_silence_says_nothing() -> None:
    silent = np.zeros(RATE, np.float32)
    assert not mixed(silent, silent).any()


def test_no_channel_is_refused() -> None:
    with pytest.raises(ValueError, match="0 channels"):
        Downmix(0, RATE)
