"""A sound input that sends what the tests tell it to."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from app.audio.capture.input_stream import Receive
from app.audio.devices.device_list import AudioDeviceError, Device

STEREO = Device("Interface", "ALSA", 3, 2, 48_000.0)


class Input:
    """A device that sends what it is told, and refuses some ways to be opened."""

    def __init__(self, accepts: Callable[[float, int], bool] = lambda rate, channels: True) -> None:
        self.accepts = accepts
        self.asked: list[tuple[float, int]] = []
        self.n_open = 0

    @property
    def is_open(self) -> bool:
        return self.n_open > 0

    def open(
        self,
        device: Device,
        sample_rate: float,
        channels: int,
        receive: Receive,
        ended: Callable[[], None],
    ) -> Opened:
        self.asked.append((sample_rate, channels))
        if not self.accepts(sample_rate, channels):
            raise AudioDeviceError(f"refused {sample_rate:.0f} Hz, {channels} channels")
        def send(samples: NDArray[np.float32], overflowed: bool) -> None:
            # Of one channel it sends as much on each that was opened.
            alike = samples.shape[1] == 1 and channels > 1
            receive(np.repeat(samples, channels, axis=1) if alike else samples, overflowed)

        self.receive = send
        self.ended = ended
        self.n_open += 1
        return Opened(self, ended)

    def close(self) -> None:
        assert self.is_open
        self.n_open -= 1


class Opened:
    """One stream of such a device."""

    time = 0.0

    def __init__(self, device: Input, ended: Callable[[], None]) -> None:
        self._device = device
        self._ended = ended

    def close(self) -> None:
        self._device.close()
        self._ended()
