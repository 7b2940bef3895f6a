"""A needle that shows by how many cents a note is off, as tuners have it."""

from __future__ import annotations

from PySide6.QtCore import QLineF, QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen, QPolygonF

from app.style.theme_colours import Theme

# The scale reaches so far to both sides; within so few cents the note is in tune.
_REACH_CENTS, _IN_TUNE_CENTS = 50.0, 5.0
_TICKS = (-50, -40, -30, -20, -10, 0, 10, 20, 30, 40, 50)


def paint_needle(painter: QPainter, room: QRectF, theme: Theme, cents: float) -> None:
    """A scale from -50 to +50 cents, the in-tune part in green, and the needle at the cents."""
    middle, half = room.center().x(), room.width() / 2 - 5
    bottom, height = room.bottom(), room.height()

    def x(value: float) -> float:
        return middle + max(-1.0, min(1.0, value / _REACH_CENTS)) * half

    painter.setPen(Qt.PenStyle.NoPen)
    green = QColor(theme.good)
    green.setAlphaF(0.35)
    tuned = QRectF(x(-_IN_TUNE_CENTS), bottom - height * 0.55,
                   x(_IN_TUNE_CENTS) - x(-_IN_TUNE_CENTS), height * 0.55)
    painter.fillRect(tuned, green)
    painter.setPen(QPen(QColor(theme.faint), 1))
    painter.drawLine(QLineF(x(-50), bottom - 0.5, x(50), bottom - 0.5))
    for tick in _TICKS:
        length = height * (0.55 if tick % 50 == 0 else 0.3)
        painter.drawLine(QLineF(x(tick), bottom - length, x(tick), bottom))
    is_tuned = abs(cents) <= _IN_TUNE_CENTS
    colour = QColor(theme.good if is_tuned else theme.warn)
    place = x(cents)
    painter.setPen(QPen(colour, max(2.0, height * 0.11), c=Qt.PenCapStyle.FlatCap))
    painter.drawLine(QLineF(place, room.top() + height * 0.3, place, bottom))
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(colour)
    wide = height * 0.24
    painter.drawPolygon(QPolygonF([
        QPointF(place - wide, room.top()), QPointF(place + wide, room.top()),
        QPointF(place, room.top() + height * 0.42),
    ]))
