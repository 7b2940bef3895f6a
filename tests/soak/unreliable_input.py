"""A sound input that misbehaves by a seed, and what it sent."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from app.audio.capture.input_stream import Receive
from app.audio.devices.device_list import AudioDeviceError, Device
from app.audio.devices.input_choice import InputChoice

# No device sends further ahead of what is on the disk: the ring holds ten seconds.
_MOST_AHEAD_S = 6.0
_WAIT_S = 0.004


@dataclass(frozen=True)
class Segment:
    """What the device sends between its opening and its loss.

    Attributes:
        seed: of its sound.
        refusals: how many times it cannot be opened before.
        hangs: whether it is lost by silence; otherwise its driver says that it ended.
    """

    seed: int
    sample_rate: int
    n_channels: int
    n_frames: int
    refusals: int = 0
    hangs: bool = False

    def sound(self) -> Iterator[NDArray[np.float32]]:
        """All of it, (any, channels), a second at a time."""
        rng = np.random.default_rng(self.seed)
        left = self.n_frames
        while left > 0:
            second = _second(rng, self.sample_rate, self.n_channels)[:left]
            left -= len(second)
            yield second


def plan(rng: np.random.Generator, most_s: float) -> list[Segment]:
    """What the device does in one session."""
    segments = []
    for number in range(int(rng.integers(1, 5))):
        rate = int(rng.choice([22_050, 44_100, 48_000, 48_000, 16_000, 96_000]))
        seconds = rng.uniform(0.05, 1) if rng.random() < 0.1 else rng.uniform(1, most_s)
        segments.append(Segment(
            int(rng.integers(2**31)), rate, int(rng.choice([1, 2, 2, 4])), round(seconds * rate),
            int(rng.integers(0, 3)) if number else 0, bool(rng.random() < 0.1),
        ))  # fmt: skip
    return segments


class UnreliableInput:
    """Takes the place of PortAudio and of its list; see `LiveSession`.

    Attributes:
        overflows: how many times it said that samples were lost before they came to it.
        is_played_out: set when all that was planned has been sent.
    """

    def __init__(self, seed: int) -> None:
        self.overflows = 0
        self.is_played_out = threading.Event()
        self._rng = np.random.default_rng(seed)
        self._waiting: list[Segment] = []
        self._refusals = 0
        self._written_s: Callable[[], float] = lambda: 0.0

    def begin(self, segments: Sequence[Segment], written_s: Callable[[], float]) -> None:
        """Plans a session. `written_s` tells how much sound there is on the disk."""
        self.overflows = 0
        self.is_played_out.clear()
        self._waiting, self._written_s = list(segments), written_s
        self._refusals = segments[0].refusals

    def find(self, choice: InputChoice) -> Device:
        """The device as it is now."""
        segment = self._next()
        return Device("Loose contact", "ALSA", 0, segment.n_channels, float(segment.sample_rate))

    def open(
        self, device: Device, sample_rate: float, channels: int, receive: Receive,
        ended: Callable[[], None],
    ) -> _Stream:
        """Opens it in the only way that it has, unless it does not open at all."""
        segment = self._next()
        if self._refusals:
            self._refusals -= 1
            raise AudioDeviceError("it is not back")
        if (sample_rate, channels) != (segment.sample_rate, segment.n_channels):
            raise AudioDeviceError("not in this way")
        self._waiting.pop(0)
        self._refusals = self._waiting[0].refusals if self._waiting else 0
        return _Stream(lambda closing: self._send(segment, receive, ended, closing))

    def _next(self) -> Segment:
        if not self._waiting:
            raise AudioDeviceError("it is gone")
        return self._waiting[0]

    def _send(
        self, segment: Segment, receive: Receive, ended: Callable[[], None],
        closing: threading.Event,
    ) -> None:
        """The driver's thread."""
        rng, sent, begun_s = self._rng, 0, self._written_s()
        for second in segment.sound():
            first = 0
            while first < len(second):
                # Single samples, usual blocks, and bursts after a machine that stood still.
                size = int(rng.choice([rng.integers(1, 40), rng.integers(100, 2000), 20_000]))
                if rng.random() < 0.01:
                    closing.wait(float(rng.uniform(0, 0.03)))
                while sent / segment.sample_rate - (self._written_s() - begun_s) > _MOST_AHEAD_S:
                    if closing.wait(_WAIT_S):
                        return
                is_late = bool(rng.random() < 0.001)
                self.overflows += is_late
                block = second[first : first + size]
                receive(block, is_late)
                sent += len(block)
                first += size
        if not self._waiting:
            self.is_played_out.set()
        elif not segment.hangs:
            ended()
            return
        closing.wait()


class _Stream:
    """One opening of it."""

    time = 0.0

    def __init__(self, send: Callable[[threading.Event], None]) -> None:
        self._closing = threading.Event()
        self._thread = threading.Thread(target=send, args=(self._closing,), daemon=True)
        self._thread.start()

    def close(self) -> None:
        self._closing.set()
        self._thread.join()


def _second(rng: np.random.Generator, rate: int, n_channels: int) -> NDArray[np.float32]:
    """Some notes with noise; now and then silence, what is no number, or more than full scale."""
    time = np.arange(rate) / rate
    mono = rng.normal(0, 0.002, rate)
    for _ in range(int(rng.integers(0, 4))):
        onset, pitch = rng.uniform(0, 0.8), int(rng.integers(40, 85))
        since = np.clip(time - onset, 0, None)
        tone = sum(np.sin(2 * np.pi * 440 * 2 ** ((pitch - 69) / 12) * k * since) / k
                   for k in (1, 2, 3))  # fmt: skip
        mono += rng.uniform(0.02, 0.2) * tone * np.exp(-rng.uniform(1, 6) * since)
    sound = np.repeat(mono[:, None], n_channels, axis=1) * rng.uniform(0.3, 1, n_channels)
    kind = rng.random()
    if kind < 0.05:
        sound[:] = 0
    elif kind < 0.1:
        sound *= 20
    elif kind < 0.15:
        places = rng.integers(0, rate, 20)
        sound[places] = rng.choice([np.nan, np.inf, -np.inf, 1e30], (20, 1))
    return sound.astype(np.float32)
