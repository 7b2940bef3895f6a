"""Makes the pictures of the guide in docs/pictures/, small enough to be kept beside it.

    python docs/make_guide_pictures.py [NAME ...] [--into FOLDER]

Works as `make_pictures.py` does; fonts are best on a screen, `xvfb-run` will do. Without names it
makes all but those of practising, which need sound that comes back.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import soundfile

HOME = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(HOME))

from PIL import Image  # noqa: E402
from PySide6.QtCore import QPoint, QRect, Qt  # noqa: E402
from PySide6.QtGui import QImage  # noqa: E402
from PySide6.QtTest import QTest  # noqa: E402
from PySide6.QtWidgets import QApplication, QWidget  # noqa: E402

from app.exports.export_file import export  # noqa: E402
from app.music.chords.chord_finding import ChordSpan  # noqa: E402
from app.music.chords.chord_names import Chord  # noqa: E402
from app.music.sections import Marker  # noqa: E402
from app.views.dialogs.export_dialog import ExportDialog  # noqa: E402
from app.views.stage.lanes.lane_editor import LaneEditor  # noqa: E402
from app.window.main_window import MainWindow  # noqa: E402
from docs.make_pictures import Pictures, make_edited  # noqa: E402
from model.transcriber import Transcriber  # noqa: E402

DEMO = HOME / "assets" / "demo.flac"
# The canon's bass comes back after so many seconds, and begins there.
_FIRST_S, _TURN_S = 0.43, 6.3
_MARKERS = tuple(
    Marker(_FIRST_S + turn * _TURN_S, name)
    for turn, name in enumerate(("Ground", "First voice", "Second voice", "Third voice"))
)
_COLOURS = 200


class GuidePictures(Pictures):
    """Saves parts of the window as well, with a palette of few colours."""

    def save(self, name: str, *, at_once: bool = False) -> None:
        self.save_part(name, None, at_once=at_once)

    def save_part(
        self, name: str, part: QRect | None, *, at_once: bool = False, of: QWidget | None = None
    ) -> None:
        """Args: `part` is in the window's pixels, None the whole window; `of` a box instead."""
        if not at_once:
            self.settle()
        self.window.stage.refresh()
        widget = of or self.window
        picture = widget.grab() if part is None else widget.grab(part)
        self.into.mkdir(parents=True, exist_ok=True)
        path = self.into / f"{name}.png"
        image = picture.toImage().convertToFormat(QImage.Format.Format_RGB888)
        rows = np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), -1)
        pixels = rows[:, : 3 * image.width()].reshape(image.height(), image.width(), 3)
        Image.fromarray(pixels.copy()).quantize(
            _COLOURS, Image.Quantize.MAXCOVERAGE, dither=Image.Dither.NONE
        ).save(path, optimize=True)
        print(path, path.stat().st_size // 1024, "kB", flush=True)

    def rect(self, widget: QWidget, *, top: int = 0, height: int | None = None) -> QRect:
        """Where a widget is, from so far below its top."""
        at = widget.mapTo(self.window, QPoint(0, top))
        room = widget.height() - top
        return QRect(at.x(), at.y(), widget.width(), room if height is None else height)

    def open_demo(self) -> MainWindow:
        """Opens the recording, with its beats and chords."""
        self.open()
        self.until(lambda: self.song.rhythm.rhythm is not None)
        self.until(lambda: len(self.window.commands.chords()) > 8)
        self.window.stage.fit()
        return self.window


def make_song(pictures: GuidePictures) -> None:
    window = pictures.open_demo()
    window.commands.seek(pictures.duration_s * 0.45)
    window.act.play.trigger()
    pictures.save("song")
    window.act.play.trigger()


def make_lanes(pictures: GuidePictures) -> None:
    """The rows above the ruler: chords, sections, bars, the loop."""
    window, stage = pictures.open_demo(), pictures.window.stage
    controller, edits = window.song_controller, pictures.song.edits
    window.commands.seek(8.4)
    stage.view_box.zoom_time(14 / stage.view_box.span_s, 0.0)
    stage.view_box.show_from(0.0)
    edits.annotate("Name chord", replace(edits.annotations, chords=(
        ChordSpan(*_span_at(window, 10.0), Chord(7, "maj7", 7)),
    )))  # fmt: skip
    controller.chords.edit(7.8)
    below = stage.names.height()
    pictures.save_part("chords", pictures.rect(stage, top=below, height=220))
    editor = window.findChildren(LaneEditor)[0]
    QTest.keyClick(editor, Qt.Key.Key_Escape)

    edits.annotate("Add marker", replace(edits.annotations, markers=_MARKERS))
    stage.view_box.zoom_time(26 / stage.view_box.span_s, 0.0)
    stage.view_box.show_from(0.0)
    window.commands.seek(8.4)
    pictures.save_part("sections", pictures.rect(stage, top=below, height=200))

    controller.sections.loop(1)
    controller.act.sections.trainer.trigger()
    stage.view_box.zoom_time(14 / stage.view_box.span_s, 6.0)
    stage.view_box.show_from(3.0)
    top = pictures.rect(controller.bar)
    pictures.save_part("loop", top.united(pictures.rect(stage, height=260)))
    controller.act.sections.trainer.trigger()
    controller.playback.clear_span()

    beats = pictures.song.rhythm
    beats.move_beat(9, beats.grid.beats_s[9] + 0.12)
    pictures.until(lambda: beats.is_corrected)
    controller.act.bars.metronome.trigger()
    window.commands.seek(5.2)
    pictures.save_part("bars", pictures.rect(stage, top=below, height=220))
    controller.act.bars.metronome.trigger()
    edits.undo()


def _span_at(window: MainWindow, at_s: float) -> tuple[float, float]:
    span = next(one for one in window.commands.chords() if one.start_s <= at_s < one.end_s)
    return span.start_s, span.end_s


def make_taken_away(pictures: GuidePictures) -> None:
    """Chosen notes, the dialog of export, and a comparison."""
    window = pictures.open_demo()
    make_edited(pictures)
    window.stage.fit()
    controller = window.song_controller
    controller.act.edit.trigger()
    controller.editing.choose([note for note in window.commands.notes if note.pitch < 57])
    window.act.export.trigger()
    [dialog] = [box for box in pictures.boxes() if isinstance(box, ExportDialog)]
    pictures.settle()
    pictures.save_part("export", None, of=dialog)
    dialog.reject()
    controller.act.edit.trigger()

    notes = window.commands.notes
    with tempfile.TemporaryDirectory() as folder:
        other = Path(folder) / "as it should be.mid"
        kept = [note for number, note in enumerate(notes) if number % 9 != 4]
        lacking = [replace(note, pitch=note.pitch + 3) for note in notes[10::17]]
        export([*kept, *lacking], other)
        pictures.song.comparison.read(other)
        pictures.until(lambda: bool(window.notice.text))
    window.stage.view_box.zoom_time(9 / window.stage.view_box.span_s, 8.0)
    window.stage.view_box.zoom_pitch(0.6, 62)
    pictures.save_part("compare", QRect(0, pictures.rect(window.stage).top() - 60,
                                        window.width(), 400))
    pictures.song.comparison.clear()
    window.stage.fit()


def make_scores(pictures: GuidePictures) -> None:
    """The score below the roll, and tablature."""
    window = pictures.open_demo()
    settings, view = window.score.settings, window.score.pane.view
    window.commands.seek(pictures.duration_s * 0.45)
    settings.show_parts("both")
    pictures.until(lambda: view.count > 1)
    window.act.play.trigger()
    pictures.save("score")
    window.act.play.trigger()
    window.commands.seek(1.3)
    before = view._job
    settings.set_staves("guitar")
    settings.show_parts("score")
    pictures.until(lambda: view._job != before)
    pictures.until(lambda: view._coming is None)
    pictures.settle()
    pictures.save_part("tablature", pictures.rect(window.score.pane, height=400))
    settings.set_staves("")
    settings.show_parts("roll")


def make_stage_view(pictures: GuidePictures) -> None:
    window = pictures.open_demo()
    window.commands.seek(pictures.duration_s * 0.6)
    window.act.stage_view.trigger()
    window.act.play.trigger()
    pictures.save("stage-view")
    window.act.play.trigger()
    window.act.stage_view.trigger()


def make_live(pictures: GuidePictures) -> None:
    """Listening, the neck of a guitar, and pitch lines with the needle."""
    window, live = pictures.window, pictures.live
    window.act.live.trigger()
    live.hear_until(pictures.duration_s * 0.45)
    pictures.save("live")
    window.score.settings.set_fretboard("guitar")
    live.hear_until(pictures.duration_s * 0.45 + 0.4)
    pictures.settle()
    stage = pictures.rect(window.stage)
    pictures.save_part("fretboard", stage.adjusted(0, stage.height() - 330, 0, 0), at_once=True)
    window.score.settings.set_fretboard("")
    window.act.live.trigger()


def make_pitch_lines(pictures: GuidePictures) -> None:
    window, live, box = pictures.window, pictures.live, pictures.window.stage.view_box
    window.display.set_pitch_lines(True)
    window.act.live.trigger()
    live.hear_until(4.3)
    box.zoom_pitch(0.22, 69)
    live.hear_until(4.6)
    pictures.save_part("pitch-lines", pictures.rect(window.stage, height=420), at_once=True)
    window.act.live.trigger()


def sung(path: Path) -> Path:
    """A melody with slides and vibrato, of a voice that is made up."""
    rate, cents = 22_050, []
    for pitch, seconds, slide in ((67, 0.9, -120), (69, 0.8, -60), (71, 1.1, -150), (69, 2.4, 40)):
        t = np.arange(round(seconds * rate)) / rate
        cents.append(
            100 * pitch + slide * np.exp(-t / 0.07) + 14
            + 35 * np.clip(t - 0.3, 0, 0.4) / 0.4 * np.sin(2 * np.pi * 5.6 * t)
        )
    curve = np.concatenate(cents)
    phase = np.cumsum(440 * 2 ** ((curve - 6900) / 1200) / rate) * 2 * np.pi
    sound = sum(np.sin(k * phase) / k**1.4 for k in range(1, 9)) * 0.2
    soundfile.write(path, sound.astype(np.float32), rate)
    return path


_DEMO_PICTURES: dict[str, Callable[[GuidePictures], None]] = {
    "song": make_song, "lanes": make_lanes, "taken-away": make_taken_away,
    "scores": make_scores, "stage-view": make_stage_view, "live": make_live,
}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="*", help=f"some of {', '.join(_DEMO_PICTURES)}, pitch")
    parser.add_argument("--into", type=Path, default=HOME / "docs/pictures")
    arguments = parser.parse_args()
    names = arguments.names or [*_DEMO_PICTURES, "pitch"]
    # It must outlive everything that is drawn.
    application = QApplication(sys.argv[:1])
    application.setApplicationName("Noteglow")
    transcriber = Transcriber.load(HOME / "assets" / "noteglow.safetensors")
    with tempfile.TemporaryDirectory() as folder:
        for name in names:
            is_pitch = name == "pitch"
            recording = sung(Path(folder) / "sung.wav") if is_pitch else DEMO
            pictures = GuidePictures(transcriber, recording, arguments.into)
            pictures.window.resize(1280, 720)
            try:
                (make_pitch_lines if is_pitch else _DEMO_PICTURES[name])(pictures)
            finally:
                pictures.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
