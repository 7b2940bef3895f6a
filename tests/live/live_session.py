"""A live session on a device that sends what the tests tell it to."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray
from pytestqt.qtbot import QtBot

from app.audio.devices.device_list import Device
from app.audio.devices.input_choice import InputChoice
from app.live import session as live_module
from app.live.session import LiveSession
from model.transcriber import Heard, Stream, Transcriber
from tests.live.fake_input import STEREO, Input

RATE = 22_050
DEVICE = replace(STEREO, default_sample_rate=float(RATE))
HOP = 441
SIGNALS = (
    "started", "heard", "level", "lost", "resumed", "warned", "take_begun", "take_ended", "failed",
    "stopped",
)  # fmt: skip


def found(choice: InputChoice) -> Device:
    """Whatever is chosen, there is one device, and it runs at the model's rate."""
    return DEVICE


@pytest.fixture(autouse=True)
def busy_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    """However slow the machine is, a session may hear out its end."""
    monkeypatch.setattr(live_module, "_HEAR_OUT_S", 60.0)


@pytest.fixture
def device() -> Input:
    return Input()


@pytest.fixture
def live(transcriber: Transcriber, device: Input, qtbot: QtBot) -> Iterator[LiveSession]:
    live = LiveSession(transcriber, open_input=device.open, find_input=found)
    yield live
    live.stop()


class SlowTranscriber:
    """A transcriber whose streams are not to be had before it is loaded.

    Attributes:
        is_loaded: set by the test.
    """

    def __init__(self, transcriber: Transcriber) -> None:
        self.features = transcriber.features
        self.network_config = transcriber.network_config
        self.decoder = transcriber.decoder
        self.is_loaded = threading.Event()
        self._transcriber = transcriber

    def stream(self, sample_rate: float | None = None, a4: float | None = None) -> Stream:
        assert self.is_loaded.wait(60)
        return self._transcriber.stream(sample_rate, a4)


class Log:
    """What a session told, in order: (signal, values)."""

    def __init__(self, live: LiveSession) -> None:
        self.entries: list[tuple[str, tuple[object, ...]]] = []
        for name in SIGNALS:
            getattr(live, name).connect(self.note(name))

    def note(self, name: str) -> Callable[..., None]:
        return lambda *values: self.entries.append((name, values))

    def names(self) -> list[str]:
        """Without the levels, and heard only once in a row."""
        names: list[str] = []
        for name, _ in self.entries:
            if name != "level" and (name != "heard" or names[-1:] != ["heard"]):
                names.append(name)
        return names

    def chunks(self) -> list[Heard]:
        return [value for _, values in self.entries for value in values if isinstance(value, Heard)]


def send(device: Input, sound: NDArray[np.float32], block: int = 300) -> None:
    """Has a device send this sound, in blocks."""
    for first in range(0, len(sound), block):
        device.receive(sound[first : first + block, None], False)


def wait_until_heard(live: LiveSession, seconds: float) -> None:
    """Without running the GUI thread's events."""
    until = time.monotonic() + 20
    while live.heard_s < seconds:
        assert time.monotonic() < until
        time.sleep(0.002)


class KeepingSink:
    """A sink that keeps all that it is given."""

    def __init__(self) -> None:
        self.rates: list[int] = []
        self.blocks: list[NDArray[np.float32]] = []
        self.heard: list[Heard] = []
        self.is_finished = False
        self.threads: set[threading.Thread] = set()

    def begin(self, sample_rate: int, n_channels: int) -> None:
        self.rates.append(sample_rate)
        self.n_channels = n_channels
        self.threads.add(threading.current_thread())

    def write(self, samples: NDArray[np.float32]) -> None:
        assert not self.is_finished
        self.blocks.append(samples.copy())

    def hear(self, heard: Heard) -> None:
        assert not self.is_finished
        self.heard.append(heard)

    def finish(self) -> None:
        assert not self.is_finished
        self.is_finished = True
        self.threads.add(threading.current_thread())

    @property
    def samples(self) -> NDArray[np.float32]:
        """Of the first channel."""
        return np.concatenate(self.blocks)[:, 0]


def notes(chunks: list[Heard]) -> list[tuple[object, ...]]:
    """The events in them, to be compared."""
    return [
        (type(event), event.pitch, event.onset_s, getattr(event, "offset_s", None))
        for chunk in chunks
        for event in chunk.events
    ]
