"""An input that is lost, comes back, changes its rate or is exchanged, step by step."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from app.audio.capture.input_stream import Capture
from app.audio.capture.reconnecting_input import Lost, ReconnectingInput, Resumed
from app.audio.devices.device_list import AudioDeviceError
from tests.live.fake_input import STEREO, Input

RATE = 22_050


class Bench:
    """A source, its device, and a clock that moves when it is told to."""

    def __init__(self, rate: float = RATE) -> None:
        self.now = 100.0
        self.device = Input()
        self.returned: list[Capture] = []
        self.attempts = 0
        self.source = ReconnectingInput(self.opened(rate), self.open_again, lambda: self.now)

    def opened(self, rate: float = RATE) -> Capture:
        self.device = Input()
        return Capture(STEREO, (rate,), self.device.open)

    def open_again(self) -> Capture:
        self.attempts += 1
        if not self.returned:
            raise AudioDeviceError("Interface is not there")
        return self.returned.pop()

    def pulls(self, seconds: float, step: float = 0.05) -> list[object]:
        """What is pulled while so much time goes by, without the empty ones."""
        found: list[object] = []
        for _ in range(round(seconds / step)):
            self.now += step
            pulled = self.source.pull()
            for thread in threading.enumerate():
                if thread.name in ("opening a sound stream", "closing a sound stream"):
                    thread.join()
            if not isinstance(pulled, np.ndarray):
                found.append(pulled)
            elif len(pulled):
                assert pulled.shape[1] == self.source.n_channels
                np.testing.assert_array_equal(pulled[:, 0], pulled[:, -1])
                found.append(pulled[:, 0])
        return found

    def send(self, samples: NDArray[np.float32]) -> None:
        self.device.receive(samples[:, None], False)


@pytest.fixture
def bench() -> Iterator[Bench]:
    bench = Bench()
    yield bench
    bench.source.close(patiently=True)


def ramp(length: int, first: int = 0) -> NDArray[np.float32]:
    return np.arange(first, first + length, dtype=np.float32) / np.float32(10_000)


def test_sound_is_handed_on_to_the_last_sample_and_then_the_end(bench: Bench) -> None:
    bench.send(ramp(10))
    np.testing.assert_array_equal(bench.pulls(0.05)[0], ramp(10))
    bench.send(ramp(5))
    bench.source.close(patiently=True)
    sound, end = bench.pulls(0.1)
    np.testing.assert_array_equal(sound, ramp(5))
    assert end is None


def test_what_came_before_the_source_was_made_is_heard() -> None:
    device = Input()
    capture = Capture(STEREO, (RATE,), device.open)
    device.receive(ramp(10)[:, None], False)
    source = ReconnectingInput(capture, lambda: capture)
    pulled = source.pull()
    assert isinstance(pulled, np.ndarray)
    np.testing.assert_array_equal(pulled, np.stack([ramp(10), ramp(10)], axis=1))
    source.close(patiently=True)


def test_a_device_that_sends_nothing_more_is_lost_within_two_seconds(bench: Bench) -> None:
    bench.send(ramp(10))
    assert len(bench.pulls(1.0)) == 1
    [lost] = bench.pulls(0.5)
    assert lost == Lost(
        "The sound input Interface is lost: no sound comes from it any more. "
        "It is taken up again when it comes back."
    )
    assert bench.source.is_waiting
    assert not bench.device.is_open


def test_a_device_may_take_longer_to_start(bench: Bench) -> None:
    assert bench.pulls(2.9) == []
    assert [type(pulled) for pulled in bench.pulls(0.3)] == [Lost]


def test_a_stream_that_ends_is_lost_after_its_last_sample(bench: Bench) -> None:
    bench.send(ramp(10))
    bench.device.ended()
    sound, lost = bench.pulls(0.1)
    np.testing.assert_array_equal(sound, ramp(10))
    assert isinstance(lost, Lost)


def test_a_clock_that_jumps_is_not_taken_for_a_lost_device(bench: Bench) -> None:
    bench.send(ramp(10))
    bench.pulls(0.1)
    # The machine slept for an hour, then its clock was set back.
    for jump in (3600.0, -7200.0):
        bench.now += jump
        assert bench.pulls(0.5) == []
        bench.send(ramp(10))
        assert len(bench.pulls(0.5)) == 1
    assert not bench.source.is_waiting


def test_a_lost_device_is_tried_once_a_second_and_taken_up_when_it_sends(bench: Bench) -> None:
    bench.device.ended()
    bench.pulls(0.1)
    assert bench.pulls(5.0) == []
    assert bench.attempts in (4, 5)
    bench.returned.append(bench.opened())
    assert bench.pulls(1.2) == []
    # An open stream alone is not the device's return.
    assert bench.source.is_waiting
    bench.send(ramp(10, 5))
    resumed, sound = bench.pulls(0.1)
    assert resumed == Resumed("Interface")
    np.testing.assert_array_equal(sound, ramp(10, 5))
    assert not bench.source.is_waiting


def test_a_device_that_returns_but_sends_nothing_is_tried_again(bench: Bench) -> None:
    bench.device.ended()
    bench.pulls(0.1)
    bench.returned.append(bench.opened())
    silent = bench.device
    assert bench.pulls(5.0) == []
    assert not silent.is_open
    bench.returned.append(bench.opened())
    bench.pulls(1.5)
    bench.send(ramp(3))
    assert bench.pulls(0.1)[0] == Resumed("Interface")


def test_what_a_given_up_stream_still_sends_is_not_its_return(bench: Bench) -> None:
    bench.send(ramp(10))
    bench.pulls(1.5)
    bench.send(ramp(10))
    assert bench.pulls(0.5) == []
    assert bench.source.is_waiting


def test_a_device_that_returns_at_another_rate_is_converted(bench: Bench) -> None:
    bench.device.ended()
    bench.pulls(0.1)
    bench.returned.append(bench.opened(48_000))
    bench.pulls(1.5)
    time_s = np.arange(48_000) / 48_000
    bench.send(np.sin(2 * np.pi * 440 * time_s).astype(np.float32))
    _, sound = bench.pulls(0.1)
    assert isinstance(sound, np.ndarray)
    assert bench.source.sample_rate == RATE
    assert len(sound) == pytest.approx(RATE, rel=0.05)
    spectrum = np.abs(np.fft.rfft(sound[-16_384:]))
    assert np.argmax(spectrum) * RATE / 16_384 == pytest.approx(440, abs=2)


@pytest.mark.parametrize("n_channels", [1, 2, 4])
def test_a_device_that_returns_with_other_channels_is_converted(n_channels: int) -> None:
    device = Input()
    capture = Capture(replace(STEREO, channels=n_channels), (RATE,), device.open)
    source = ReconnectingInput(capture, lambda: capture)
    assert source.n_channels == (2 if n_channels == 2 else 1)
    for returned in (1, 2, 4):
        again = Input()
        source.offer(Capture(replace(STEREO, channels=returned), (RATE,), again.open))
        source.pull()
        again.receive(ramp(10)[:, None], False)
        pulled = source.pull()
        assert isinstance(pulled, np.ndarray)
        expected = np.repeat(ramp(10)[:, None], source.n_channels, axis=1)
        np.testing.assert_allclose(pulled, expected, atol=1e-7)
    source.close(patiently=True)


@pytest.mark.parametrize("end", [Lost, type(None)])
def test_what_the_converter_held_back_is_handed_on_at_the_end(bench: Bench, end: type) -> None:
    bench.device.ended()
    bench.pulls(0.1)
    bench.source.offer(bench.opened(44_100))
    bench.send(ramp(2000))
    if end is Lost:
        bench.device.ended()
    else:
        bench.source.close(patiently=True)
    resumed, *sound, last = bench.pulls(0.4)[:4]
    assert isinstance(resumed, Resumed)
    assert sum(len(part) for part in sound if isinstance(part, np.ndarray)) == 1000
    assert isinstance(last, end)


def test_what_was_opened_at_the_last_moment_is_read_as_well(bench: Bench) -> None:
    bench.device.ended()
    bench.pulls(0.1)
    capture = bench.opened()
    bench.send(ramp(10))
    bench.source.offer(capture)
    bench.source.close(patiently=True)
    resumed, sound, end = bench.pulls(0.3)[:3]
    assert isinstance(resumed, Resumed)
    np.testing.assert_array_equal(sound, ramp(10))
    assert end is None


def test_closing_while_it_waits_ends_it_and_lets_a_late_device_go(bench: Bench) -> None:
    bench.device.ended()
    bench.pulls(0.1)
    late = bench.opened()
    late_device = bench.device
    bench.source.close(patiently=False)
    bench.source.offer(late)
    assert bench.pulls(0.1) == [None, None]
    assert not late_device.is_open


def test_a_released_device_goes_on_when_it_is_opened_again(bench: Bench) -> None:
    bench.send(ramp(10))
    bench.source.release()
    assert len(bench.pulls(3.0)) == 1
    bench.returned.append(bench.opened())
    bench.source.reopen()
    bench.send(ramp(10, 10))
    [sound] = bench.pulls(0.2)
    np.testing.assert_array_equal(sound, ramp(10, 10))


def test_a_released_device_that_does_not_open_again_is_lost(bench: Bench) -> None:
    bench.source.release()
    bench.source.reopen()
    assert [type(pulled) for pulled in bench.pulls(0.2)] == [Lost]


def test_what_was_lost_is_counted_over_all_devices(bench: Bench) -> None:
    bench.device.receive(np.zeros((12 * RATE, 1), np.float32), True)
    bench.pulls(0.05)
    bench.device.ended()
    bench.pulls(0.1)
    bench.returned.append(bench.opened())
    bench.pulls(1.5)
    bench.device.receive(np.zeros((11 * RATE, 1), np.float32), True)
    bench.pulls(0.1)
    assert bench.source.overflows == 4
    assert bench.source.lost_samples == 3 * RATE


def test_what_is_no_number_becomes_silence_and_what_is_absurd_finite(bench: Bench) -> None:
    bench.send(np.array([0.5, np.nan, np.inf, -np.inf, 1e30], np.float32))
    [sound] = bench.pulls(0.05)
    np.testing.assert_array_equal(sound, [0.5, 0, 0, 0, 16])
