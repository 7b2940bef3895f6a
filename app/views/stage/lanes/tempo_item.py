"""The time signature and tempo of the moment that is shown, left of the bars."""

from __future__ import annotations

from typing import Any

import pyqtgraph as pg
from PySide6.QtCore import QPointF, QRectF, QSizeF, Qt
from PySide6.QtGui import QColor, QPainter

from app.music.beats.beat_grid import BarLine
from app.style import apply_theme as themes
from app.style.theme_colours import Theme

_MARGIN_PX = 6.0


class TempoItem(pg.GraphicsWidget):
    """Says of a bar such as "3/4  120". Hidden, it takes no room."""

    def __init__(self, theme: Theme, height: float) -> None:
        super().__init__()
        self._height = height
        self._font = themes.font(8.5)
        self.text = ""
        self.setToolTip("Time signature, and beats a minute in this bar")
        self.set_theme(theme)
        self.set_shown(False)

    def set_theme(self, theme: Theme) -> None:
        self._theme = theme
        self.update()

    def set_shown(self, shown: bool) -> None:
        """Shows it, or gives its room back."""
        self.setVisible(shown)
        self.setFixedHeight(self._height if shown else 0.0)

    def set_bar(self, bar: BarLine | None) -> None:
        """The bar that is played; None says nothing."""
        text = "" if bar is None else f"{bar.meter}   {bar.tempo:.0f}"
        if text != self.text:
            self.text = text
            self.update()

    def boundingRect(self) -> QRectF:
        return QRectF(QPointF(), QSizeF(self.size()))

    def paint(self, painter: QPainter, *args: Any) -> None:
        painter.fillRect(self.boundingRect(), QColor(self._theme.panel))
        painter.setFont(self._font)
        painter.setPen(QColor(self._theme.faint))
        room = self.boundingRect().adjusted(0, 0, -_MARGIN_PX, 0)
        middle = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        painter.drawText(room, middle, self.text)
