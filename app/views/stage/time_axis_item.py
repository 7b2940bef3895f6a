"""The time axis above the stage, in minutes and seconds."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import pyqtgraph as pg
from PySide6.QtCore import QLineF, QPointF, QRectF, Qt, Signal
from PySide6.QtGui import QColor, QFontMetricsF, QPainter, QPen, QPolygonF, QStaticText
from PySide6.QtWidgets import QGraphicsSceneHoverEvent, QGraphicsSceneMouseEvent

from app.style import apply_theme as themes
from app.style.theme_colours import Theme
from app.system.clock_text import clock_text
from app.views.stage.lanes.span_painter import SpanPainter
from app.views.stage.scrolling.strip_cache import StripCache

HEIGHT = 26
_LABEL_EVERY_PX = 84.0
# Length of ticks with and without a label.
_LONG_PX, _SHORT_PX = 9.0, 4.0
# A press that moves less than this is a click.
_CLICK_PX = 5.0
# How near to an edge of the selected part the pointer takes hold of it.
_GRIP_PX = 6.0
# Labels that are kept as they are laid out.
_MOST_TEXTS = 200
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


class TimeAxisItem(pg.AxisItem):
    """Ticks and labels of the time in view, with a mark where the cursor stands.

    Attributes:
        selects: whether a drag selects a span, or moves an edge of it; otherwise the cursor goes
            with it.

    Signals:
        seek_asked(float): the user pointed at this moment, in seconds.
        selected(float, float): a span was dragged, from an earlier to a later moment.
        menu_asked(float, QPoint): the right button asks what can be done at a moment, at this place
            of the screen.
    """

    seek_asked = Signal(float)
    selected = Signal(float, float)
    menu_asked = Signal(float, object)

    def __init__(self, theme: Theme) -> None:
        super().__init__("top")
        self._cursor_s: float | None = None
        self._span: tuple[float, float] | None = None
        self._span_painter = SpanPainter(theme, themes.font(8.5))
        # The edge of the span that stays while the other one is dragged.
        self._opposite_s: float | None = None
        self._marks: tuple[float, ...] = ()
        self._pressed_x = 0.0
        self.selects = False
        self.setAcceptHoverEvents(True)
        self.enableAutoSIPrefix(False)
        self.setHeight(HEIGHT)
        self.setTickFont(themes.font(8.5))
        self._metrics = QFontMetricsF(themes.font(8.5))
        self._ticks = StripCache(self._paint_strip)
        # Of each label its layout and its width.
        self._texts: dict[tuple[float, int], tuple[QStaticText, float]] = {}
        self.set_theme(theme)

    def set_theme(self, theme: Theme) -> None:
        self._theme = self._span_painter.theme = theme
        # In pixels of the item, unlike pyqtgraph's own pens, so that they keep their width on
        # screens with more dots.
        self._line_pen, self._tick_pen = (
            QPen(QColor(colour), 1, c=Qt.PenCapStyle.FlatCap)
            for colour in (theme.line, theme.octave)
        )
        self.setTextPen(theme.faint)
        self._ticks.forget()
        self.update()

    def set_cursor(self, cursor_s: float | None) -> None:
        """Moves the mark to a moment; None takes it away."""
        if cursor_s != self._cursor_s:
            self._cursor_s = cursor_s
            self.update()

    def set_span(
        self, span: tuple[float, float] | None, *, loops: bool = False, text: str = ""
    ) -> None:
        """Shows a selected part of the time, or none; it is brighter while it loops.

        Args: `text` says how long it is, where there is room.
        """
        self._span = span
        self._span_painter.loops, self._span_painter.text = loops, text
        self.update()

    def set_marks(self, marks: Sequence[float]) -> None:
        """Shows a red dot at each of these moments: there the player began to record."""
        self._marks = tuple(marks)
        self.update()

    @property
    def marks(self) -> Sequence[float]:
        return self._marks

    # Places.

    def _x(self, time_s: float) -> float:
        start_s, end_s = self.range
        return float((time_s - start_s) / (end_s - start_s) * self.size().width())

    def _time(self, x: float) -> float:
        start_s, end_s = self.range
        return float(start_s + x / max(self.size().width(), 1.0) * (end_s - start_s))

    def _edges(self) -> tuple[float, float] | None:
        """Where the span begins and ends."""
        return None if self._span is None else (self._x(self._span[0]), self._x(self._span[1]))

    # Mouse.

    def mousePressEvent(self, event: QGraphicsSceneMouseEvent) -> None:
        if event.button() == Qt.MouseButton.RightButton:
            event.accept()
            self.menu_asked.emit(self._time(event.pos().x()), event.screenPos())
        if event.button() == Qt.MouseButton.LeftButton:
            event.accept()
            self._pressed_x = event.pos().x()
            self._opposite_s = self._opposite_edge(self._pressed_x)
            if self._opposite_s is not None:
                return
            self.seek_asked.emit(self._time(self._pressed_x))

    def mouseDoubleClickEvent(self, event: QGraphicsSceneMouseEvent) -> None:
        self.mousePressEvent(event)

    def mouseMoveEvent(self, event: QGraphicsSceneMouseEvent) -> None:
        x = event.pos().x()
        if self._opposite_s is not None:
            first_s, last_s = sorted((self._opposite_s, max(0.0, self._time(x))))
            self.selected.emit(first_s, last_s)
        elif not self.selects:
            self.seek_asked.emit(self._time(x))
        elif abs(x - self._pressed_x) >= _CLICK_PX:
            first, last = sorted((self._pressed_x, x))
            self.selected.emit(max(0.0, self._time(first)), max(0.0, self._time(last)))

    def mouseReleaseEvent(self, event: QGraphicsSceneMouseEvent) -> None:
        self._opposite_s = None

    def hoverMoveEvent(self, event: QGraphicsSceneHoverEvent) -> None:
        if self._opposite_edge(event.pos().x()) is not None:
            self.setCursor(Qt.CursorShape.SizeHorCursor)
        else:
            self.unsetCursor()

    def _opposite_edge(self, x: float) -> float | None:
        """The moment of the other edge, where an edge of the span can be taken hold of."""
        edges = self._edges()
        if self._span is None or edges is None or not self.selects:
            return None
        first_s, last_s = self._span
        to_first, to_last = (abs(edge - x) for edge in edges)
        if min(to_first, to_last) > _GRIP_PX:
            return None
        return last_s if to_first < to_last else first_s

    # Painting.

    def boundingRect(self) -> QRectF:
        return QRectF(QPointF(), self.size())

    def paint(self, painter: QPainter, *args: Any) -> None:
        # What pyqtgraph would record and play back is drawn at once: a view that scrolls has
        # other ticks in every picture.
        start_s, end_s = self.range
        edges, room = self._edges(), self.boundingRect()
        painter.save()
        painter.setClipRect(room)
        if edges is None:
            origin, x = self._ticks.draw(painter, start_s, end_s - start_s, self.size())
        else:
            # The selected part is beneath the ticks.
            x = room.width() / (end_s - start_s)
            origin = start_s * x
            painter.fillRect(room, QColor(self._theme.panel))
            self._span_painter.paint_ground(painter, room, edges)
            self._draw_ticks(painter, origin, room.width(), x)
        self._draw_labels(painter, origin, x)
        painter.restore()
        self._span_painter.paint_handles(painter, room, edges)
        for mark_s in self._marks:
            self._paint_mark(painter, self._x(mark_s))
        if self._cursor_s is not None:
            self._paint_cursor(painter, self._x(self._cursor_s))

    def _paint_strip(self, painter: QPainter, origin: float, width: float, x: float) -> None:
        """Paints ticks on their ground, as `StripCache` asks for them."""
        painter.fillRect(QRectF(0, 0, width, HEIGHT), QColor(self._theme.panel))
        self._draw_ticks(painter, origin, width, x)

    def _draw_ticks(self, painter: QPainter, origin: float, width: float, x: float) -> None:
        """The line below, and the ticks upon it; a second is `x` pixels wide."""
        step, parts = label_step(1 / x)
        between_px = step / parts * x
        first = math.ceil(max(origin, 0.0) / between_px)
        last = math.floor((origin + width) / between_px)
        ticks = []
        for index in range(first, last + 1):
            place = round(index * between_px - origin) + 0.5
            length = _SHORT_PX if index % parts else _LONG_PX
            ticks.append(QLineF(place, HEIGHT - length, place, HEIGHT))
        painter.setPen(self._tick_pen)
        painter.drawLines(ticks)
        painter.setPen(self._line_pen)
        painter.drawLine(QLineF(0, HEIGHT - 0.5, width, HEIGHT - 0.5))

    def _draw_labels(self, painter: QPainter, origin: float, x: float) -> None:
        """The labels right of their ticks."""
        width, (step, _) = self.size().width(), label_step(1 / x)
        decimals = 0 if step >= 1 else 1 if step >= 0.1 else 2
        top = HEIGHT - 9 - self._metrics.ascent()
        painter.setFont(self.style["tickFont"])
        painter.setPen(self.textPen())
        step_px = step * x
        first, last = math.ceil(max(origin, 0.0) / step_px), math.floor((origin + width) / step_px)
        for index in range(first, last + 1):
            place = round(index * step_px - origin) + 5.0
            text, wide = self._text(index * step, decimals)
            # A label that would be cut off at the right edge is left out.
            if place + wide <= width:
                painter.drawStaticText(QPointF(place, top), text)

    def _text(self, time_s: float, decimals: int) -> tuple[QStaticText, float]:
        """A label, laid out once: a view that scrolls shows it in hundreds of pictures."""
        place = time_s, decimals
        if place not in self._texts:
            if len(self._texts) >= _MOST_TEXTS:
                self._texts.clear()
            label = clock_text(time_s, decimals)
            text = QStaticText(label)
            text.setTextFormat(Qt.TextFormat.PlainText)
            self._texts[place] = text, self._metrics.horizontalAdvance(label)
        return self._texts[place]

    def _paint_mark(self, painter: QPainter, x: float) -> None:
        painter.save()
        painter.setClipRect(self.boundingRect())
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        colour = QColor(self._theme.live)
        painter.setPen(QPen(colour, 2))
        painter.drawLine(QPointF(x, 0), QPointF(x, HEIGHT))
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(colour)
        painter.drawEllipse(QPointF(x, 6), 4.5, 4.5)
        painter.restore()

    def _paint_cursor(self, painter: QPainter, x: float) -> None:
        painter.setClipRect(self.boundingRect())
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(self._theme.cursor))
        top, tip = HEIGHT - 11.0, float(HEIGHT)
        corners = [(x - 6, top), (x + 6, top), (x + 6, top + 4), (x, tip), (x - 6, top + 4)]
        painter.drawPolygon(QPolygonF([QPointF(*corner) for corner in corners]))
