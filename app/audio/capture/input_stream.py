"""An open input device that fills a ring."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from types import ModuleType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from app.audio.capture.ring_buffer import RingBuffer
from app.audio.devices.device_list import (
    AudioDeviceError,
    Device,
    DeviceBusyError,
    OpenStream,
    close_elsewhere,
    ending_by_faults,
    find_input,
    open_stream,
    restart_portaudio,
)
from app.audio.devices.input_choice import InputChoice
from app.audio.devices.portaudio import library
from app.audio.devices.pulse_sources import pointed_at

# Seconds asked of the driver. Its own low setting can be below 10 ms, as long as a callback in
# Python may have to wait for its turn. Sound comes in portions of half of this or less.
LATENCY_S = 0.03
# How far the worker may fall behind before sound is lost.
RING_S = 10.0
# More channels than that are no converter's that somebody would want to hear together.
_MOST_CHANNELS = 8
# What nearly every device takes, for those that refuse their own default.
_USUAL_RATES = (48_000.0, 44_100.0)

# Called in the driver's thread with samples (frames, channels), and whether some before them were
# lost. The memory is the driver's: it is valid during the call only.
Receive = Callable[[NDArray[np.float32], bool], None]
# Opens and starts (device, sample rate, channels, receive, called when the stream ended for
# whatever reason). Raises AudioDeviceError.
OpenInput = Callable[[Device, float, int, Receive, Callable[[], None]], OpenStream]


class Capture:
    """Sound that runs from a device into a ring.

    Attributes:
        device: what is listened to.
        sample_rate: the rate in Hz that the device was opened with.
        ring: takes every frame that arrives, of all channels or the chosen one.
        overflows: how many times the driver said that samples were lost before they came here.
        has_ended: the driver has stopped: the capture was closed, or the device is lost. A driver
            may hang as well; then only the silence tells.
    """

    def __init__(
        self,
        device: Device,
        rates: Sequence[float],
        open_input: OpenInput | None = None,
        *,
        channel: int | None = None,
    ) -> None:
        """Opens and starts the device.

        Args:
            rates: sample rates in Hz to try, the best first, before the device's own and the usual
                ones.
            open_input: takes the place of PortAudio.
            channel: the one to hear, from 0; None for all. Devices of very many
                channels are not converters but gates to a sound server, which mixes down to two.

        Raises:
            AudioDeviceError: the device has no such channel, cannot be opened or does not start.
        """
        self.device = device
        self.overflows = 0
        self._stream: OpenStream | None = None
        self._channel = channel
        refusal = AudioDeviceError(f"{device.name} has no sound input.")
        if channel is not None and channel >= device.channels:
            raise AudioDeviceError(
                f"{device.name} has no channel {channel + 1}: the last one is {device.channels}."
            )
        for rate, channels_opened in _ways_to_open(device, rates, channel):
            self.sample_rate = rate
            n_channels = 1 if channel is not None else channels_opened
            self.ring = RingBuffer(math.ceil(RING_S * rate), n_channels)
            self.has_ended = False
            try:
                self._stream = (open_input or _open_portaudio)(
                    device, rate, channels_opened, self._receive, self._end
                )
            except DeviceBusyError:
                raise
            except AudioDeviceError as error:
                refusal = error
            else:
                return
        raise refusal

    def __del__(self) -> None:
        # A running stream would call back into memory that is no longer there.
        self.abandon()

    def close(self) -> None:
        """Ends the stream: no sample comes after this. For the thread that made it."""
        stream, self._stream = self._stream, None
        if stream is not None:
            stream.close()

    def abandon(self) -> None:
        """Ends the stream without waiting for its driver. For any thread."""
        stream, self._stream = self._stream, None
        if stream is not None:
            close_elsewhere(stream)

    def forget(self) -> None:
        """Lets the sound in the ring go; the driver may hang, and still write a little."""
        self.ring = RingBuffer(1, self.ring.n_channels)

    def _receive(self, samples: NDArray[np.float32], overflowed: bool) -> None:
        """Runs in the driver's thread, which must not wait: copies and counts, nothing else."""
        if overflowed:
            self.overflows += 1
        if self._channel is not None:
            samples = samples[:, self._channel, None]
        self.ring.write(samples)

    def _end(self) -> None:
        self.has_ended = True


def open_choice(
    choice: InputChoice,
    rates: Sequence[float],
    open_input: OpenInput | None = None,
    find: Callable[[InputChoice], Device] = find_input,
) -> Capture:
    """Finds the chosen device among those of this moment, and opens it.

    Args:
        rates: sample rates in Hz to try after the chosen one, the best first.
        open_input: takes the place of PortAudio.
        find: takes the place of its list.

    Raises:
        AudioDeviceError: it is not there, or cannot be opened.
    """
    if find is find_input:
        # While another stream runs it cannot be done, and the list is what it was.
        restart_portaudio()
    # The index must still be the device's when it is opened.
    with library().in_use():
        device = find(choice)
        wanted = [choice.sample_rate, *rates] if choice.sample_rate else rates
        return Capture(device, wanted, open_input, channel=choice.channel)


def _ways_to_open(
    device: Device, rates: Sequence[float], channel: int | None
) -> Iterator[tuple[float, int]]:
    """Sample rates and channel counts worth trying, the best first."""
    if channel is not None:
        # A driver that does not pick takes its own number of channels only.
        counts = [channel + 1, device.channels]
    elif device.channels <= _MOST_CHANNELS:
        counts = [device.channels, 2, 1]
    else:
        counts = [2, 1, device.channels]
    for rate in dict.fromkeys((*rates, device.default_sample_rate, *_USUAL_RATES)):
        for count in dict.fromkeys(counts):
            if count <= device.channels:
                yield rate, count


def _open_portaudio(
    device: Device,
    sample_rate: float,
    channels: int,
    receive: Receive,
    ended: Callable[[], None],
) -> OpenStream:
    def callback(samples: NDArray[np.float32], frames: int, time: Any, status: Any) -> None:
        receive(samples, bool(status.input_overflow))

    def make(sounddevice: ModuleType) -> Any:
        with pointed_at(device.pulse_source):
            return sounddevice.InputStream(
                device=device.index,
                samplerate=sample_rate,
                channels=channels,
                dtype="float32",
                blocksize=0,
                latency=LATENCY_S,
                callback=ending_by_faults(callback),
                finished_callback=ended,
            )

    return open_stream(f"The sound input {device.name} cannot be opened", make)
