"""An open input device that fills a ring."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from app.audio.devices import (
    AudioDeviceError,
    Device,
    OpenStream,
    close_elsewhere,
    device_errors,
    portaudio,
)
from app.audio.ring import Ring

# Seconds asked of the driver. Its own low setting can be below 10 ms, as long as a callback in
# Python may have to wait for its turn. Sound comes in portions of half of this or less.
LATENCY_S = 0.03
# How far the worker may fall behind before sound is lost.
RING_S = 10.0
# Frames that are mixed to mono in one go, as many as the memory for it was made for.
_MIX_FRAMES = 4096

# Called in the driver's thread with samples (frames, channels), and whether some before them were
# lost. The memory is the driver's: it is valid during the call only.
Receive = Callable[[NDArray[np.float32], bool], None]
# Opens and starts (device, sample rate, channels, receive, called when the stream ended for
# whatever reason). Raises AudioDeviceError.
OpenInput = Callable[[Device, float, int, Receive, Callable[[], None]], OpenStream]


class Capture:
    """Sound that runs from a device, mixed to mono, into a ring.

    Attributes:
        device: what is listened to.
        sample_rate: the rate in Hz that the device was opened with.
        ring: takes every sample that arrives.
        overflows: how many times the driver said that samples were lost before they came here.
        has_ended: the driver has stopped: the capture was closed, or the device is lost. A driver
            may hang as well; then only the silence tells.
    """

    def __init__(
        self, device: Device, preferred_rate: float, open_input: OpenInput | None = None
    ) -> None:
        """Opens and starts the device, at the preferred rate in Hz if it can, else at its own.

        Args:
            open_input: takes the place of PortAudio.

        Raises:
            AudioDeviceError: the device cannot be opened or does not start.
        """
        self.device = device
        self.overflows = 0
        self._stream: OpenStream | None = None
        self._mixed = np.empty(_MIX_FRAMES, np.float32)
        refusal = AudioDeviceError(f"{device.name} has no sound input.")
        for rate, channels in _ways_to_open(device, preferred_rate):
            self.sample_rate = rate
            self.ring = Ring(math.ceil(RING_S * rate))
            self.has_ended = False
            try:
                self._stream = (open_input or _open_portaudio)(
                    device, rate, channels, self._receive, self._end
                )
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

    def _receive(self, samples: NDArray[np.float32], overflowed: bool) -> None:
        """Runs in the driver's thread, which must not wait: copies and counts, nothing else."""
        if overflowed:
            self.overflows += 1
        if samples.shape[1] == 1:
            self.ring.write(samples[:, 0])
            return
        for first in range(0, len(samples), _MIX_FRAMES):
            part = samples[first : first + _MIX_FRAMES]
            self.ring.write(np.mean(part, axis=1, out=self._mixed[: len(part)]))

    def _end(self) -> None:
        self.has_ended = True


def _ways_to_open(device: Device, preferred_rate: float) -> Iterator[tuple[float, int]]:
    """Sample rates and channel counts worth trying, the best first."""
    for rate in dict.fromkeys((preferred_rate, device.default_sample_rate)):
        # A driver that does not mix takes its own number of channels only.
        for channels in dict.fromkeys((1, 2, device.channels)):
            if channels <= device.channels:
                yield rate, channels


def _open_portaudio(
    device: Device,
    sample_rate: float,
    channels: int,
    receive: Receive,
    ended: Callable[[], None],
) -> OpenStream:
    def callback(samples: NDArray[np.float32], frames: int, time: Any, status: Any) -> None:
        receive(samples, bool(status.input_overflow))

    with device_errors(f"The sound input {device.name} cannot be opened"):
        stream: Any = portaudio().InputStream(
            device=device.index,
            samplerate=sample_rate,
            channels=channels,
            dtype="float32",
            blocksize=0,
            latency=LATENCY_S,
            callback=callback,
            finished_callback=ended,
        )
        try:
            stream.start()
        except BaseException:
            stream.close()
            raise
    opened: OpenStream = stream
    return opened
