"""A mixer on its way to the ear: the device is opened when something sounds, and closed after."""

from __future__ import annotations

import threading
from collections.abc import Callable

import numpy as np
from numpy.typing import DTypeLike

from app.audio.devices.device_list import OpenStream, close_elsewhere
from app.audio.playback.mixer import Mixer
from app.audio.playback.output_stream import Feed, Fill, RateRefusedError, open_portaudio

# Opens and starts (sample rate, sample type, fill, called when the stream ended for whatever
# reason). Raises AudioDeviceError, RateRefusedError among them.
OpenOutput = Callable[[int, DTypeLike, Fill, Callable[[], None]], OpenStream]


class Output:
    """Plain Python, to be used from one thread.

    Attributes:
        open_device: opens a device.
        is_over: whether the stream has ended, by itself or with the device.
    """

    def __init__(self, open_device: OpenOutput | None, lock: threading.Lock) -> None:
        """Args: `open_device` takes the place of PortAudio; `lock` guards the mixer."""
        self.open_device = open_device or open_portaudio
        self._lock = lock
        self._stream: OpenStream | None = None
        self._feed: Feed | None = None
        self.is_over = False

    def __del__(self) -> None:
        # A running stream would call back into memory that is no longer there.
        if self._stream is not None:
            close_elsewhere(self._stream)

    @property
    def is_open(self) -> bool:
        return self._stream is not None

    @property
    def all_handed(self) -> bool:
        """Whether the device, which may be closed by now, was given all there was."""
        return self._feed is not None and self._feed.all_handed

    @property
    def has_sounded(self) -> bool:
        """Whether nothing more will be heard, as of the last `frame`."""
        assert self._feed is not None, "nothing was opened"
        return self._feed.has_sounded or (self.is_over and self._feed.all_handed)

    def frame(self) -> float:
        """Which of the mixer's frames is heard; the lock is held, the device open."""
        assert self._feed is not None, "nothing was opened"
        assert self._stream is not None, "nothing is open"
        return self._feed.frame(self._stream.time)

    def open(self, mixer: Mixer) -> None:
        """Opens the device, unless it is open.

        Raises:
            AudioDeviceError: there is none, or it cannot be opened.
        """
        if self._stream is not None:
            return
        self.is_over = False
        try:
            self._stream = self._opened(mixer, mixer.sample_rate)
        except RateRefusedError as refused:
            self._stream = self._opened(mixer, refused.takes)

    def close(self) -> None:
        if self._stream is not None:
            self._stream.close()
            self._stream = None

    def forget(self) -> None:
        """Another mixer comes."""
        self._feed = None

    def _opened(self, mixer: Mixer, rate: int) -> OpenStream:
        self._feed = Feed(mixer, rate, self._lock)
        return self.open_device(rate, np.float32, self._feed.fill, self._end)

    def _end(self) -> None:
        self.is_over = True
