"""Makes the pictures of the window in docs/pictures/, without a microphone or a loudspeaker.

    python docs/make_pictures.py [--checkpoint FILE] [--recording FILE] [--into FOLDER]

Works on any Qt platform, also with QT_QPA_PLATFORM=offscreen.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import cast

import numpy as np
from numpy.typing import NDArray

HOME = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(HOME))

from PySide6.QtCore import QEventLoop, QObject, QPoint, QRect, QSettings, Signal  # noqa: E402
from PySide6.QtGui import QColor, QPainter, QPixmap  # noqa: E402
from PySide6.QtWidgets import QApplication, QMessageBox  # noqa: E402

from app.audio.files import AudioFile  # noqa: E402
from app.live import Live  # noqa: E402
from app.settings import Settings  # noqa: E402
from app.song import Song  # noqa: E402
from app.window import MainWindow  # noqa: E402
from model.transcriber import Stream, Transcriber  # noqa: E402

_PATIENCE_S = 120.0


class _SilentOutput:
    """An output device that never asks for sound, so that playback stands where it is."""

    latency = 0.0
    time = 0.0
    channels = 1

    def close(self) -> None:
        pass


class PretendedLive(QObject):
    """A live session that hears a recording instead of a microphone, as far as it is told."""

    started = Signal(str)
    heard = Signal(object)
    level = Signal(float, bool)
    failed = Signal(str)
    stopped = Signal()

    def __init__(
        self, transcriber: Transcriber, samples: NDArray[np.float32], sample_rate: int
    ) -> None:
        super().__init__()
        self._transcriber = transcriber
        self._samples, self._sample_rate = samples, sample_rate
        self._stream: Stream | None = None
        self._next = 0
        self.is_listening = False
        self.overflows = 0

    @property
    def heard_s(self) -> float:
        return self._next / self._sample_rate

    def start(self) -> None:
        self._stream = self._transcriber.stream(self._sample_rate)
        self._next = 0
        self.is_listening = True
        self.started.emit("Built-in Microphone")

    def stop(self) -> None:
        if self.is_listening and self._stream is not None:
            self.is_listening = False
            self.heard.emit(self._stream.finish())
            self.stopped.emit()

    def hear_until(self, seconds: float) -> None:
        """Hears on, up to this moment of the recording."""
        end = round(seconds * self._sample_rate)
        samples = self._samples[self._next : end]
        self._next = end
        if self._stream is not None:
            self.heard.emit(self._stream.push(samples))
            self.level.emit(float(np.abs(samples[-2048:]).max()), False)


class Pictures:
    """The window, what it shows, and the folder that its pictures go to."""

    def __init__(self, transcriber: Transcriber, recording: Path, into: Path) -> None:
        self.into = into
        self.recording = recording
        with AudioFile(recording) as file:
            samples = np.concatenate(list(file.blocks()))
            self.duration_s = len(samples) / file.sample_rate
            self.live = PretendedLive(transcriber, samples, file.sample_rate)
        self.song = Song(transcriber, open_output=lambda *_: _SilentOutput())
        self._folder = tempfile.TemporaryDirectory()
        store = QSettings(f"{self._folder.name}/settings.ini", QSettings.Format.IniFormat)
        self.window = MainWindow(
            self.song, cast(Live, self.live), transcriber.features, transcriber.decoder,
            Settings(store),
        )
        self.window.resize(1280, 800)
        self.window.show()

    def save(self, name: str, *, at_once: bool = False) -> None:
        """Writes a picture of the window, when it has come to rest or at once."""
        if not at_once:
            self._settle()
        self.window.stage.refresh()
        self.into.mkdir(parents=True, exist_ok=True)
        picture = self.window.grab()
        for box in self.boxes():
            _lay_over(picture, box.grab())
        picture.save(str(self.into / f"{name}.png"))
        print(self.into / f"{name}.png")

    def boxes(self) -> list[QMessageBox]:
        """The message boxes that are open."""
        return [box for box in self.window.findChildren(QMessageBox) if box.isVisible()]

    def until(self, holds: Callable[[], bool]) -> None:
        """Lets the program run until something holds.

        Raises:
            TimeoutError: it does not hold within two minutes.
        """
        end = time.monotonic() + _PATIENCE_S
        while not holds():
            if time.monotonic() > end:
                raise TimeoutError("the window did not come into the state to be pictured")
            QApplication.processEvents(QEventLoop.ProcessEventsFlag.WaitForMoreEvents, 20)

    def open(self) -> None:
        """Opens the recording and waits until all of it is transcribed."""
        self.window.open(self.recording)
        self.until(lambda: self.song.info is not None and not self.song.is_transcribing)

    def close(self) -> None:
        self.window.close()
        self._folder.cleanup()

    def _settle(self) -> None:
        """Lets layouts, pages and fading come to rest."""
        end = time.monotonic() + 0.6
        self.until(lambda: time.monotonic() > end)


def _lay_over(picture: QPixmap, box: QPixmap) -> None:
    painter = QPainter(picture)
    room = (picture.deviceIndependentSize() - box.deviceIndependentSize()).toSize() / 2
    place = QRect(QPoint(room.width(), room.height()), box.deviceIndependentSize().toSize())
    painter.fillRect(picture.rect(), QColor(0, 0, 0, 110))
    painter.drawPixmap(place.topLeft(), box)
    painter.setPen(QColor(128, 128, 128, 90))
    painter.drawRect(place.adjusted(0, 0, -1, -1))
    painter.end()


def make_all(pictures: Pictures) -> None:
    """Every state of the window, one picture each."""
    window, live = pictures.window, pictures.live
    middle_s = pictures.duration_s * 0.45
    pictures.save("welcome")

    window.open(pictures.recording)
    pictures.until(lambda: window.commands.progress > 0.4)
    pictures.save("transcribing", at_once=True)

    pictures.open()
    window.commands.seek(middle_s)
    window.act.play.trigger()
    pictures.save("song")
    window.stage.axes.zoom_time(6 / window.stage.axes.span_s, middle_s)
    window.stage.axes.zoom_pitch(0.5, 62)
    pictures.save("zoomed")
    window.resize(1920, 1080)
    window.stage.fit()
    pictures.save("large")
    window.resize(1280, 800)
    window.act.themes["light"].trigger()
    window.stage.fit()
    pictures.save("light")
    window.act.themes["dark"].trigger()
    window.resize(window.minimumSize())
    pictures.save("smallest")
    window.resize(1280, 800)
    window.act.play.trigger()

    window.open(Path("Prelude in C.wav"))
    pictures.until(lambda: bool(pictures.boxes()))
    pictures.save("error")
    pictures.boxes()[0].close()

    window.act.live.trigger()
    for moment_s in np.arange(0.02, middle_s, 0.02):
        live.hear_until(float(moment_s))
    pictures.save("live")
    window.act.live.trigger()


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--checkpoint", type=Path, default=HOME / "assets/noteglow.safetensors")
    parser.add_argument("--recording", type=Path, default=HOME / "assets/demo.flac")
    parser.add_argument("--into", type=Path, default=HOME / "docs/pictures")
    args = parser.parse_args()
    # It must outlive everything that is drawn.
    application = QApplication(sys.argv[:1])
    application.setApplicationName("Noteglow")
    pictures = Pictures(Transcriber.load(args.checkpoint), args.recording, args.into)
    try:
        make_all(pictures)
    finally:
        pictures.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
