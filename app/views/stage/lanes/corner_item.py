"""A few words in the corner above the keyboard, left of a row above the time axis."""

from __future__ import annotations

from typing import Any

import pyqtgraph as pg
from PySide6.QtCore import QPointF, QRectF, QSizeF, Qt
from PySide6.QtGui import QColor, QPainter

from app.style import apply_theme as themes
from app.style.theme_colours import Theme
from app.views.stage.keyboard_item import WIDTH


class CornerItem(pg.GraphicsWidget):
    """As high as its row and as wide as the keyboard. Hidden, it takes no room.

    Attributes:
        text: what it says.
    """

    def __init__(
        self, theme: Theme, height: float, size_pt: float, tip: str, *,
        align: Qt.AlignmentFlag = Qt.AlignmentFlag.AlignCenter, margin_px: float = 0.0,
    ) -> None:  # fmt: skip
        """Args: `margin_px` is what is left free at the right."""
        super().__init__()
        self._height, self._align, self._margin_px = height, align, margin_px
        self._font = themes.font(size_pt)
        self.text = ""
        self._is_chosen = False
        self.setFixedWidth(WIDTH)
        self.setToolTip(tip)
        self.set_theme(theme)
        self.set_shown(False)

    def set_theme(self, theme: Theme) -> None:
        self._theme = theme
        self.update()

    def set_shown(self, shown: bool) -> None:
        """Shows it, or gives its room back."""
        self.setVisible(shown)
        self.setFixedHeight(self._height if shown else 0.0)

    def show_text(self, text: str, *, is_chosen: bool = False) -> None:
        """Says this; what a hand chose is in the colour of what is chosen."""
        if (text, is_chosen) != (self.text, self._is_chosen):
            self.text, self._is_chosen = text, is_chosen
            self.update()

    def boundingRect(self) -> QRectF:
        return QRectF(QPointF(), QSizeF(self.size()))

    def paint(self, painter: QPainter, *args: Any) -> None:
        painter.fillRect(self.boundingRect(), QColor(self._theme.panel))
        painter.setFont(self._font)
        painter.setPen(QColor(self._theme.accent if self._is_chosen else self._theme.faint))
        room = self.boundingRect().adjusted(0, 0, -self._margin_px, 0)
        painter.drawText(room, self._align, self.text)
