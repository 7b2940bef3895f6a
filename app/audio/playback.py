"""Plays a recording and says where in it the ear is."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

from app.audio.devices import (
    OpenStream,
    close_elsewhere,
    default_output,
    device_errors,
    portaudio,
)

Samples = NDArray[np.float32] | NDArray[np.int16]

# Seconds asked of the driver: enough to bridge a busy moment. The position allows for it.
_LATENCY_S = 0.1

# Called in the driver's thread to fill (frames, channels), whose first frame will sound at a time
# on the stream's clock. Returns whether there is more to come.
Fill = Callable[[Samples, float], bool]
# Opens and starts (sample rate, sample type, fill, called when the stream ended for whatever
# reason). Raises AudioDeviceError.
OpenOutput = Callable[[int, DTypeLike, Fill, Callable[[], None]], OpenStream]


class Player:
    """Plays mono samples on the default output device.

    Plain Python, to be used from one thread. The position comes from the audio clock: which sample
    was handed to the device, and when the device will sound it.
    """

    def __init__(self, open_output: OpenOutput | None = None) -> None:
        """Args: `open_output` takes the place of PortAudio."""
        self._open_output = open_output or _open_portaudio
        self._samples: Samples = np.zeros(0, np.int16)
        self._sample_rate = 1
        self._stream: OpenStream | None = None
        self._has_ended = False
        # What the ear has reached, in samples; it only moves on while playing.
        self._heard = 0.0
        # Shared with the driver's thread, which holds the lock for a few microseconds only.
        self._lock = threading.Lock()
        self._next = 0
        self._handed: tuple[float, int, int] | None = None
        self._all_handed = False

    def __del__(self) -> None:
        # A running stream would call back into memory that is no longer there.
        if self._stream is not None:
            close_elsewhere(self._stream)

    def load(self, samples: Samples, sample_rate: int) -> None:
        """Takes another recording, at its beginning and silent. Samples are not copied.

        Args:
            samples: mono, shape (any,); a memory map serves as well.
            sample_rate: in Hz.
        """
        self.pause()
        self._samples, self._sample_rate = samples, sample_rate
        self._heard = 0.0

    def play(self) -> None:
        """Plays from the position on, from the beginning when it is at the end.

        Raises:
            AudioDeviceError: there is no output device, or it cannot be opened.
        """
        if self.is_playing or not len(self._samples):
            return
        if self._heard >= len(self._samples):
            self._heard = 0.0
        self._move(self._heard)
        self._has_ended = False
        self._stream = self._open_output(
            self._sample_rate, self._samples.dtype, self._fill, self._end
        )

    def pause(self) -> None:
        """Falls silent at once; the position stays."""
        if self._stream is not None:
            self._listen()
            self._stream.close()
            self._stream = None

    def seek(self, seconds: float) -> None:
        """Moves to a time, kept within the recording; goes on playing if it was playing."""
        was_playing = self.is_playing
        target = min(max(0.0, seconds * self._sample_rate), float(len(self._samples)))
        if was_playing and self._all_handed:
            # The stream is playing out its end and asks for nothing more.
            self.pause()
        self._move(target)
        if was_playing and target < len(self._samples):
            self.play()

    @property
    def position_s(self) -> float:
        """What is heard now, in seconds from the beginning."""
        self._listen()
        return self._heard / self._sample_rate

    @property
    def duration_s(self) -> float:
        """Length of the loaded recording, 0 when there is none."""
        return len(self._samples) / self._sample_rate

    @property
    def is_playing(self) -> bool:
        """Whether it sounds; False again at the end or when the device is lost."""
        self._listen()
        return self._stream is not None

    def close(self) -> None:
        """Falls silent and forgets the recording."""
        self.load(np.zeros(0, np.int16), 1)

    def _move(self, target: float) -> None:
        with self._lock:
            self._next, self._handed, self._all_handed = int(target), None, False
        self._heard = float(target)

    def _listen(self) -> None:
        """Moves on what the ear has reached, and lets go of a stream that is done."""
        if self._stream is None:
            return
        has_ended = self._has_ended
        with self._lock:
            handed, all_handed = self._handed, self._all_handed
        if handed is not None:
            sounds_at, first, length = handed
            # Before the portion sounds, those before it do: they follow each other without gaps.
            late = (self._stream.time - sounds_at) * self._sample_rate
            self._heard = max(self._heard, min(first + late, float(first + length)))
        if has_ended and all_handed:
            self._heard = float(len(self._samples))
        if has_ended or self._heard >= len(self._samples):
            self._stream.close()
            self._stream = None

    def _fill(self, out: Samples, sounds_at: float) -> bool:
        """Runs in the driver's thread, which must not wait."""
        with self._lock:
            first = self._next
            portion = self._samples[first : first + len(out)]
            self._next += len(portion)
            self._handed = sounds_at, first, len(portion)
            self._all_handed = self._next >= len(self._samples)
            more = not self._all_handed
        out[: len(portion)] = portion[:, None]
        out[len(portion) :] = 0
        return more

    def _end(self) -> None:
        self._has_ended = True


def _open_portaudio(
    sample_rate: int, dtype: DTypeLike, fill: Fill, ended: Callable[[], None]
) -> OpenStream:
    sounddevice = portaudio()
    device = default_output()

    def callback(out: Samples, frames: int, time: Any, status: Any) -> None:
        # Some drivers do not know when a portion will sound: then it is the latency from now.
        sounds_at = time.outputBufferDacTime
        if sounds_at <= time.currentTime:
            sounds_at = stream.time + stream.latency
        if not fill(out, sounds_at):
            raise sounddevice.CallbackStop

    with device_errors(f"The sound output {device.name} cannot be opened"):
        stream: Any = sounddevice.OutputStream(
            device=device.index,
            samplerate=sample_rate,
            channels=min(2, device.channels),
            dtype=np.dtype(dtype).name,
            latency=_LATENCY_S,
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
