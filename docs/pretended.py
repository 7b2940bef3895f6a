"""A live session and sound inputs to be pictured, without a microphone."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PySide6.QtWidgets import QApplication

from app.audio.devices.device_list import Device
from model.transcriber import Transcriber
from tests.window.window_fakes import FakeInputs, FakeLive

_PORTION = 882
_MICROPHONE = Device("Built-in Microphone", "PulseAudio", 0, 2, 48_000.0)


class PretendedLive(FakeLive):
    """A live session that hears a recording instead of a microphone, as far as it is told."""

    def __init__(
        self, transcriber: Transcriber, samples: NDArray[np.float32], sample_rate: int
    ) -> None:
        """Args: `samples` is one channel."""
        super().__init__(_MICROPHONE, sample_rate)
        self._transcriber = transcriber
        self._samples = samples
        self._stream = transcriber.stream(sample_rate)

    def begin(self) -> None:
        """Hears the recording from its beginning."""
        super().begin()
        self._stream = self._transcriber.stream(self.sample_rate)

    def stop(self) -> None:
        if self.is_listening:
            self.tell(np.zeros(0, np.float32), self._stream.finish())
        super().stop()

    def hear_until(self, seconds: float) -> None:
        """Hears on, up to this moment of the recording, in portions as a device brings them."""
        first, end = (round(moment_s * self.sample_rate) for moment_s in (self.heard_s, seconds))
        for start in range(first, end, _PORTION):
            samples = self._samples[start : min(start + _PORTION, end)]
            self.tell(samples, self._stream.push(samples))
            self.level.emit(float(np.abs(samples).max()), False)
            QApplication.processEvents()


class PretendedInputs(FakeInputs):
    """A list of sound inputs as a musician's computer has it."""

    def __init__(self) -> None:
        super().__init__()
        self.devices = [
            _MICROPHONE,
            Device("Scarlett 2i2 USB", "PulseAudio", 1, 2, 48_000.0),
            Device("Monitor of Built-in Audio", "PulseAudio", 2, 2, 48_000.0, is_monitor=True),
        ]
