"""A capture: how a device is opened, and what of it reaches the ring."""

from __future__ import annotations

import gc
import threading
from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from app.audio.capture.input_stream import Capture, open_choice
from app.audio.devices.device_list import AudioDeviceError, Device, DeviceBusyError
from app.audio.devices.input_choice import InputChoice
from tests.live.fake_input import STEREO, Input, Opened


def columns(*channels: NDArray[np.float32]) -> NDArray[np.float32]:
    return np.stack(channels, axis=1).astype(np.float32)


def test_the_wanted_rate_and_all_channels_are_asked_for_first() -> None:
    device = Input()
    capture = Capture(STEREO, (22_050,), device.open)
    assert device.asked == [(22_050, 2)]
    assert capture.sample_rate == 22_050
    assert capture.ring.capacity == 220_500
    capture.close()
    assert not device.is_open


def test_a_device_that_refuses_the_rate_is_opened_at_its_own() -> None:
    device = Input(lambda rate, channels: rate == 48_000 and channels == 1)
    capture = Capture(STEREO, (22_050,), device.open)
    assert device.asked == [(22_050, 2), (22_050, 1), (48_000, 2), (48_000, 1)]
    assert capture.sample_rate == 48_000
    assert capture.ring.capacity == 480_000
    capture.close()


def test_a_device_that_refuses_even_its_own_rate_is_asked_for_the_usual_ones() -> None:
    device = Input(lambda rate, channels: rate == 44_100)
    capture = Capture(replace(STEREO, default_sample_rate=8000), (22_050,), device.open)
    assert [rate for rate, channels in device.asked if channels == 2] == [
        22_050, 8000, 48_000, 44_100,
    ]  # fmt: skip
    capture.close()


def test_a_device_that_refuses_everything_says_why() -> None:
    device = Input(lambda rate, channels: False)
    with pytest.raises(AudioDeviceError, match="refused 44100 Hz, 1 channels"):
        Capture(STEREO, (22_050,), device.open)


def test_a_device_that_another_program_holds_is_asked_once() -> None:
    asked = []

    def open_input(device: Device, *how: object) -> Opened:
        asked.append(how)
        raise DeviceBusyError("another program is using it")

    with pytest.raises(DeviceBusyError):
        Capture(STEREO, (22_050,), open_input)
    assert len(asked) == 1


def test_of_very_many_channels_two_are_taken() -> None:
    device = Input()
    Capture(replace(STEREO, channels=32), (22_050,), device.open).close()
    assert device.asked == [(22_050, 2)]


def test_one_channel_is_heard_alone() -> None:
    device = Input(lambda rate, channels: channels == 4)
    interface = replace(STEREO, channels=4)
    capture = Capture(interface, (22_050,), device.open, channel=1)
    assert device.asked == [(22_050, 2), (22_050, 4)]
    reader = capture.ring.reader()
    sound = np.arange(12).reshape(3, 4).astype(np.float32)
    device.receive(sound, False)
    np.testing.assert_array_equal(capture.ring.read_available(reader), sound[:, 1:2])
    capture.close()


def test_a_channel_that_is_not_there_is_refused() -> None:
    device = Input()
    with pytest.raises(AudioDeviceError, match="Interface has no channel 3: the last one is 2"):
        Capture(STEREO, (22_050,), device.open, channel=2)
    assert device.asked == []


def test_the_chosen_rate_is_asked_for_before_the_others() -> None:
    device = Input(lambda rate, channels: rate == 22_050)
    choice = InputChoice("Interface", channel=0, sample_rate=96_000)
    found: list[InputChoice] = []

    def find(choice: InputChoice) -> Device:
        found.append(choice)
        return STEREO

    capture = open_choice(choice, (22_050,), device.open, find)
    assert found == [choice]
    assert device.asked == [(96_000, 1), (96_000, 2), (22_050, 1)]
    capture.close()


def test_samples_come_through_the_ring_in_order() -> None:
    device = Input()
    capture = Capture(STEREO, (22_050,), device.open)
    reader = capture.ring.reader()
    sound = np.arange(1000, dtype=np.float32)
    for block in np.split(sound, [1, 300, 301, 900]):
        device.receive(block[:, None], False)
    read = capture.ring.read_available(reader)
    np.testing.assert_array_equal(read, columns(sound, sound))
    assert capture.overflows == 0
    capture.close()


def test_every_channel_comes_through() -> None:
    device = Input(lambda rate, channels: channels == 2)
    capture = Capture(STEREO, (), device.open)
    assert device.asked == [(48_000, 2)]
    reader = capture.ring.reader()
    left = np.arange(10_000, dtype=np.float32)
    sound = columns(left, 3 * left)
    device.receive(sound, False)
    np.testing.assert_array_equal(capture.ring.read_available(reader), sound)
    capture.close()


def test_what_the_driver_lost_is_counted() -> None:
    device = Input()
    capture = Capture(STEREO, (22_050,), device.open)
    for overflowed in (False, True, True, False):
        device.receive(np.zeros((10, 1), np.float32), overflowed)
    assert capture.overflows == 2
    capture.close()


def test_a_stream_that_ends_by_itself_is_noticed() -> None:
    device = Input()
    capture = Capture(STEREO, (22_050,), device.open)
    before = capture.has_ended
    device.ended()
    assert (before, capture.has_ended) == (False, True)
    capture.close()


def test_a_forgotten_capture_closes_its_stream() -> None:
    device = Input()
    capture = Capture(STEREO, (22_050,), device.open)
    # PortAudio's own references do not count for the garbage collector either.
    device.receive = lambda samples, overflowed: None
    device.ended = lambda: None
    del capture
    gc.collect()
    for thread in threading.enumerate():
        if thread.name == "closing a sound stream":
            thread.join()
    assert not device.is_open
