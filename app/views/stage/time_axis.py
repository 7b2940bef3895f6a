"""The time axis above the stage, in minutes and seconds."""

from __future__ import annotations

import math

from PySide6.QtCore import QPointF, QRectF, Qt, Signal
from PySide6.QtGui import QColor, QFontMetricsF, QMouseEvent, QPainter, QPaintEvent, QPolygonF
from PySide6.QtWidgets import QSizePolicy, QWidget

from app.style import theme as themes
from app.style.theme_colours import Theme
from app.system.clock_text import clock_text
from app.views.stage.axes import Axes

HEIGHT = 26
_LABEL_EVERY_PX = 84.0
# A press that moves less than this is a click.
_CLICK_PX = 5.0
# Seconds between labels, and into how many parts short ticks divide them.
_STEPS = (
    (0.05, 5), (0.1, 5), (0.2, 4), (0.5, 5), (1.0, 5), (2.0, 4), (5.0, 5), (10.0, 5), (15.0, 3),
    (30.0, 3), (60.0, 6), (120.0, 4), (300.0, 5), (600.0, 5), (1800.0, 3), (3600.0, 6),
)


def label_step(seconds_per_pixel: float) -> tuple[float, int]:
    """Seconds between labels that do not crowd at this zoom, and ticks from one to the next."""
    for step, parts in _STEPS:
        if step / seconds_per_pixel >= _LABEL_EVERY_PX:
            return step, parts
    return _STEPS[-1]


class TimeRuler(QWidget):
    """Ticks and labels of the time in view, with a mark where the cursor stands.

    Attributes:
        selects: whether a drag selects a span; otherwise the cursor goes with it.

    Signals:
        seek_asked(float): the user pointed at this moment, in seconds.
        selected(float, float): a span was dragged over, from an earlier to a later moment.
    """

    seek_asked = Signal(float)
    selected = Signal(float, float)

    def __init__(self, axes: Axes, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._axes = axes
        self._theme = theme
        self._cursor_s: float | None = None
        self._span: tuple[float, float] | None = None
        self._loops = False
        self._pressed_x = 0.0
        self.selects = False
        self.setFixedHeight(HEIGHT)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAccessibleName("Time ruler")
        axes.changed.connect(self.update)

    def set_theme(self, theme: Theme) -> None:
        self._theme = theme
        self.update()

    def set_cursor(self, cursor_s: float | None) -> None:
        """Moves the mark to a moment; None takes it away."""
        if cursor_s == self._cursor_s:
            return
        for place in (self._cursor_s, cursor_s):
            if place is not None:
                self.update(int(self._axes.x(place, self.width())) - 9, 0, 18, HEIGHT)
        self._cursor_s = cursor_s

    def set_span(self, span: tuple[float, float] | None, *, loops: bool = False) -> None:
        """Shows a selected part of the time, or none; it is brighter while it loops."""
        self._span, self._loops = span, loops
        self.update()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self._pressed_x = event.position().x()
        self._point(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if not self.selects:
            self._point(event)
        elif event.buttons() & Qt.MouseButton.LeftButton:
            first, last = sorted((self._pressed_x, event.position().x()))
            if last - first >= _CLICK_PX:
                axes, width = self._axes, self.width()
                self.selected.emit(
                    max(0.0, axes.time_at(first, width)), max(0.0, axes.time_at(last, width))
                )

    def _point(self, event: QMouseEvent) -> None:
        if event.buttons() & Qt.MouseButton.LeftButton:
            self.seek_asked.emit(self._axes.time_at(event.position().x(), self.width()))

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        theme, axes, width = self._theme, self._axes, float(self.width())
        painter.fillRect(self.rect(), QColor(theme.panel))
        self._paint_span(painter)
        painter.setFont(themes.font(8.5))
        metrics = QFontMetricsF(painter.font())
        step, parts = label_step(axes.span_s / max(width, 1.0))
        decimals = 0 if step >= 1 else 1 if step >= 0.1 else 2
        tick_s = step / parts
        faint, line = QColor(theme.faint), QColor(theme.octave)
        for tick in range(math.ceil(max(axes.start_s, 0) / tick_s),
                          math.floor(axes.end_s / tick_s) + 1):
            x = round(axes.x(tick * tick_s, width))
            labelled = tick % parts == 0
            painter.fillRect(QRectF(x, HEIGHT - (9 if labelled else 4), 1, 9), line)
            text = clock_text(tick * tick_s, decimals)
            # A label that would be cut off at the right edge is left out.
            if labelled and x + 5 + metrics.horizontalAdvance(text) <= width:
                painter.setPen(faint)
                painter.drawText(QPointF(x + 5, HEIGHT - 9), text)
        painter.fillRect(QRectF(0, HEIGHT - 1, width, 1), QColor(theme.line))
        if self._cursor_s is not None:
            self._paint_cursor(painter, axes.x(self._cursor_s, width))
        painter.end()

    def _paint_span(self, painter: QPainter) -> None:
        if self._span is None:
            return
        left, right = (self._axes.x(moment, self.width()) for moment in self._span)
        colour = QColor(self._theme.accent)
        for opacity, top, height in ((0.45 if self._loops else 0.2, 0, HEIGHT), (1.0, 0, 3)):
            if opacity == 1.0 and not self._loops:
                opacity = 0.55
            colour.setAlphaF(opacity)
            painter.fillRect(QRectF(left, top, max(right - left, 1.0), height), colour)

    def _paint_cursor(self, painter: QPainter, x: float) -> None:
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(self._theme.cursor))
        top, tip = HEIGHT - 11.0, float(HEIGHT)
        corners = [(x - 6, top), (x + 6, top), (x + 6, top + 4), (x, tip), (x - 6, top + 4)]
        painter.drawPolygon(QPolygonF([QPointF(*corner) for corner in corners]))
