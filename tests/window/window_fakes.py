"""Stand-ins beneath a window: a live session without a device, inputs, MIDI and a loudspeaker."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject, Signal

from app.audio.devices.device_list import Device
from app.audio.devices.input_choice import InputChoice
from app.audio.playback.player import Fill
from app.live.inference import Overhear, TakeSink
from model.heard import Heard
from model.notes import NoteOff, NoteOn, Probabilities

RATE = 22_050
MICROPHONE = Device("A microphone", "ALSA", 0, 2, 48_000.0)
INTERFACE = Device("An interface (hw:1,0)", "ALSA", 1, 4, 44_100.0)
MONITOR = Device("Monitor of a loudspeaker", "PulseAudio", 2, 2, 48_000.0, is_monitor=True)


class FakeLive(QObject):
    """A live session without a device, which hears what it is told.

    Attributes:
        device: the one that it listens to where none is chosen.
        sample_rate: of what it hears, in Hz.
        refusal: why no device opens; empty while they do.
        choices: with what it was started, in turns.
        behind_s: seconds of sound that were not heard yet.
        gain_db, gate_db: what was set last.
    """

    started = Signal(str)
    heard = Signal(object)
    level = Signal(float, bool)
    lost = Signal(str)
    resumed = Signal(str)
    warned = Signal(str)
    take_begun = Signal()
    session_recorded = Signal()
    take_ended = Signal()
    failed = Signal(str)
    stopped = Signal()

    def __init__(self, device: Device = MICROPHONE, sample_rate: int = RATE) -> None:
        super().__init__()
        self.device, self.sample_rate = device, sample_rate
        self.is_listening = False
        self.is_waiting = False
        self.heard_s = self.behind_s = 0.0
        self.overflows = 0
        self.dropped_pictures = 0
        self.refusal = ""
        self.choices: list[InputChoice] = []
        self.gain_db = 0.0
        self.gate_db: float | None = None
        self.hears: Overhear | None = None
        self._sink: TakeSink | None = None
        self._spool: TakeSink | None = None
        self._open_spool: Callable[[], TakeSink | None] = lambda: None

    @property
    def is_recording(self) -> bool:
        return self._sink is not None

    def set_gain(self, db: float) -> None:
        self.gain_db = db

    def set_gate(self, db: float | None) -> None:
        self.gate_db = db

    def overhear(self, hear: Overhear | None) -> None:
        self.hears = hear

    def start(self, choice: InputChoice = InputChoice()) -> None:  # noqa: B008
        if self.refusal:
            self.failed.emit(self.refusal)
            return
        self.stop()
        self.choices.append(choice)
        self.is_listening = True
        self._spool = self._open_spool() if self._sink is None else None
        if self._spool is not None:
            self._spool.begin(self.sample_rate, 1)
        self.begin()
        self.started.emit(choice.name or self.device.name)
        self._begin_take()

    def stop(self) -> None:
        if self.is_listening:
            self.is_listening = self.is_waiting = False
            for sink in {self._sink, self._spool} - {None}:
                sink.finish()
            self._spool = None
            if self._sink is not None:
                self._sink = None
                self.take_ended.emit()
            self.stopped.emit()

    def spool_into(self, open_spool: Callable[[], TakeSink | None]) -> None:
        self._open_spool = open_spool

    @property
    def spool(self) -> TakeSink | None:
        return self._spool

    def record(self, sink: TakeSink | None) -> None:
        self._sink = sink
        if sink is not None and sink is self._spool:
            self.session_recorded.emit()
        elif self.is_listening:
            if self._spool is not None:
                self._spool.finish()
                self._spool = None
            self._begin_take()

    def begin(self) -> None:
        """Counts what it hears from here, as a session and a take do."""
        self.heard_s = 0.0

    def _begin_take(self) -> None:
        if self._sink is not None:
            self.begin()
            self._sink.begin(self.sample_rate, 1)
            self.take_begun.emit()

    def hear(self, seconds: float, *events: NoteOn | NoteOff) -> None:
        """Has heard so many seconds by now, the last of it silence, with these events."""
        silence = np.zeros(round((seconds - self.heard_s) * self.sample_rate), np.float32)
        self.hear_sound(silence, *events)
        self.heard_s = seconds

    def hear_sound(self, samples: NDArray[np.float32], *events: NoteOn | NoteOff) -> None:
        """Hears these samples, with these events in them."""
        nothing = np.zeros((0, 88), np.float32)
        heard = Heard(
            0, np.zeros((0, 288), np.float32), Probabilities(nothing, nothing, nothing),
            list(events),
        )
        self.tell(samples, heard)

    def tell(self, samples: NDArray[np.float32], heard: Heard) -> None:
        """Hands on what was heard, and in which samples."""
        self.heard_s += len(samples) / self.sample_rate
        if self.hears is not None:
            self.hears(samples, self.sample_rate)
        for sink in {self._sink, self._spool} - {None}:
            sink.write(samples)
            sink.hear(heard)
        self.heard.emit(heard)

    def lose(self) -> None:
        self.is_waiting = True
        self.lost.emit(
            f"The sound input {self.device.name} is lost: no sound comes from it any more. "
            "It is taken up again when it comes back."
        )

    def resume(self) -> None:
        self.is_waiting = False
        self.resumed.emit(self.device.name)


class FakeInputs(QObject):
    """The list of inputs, which is there at once."""

    listed = Signal(list)
    failed = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        self.devices = [MICROPHONE, INTERFACE, MONITOR]
        self.refreshes = 0
        self.refusal = ""

    def refresh(self) -> None:
        self.refreshes += 1
        if self.refusal:
            self.failed.emit(self.refusal)
        else:
            self.listed.emit(list(self.devices))


class FakeMidiClient:
    """The system's MIDI: which ports there are, and what was sent to the open one."""

    def __init__(self) -> None:
        self.names = ["A synthesizer", "A sampler"]
        self.opened: list[str] = []
        self.sent: list[list[int]] = []

    def ports(self) -> list[str]:
        return list(self.names)

    def open_port(self, index: int) -> None:
        self.opened.append(self.names[index])

    def open_virtual_port(self) -> None:
        self.opened.append("")

    def send(self, message: Sequence[int]) -> None:
        self.sent.append(list(message))

    def delete(self) -> None:
        pass


class FakeOutput:
    """A loudspeaker that takes sound only when it is told."""

    latency = 0.0

    def __init__(self, fill: Fill, ended: Callable[[], None]) -> None:
        self.time = 0.0
        self._fill, self._ended = fill, ended

    def run_to_the_end(self) -> None:
        block = np.zeros((4096, 1), np.float32)
        while self._fill(block, self.time):
            self.time += 4096 / 44_100
        self.time += 1.0
        self._ended()

    def close(self) -> None:
        pass
