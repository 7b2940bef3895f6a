"""The output device: opening it, and giving it samples at a rate that it takes."""

from __future__ import annotations

import threading
from collections.abc import Callable
from types import ModuleType
from typing import Any

import numpy as np
import soxr
from numpy.typing import DTypeLike, NDArray

from app.audio.devices.device_list import (
    AudioDeviceError,
    Device,
    OpenStream,
    default_output,
    ending_by_faults,
    open_stream,
)
from app.audio.playback.mixer import Mixer
from app.audio.playback.time_stretch import Sound

# Seconds asked of the driver: enough to bridge a busy moment. The position allows for it.
_LATENCY_S = 0.1
# PortAudio's paInvalidSampleRate.
_INVALID_RATE = -9997
# Samples that are resampled at once.
_CHUNK = 1024

# Called in the driver's thread to fill (frames, channels), whose first frame will sound at a time
# on the stream's clock. Returns whether there is more to come.
Fill = Callable[[NDArray[np.float32], float], bool]


class RateRefusedError(AudioDeviceError):
    """The device does not take this sample rate, but another one.

    Attributes:
        takes: a rate in Hz that it takes.
    """

    def __init__(self, device: Device, rate: int) -> None:
        self.takes = round(device.default_sample_rate)
        super().__init__(f"The sound output {device.name} does not take {rate} Hz.")


class Feed:
    """Hands a mixer's frames to a stream at the stream's rate, and knows which of them sounds.

    `fill` is for the driver's thread, the rest for another one. Both hold the lock while they use
    the mixer.
    """

    def __init__(self, mixer: Mixer, rate: int, lock: threading.Lock) -> None:
        """Args: `rate` is that of the stream, in Hz, and `lock` guards the mixer."""
        self._mixer, self._rate, self._lock = mixer, rate, lock
        # The mixer may have given frames before this stream was opened.
        self._first = mixer.frames
        self._ratio = mixer.sample_rate / rate
        self._resampler = (
            None
            if rate == mixer.sample_rate
            else soxr.ResampleStream(mixer.sample_rate, rate, 1, dtype="float32", quality="HQ")
        )
        self._waiting: Sound = np.zeros(0, np.float32)
        self._is_last = False
        self._n_handed = 0
        self._portion: tuple[float, int, int] | None = None
        self._heard = 0.0
        self._all_handed = False

    def fill(self, out: NDArray[np.float32], sounds_at: float) -> bool:
        """Fills (frames, channels) that will sound at a time; returns whether there is more."""
        with self._lock:
            sound = self._read(len(out))
            self._portion = sounds_at, self._n_handed, len(sound)
            self._n_handed += len(sound)
            more = not self._all_handed
        out[: len(sound)] = sound[:, None]
        out[len(sound) :] = 0
        return more

    @property
    def all_handed(self) -> bool:
        """Whether nothing more comes."""
        return self._all_handed

    def frame(self, now: float) -> float:
        """Which of the mixer's frames sounds at a time on the stream's clock; it never falls."""
        if self._portion is not None:
            sounds_at, first, length = self._portion
            # Before the portion sounds, those before it do: they follow each other without gaps.
            late = (now - sounds_at) * self._rate
            self._heard = max(self._heard, min(first + late, float(first + length)))
        return self._first + self._heard * self._ratio

    @property
    def has_sounded(self) -> bool:
        """Whether all that there is had sounded when `frame` was asked for last."""
        return self._all_handed and self._heard >= self._n_handed

    def _read(self, count: int) -> Sound:
        if self._resampler is None:
            sound = self._mixer.read(count)
            self._all_handed = self._mixer.is_over
            return sound
        while len(self._waiting) < count and not self._is_last:
            chunk = self._mixer.read(_CHUNK)
            self._is_last = self._mixer.is_over
            more = self._resampler.resample_chunk(chunk, last=self._is_last)
            self._waiting = np.concatenate([self._waiting, more])
        sound, self._waiting = self._waiting[:count], self._waiting[count:]
        self._all_handed = self._is_last and not len(self._waiting)
        return sound


def open_portaudio(
    sample_rate: int, dtype: DTypeLike, fill: Fill, ended: Callable[[], None]
) -> OpenStream:
    """Opens and starts the system's default output.

    Args:
        sample_rate: in Hz.
        dtype: of the samples.
        fill: is called for every portion.
        ended: is called when the stream has ended, for whatever reason.

    Raises:
        RateRefusedError: it takes another rate only.
        AudioDeviceError: there is none, or it cannot be opened.
    """
    device = default_output()
    channels, kind = min(2, device.channels), np.dtype(dtype).name

    def make(sounddevice: ModuleType) -> Any:
        def callback(out: NDArray[np.float32], frames: int, time: Any, status: Any) -> None:
            # Some drivers do not know when a portion will sound: then it is the latency from now.
            sounds_at = time.outputBufferDacTime
            if sounds_at <= time.currentTime:
                sounds_at = stream.time + stream.latency
            if not fill(out, sounds_at):
                raise sounddevice.CallbackStop

        if sample_rate != round(device.default_sample_rate):
            try:
                sounddevice.check_output_settings(device.index, channels, kind, None, sample_rate)
            except sounddevice.PortAudioError as error:
                if len(error.args) > 1 and error.args[1] == _INVALID_RATE:
                    raise RateRefusedError(device, sample_rate) from None
                raise
        stream = sounddevice.OutputStream(
            device=device.index,
            samplerate=sample_rate,
            channels=channels,
            dtype=kind,
            latency=_LATENCY_S,
            callback=ending_by_faults(callback),
            finished_callback=ended,
        )
        return stream

    return open_stream(f"The sound output {device.name} cannot be opened", make)
