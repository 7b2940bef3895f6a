"""A row above the time axis: named spans of the time in view."""

from __future__ import annotations

import bisect
import itertools
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import pyqtgraph as pg
from PySide6.QtCore import QPointF, QRectF, QSizeF, Qt, Signal
from PySide6.QtGui import QColor, QFontMetricsF, QPainter, QStaticText
from PySide6.QtWidgets import QGraphicsSceneHoverEvent, QGraphicsSceneMouseEvent

from app.style import apply_theme as themes
from app.style.theme_colours import Theme
from app.views.stage.roll_view_box import RollViewBox
from app.views.stage.scrolling.strip_cache import StripCache

# Texts that are kept as they are laid out.
_MOST_TEXTS = 300
# How near to a beginning the pointer takes hold of it, and how far it has to go to move it.
_GRIP_PX, _DRAG_PX = 5.0, 4.0
# Spans are no shorter than this while an edge is dragged.
_SHORTEST_S = 0.05
# Names that are told to screen readers.
_MOST_SAID = 12


class NamedSpan(NamedTuple):
    """A part of the time in seconds.

    Attributes:
        name: what it is called.
        by_hand: whether a hand set it.
        tint: the pitch class in whose colour it is; -1 for none.
    """

    start_s: float
    end_s: float
    name: str
    by_hand: bool = False
    tint: int = -1


