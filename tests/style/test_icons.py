"""The symbols on the buttons."""

from __future__ import annotations

import gc

import pytest
from PySide6.QtCore import QRect, QSize
from PySide6.QtGui import QIcon, QImage, QPainter
from pytestqt.qtbot import QtBot

from app.style.icons import icon

NORMAL, DISABLED = QIcon.Mode.Normal, QIcon.Mode.Disabled
OFF, ON = QIcon.State.Off, QIcon.State.On


def colours(image: QImage) -> set[str]:
    """Of the pixels that a symbol covers whole."""
    pixels = [
        image.pixelColor(x, y) for x in range(image.width()) for y in range(image.height())
    ]
    return {pixel.name() for pixel in pixels if pixel.alpha() == 255}


@pytest.mark.parametrize(
    ("mode", "state", "colour"),
    [(NORMAL, OFF, "#102030"), (NORMAL, ON, "#ff0000"), (DISABLED, OFF, "#a0b0c0"),
     (DISABLED, ON, "#a0b0c0"), (QIcon.Mode.Active, ON, "#ff0000")],
)
def test_a_symbol_has_the_colour_of_its_buttons_state(
    qtbot: QtBot, mode: QIcon.Mode, state: QIcon.State, colour: str
) -> None:
    symbol = icon("play", "#102030", "#a0b0c0", checked="#ff0000")
    # Qt keeps what draws it.
    gc.collect()
    for ratio in (1.0, 1.25, 2.0):
        picture = symbol.pixmap(QSize(20, 20), ratio, mode, state)
        assert picture.size() == QSize(20, 20) * ratio
        assert picture.devicePixelRatio() == ratio
        assert colours(picture.toImage()) == {colour}


def test_a_symbol_is_not_stretched(qtbot: QtBot) -> None:
    image = QImage(60, 20, QImage.Format.Format_ARGB32)
    image.fill(0)
    with QPainter(image) as painter:
        icon("stop", "#102030", "#a0b0c0").paint(painter, QRect(0, 0, 60, 20))
    assert colours(image.copy(20, 0, 20, 20)) == {"#102030"}
    assert colours(image.copy(0, 0, 20, 20)) == colours(image.copy(40, 0, 20, 20)) == set()
