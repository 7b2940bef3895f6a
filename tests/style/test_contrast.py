"""What is read and what is aimed at can be told from what is behind it, in both themes.

Contrast is WCAG 2.2's, computed from what is painted: 3 to 1 for large text (1.4.3), and for the
edges and marks of controls (1.4.11).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

import pytest
from PySide6.QtCore import QPoint, QRect
from PySide6.QtGui import QColor, QImage
from PySide6.QtWidgets import QApplication, QCheckBox, QWidget
from pytestqt.qtbot import QtBot

from app.style import apply_theme
from app.style.theme_colours import DARK, LIGHT, Theme
from app.views.dialogs.export_choice import ExportChoice
from app.views.dialogs.export_dialog import ExportDialog
from app.views.note_names.names_readout import NamesReadout

LEAST = 3.0


def luminance(colour: QColor) -> float:
    linear = [
        value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4
        for value in (colour.redF(), colour.greenF(), colour.blueF())
    ]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: QColor, other: QColor) -> float:
    darker, lighter = sorted((luminance(one), luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def greatest_contrast(picture: QImage, box: QRect, back: QColor) -> float:
    return max(
        contrast(picture.pixelColor(x, y), back)
        for x in range(box.left(), box.right() + 1)
        for y in range(box.top(), box.bottom() + 1)
    )


@pytest.fixture(params=[DARK, LIGHT], ids=["dark", "light"])
def theme(request: pytest.FixtureRequest, qtbot: QtBot) -> Iterator[Theme]:
    apply_theme.apply(request.param)
    yield request.param
    apply_theme.apply(DARK)


@pytest.mark.parametrize("strength", [0.0, 1.0])
def test_every_large_name_and_its_octave(theme: Theme, qtbot: QtBot, strength: float) -> None:
    names = NamesReadout(theme)
    qtbot.addWidget(names)
    names.resize(500, names.height())
    back = QColor(theme.window)
    for pitch in range(60, 72):
        names.clear()
        names.show_notes({pitch: strength})
        picture = names.grab().toImage()
        marks = [
            x for x in range(picture.width())
            if any(picture.pixelColor(x, y) != back for y in range(0, picture.height(), 2))
        ]
        # The letter begins at the left, the octave ends at the right.
        height = picture.height()
        letter = QRect(marks[0], 0, 16, height)
        octave = QRect(marks[-1] - 12, height // 2, 13, height // 2)
        for box in (letter, octave):
            assert greatest_contrast(picture, box, back) >= LEAST, (pitch, box)


@pytest.mark.parametrize("strength", [0.0, 1.0])
def test_the_twelve_names_lit_and_not(theme: Theme, qtbot: QtBot, strength: float) -> None:
    names = NamesReadout(theme)
    qtbot.addWidget(names)
    names.set_note_names_only(True)
    names.resize(900, names.height())
    names.show_notes(dict.fromkeys(range(60, 72), strength))
    lit = names.grab().toImage()
    names.clear()
    dark = names.grab().toImage()
    for picture, ink in ((lit, theme.bar_text), (dark, theme.faint)):
        counts = Counter(
            picture.pixel(x, y)
            for x in range(24, picture.width()) for y in range(0, picture.height(), 3)
        )
        flat = {QColor.fromRgb(rgb).name() for rgb, n in counts.items() if n >= 60}
        fields = flat - {theme.window, ink}
        assert fields
        assert all(contrast(QColor(field), QColor(ink)) >= LEAST for field in fields), fields


def test_what_is_read_of_the_chord_and_what_marks_the_focus(theme: Theme) -> None:
    for surface in (theme.window, theme.panel, theme.raised, theme.stage):
        for colour in (theme.text, theme.faint, theme.accent):
            assert contrast(QColor(colour), QColor(surface)) >= LEAST


def test_boxes_that_are_not_ticked_are_seen_everywhere(theme: Theme, qtbot: QtBot) -> None:
    parent = QWidget()
    qtbot.addWidget(parent)
    dialog = ExportDialog(
        parent, [("All 3 notes", "3 notes")], "A", can_hear=True, name=str,
        choice=ExportChoice(kinds=(".mid",)),
    )
    dialog.velocity.setChecked(False)
    alone = QCheckBox("Anywhere")
    qtbot.addWidget(alone)
    dialog.show()
    QApplication.processEvents()
    for box in (dialog.velocity, dialog.pedal, alone):
        box.ensurePolished()
        place = box.mapTo(box.window(), QPoint())
        picture = box.window().grab().toImage()
        back = picture.pixelColor(place.x() + box.width() - 1, place.y())
        edge = QRect(place.x(), place.y() + box.height() // 2, 6, 1)
        assert greatest_contrast(picture, edge, back) >= LEAST, box.text()
    dialog.close()