class LaneItem(pg.GraphicsWidget):
    """Spans in order, one after the other. Hidden, it takes no room.

    While the view scrolls, the plot is painted as a whole: nobody needs to ask for it here.

    Signals:
        clicked(float): a moment in the row was clicked, in seconds.
        edit_asked(float): it was double-clicked.
        edge_moved(int, float): the beginning of a span, by its number, was dragged to another
            moment, in seconds.
        described(str): what there is, in a few words.
        menu_asked(float, QPoint): the right button asks what can be done there, at this place of
            the screen.
    """

    clicked = Signal(float)
    edit_asked = Signal(float)
    edge_moved = Signal(int, float)
    described = Signal(str)
    menu_asked = Signal(float, object)

    def __init__(self, view_box: RollViewBox, theme: Theme, height: float, size_pt: float) -> None:
        super().__init__()
        self._view_box = view_box
        self._height = height
        self._font = themes.font(size_pt)
        self._metrics = QFontMetricsF(self._font)
        self._letters_px = self._metrics.height()
        self._strip = StripCache(self._paint_strip)
        # Of each name and room its layout, which stays for hundreds of pictures.
        self._texts: dict[tuple[str, int], QStaticText] = {}
        self._widths: dict[str, float] = {}
        self.spans: Sequence[NamedSpan] = ()
        self._starts: list[float] = []
        self._described: list[str] = []
        self._cursor_s = 0.0
        # Whether beginnings can be dragged; the one that is held, and where it was brought.
        self.can_drag = False
        self._held: int | None = None
        self._pressed_x = 0.0
        self._moved_s: float | None = None
        self.setAcceptHoverEvents(True)
        self.set_theme(theme)
        self.set_shown(False)

    def set_theme(self, theme: Theme) -> None:
        self._theme, self._ground = theme, QColor(theme.panel)
        self._strip.forget()
        self.update()

    def set_shown(self, shown: bool) -> None:
        """Shows the row, or gives its room back."""
        self.setVisible(shown)
        self.setFixedHeight(self._height if shown else 0.0)

    def set_spans(self, spans: Sequence[NamedSpan]) -> None:
        """Shows these."""
        self.spans = spans
        self._starts = [span.start_s for span in spans]
        self._strip.forget()
        self.update()
        named = [span.name for span in spans if span.name]
        if named != self._described:
            self._described = named
            more = "" if len(named) <= _MOST_SAID else " …"
            self.described.emit(f"{len(named)}: {', '.join(named[:_MOST_SAID])}{more}")

    def set_cursor(self, cursor_s: float) -> None:
        """The span at this moment is brighter."""
        self._cursor_s = cursor_s

    def index_at(self, time_s: float) -> int | None:
        """Which span a moment lies in."""
        number = bisect.bisect_right(self._starts, time_s) - 1
        return number if number >= 0 and time_s < self.spans[number].end_s else None

    # Places.

    def x(self, time_s: float) -> float:
        """Where a moment is, in pixels from the left edge."""
        box = self._view_box
        return float((time_s - box.start_s) / max(box.span_s, 1e-9) * self.size().width())

    def time(self, x: float) -> float:
        """The moment at so many pixels from the left edge, not before 0."""
        box = self._view_box
        return max(0.0, float(box.start_s + x / max(self.size().width(), 1.0) * box.span_s))

    def room(self, span: NamedSpan) -> QRectF:
        """Where a span is, as far as it is in view."""
        left, right = max(self.x(span.start_s), 0.0), min(self.x(span.end_s), self.size().width())
        return QRectF(left, 0, max(right - left, 0.0), self.size().height())

    def _between(self, start_s: float, end_s: float) -> Iterator[NamedSpan]:
        first = max(bisect.bisect_right(self._starts, start_s) - 1, 0)
        for span in itertools.islice(self.spans, first, None):
            if span.start_s >= end_s:
                return
            if span.end_s > start_s:
                yield span

    # Painting.

    def boundingRect(self) -> QRectF:
        return QRectF(QPointF(), QSizeF(self.size()))

    def paint(self, painter: QPainter, *args: Any) -> None:
        box = self._view_box
        painter.save()
        painter.setClipRect(self.boundingRect())
        now = self.index_at(self._cursor_s)
        origin, scale = self._strip.draw(painter, box.start_s, box.span_s, self.size(), now)
        # What an edge of the view cuts has its name in what is seen of it.
        painter.setFont(self._font)
        for number in {self.index_at(box.start_s), self.index_at(box.end_s)} - {None}:
            assert number is not None
            self._draw(painter, self.spans[number], origin, self.size().width(), scale)
        painter.restore()

    def _paint_strip(self, painter: QPainter, origin: float, width: float, scale: float) -> None:
        """Paints a part of the row, as `StripCache` asks for it."""
        painter.setFont(self._font)
        painter.fillRect(QRectF(0, 0, width, self.size().height()), self._ground)
        for span in self._between(origin / scale, (origin + width) / scale):
            self._draw(painter, span, origin, width, scale)

    def _draw(
        self, painter: QPainter, span: NamedSpan, origin: float, width: float, scale: float
    ) -> None:
        left = span.start_s * scale - origin
        seen = max(left, 0.0)
        right = min(span.end_s * scale - origin, width)
        room = QRectF(seen, 0, right - seen, self.size().height())
        painter.fillRect(room, self._ground)
        self.draw(painter, span, left, room, span.start_s <= self._cursor_s < span.end_s)

    def draw(
        self, painter: QPainter, span: NamedSpan, left: float, room: QRectF, is_now: bool
    ) -> None:
        """Paints a span.

        Args:
            left: where it begins, in pixels; maybe before what is seen.
            room: as much of it as is seen.
            is_now: whether the cursor is in it.
        """
        raise NotImplementedError

    def _write(self, painter: QPainter, name: str, room: QRectF) -> None:
        """Writes a name from the left of its room on, cut short where it is too long."""
        text = self._text(name, int(room.width()))
        top = (room.height() - self._letters_px) / 2
        painter.drawStaticText(QPointF(room.left(), room.top() + top), text)

    def width_of(self, name: str) -> float:
        """How wide a name is, in pixels."""
        if name not in self._widths:
            self._widths[name] = self._metrics.horizontalAdvance(name)
        return self._widths[name]

    def _text(self, name: str, room_px: int) -> QStaticText:
        # While a view scrolls, what has room enough is laid out once.
        is_cut = self.width_of(name) > room_px
        key = name, room_px if is_cut else -1
        if key not in self._texts:
            if len(self._texts) >= _MOST_TEXTS:
                self._texts.clear()
                self._widths.clear()
            if is_cut:
                name = self._metrics.elidedText(name, Qt.TextElideMode.ElideRight, room_px)
            text = QStaticText(name)
            text.setTextFormat(Qt.TextFormat.PlainText)
            self._texts[key] = text
        return self._texts[key]

    # Mouse.

    def hoverMoveEvent(self, event: QGraphicsSceneHoverEvent) -> None:
        shape = Qt.CursorShape.PointingHandCursor
        if self._edge_at(event.pos().x()) is not None:
            shape = Qt.CursorShape.SizeHorCursor
        self.setCursor(shape)

    def mousePressEvent(self, event: QGraphicsSceneMouseEvent) -> None:
        self._held = self._moved_s = None
        time_s = self.time(event.pos().x())
        if event.button() == Qt.MouseButton.LeftButton:
            event.accept()
            self._pressed_x = event.pos().x()
            self._held = self._edge_at(self._pressed_x)
            self.clicked.emit(time_s)
        elif event.button() == Qt.MouseButton.RightButton:
            event.accept()
            self.menu_asked.emit(time_s, event.screenPos())

    def mouseMoveEvent(self, event: QGraphicsSceneMouseEvent) -> None:
        x, held = event.pos().x(), self._held
        if held is None or held >= len(self.spans):
            return
        if self._moved_s is None and abs(x - self._pressed_x) < _DRAG_PX:
            return
        spans = list(self.spans)
        # Within its neighbours: what passes another one would be another span.
        first_s = spans[held - 1].start_s + _SHORTEST_S if held else 0.0
        moved_s = max(min(self.time(x), spans[held].end_s - _SHORTEST_S), first_s)
        if held and spans[held - 1].end_s == spans[held].start_s:
            spans[held - 1] = spans[held - 1]._replace(end_s=moved_s)
        spans[held] = spans[held]._replace(start_s=moved_s)
        self._moved_s = moved_s
        self.set_spans(spans)

    def mouseReleaseEvent(self, event: QGraphicsSceneMouseEvent) -> None:
        held, moved_s, self._held, self._moved_s = self._held, self._moved_s, None, None
        if held is not None and moved_s is not None:
            self.edge_moved.emit(held, moved_s)

    def mouseDoubleClickEvent(self, event: QGraphicsSceneMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton:
            event.accept()
            self._held = None
            self.edit_asked.emit(self.time(event.pos().x()))

    def _edge_at(self, x: float) -> int | None:
        """The span whose beginning can be taken hold of there."""
        if not self.can_drag:
            return None
        place = bisect.bisect_left(self._starts, self.time(x))
        near = [number for number in (place - 1, place) if 0 <= number < len(self.spans)]
        return next(
            (number for number in near if abs(self.x(self._starts[number]) - x) <= _GRIP_PX), None
        )
