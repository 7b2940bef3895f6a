"""Sound of one rate, mono or stereo, from an input device that may be lost and come back."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from app.audio.capture.input_stream import Capture
from app.audio.devices.device_list import AudioDeviceError, Device
from app.audio.devices.portaudio import prepare_thread
from model.downmix import Downmix
from model.resampler import Resampler

# A device that sends nothing for so long is lost; some need longer to start than to go on.
SILENCE_S = 1.0
START_S = 3.0
# How long after an attempt to take up a lost device the next one is made.
RETRY_S = 1.0
# The most that one step of the clock counts for: what is more was the machine's sleep or its load.
_LONGEST_STEP_S = 0.1
# 24 dB over full scale: no driver sends more, and a gain may bring so much back.
_LOUDEST = 16.0
# A take is for listening, too: what passes the resampler, as a share of the lower sample rate.
_PASSED = 0.45


@dataclass(frozen=True)
class Lost:
    """The device has stopped sending; one sentence."""

    message: str


@dataclass(frozen=True)
class Resumed:
    """The device of this name sends again."""

    name: str


class ReconnectingInput:
    """Hands on the sound of a capture, and opens the device again when it is lost.

    One thread reads, by `pull`; the others are for the thread that made it. A device that comes
    back with another sample rate or number of channels is converted, so that the sound goes on as
    it began.

    Attributes:
        sample_rate: in Hz, of all that is handed on.
        n_channels: of all that is handed on: both of a stereo device; more than two are mixed.
        is_waiting: the device is lost and not back yet.
        overruns: how many times the reader was too late.
    """

    def __init__(
        self,
        capture: Capture,
        open_again: Callable[[], Capture],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Args:
        capture: the device; the source closes it.
        open_again: opens the same device anew, in a thread of its own because a driver may take
            its time. Raises AudioDeviceError while it cannot be had.
        clock: in seconds; it may jump.
        """
        self.sample_rate = capture.sample_rate
        self.n_channels = 2 if capture.ring.n_channels == 2 else 1
        self.is_waiting = False
        self.overruns = 0
        self._open_again = open_again
        self._clock = clock
        self._lock = threading.Lock()
        self._is_closed = False
        # The device was given up for a moment; its end is no loss.
        self._is_released = False
        self._opened: Capture | None = None
        self._is_trying = False
        self._try_at = 0.0
        # What is handed on next.
        self._kept: NDArray[np.float32] | Lost | None = None
        self._resamplers: list[Resampler] = []
        self._past_overflows = 0
        self._past_lost = 0
        self._listen_to(capture)

    @property
    def device(self) -> Device:
        """What is listened to, or was before it was lost."""
        return self._capture.device

    @property
    def overflows(self) -> int:
        """How many times sound was lost, by the driver or because the reader was too late."""
        return self._past_overflows + self._capture.overflows + self.overruns

    @property
    def lost_samples(self) -> int:
        """Samples that the reader was too late for."""
        return self._past_lost + self._reader.lost

    @property
    def waiting_s(self) -> float:
        """Seconds of sound that came and were not pulled yet."""
        capture = self._capture
        return max(0, capture.ring.written - self._reader.position) / capture.sample_rate

    def pull(self) -> NDArray[np.float32] | Lost | Resumed | None:
        """What has come since: samples (any, channels), maybe none; a change; or None at the end.

        Never waits. All that came before `close` is handed on before None. Samples are finite.
        """
        if self._kept is not None:
            kept, self._kept = self._kept, None
            return kept
        # Looked at before reading: what was written before the end is still read.
        is_closed, has_ended = self._is_closed, self._capture.has_ended
        samples = np.zeros((0, self.n_channels), np.float32) if self._is_dropped else self._read()
        if len(samples):
            if self.is_waiting:
                self.is_waiting = False
                self._kept = samples
                return Resumed(self.device.name)
            return samples
        if self._take_over():
            return samples
        if is_closed:
            # Once: what the converter holds is handed on after the last sample.
            return rest if len(rest := self._rest()) else None
        if not self._is_released:
            if self.is_waiting:
                self._wait(has_ended)
            elif has_ended or self._is_silent():
                return self._lose()
        return samples

    def wait(self, seconds: float) -> None:
        """Returns once something may have come since the last time, or after so many seconds.

        For the thread that pulls.
        """
        self._capture.ring.wait(seconds)

    def close(self, *, patiently: bool) -> None:
        """Ends the sound; waits for the driver if it is patient."""
        with self._lock:
            self._is_closed = True
            # What was opened at the last moment may have sent something; that is read as well.
            captures = [self._capture] + ([self._opened] if self._opened else [])
        for capture in captures:
            if patiently:
                capture.close()
            else:
                capture.abandon()
            capture.ring.wake()

    def forget(self) -> None:
        """Lets the sound of a closed source go, of which nothing is read any more; counts stay."""
        self._capture.forget()

    def release(self) -> None:
        """Closes the device for a moment: until `reopen`, unless the source is closed before."""
        self._is_released = True
        self._capture.close()

    def reopen(self) -> None:
        """Goes on with the released device; if it does not open any more, it is lost."""
        try:
            self.offer(self._open_again())
        except AudioDeviceError:
            self._is_released = False

    def offer(self, capture: Capture) -> None:
        """Goes on with a device that was opened anew, once the old sound is read out.

        For any thread.
        """
        with self._lock:
            is_closed = self._is_closed
            if not is_closed:
                self._opened = capture
        if is_closed:
            capture.abandon()

    def _read(self) -> NDArray[np.float32]:
        lost = self._reader.lost
        samples = self._capture.ring.read_available(self._reader)
        self.overruns += self._reader.lost > lost
        if not len(samples):
            return samples
        self._has_sent = True
        self._silent_s = 0.0
        # One sample that is no number would stay in the network's memory for good.
        np.nan_to_num(samples, copy=False, nan=0.0, posinf=0.0, neginf=0.0)
        np.clip(samples, -_LOUDEST, _LOUDEST, out=samples)
        if self._downmix is not None:
            samples = self._downmix.push(samples)[:, None]
        return self._converted(samples)

    def _rest(self) -> NDArray[np.float32]:
        """What the converter holds back of a device that sends no more."""
        n_channels = len(self._resamplers) or self.n_channels
        rest = self._converted(np.zeros((0, n_channels), np.float32), last=True)
        self._resamplers = []
        return rest

    def _converted(
        self, samples: NDArray[np.float32], *, last: bool = False
    ) -> NDArray[np.float32]:
        if self._resamplers:
            channels = zip(self._resamplers, samples.T, strict=True)
            samples = np.stack([one.push(channel, last=last) for one, channel in channels], axis=1)
        if samples.shape[1] < self.n_channels:
            samples = np.repeat(samples, self.n_channels, axis=1)
        return samples

    def _listen_to(self, capture: Capture) -> None:
        self._capture = capture
        self._reader = capture.ring.reader()
        # The driver may have sent before the reader was made.
        self._reader.position = 0
        self._is_dropped = False
        self._has_sent = False
        self._silent_s = 0.0
        self._looked_at = self._clock()
        rate, n_channels = capture.sample_rate, capture.ring.n_channels
        mixes = n_channels > 2 or n_channels > self.n_channels
        self._downmix = Downmix(n_channels, rate) if mixes else None
        self._resamplers = [
            Resampler(rate, self.sample_rate, _PASSED)
            for _ in range(0 if rate == self.sample_rate else 1 if mixes else n_channels)
        ]

    def _is_silent(self) -> bool:
        now = self._clock()
        self._silent_s += min(max(0.0, now - self._looked_at), _LONGEST_STEP_S)
        self._looked_at = now
        return self._silent_s > (SILENCE_S if self._has_sent else START_S)

    def _lose(self) -> NDArray[np.float32] | Lost:
        self.is_waiting = True
        self._drop()
        lost = Lost(
            f"The sound input {self.device.name} is lost: no sound comes from it any more. "
            "It is taken up again when it comes back."
        )
        rest = self._rest()
        if not len(rest):
            return lost
        self._kept = lost
        return rest

    def _take_over(self) -> bool:
        """Goes on with what was offered, if there is something."""
        with self._lock:
            if self._opened is None:
                return False
            before, opened, self._opened = self._capture, self._opened, None
            self._past_overflows += before.overflows
            self._past_lost += self._reader.lost
            rest = self._rest()
            self._listen_to(opened)
            if len(rest):
                self._kept = rest
            self._is_released = False
        before.abandon()
        return True

    def _wait(self, has_ended: bool) -> None:
        """Looks after a lost device: whether what was opened sends, and when to try again."""
        if not self._is_dropped:
            # A stream that opens and brings nothing is not the device's return.
            if has_ended or self._is_silent():
                self._drop()
        elif not self._is_trying and self._clock() >= self._try_at:
            self._is_trying = True
            threading.Thread(target=self._try, name="opening a sound stream", daemon=True).start()

    def _drop(self) -> None:
        """Lets go of a stream that brings nothing, and of what it may still bring."""
        self._is_dropped = True
        self._capture.abandon()
        self._try_at = self._clock() + RETRY_S

    def _try(self) -> None:
        try:
            prepare_thread()
            self.offer(self._open_again())
        except AudioDeviceError:
            # It is not back yet.
            pass
        finally:
            self._try_at = self._clock() + RETRY_S
            self._is_trying = False
