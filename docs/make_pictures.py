"""Makes pictures of every state of the window, to be looked at, without microphone or loudspeaker.

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

HOME = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(HOME))

from PySide6.QtCore import QEventLoop, QPoint, QRect, QSettings, QTimer  # noqa: E402
from PySide6.QtGui import QColor, QImage, QPainter, QPixmap  # noqa: E402
from PySide6.QtWidgets import QApplication, QDialog  # noqa: E402

from app.audio.devices.device_list_refresh import DeviceListRefresh  # noqa: E402
from app.audio.files.audio_file import AudioFile  # noqa: E402
from app.live.session import LiveSession  # noqa: E402
from app.settings.settings import Settings  # noqa: E402
from app.song.song import Song  # noqa: E402
from app.views.dialogs.export_dialog import ExportDialog  # noqa: E402
from app.views.dialogs.shortcuts_dialog import ShortcutsDialog  # noqa: E402
from app.window.main_window import MainWindow  # noqa: E402
from docs.pretended import PretendedInputs, PretendedLive  # noqa: E402
from model.transcriber import Transcriber  # noqa: E402
from tests.window.window_fakes import FakeOutput  # noqa: E402

_PATIENCE_S = 120.0


class Pictures:
    """The window, what it shows, and the folder that its pictures go to."""

    def __init__(self, transcriber: Transcriber, recording: Path, into: Path) -> None:
        self.into = into
        self.recording = recording
        with AudioFile(recording) as file:
            samples = np.concatenate(list(file.blocks()))
            self.duration_s = len(samples) / file.sample_rate
            self.live = PretendedLive(transcriber, samples, file.sample_rate)
        # Never asked for sound, so that playback stands where it is.
        self.song = Song(
            transcriber, open_output=lambda rate, dtype, fill, ended: FakeOutput(fill, ended)
        )
        self._folder = tempfile.TemporaryDirectory()
        store = QSettings(f"{self._folder.name}/settings.ini", QSettings.Format.IniFormat)
        settings = Settings(store)
        settings.takes_folder = Path(self._folder.name) / "takes"
        self.window = MainWindow(
            self.song, cast(LiveSession, self.live), transcriber, settings,
            inputs=cast(DeviceListRefresh, PretendedInputs()),
            list_ports=lambda: ["Software Synthesizer"],
        )
        self.window.resize(1280, 800)
        self.window.show()

    def save(self, name: str, *, at_once: bool = False) -> None:
        """Writes a picture of the window, when it has come to rest or at once."""
        if not at_once:
            self.settle()
        self.window.stage.refresh()
        self.into.mkdir(parents=True, exist_ok=True)
        picture = self.window.grab()
        for box in self.boxes():
            _lay_over(picture, box.grab())
        _smaller(picture.toImage()).save(str(self.into / f"{name}.png"), quality=0)
        print(self.into / f"{name}.png")

    def boxes(self) -> list[QDialog]:
        """The boxes that are open."""
        return [box for box in self.window.findChildren(QDialog) if box.isVisible()]

    def until(self, holds: Callable[[], bool]) -> None:
        """Lets the program run until something holds.

        Raises:
            TimeoutError: it does not hold within two minutes.
        """
        end = time.monotonic() + _PATIENCE_S
        while not holds():
            if time.monotonic() > end:
                raise TimeoutError("the window did not come into the state to be pictured")
            loop = QEventLoop()
            QTimer.singleShot(20, loop.quit)
            loop.exec()

    def open(self) -> None:
        """Opens the recording and waits until all of it is transcribed."""
        self.window.open(self.recording)
        self.until(lambda: self.song.info is not None and not self.song.is_transcribing)

    def close(self) -> None:
        self.window.close()
        self._folder.cleanup()

    def settle(self) -> None:
        """Lets layouts, pages and fading come to rest."""
        end = time.monotonic() + 0.6
        self.until(lambda: time.monotonic() > end)


def _smaller(picture: QImage) -> QImage:
    """The same to the eye, with colours in steps of four: as a PNG file it is much smaller."""
    result = picture.convertToFormat(QImage.Format.Format_RGB32)
    values = np.frombuffer(result.bits(), np.uint8)
    values[:] = np.minimum((values.astype(np.uint16) + 2) // 4 * 4, 255)
    return result


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
    pictures.save("welcome")
    make_song(pictures)
    make_live(pictures)
    make_panels(pictures)


def make_song(pictures: Pictures) -> None:
    """A recording."""
    window = pictures.window
    middle_s = pictures.duration_s * 0.45
    window.open(pictures.recording)
    pictures.until(lambda: window.commands.song.progress > 0.4)
    pictures.save("transcribing", at_once=True)

    pictures.open()
    window.commands.seek(middle_s)
    window.act.play.trigger()
    pictures.save("song")
    window.stage.view_box.zoom_time(6 / window.stage.view_box.span_s, middle_s)
    window.stage.view_box.zoom_pitch(0.5, 62)
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

    make_edited(pictures)

    window.open(Path("Prelude in C.wav"))
    pictures.until(lambda: bool(pictures.boxes()))
    pictures.save("error")
    pictures.boxes()[0].close()


def make_edited(pictures: Pictures) -> None:
    """A recording that is corrected and taken away. Leaves it as it was."""
    window = pictures.window
    song_controller, box = window.song_controller, window.stage.view_box
    middle_s = pictures.duration_s * 0.45
    box.zoom_time(9 / box.span_s, middle_s)
    song_controller.act.edit.trigger()
    song_controller.playback.set_span(middle_s - 1, middle_s + 1.5)
    song_controller.act.loop.trigger()
    near = [note for note in window.commands.notes if abs(note.onset_s - middle_s) < 1.5]
    song_controller.editing.choose(near[:2])
    song_controller.editing.move(semitones=1)
    song_controller.act.why.trigger()
    lowest = min(near[2:], key=lambda note: note.pitch)
    box.hovered.emit(lowest.onset_s + 0.03, float(lowest.pitch))
    pictures.save("song-edit")
    box.hover_ended.emit()
    song_controller.act.why.trigger()
    song_controller.editing.undo()
    song_controller.act.edit.trigger()
    song_controller.playback.clear_span()
    window.act.export.trigger()
    dialog = window.findChildren(ExportDialog)[0]
    dialog.timing.setCurrentIndex(dialog.timing.count() - 1)
    pictures.save("export")
    dialog.reject()
    window.stage.fit()


def make_live(pictures: Pictures) -> None:
    """Playing, recording, and what can go wrong with the input."""
    window, live = pictures.window, pictures.live
    middle_s = pictures.duration_s * 0.45
    window.act.live.trigger()
    live.hear_until(middle_s)
    pictures.save("live")
    live.lose()
    pictures.save("live-lost")
    live.resume()

    window.act.record.trigger()
    live.hear_until(middle_s)
    window.act.earlier.trigger()
    live.hear_until(middle_s + 2)
    pictures.save("live-frozen")
    window.act.record.trigger()
    pictures.until(lambda: bool(window.notice.text))
    pictures.save("take")
    window.act.live.trigger()
    live.hear_until(middle_s)
    window.resize(window.minimumSize())
    pictures.save("live-smallest")
    window.resize(1280, 800)


def make_panels(pictures: Pictures) -> None:
    """The panels beside the stage, while a live take runs."""
    window = pictures.window
    window.panels.open("input")
    window.input.choose_device(window.input.devices[1] if window.input.devices else None)
    pictures.live.hear_until(6.0)
    window.input.set_gate(True, -50.0)
    pictures.save("panel-input")
    window.act.themes["light"].trigger()
    window.display.set_style("solfege")
    window.display.set_accidentals("flats")
    window.panels.open("display")
    pictures.save("panel-display")
    window.display.set_only_names(True)
    window.display.set_style("german")
    pictures.save("twelve-notes")
    window.act.themes["dark"].trigger()
    window.display.set_only_names(False)
    window.display.set_style("letters")
    window.panels.close()
    window.act.live.trigger()
    ShortcutsDialog(window).open()
    pictures.save("keys")
    pictures.boxes()[0].close()


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--checkpoint", type=Path, default=HOME / "assets/noteglow.safetensors")
    parser.add_argument("--recording", type=Path, default=HOME / "assets/demo.flac")
    parser.add_argument("--into", type=Path, default=HOME / "build" / "pictures")
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
