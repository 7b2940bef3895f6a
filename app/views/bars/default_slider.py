"""A slider that shows where it usually stands."""

from __future__ import annotations

from PySide6.QtCore import QRect, Qt
from PySide6.QtGui import QMouseEvent, QPainter, QPaintEvent, QPalette
from PySide6.QtWidgets import QSlider, QStyle, QStyleOptionSlider

# The mark reaches a little beyond the groove.
_MARK_PX = 12


class DefaultSlider(QSlider):
    """Marks its usual value; a double click brings it back there."""

    def __init__(self, low: int, high: int, usual: int) -> None:
        super().__init__(Qt.Orientation.Horizontal)
        self.setRange(low, high)
        self.setValue(usual)
        self.usual = usual

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        self.setValue(self.usual)
        event.accept()

    def paintEvent(self, event: QPaintEvent) -> None:
        option = QStyleOptionSlider()
        self.initStyleOption(option)
        handle = self.style().subControlRect(
            QStyle.ComplexControl.CC_Slider, option, QStyle.SubControl.SC_SliderHandle, self
        )
        way = self.width() - handle.width()
        middle = handle.width() // 2 + QStyle.sliderPositionFromValue(
            self.minimum(), self.maximum(), self.usual, way
        )
        mark = QRect(middle - 1, (self.height() - _MARK_PX) // 2, 2, _MARK_PX)
        with QPainter(self) as painter:
            painter.fillRect(mark, self.palette().color(QPalette.ColorRole.PlaceholderText))
        # Groove and handle lie over it.
        super().paintEvent(event)
