"""How many notes have each mark: its shape, the number, and its name where there is room."""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from app.style import apply_theme as themes
from app.style.theme_colours import Theme
from app.views.practice.mark_style import NAMES, Shown, paint_mark

_SHAPE_PX, _GAP_PX, _HEIGHT = 14.0, 16.0, 26


class MarkCounts(QWidget):
    """A row of them. Also the legend of the shapes."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._counts: dict[Shown, int] = dict.fromkeys(NAMES, 0)
        self.setFont(themes.font(9.5))
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.set_counts({})

    def set_theme(self, theme: Theme) -> None:
        self._theme = theme
        self.update()

    def set_counts(self, counts: Mapping[Shown, int]) -> None:
        """Shows these; what is not named is 0."""
        self._counts = {kind: counts.get(kind, 0) for kind in NAMES}
        self.setAccessibleName(
            "Marks: " + ", ".join(f"{count} {NAMES[kind]}" for kind, count in self._counts.items())
        )
        self.update()

    def _width(self, kind: Shown) -> float:
        text = f"{max(100, self._counts[kind])} {NAMES[kind]}"
        return _SHAPE_PX + 5 + self.fontMetrics().horizontalAdvance(text) + _GAP_PX

    def sizeHint(self) -> QSize:
        return QSize(round(sum(map(self._width, NAMES))), _HEIGHT)

    def paintEvent(self, event: QPaintEvent) -> None:
        with QPainter(self) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            left = 0.0
            for kind, count in self._counts.items():
                painter.setOpacity(1.0 if count else 0.45)
                middle = QPointF(left + _SHAPE_PX / 2, self.height() / 2)
                paint_mark(painter, kind, middle, _SHAPE_PX, self._theme)
                painter.setPen(QColor(self._theme.text))
                width = self._width(kind)
                painter.drawText(
                    QRectF(left + _SHAPE_PX + 5, 0, width, self.height()),
                    Qt.AlignmentFlag.AlignVCenter, f"{count} {NAMES[kind]}",
                )
                left += width
