"""A row that moves with the time axis: painted ahead, and kept while the view scrolls through."""

from __future__ import annotations

from collections.abc import Callable, Hashable

from PySide6.QtCore import QPointF, QSizeF
from PySide6.QtGui import QPainter, QPixmap

# So much is painted beyond the view. A view that moves by a page needs another strip anyway.
_AHEAD_PX = 300.0


class StripCache:
    """Keeps the picture of what a row shows; its owner says what that is and when it is another.

    A view that is zoomed looks different in every picture, and an exported one is larger than the
    screen: then the row is painted at once.
    """

    def __init__(self, paint: Callable[[QPainter, float, float, float], None]) -> None:
        """Args:
        paint: paints all of a part of the row, its ground too: the painter, where the part begins
            and how wide it is, in pixels of the whole row, and how many of them are a second.
        """
        self._paint = paint
        self._shape: Hashable = None
        self._picture = QPixmap()
        self._left = self._right = 0.0

    def forget(self) -> None:
        """Everything looks different."""
        self._left = self._right = 0.0

    def draw(
        self, painter: QPainter, start_s: float, span_s: float, size: QSizeF, state: Hashable = None
    ) -> tuple[float, float]:
        """Paints the row from its upper left corner on.

        Args:
            size: of what is in view, in pixels.
            state: something that makes all look different when it is another.

        Returns:
            Where the view begins in pixels of the whole row, and pixels of a second.
        """
        width, ratio = size.width(), painter.device().devicePixelRatioF()
        scale = width / max(span_s, 1e-9)
        # At a whole dot, or letters would tremble while the view scrolls.
        origin = round(start_s * scale * ratio) / ratio
        # What scrolls is rounded another way from moment to moment.
        shape = (round(scale, 6), width, size.height(), ratio, state)
        if shape != self._shape or painter.worldTransform().m11() != 1.0:
            self._shape = shape
            self.forget()
            self._paint(painter, origin, width, scale)
            return origin, scale
        if not (self._left <= origin and origin + width <= self._right):
            self._left, self._right = origin, origin + width + _AHEAD_PX
            wide = QSizeF(width + _AHEAD_PX, size.height()) * ratio
            if self._picture.size() != wide.toSize():
                self._picture = QPixmap(wide.toSize())
                self._picture.setDevicePixelRatio(ratio)
            with QPainter(self._picture) as kept:
                self._paint(kept, origin, width + _AHEAD_PX, scale)
        painter.drawPixmap(QPointF(self._left - origin, 0), self._picture)
        return origin, scale
