"""What the tests of the window for recordings do: open one with invented notes, drag and click."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path

import pytest
from PySide6.QtCore import QEvent, QMimeData, QPointF, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent, QMouseEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QMessageBox, QWidget

from model.notes import Note
from tests.window.window_bench import Bench

# Within the two seconds of `tone_wav`; the third is played on its own, the others overlap.
NOTES = (
    Note(0.2, 0.6, 60, 70, 0.9),
    Note(0.3, 0.9, 64, 80, 0.8),
    Note(1.2, 1.6, 67, 90, 0.7),
)
NO_KEY = Qt.KeyboardModifier.NoModifier
SHIFT = Qt.KeyboardModifier.ShiftModifier
_LEFT = Qt.MouseButton.LeftButton


@pytest.fixture
def recording(tone_wav: Path, tmp_path: Path) -> Path:
    """`tone_wav` in a folder of its own, for files are written beside it."""
    return Path(shutil.copy(tone_wav, tmp_path / "tone.wav"))


def opened(bench: Bench, path: Path, notes: Sequence[Note] = NOTES) -> Bench:
    """A bench with a recording open and these notes in place of those that were found.

    Bars are not shown: they come when they are found, and drags would snap to them.
    """
    bench.window.display.set_bars(False)
    bench.open(path)
    bench.song.edits.restore(notes)
    bench.window.stage.fit()
    bench.window.stage.view_box.zoom_pitch(0.5, 64)
    return bench


def editing(bench: Bench, path: Path, notes: Sequence[Note] = NOTES) -> Bench:
    """The same, while the mouse edits notes."""
    opened(bench, path, notes)
    bench.window.song_controller.act.edit.trigger()
    return bench


def place(bench: Bench, time_s: float, pitch: float) -> QPointF:
    """Where on the plot a moment and a pitch are."""
    return bench.window.stage.view_box.mapViewToScene(QPointF(time_s, pitch))


def mouse(
    widget: QWidget, kind: QEvent.Type, at: QPointF, *, held: bool = False,
    keys: Qt.KeyboardModifier = NO_KEY,
) -> None:
    """Sends one mouse event; `held` says whether the left button is down after it."""
    moves = kind == QEvent.Type.MouseMove
    button = Qt.MouseButton.NoButton if moves else _LEFT
    buttons = _LEFT if held else Qt.MouseButton.NoButton
    event = QMouseEvent(kind, at, widget.mapToGlobal(at), button, buttons, keys)
    QApplication.sendEvent(widget, event)


def key(bench: Bench, pressed: Qt.Key, keys: Qt.KeyboardModifier = NO_KEY) -> None:
    """Presses a key on the stage."""
    QTest.keyClick(bench.window.stage, pressed, keys)


def drag_ruler(bench: Bench, first_s: float, last_s: float) -> None:
    """Drags along the time axis."""
    stage, plot = bench.window.stage, bench.window.stage.plot.viewport()
    top = stage.time_axis.mapToScene(QPointF(0, 8)).y()
    start, end = (
        QPointF(stage.view_box.mapViewToScene(QPointF(moment_s, 60)).x(), top)
        for moment_s in (first_s, last_s)
    )
    mouse(plot, QEvent.Type.MouseButtonPress, start, held=True)
    mouse(plot, QEvent.Type.MouseMove, (start + end) / 2, held=True)
    mouse(plot, QEvent.Type.MouseMove, end, held=True)
    mouse(plot, QEvent.Type.MouseButtonRelease, end)


def click(
    bench: Bench, time_s: float, pitch: float, keys: Qt.KeyboardModifier = NO_KEY
) -> None:
    """Clicks on the plot."""
    at, plot = place(bench, time_s, pitch), bench.window.stage.plot.viewport()
    mouse(plot, QEvent.Type.MouseMove, at, keys=keys)
    mouse(plot, QEvent.Type.MouseButtonPress, at, held=True, keys=keys)
    mouse(plot, QEvent.Type.MouseButtonRelease, at, keys=keys)


def drag(
    bench: Bench, start: tuple[float, float], end: tuple[float, float],
    keys: Qt.KeyboardModifier = NO_KEY, *, double: bool = False,
) -> None:
    """Drags on the plot from one (moment, pitch) to another."""
    plot = bench.window.stage.plot.viewport()
    first, last = place(bench, *start), place(bench, *end)
    press = QEvent.Type.MouseButtonDblClick if double else QEvent.Type.MouseButtonPress
    mouse(plot, press, first, held=True, keys=keys)
    for share in (0.5, 1.0):
        mouse(plot, QEvent.Type.MouseMove, first + (last - first) * share, held=True, keys=keys)
    mouse(plot, QEvent.Type.MouseButtonRelease, last, keys=keys)


def double_click(bench: Bench, time_s: float, pitch: float) -> None:
    """Double-clicks on the plot."""
    click(bench, time_s, pitch)
    at, plot = place(bench, time_s, pitch), bench.window.stage.plot.viewport()
    mouse(plot, QEvent.Type.MouseButtonDblClick, at, held=True)
    mouse(plot, QEvent.Type.MouseButtonRelease, at)


def hover(bench: Bench, time_s: float, pitch: float) -> None:
    """Moves the pointer over the plot."""
    mouse(bench.window.stage.plot.viewport(), QEvent.Type.MouseMove, place(bench, time_s, pitch))


def answer(bench: Bench, text: str) -> str:
    """Presses a button of the question that is open, or comes; returns the question."""
    box = bench.box()
    asked = box.text()
    next(button for button in box.buttons() if button.text() == text).click()
    return asked


def boxes(bench: Bench) -> list[QMessageBox]:
    """The message boxes that are open."""
    return [box for box in bench.window.findChildren(QMessageBox) if box.isVisible()]


def drop(bench: Bench, *urls: QUrl) -> bool:
    """Drags and drops onto the window; whether it took them."""
    data = QMimeData()
    data.setUrls(list(urls))
    copy, left, none = (
        Qt.DropAction.CopyAction, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    )
    enter = QDragEnterEvent(QPointF(40, 40).toPoint(), copy, data, left, none)
    enter.ignore()
    QApplication.sendEvent(bench.window, enter)
    if enter.isAccepted():
        QApplication.sendEvent(
            bench.window, QDropEvent(QPointF(40, 40), copy, data, left, none)
        )
    return enter.isAccepted()
