"""A capture: how a device is opened, and what of it reaches the ring."""

from __future__ import annotations

import gc
import importlib
import threading
from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray

from app.audio import devices
from app.audio.capture import Capture, Receive
from app.audio.devices import AudioDeviceError, Device

STEREO = Device("Interface", "ALSA", 3, 2, 48_000.0)


class Input:
    """A device that sends what it is told, and refuses some ways to be opened."""

    def __init__(self, accepts: Callable[[float, int], bool] = lambda rate, channels: True) -> None:
        self.accepts = accepts
        self.asked: list[tuple[float, int]] = []
        self.time = 0.0
        self.is_open = False

    def open(
        self,
        device: Device,
        sample_rate: float,
        channels: int,
        receive: Receive,
        ended: Callable[[], None],
    ) -> Input:
        self.asked.append((sample_rate, channels))
        if not self.accepts(sample_rate, channels):
            raise AudioDeviceError(f"refused {sample_rate:.0f} Hz, {channels} channels")
        self.receive = receive
        self.ended = ended
        self.is_open = True
        return self

    def close(self) -> None:
        assert self.is_open
        self.is_open = False
        self.ended()


def columns(*channels: NDArray[np.float32]) -> NDArray[np.float32]:
    return np.stack(channels, axis=1).astype(np.float32)


def test_the_models_rate_and_one_channel_are_asked_for_first() -> None:
    device = Input()
    capture = Capture(STEREO, 22_050, device.open)
    assert device.asked == [(22_050, 1)]
    assert capture.sample_rate == 22_050
    assert capture.ring.capacity == 220_500
    capture.close()
    assert not device.is_open


def test_a_device_that_refuses_the_rate_is_opened_at_its_own() -> None:
    device = Input(lambda rate, channels: rate == 48_000 and channels == 2)
    capture = Capture(STEREO, 22_050, device.open)
    assert device.asked == [(22_050, 1), (22_050, 2), (48_000, 1), (48_000, 2)]
    assert capture.sample_rate == 48_000
    assert capture.ring.capacity == 480_000
    capture.close()


def test_a_device_that_refuses_everything_says_why() -> None:
    device = Input(lambda rate, channels: False)
    with pytest.raises(AudioDeviceError, match="refused 48000 Hz, 2 channels"):
        Capture(STEREO, 22_050, device.open)


def test_samples_come_through_the_ring_in_order() -> None:
    device = Input()
    capture = Capture(STEREO, 22_050, device.open)
    reader = capture.ring.reader()
    sound = np.arange(1000, dtype=np.float32)
    for block in np.split(sound, [1, 300, 301, 900]):
        device.receive(block[:, None], False)
    np.testing.assert_array_equal(capture.ring.read_available(reader), sound)
    assert capture.overflows == 0
    capture.close()


def test_several_channels_are_mixed_to_their_mean_however_long_the_block() -> None:
    device = Input(lambda rate, channels: channels == 2)
    capture = Capture(STEREO, 22_050, device.open)
    reader = capture.ring.reader()
    left = np.arange(10_000, dtype=np.float32)
    device.receive(columns(left, 3 * left), False)
    device.receive(columns(left[:5], left[:5]), False)
    np.testing.assert_array_equal(
        capture.ring.read_available(reader), np.concatenate([2 * left, left[:5]])
    )
    capture.close()


def test_what_the_driver_lost_is_counted() -> None:
    device = Input()
    capture = Capture(STEREO, 22_050, device.open)
    for overflowed in (False, True, True, False):
        device.receive(np.zeros((10, 1), np.float32), overflowed)
    assert capture.overflows == 2
    capture.close()


def test_a_stream_that_ends_by_itself_is_noticed() -> None:
    device = Input()
    capture = Capture(STEREO, 22_050, device.open)
    before = capture.has_ended
    device.ended()
    assert (before, capture.has_ended) == (False, True)
    capture.close()


def test_a_forgotten_capture_closes_its_stream() -> None:
    device = Input()
    capture = Capture(STEREO, 22_050, device.open)
    # PortAudio's own references do not count for the garbage collector either.
    device.receive = lambda samples, overflowed: None
    device.ended = lambda: None
    del capture
    gc.collect()
    for thread in threading.enumerate():
        if thread.name == "closing a sound stream":
            thread.join()
    assert not device.is_open


def test_the_inputs_are_listed_with_what_identifies_them(monkeypatch: pytest.MonkeyPatch) -> None:
    class Machine:
        class PortAudioError(Exception):
            pass

        rows = (
            {"name": "Speakers", "hostapi": 0, "index": 0, "max_input_channels": 0,
             "max_output_channels": 2, "default_samplerate": 44_100.0},
            {"name": "Interface", "hostapi": 1, "index": 1, "max_input_channels": 4,
             "max_output_channels": 2, "default_samplerate": 48_000.0},
        )  # fmt: skip

        def query_devices(self, kind: str | None = None) -> object:
            return self.rows if kind is None else self.rows[kind == "input"]

        def query_hostapis(self, index: int) -> dict[str, str]:
            return {"name": ("MME", "ASIO")[index]}

    monkeypatch.setattr(importlib, "import_module", lambda name: Machine())
    interface = Device("Interface", "ASIO", 1, 4, 48_000.0)
    assert devices.input_devices() == [interface]
    assert devices.default_input() == interface
    assert devices.default_output() == Device("Speakers", "MME", 0, 2, 44_100.0)
