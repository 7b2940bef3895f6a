"""A window on a bench: fake devices beneath it, and what its tests do with it."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PySide6.QtCore import QObject, QSettings, Qt, Signal
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QMessageBox
from pytestqt.qtbot import QtBot

from app.audio.devices import Device
from app.audio.input_choice import InputChoice
from app.audio.playback import Fill
from app.listening import Overhear, TakeSink
from app.midi_out import MidiOut
from app.settings import Settings
from app.song import Song
from app.window import MainWindow
from model.heard import Heard
from model.notes import NoteOff, NoteOn, Probabilities
from model.transcriber import Transcriber

WAIT_MS = 30_000
RATE = 22_050

MICROPHONE = Device("A microphone", "ALSA", 0, 2, 48_000.0)
INTERFACE = Device("An interface (hw:1,0)", "ALSA", 1, 4, 44_100.0)
MONITOR = Device("Monitor of a loudspeaker", "PulseAudio", 2, 2, 48_000.0, is_monitor=True)


class FakeLive(QObject):
    """A live session without a device, which hears what it is told.

    Attributes:
        refusal: why no device opens; empty while they do.
        choices: with what it was started, in turns.
        gain_db, gate_db: what was set last.
    """

    started = Signal(str)
    heard = Signal(object)
    level = Signal(float, bool)
    lost = Signal(str)
    resumed = Signal(str)
    warned = Signal(str)
    take_begun = Signal()
    take_ended = Signal()
    failed = Signal(str)
    stopped = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.is_listening = False
        self.is_waiting = False
        self.heard_s = 0.0
        self.overflows = 0
        self.dropped_pictures = 0
        self.refusal = ""
        self.choices: list[InputChoice] = []
        self.gain_db = 0.0
        self.gate_db: float | None = None
        self.hears: Overhear | None = None
        self._sink: TakeSink | None = None

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
        self.heard_s = 0.0
        self.started.emit(choice.name or MICROPHONE.name)
        self._begin_take()

    def stop(self) -> None:
        if self.is_listening:
            self.is_listening = self.is_waiting = False
            if self._sink is not None:
                self._sink.finish()
                self._sink = None
                self.take_ended.emit()
            self.stopped.emit()

    def record(self, sink: TakeSink | None) -> None:
        self._sink = sink
        if self.is_listening:
            self._begin_take()

    def _begin_take(self) -> None:
        if self._sink is not None:
            self.heard_s = 0.0
            self._sink.begin(RATE)
            self.take_begun.emit()

    def hear(self, seconds: float, *events: NoteOn | NoteOff) -> None:
        """Has heard so many seconds by now, the last of it silence, with these events."""
        silence = np.zeros(round((seconds - self.heard_s) * RATE), np.float32)
        self.hear_sound(silence, *events)
        self.heard_s = seconds

    def hear_sound(self, samples: NDArray[np.float32], *events: NoteOn | NoteOff) -> None:
        """Hears these samples, with these events in them."""
        self.heard_s += len(samples) / RATE
        nothing = np.zeros((0, 88), np.float32)
        heard = Heard(
            0, np.zeros((0, 288), np.float32), Probabilities(nothing, nothing, nothing),
            list(events),
        )
        if self.hears is not None:
            self.hears(samples, RATE)
        if self._sink is not None:
            self._sink.write(samples)
            self._sink.hear(heard)
        self.heard.emit(heard)

    def lose(self) -> None:
        self.is_waiting = True
        self.lost.emit("The sound input A microphone is lost.")

    def resume(self) -> None:
        self.is_waiting = False
        self.resumed.emit("A microphone")


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


@dataclasses.dataclass
class Bench:
    """A window and what it was built on."""

    window: MainWindow
    song: Song
    live: FakeLive
    inputs: FakeInputs
    midi: FakeMidiClient
    outputs: list[FakeOutput]
    store: QSettings
    qtbot: QtBot

    @property
    def settings(self) -> Settings:
        """As the next start would find them."""
        self.store.sync()
        return Settings(QSettings(self.store.fileName(), QSettings.Format.IniFormat))

    def open(self, path: Path) -> None:
        """Opens a recording and waits until it is transcribed."""
        with self.qtbot.waitSignal(self.song.finished, timeout=WAIT_MS):
            self.window.open(path)

    def box(self) -> QMessageBox:
        """The message box that is open now, or comes."""
        self.qtbot.waitUntil(lambda: self._box() is not None, timeout=WAIT_MS)
        box = self._box()
        assert box is not None
        return box

    def _box(self) -> QMessageBox | None:
        boxes = self.window.findChildren(QMessageBox)
        return next((box for box in boxes if box.isVisible()), None)

    def dismiss(self) -> str:
        """Reads the message box and closes it."""
        box = self.box()
        text = box.text()
        QTest.mouseClick(box.button(QMessageBox.StandardButton.Ok), Qt.MouseButton.LeftButton)
        return text

    def press(self, text: str) -> None:
        """Presses a button of the notice."""
        button = next(
            button for button in self.window.notice.buttons if button.text() == text
        )
        QTest.mouseClick(button, Qt.MouseButton.LeftButton)

    def until(self, holds: Callable[[], bool]) -> None:
        """Waits until something holds."""
        self.qtbot.waitUntil(holds, timeout=WAIT_MS)


@pytest.fixture(scope="module")
def transcriber(tiny_checkpoint: Path) -> Transcriber:
    return Transcriber.load(tiny_checkpoint)


@pytest.fixture
def make(
    transcriber: Transcriber, tmp_path: Path, qtbot: QtBot
) -> Iterator[Callable[[], Bench]]:
    """Builds windows on the same settings, with takes in tmp_path / "takes"; closes them."""
    made: list[Bench] = []
    stored = Settings(QSettings(str(tmp_path / "settings.ini"), QSettings.Format.IniFormat))
    stored.takes_folder = tmp_path / "takes"

    def build() -> Bench:
        outputs: list[FakeOutput] = []

        def open_output(
            rate: int, dtype: object, fill: Fill, ended: Callable[[], None]
        ) -> FakeOutput:
            outputs.append(FakeOutput(fill, ended))
            return outputs[-1]

        song, live = Song(transcriber, open_output=open_output), FakeLive()
        inputs, midi = FakeInputs(), FakeMidiClient()
        store = QSettings(str(tmp_path / "settings.ini"), QSettings.Format.IniFormat)
        main = MainWindow(
            song, live, transcriber, Settings(store),  # type: ignore[arg-type]
            inputs=inputs,  # type: ignore[arg-type]
            midi_out=MidiOut(open_client=lambda: midi), list_ports=midi.ports,
        )
        main.show()
        qtbot.waitExposed(main)
        made.append(Bench(main, song, live, inputs, midi, outputs, store, qtbot))
        return made[-1]

    yield build
    for bench in made:
        bench.window.close()
        bench.window.deleteLater()
    made.clear()


@pytest.fixture
def bench(make: Callable[[], Bench]) -> Bench:
    return make()


def on(pitch: int, onset_s: float) -> NoteOn:
    return NoteOn(pitch, 100, onset_s, onset_s + 0.05, 0.9)


def off(pitch: int, onset_s: float, offset_s: float) -> NoteOff:
    return NoteOff(pitch, 100, onset_s, offset_s, offset_s + 0.05, 0.9)
