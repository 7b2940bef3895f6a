"""The selected part of the time upon the time axis: its ground, its handles, and how long it is."""

from __future__ import annotations

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QPainter

from app.style.theme_colours import Theme

_HANDLE_PX, _BESIDE_TEXT_PX = 4.0, 6.0
# The stripe at its top.
_STRIPE_PX = 3.0


class SpanPainter:
    """Paints between two edges, in pixels from the left.

    Attributes:
        theme: its colours.
        loops: whether it is played again and again, and brighter.
        text: how long it is, where there is room; or else what of it stands before a comma.
    """

    def __init__(self, theme: Theme, font: QFont) -> None:
        self.theme = theme
        self.loops = False
        self.text = ""
        self._font, self._metrics = font, QFontMetricsF(font)

    def paint_ground(
        self, painter: QPainter, box: QRectF, edges: tuple[float, float] | None
    ) -> None:
        """What lies beneath the labels of the axis."""
        if edges is None:
            return
        left, right = edges
        colour = QColor(self.theme.accent)
        wide = max(right - left, 1.0)
        for opacity, height in (
            (0.45 if self.loops else 0.2, box.height()), (1.0 if self.loops else 0.55, _STRIPE_PX)
        ):
            colour.setAlphaF(opacity)
            painter.fillRect(QRectF(left, 0, wide, height) & box, colour)

    def paint_handles(
        self, painter: QPainter, box: QRectF, edges: tuple[float, float] | None
    ) -> None:
        """What its edges are dragged by, and its text."""
        if edges is None:
            return
        left, right = edges
        painter.save()
        painter.setClipRect(box)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(self.theme.accent))
        for x in (left, right - _HANDLE_PX):
            painter.drawRoundedRect(QRectF(round(x), 0, _HANDLE_PX, box.height()), 2, 2)
        room = QRectF(left + _HANDLE_PX, 0, right - left - 2 * _HANDLE_PX, box.height()) & box
        for text in (self.text, self.text.partition(",")[0]):
            wide = self._metrics.horizontalAdvance(text) + 2 * _BESIDE_TEXT_PX
            if not text or wide > room.width():
                continue
            ground = QRectF(0, 0, wide, box.height() - 8)
            ground.moveCenter(room.center())
            painter.setBrush(QColor(self.theme.panel))
            painter.drawRoundedRect(ground, 4, 4)
            painter.setPen(QColor(self.theme.text))
            painter.setFont(self._font)
            painter.drawText(ground, Qt.AlignmentFlag.AlignCenter, text)
            break
        painter.restore()
