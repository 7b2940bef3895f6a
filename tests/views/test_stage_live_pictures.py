"""A live take on the stage: what is painted piece by piece, and only where something changed."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import QEvent, QObject
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from app.views.stage.stage import Stage
from tests.leaks import nothing_left, only_new_objects  # noqa: F401
from tests.views.image_pixels import difference
from tests.views.stage_session import (  # noqa: F401
    Session,
    pixels,
    stage,
)

# Fixtures are imported, and arguments of the same name get them.
# ruff: noqa: F811


def test_a_live_picture_is_as_if_it_were_painted_at_once(stage: Stage) -> None:
    notes = [(0.2 + 0.13 * index, 0.5 + 0.17 * index, 50 + index * 5 % 31, 0.9)
             for index in range(14)]  # fmt: skip
    session = Session(stage, [*notes, (1.0, 1.4, 60, 0.5), (1.45, 2.0, 61, 0.9)])
    while session.now < 3.0:
        session.play(session.now + 0.08)
        stage.plot.grab()
    stage.freeze(True)
    stage.set_cursor(1.0)
    in_pieces = stage.plot.grab().toImage()
    stage.plot.tiles.forget()
    at_once = stage.plot.grab().toImage()
    assert difference(in_pieces, at_once) <= 2
    # A row of a black key is darker than the one of a white key beside it.
    box = stage.view_box.sceneBoundingRect().toRect()
    shades = pixels(at_once)[box.top() : box.bottom(), box.left() : box.right()]
    view = stage.view_box

    def shade(pitch: int) -> float:
        y = round((view.high - pitch) / (view.high - view.low) * box.height())
        return float(shades[y - 2 : y + 3, box.width() // 2 :].mean())

    black, white = (np.mean([shade(pitch) for pitch in keys])
                    for keys in ((46, 49, 82), (45, 47, 48, 50, 83)))  # fmt: skip
    assert black < 0.95 * white
    session.end()


# Within the first minute the overview stands still; then it grows with what is heard.
@pytest.mark.parametrize("begun_s", [20.0, 100.0])
def test_a_picture_that_scrolls_is_painted_once(
    stage: Stage, qtbot: QtBot, begun_s: float
) -> None:
    stage.show()
    qtbot.waitExposed(stage)
    seconds = [begun_s]
    stage.begin_take(lambda: seconds[0])
    # The test takes the timer's place.
    stage._timer.stop()
    for _ in range(5):
        stage.refresh()
        QApplication.processEvents()
    painted = [0]

    class Count(QObject):
        def eventFilter(self, watched: QObject, event: QEvent) -> bool:
            painted[0] += event.type() == QEvent.Type.Paint
            return False

    count = Count()
    stage.plot.viewport().installEventFilter(count)
    for _ in range(10):
        seconds[0] += 0.02 * begun_s / 20
        stage.refresh()
        for _ in range(3):
            QApplication.processEvents()
    # The window system may ask for one of its own.
    assert 10 <= painted[0] < 13


def test_what_is_painted_as_it_comes_looks_like_what_is_painted_at_once(stage: Stage) -> None:
    """Only the part of a tile in which something has changed is painted again."""
    notes = [(0.2 + 0.15 * place, 0.5 + 0.15 * place, 40 + 3 * place, 0.9) for place in range(15)]
    session = Session(stage, notes)
    stage._timer.stop()
    for step in range(1, 40):
        session.play(0.08 * step)
        stage.plot.grab()
    session.end()
    QApplication.processEvents()
    stage.refresh()
    grown = stage.plot.grab().toImage()
    stage.plot.redraw_notes()
    at_once = stage.plot.grab().toImage()
    places = [(x, y) for x in range(0, grown.width(), 2) for y in range(0, grown.height(), 3)]
    differ = [at for at in places if grown.pixel(*at) != at_once.pixel(*at)]
    assert len(differ) < len(places) / 1000, differ[:5]
