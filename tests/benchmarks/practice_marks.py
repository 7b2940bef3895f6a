"""How long it takes from the sound of a note to its mark on the screen.

    python tests/benchmarks/practice_marks.py [--seconds 30] [--way clock]

The built-in instrument plays a scale in real time into the live session of a window in which that
scale is practised. A note's time begins with its first sample, and ends with the picture in which
its mark is drawn. Without a screen Qt's offscreen platform draws the pictures.
"""

from __future__ import annotations

import argparse
import os
import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

import numpy as np  # noqa: E402
from numpy.typing import NDArray  # noqa: E402
from PySide6.QtCore import QSettings  # noqa: E402
from PySide6.QtTest import QTest  # noqa: E402
from PySide6.QtWidgets import QApplication  # noqa: E402

from app.audio.devices.device_list import AudioDeviceError, Device  # noqa: E402
from app.audio.playback.synthesiser import Tones  # noqa: E402
from app.live.session import LiveSession  # noqa: E402
from app.practice.piece import piece_of_notes  # noqa: E402
from app.practice.session.practice_plan import PracticePlan, PracticeWay  # noqa: E402
from app.practice.tolerances import Tolerances  # noqa: E402
from app.settings.settings import Settings  # noqa: E402
from app.song.song import Song  # noqa: E402
from app.transcription.lazy_transcriber import LazyTranscriber  # noqa: E402
from app.window.main_window import MainWindow  # noqa: E402
from model.notes import Note  # noqa: E402

RATE = 48_000
BLOCK_S = 0.01
BEAT_S = 0.5
LIMIT_MS = 100
SCALE = (60, 64, 67, 72, 69, 65, 62, 59, 55, 52, 57, 60, 64, 62, 71, 67)


class Instrument:
    """A sound input that plays a scale, from a moment on, in real time."""

    latency = time = 0.0

    def __init__(self, sound: NDArray[np.float32], receive: Callable[..., object]) -> None:
        self._sound, self._receive = sound, receive
        self.begins_at: float | None = None
        self._ends = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self) -> None:
        count = round(BLOCK_S * RATE)
        next_at, place = time.perf_counter(), 0
        while not self._ends.is_set():
            # A block comes when its last sample was played.
            next_at += BLOCK_S
            time.sleep(max(0.0, next_at - time.perf_counter()))
            block = np.zeros((count, 1), np.float32)
            if self.begins_at is not None and next_at - BLOCK_S >= self.begins_at:
                if place == 0:
                    self.begins_at = next_at - BLOCK_S
                part = self._sound[place : place + count]
                block[: len(part), 0] = part
                place += count
            self._receive(block, False)

    def close(self) -> None:
        self._ends.set()
        self._thread.join()


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=float, default=30.0)
    parser.add_argument("--way", choices=("clock", "wait"), default="clock")
    parser.add_argument("--checkpoint", type=Path, default=ROOT / "assets/noteglow.safetensors")
    options = parser.parse_args()
    notes = [
        Note(beat * BEAT_S, (beat + 0.8) * BEAT_S, SCALE[beat % len(SCALE)])
        for beat in range(round(options.seconds / BEAT_S))
    ]
    late_ms = measured(notes, options)
    if not late_ms:
        print("no mark was drawn")
        return 1
    late_ms.sort()
    median, most = statistics.median(late_ms), late_ms[int(0.9 * len(late_ms))]
    print(f"{len(late_ms)} of {len(notes)} notes have a mark")
    verdict = "ok" if median <= LIMIT_MS else "BEYOND"
    print(f"from sound to mark: median {median:.0f} ms (≤ {LIMIT_MS} ms, {verdict}), "
          f"90 of 100 within {most:.0f} ms")
    return int(median > LIMIT_MS)


def measured(notes: list[Note], options: argparse.Namespace) -> list[float]:
    """Practises once; how late each mark was drawn, in ms."""
    application = QApplication.instance() or QApplication([])
    inputs: list[Instrument] = []
    sound = _played(notes)

    def open_input(
        device: Device, rate: float, channels: int, receive: Callable[..., object],
        ended: Callable[[], None],
    ) -> Instrument:
        inputs.append(Instrument(sound, receive))
        return inputs[-1]

    def no_output(*_: object) -> Instrument:
        raise AudioDeviceError("There is no output.")

    with tempfile.TemporaryDirectory() as folder:
        os.environ["XDG_DATA_HOME"] = folder
        settings = Settings(QSettings(f"{folder}/s.ini", QSettings.Format.IniFormat))
        settings.keep_hours = 0
        transcriber = LazyTranscriber(options.checkpoint)
        live = LiveSession(
            transcriber, open_input=open_input,
            find_input=lambda _: Device("Instrument", "none", 0, 1, float(RATE)),
        )
        window = MainWindow(
            Song(transcriber), live, transcriber, settings, open_output=no_output
        )
        window.resize(1366, 768)
        window.show()
        application.processEvents()
        piece = piece_of_notes(notes, "Scale", [4 * BEAT_S * bar for bar in range(2)])
        how = PracticeWay(options.way, sounding="nothing")
        window.practice.begin(PracticePlan(piece, piece.between(-2, -1), how, Tolerances()))
        late_ms = _watch(window, inputs, notes)
        window.close()
    return late_ms


def _watch(window: MainWindow, inputs: list[Instrument], notes: list[Note]) -> list[float]:
    roll, session = window.practice.view.roll, window.practice.session
    drawn: dict[int, float] = {}

    def look() -> None:
        now = time.perf_counter()
        for note, mark in enumerate(roll.marks):
            if mark is not None and note not in drawn:
                drawn[note] = now

    roll.painted.connect(look)
    began = False
    while session.is_on:
        QTest.qWait(5)
        if session.is_on and session.has_begun and not began:
            began = True
            waits_s = -session.place_s if session.place_s < 0 else 1.0
            inputs[-1].begins_at = time.perf_counter() + waits_s
    begins_at = inputs[-1].begins_at
    assert begins_at is not None
    played = [
        1000 * (drawn[index] - begins_at - note.onset_s)
        for index, note in enumerate(notes) if index in drawn
    ]
    # One that is told as missed is not told of its sound.
    return [ms for ms in played if ms < 300]


def _played(notes: list[Note]) -> NDArray[np.float32]:
    tones = Tones(RATE)
    sound = np.zeros(round((notes[-1].offset_s + 2.0) * RATE), np.float32)
    for note in notes:
        tone, gain = tones.tone(note.pitch, 90)
        first = round(note.onset_s * RATE)
        held = tone[: round((note.offset_s - note.onset_s) * RATE)] * np.float32(gain)
        held[-480:] *= np.linspace(1, 0, 480, dtype=np.float32)
        sound[first : first + len(held)] += held
    return sound


if __name__ == "__main__":
    sys.exit(main())
