"""The twelve names of the note-name mode, placed like the keys of an octave, that light up."""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter

from app.style.theme_colours import Theme
from app.views.note_names.name_renderer import NameRenderer
from app.views.note_names.name_slots import Light
from model.pitch import is_black_key

# Middle of each key, in widths of a white key from the left.
_MIDDLES = (0.5, 1.0, 1.5, 2.0, 2.5, 3.5, 4.0, 4.5, 5.0, 5.5, 6.0, 6.5)
_WHITE_KEYS = 7
# Share of its key that a field takes, and of a field that a name takes.
_FIELD = 0.9
_NAME = 0.86
_LETTER = 0.78
_WIDEST = 2.0


def paint_twelve_names(
    painter: QPainter, box: QRectF, theme: Theme, writer: NameRenderer,
    lights: Mapping[int, Light],
) -> None:  # fmt: skip
    """Paints them into `box`; `lights` by MIDI pitch, those of all octaves on one field."""
    brightest: dict[int, float] = {}
    for pitch, light in lights.items():
        shown = (pitch + writer.naming.transposition) % 12
        strength = light.left * (0.6 + 0.4 * light.strength)
        brightest[shown] = max(brightest.get(shown, 0.0), strength)
    row = box.height() / 2
    height = row * _FIELD
    # Wider than this, the names of an octave are too far from each other to be read at a glance.
    key = min(box.width() / _WHITE_KEYS, row * _WIDEST)
    # The names of white keys are as large as each other, and so are those of black ones.
    sizes = {
        black: min(height * _LETTER, key * _FIELD * _NAME / max(
            writer.width(60 + shown - writer.naming.transposition)
            for shown in range(12) if is_black_key(shown) == black
        ))
        for black in (False, True)
    }  # fmt: skip
    for shown, middle in enumerate(_MIDDLES):
        size = sizes[is_black_key(shown)]
        centre = QPointF(
            box.left() + middle * key, box.height() * (0.27 if is_black_key(shown) else 0.73)
        )
        field = QRectF(0, 0, key * _FIELD, height)
        field.moveCenter(centre)
        pitch = 60 + shown - writer.naming.transposition
        colour = theme.pitch_colour(pitch)
        brightness = brightest.get(shown, 0.0)
        colour.setAlphaF(brightness)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(theme.raised))
        painter.drawRoundedRect(field, 6, 6)
        painter.setBrush(colour)
        painter.drawRoundedRect(field, 6, 6)
        ink = QColor(theme.bar_text if brightness > 0.5 else theme.faint)
        left = centre.x() - writer.width(pitch) * size / 2
        writer.write_class(painter, QPointF(left, centre.y() + size * 0.36), size, ink, pitch)
