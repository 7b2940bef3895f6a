"""A window on a bench: fake devices beneath it, and what its tests do with it."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator
from pathlib import Path

import mido
import numpy as np
import pytest
import soundfile
from numpy.typing import NDArray
from PySide6.QtCore import QSettings, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QComboBox, QMessageBox
from pytestqt.qtbot import QtBot

from app.audio.playback.player import Fill
from app.midi.midi_output import MidiOutput
from app.settings.settings import Settings
from app.song.song import Song
from app.window.main_window import MainWindow
from model.notes import Probabilities
from model.transcriber import Transcriber
from tests.window.window_fakes import FakeInputs, FakeLive, FakeMidiClient, FakeOutput

WAIT_MS = 30_000


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
            midi_out=MidiOutput(open_client=lambda: midi), list_ports=midi.ports,
            open_output=open_output,
        )
        main.show()
        qtbot.waitExposed(main)
        made.append(Bench(main, song, live, inputs, midi, outputs, store, qtbot))
        return made[-1]

    yield build
    for bench in made:
        # One with changes would ask, and stay; what it looks for then would go on.
        bench.window.close()
        bench.song.close()
        bench.window.deleteLater()
    made.clear()


@pytest.fixture
def bench(make: Callable[[], Bench]) -> Bench:
    return make()


class Played:
    """A recording as a live session hears it."""

    def __init__(self, transcriber: Transcriber, samples: NDArray[np.float32]) -> None:
        stream = transcriber.stream(44_100)
        self.parts = [stream.push(block) for block in np.array_split(samples, 40)]
        self.parts.append(stream.finish())
        self.seconds = len(samples) / 44_100

    @property
    def probabilities(self) -> Probabilities:
        return Probabilities.join([part.probabilities for part in self.parts])

    def play(self, bench: Bench, first: int, last: int) -> None:
        for number in range(first, last):
            bench.live.heard_s = self.seconds * (number + 1) / len(self.parts)
            bench.live.heard.emit(self.parts[number])
        bench.window.stage.refresh()


@pytest.fixture
def played(transcriber: Transcriber, tone_wav: Path) -> Played:
    samples, _ = soundfile.read(tone_wav, dtype="float32")
    return Played(transcriber, samples)


def choose(box: QComboBox, text: str) -> None:
    """Chooses the entry that contains this text, as a user does."""
    index = next(index for index in range(box.count()) if text in box.itemText(index))
    box.setCurrentIndex(index)
    box.activated.emit(index)


def texts(box: QComboBox) -> list[str]:
    """All entries."""
    return [box.itemText(index) for index in range(box.count())]


def midi_notes(path: Path) -> list[tuple[int, float]]:
    """Pitch and onset of every note in a MIDI file."""
    now, found = 0.0, []
    for message in mido.MidiFile(path):
        now += message.time
        if message.type == "note_on" and message.velocity:
            found.append((message.note, now))
    return sorted(found, key=lambda note: (note[1], note[0]))
