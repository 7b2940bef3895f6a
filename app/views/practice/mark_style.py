"""What each mark looks like: a colour that the colour-blind can tell, and a shape beside it."""

from __future__ import annotations

from typing import Literal

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPainterPath, QPen

from app.practice.marks import Kind, Mark
from app.style.theme_colours import Theme

Shown = Kind | Literal["extra"]
# In the order in which they are counted, and what they are called.
NAMES: dict[Shown, str] = {
    "right": "right", "early": "early", "late": "late", "wrong": "wrong", "missed": "missed",
    "extra": "extra", "unsure": "unsure",
}
# After Okabe and Ito, "Color Universal Design" (2008); brighter upon black, darker upon white.
_ON_DARK: dict[Shown, str] = {
    "right": "#2fc49a", "early": "#56b4e9", "late": "#e69f00", "wrong": "#ff6f3c",
    "missed": "#e08fbd", "extra": "#ff6f3c", "unsure": "#8d94a6",
}
_ON_LIGHT: dict[Shown, str] = {
    "right": "#00795a", "early": "#0072b2", "late": "#b07000", "wrong": "#c84300",
    "missed": "#a34d7d", "extra": "#c84300", "unsure": "#767d8e",
}


def mark_colour(kind: Shown, theme: Theme) -> QColor:
    """The colour of a mark."""
    return QColor((_ON_DARK if theme.is_dark else _ON_LIGHT)[kind])


def mark_words(mark: Mark) -> str:
    """A mark in a few words: "late by 42 ms"."""
    if mark.kind in ("early", "late") and mark.off_ms is not None:
        return f"{mark.kind} by {abs(mark.off_ms):.0f} ms"
    return NAMES[mark.kind]


def paint_mark(painter: QPainter, kind: Shown, centre: QPointF, size: float, theme: Theme) -> None:
    """Draws the shape of a mark.

    Args:
        size: of the square that it fills, in pixels.
    """
    colour = mark_colour(kind, theme)
    half = size / 2
    box = QRectF(centre.x() - half, centre.y() - half, size, size)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(colour)
    if kind == "missed":
        # Hollow: nothing was there.
        painter.setBrush(QColor(theme.stage))
        painter.setPen(QPen(colour, max(1.6, size * 0.14)))
        painter.drawEllipse(box.adjusted(1, 1, -1, -1))
        return
    if kind == "extra":
        painter.drawPolygon([
            QPointF(centre.x(), box.top()), QPointF(box.right(), centre.y()),
            QPointF(centre.x(), box.bottom()), QPointF(box.left(), centre.y()),
        ])
    elif kind == "wrong":
        painter.drawRect(box)
    elif kind in ("early", "late"):
        side = -1 if kind == "early" else 1
        painter.drawPolygon([
            QPointF(centre.x() + side * half, centre.y()),
            QPointF(centre.x() - side * half, box.top()),
            QPointF(centre.x() - side * half, box.bottom()),
        ])
        return
    else:
        painter.drawEllipse(box)
    pen = QPen(QColor(theme.stage), max(1.6, size * 0.15))
    pen.setCapStyle(Qt.PenCapStyle.RoundCap)
    painter.setPen(pen)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.drawPath(_inner(kind, centre, size))


def _inner(kind: Shown, centre: QPointF, size: float) -> QPainterPath:
    x, y, unit = centre.x(), centre.y(), size / 10
    path = QPainterPath()
    if kind == "right":
        path.moveTo(x - 2.4 * unit, y + 0.2 * unit)
        path.lineTo(x - 0.6 * unit, y + 2 * unit)
        path.lineTo(x + 2.5 * unit, y - 1.9 * unit)
    elif kind == "wrong":
        for side in (-1, 1):
            path.moveTo(x - 2.2 * unit, y - side * 2.2 * unit)
            path.lineTo(x + 2.2 * unit, y + side * 2.2 * unit)
    elif kind == "extra":
        path.moveTo(x - 2 * unit, y)
        path.lineTo(x + 2 * unit, y)
        path.moveTo(x, y - 2 * unit)
        path.lineTo(x, y + 2 * unit)
    else:
        # A dash: neither yes nor no.
        path.moveTo(x - 2 * unit, y)
        path.lineTo(x + 2 * unit, y)
    return path
