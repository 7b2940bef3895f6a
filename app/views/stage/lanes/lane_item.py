"""A row above the time axis: named spans of the time in view."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import pyqtgraph as pg
from PySide6.QtCore import QPointF, QRectF, QSizeF, Qt, Signal
from PySide6.QtGui import QColor, QFontMetricsF, QPainter, QStaticText
from PySide6.QtWidgets import QGraphicsSceneMouseEvent

from app.style import apply_theme as themes
from app.style.theme_colours import Theme
from app.views.stage.roll_view_box import RollViewBox

# Texts that are kept as they are laid out.
_MOST_TEXTS = 300


class NamedSpan(NamedTuple):
    """A part of the time in seconds, what it is called, and whether a hand set it."""

    start_s: float
    end_s: float
    name: str
    by_hand: bool = False





class LaneItem(pg.GraphicsWidget):
    """Spans in order, one after the other. Hidden, it takes no room.

    Signals:
        clicked(float): a moment in the row was clicked, in seconds.
        edit_asked(float): it was double-clicked.
        menu_asked(float, QPoint): the right button asks what can be done there, at this place of
            the screen.
    """

    clicked = Signal(float)
    edit_asked = Signal(float)
    menu_asked = Signal(float, object)

    def __init__(self, view_box: RollViewBox, theme: Theme, height: float, size_pt: float) -> None:
        super().__init__()
        self._view_box = view_box
        self._height = height
        self._font = themes.font(size_pt)
        self._metrics = QFontMetricsF(self._font)
        # Of each name and room its layout, which stays for hundreds of pictures.
        self._texts: dict[tuple[str, int], tuple[QStaticText, float]] = {}
        self.spans: Sequence[NamedSpan] = ()
        self._cursor_s = 0.0
        self.setAcceptHoverEvents(True)
        self.set_theme(theme)
        self.set_shown(False)
        view_box.sigXRangeChanged.connect(lambda *_: self.update())

    def set_theme(self, theme: Theme) -> None:
        self._theme = theme
        self.update()

    def set_shown(self, shown: bool) -> None:
        """Shows the row, or gives its room back."""
        self.setVisible(shown)
        self.setFixedHeight(self._height if shown else 0.0)

    def set_spans(self, spans: Sequence[NamedSpan]) -> None:
        """Shows these."""
        self.spans = spans
        self.update()

    def set_cursor(self, cursor_s: float) -> None:
        """The span at this moment is brighter."""
        self._cursor_s = cursor_s

    def index_at(self, time_s: float) -> int | None:
        """Which span a moment lies in."""
        return next(
            (number for number, span in enumerate(self.spans)
             if span.start_s <= time_s < span.end_s), None,
        )

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

    def _in_view(self) -> Iterator[NamedSpan]:
        start_s, end_s = self._view_box.start_s, self._view_box.end_s
        for span in self.spans:
            if span.start_s >= end_s:
                return
            if span.end_s > start_s:
                yield span

    # Painting.

    def boundingRect(self) -> QRectF:
        return QRectF(QPointF(), QSizeF(self.size()))

    def paint(self, painter: QPainter, *args: Any) -> None:
        painter.save()
        painter.setClipRect(self.boundingRect())
        painter.fillRect(self.boundingRect(), QColor(self._theme.panel))
        painter.setFont(self._font)
        for span in self._in_view():
            self.draw(painter, span, self.room(span), self._is_now(span))
        painter.restore()

    def draw(self, painter: QPainter, span: NamedSpan, room: QRectF, is_now: bool) -> None:
        """Paints a span into its room; `is_now` says whether the cursor is in it."""
        raise NotImplementedError

    def _is_now(self, span: NamedSpan) -> bool:
        return span.start_s <= self._cursor_s < span.end_s

    def _write(self, painter: QPainter, name: str, room: QRectF) -> None:
        """Writes a name from the left of its room on, cut short where it is too long."""
        text, _ = self._text(name, int(room.width()))
        top = room.center().y() - self._metrics.height() / 2
        painter.drawStaticText(QPointF(room.left(), top), text)

    def _text(self, name: str, room_px: int) -> tuple[QStaticText, float]:
        wide = self._metrics.horizontalAdvance(name)
        # While a view scrolls, what has room enough is laid out once.
        key = name, -1 if wide <= room_px else room_px
        if key not in self._texts:
            if len(self._texts) >= _MOST_TEXTS:
                self._texts.clear()
            if wide > room_px:
                name = self._metrics.elidedText(name, Qt.TextElideMode.ElideRight, room_px)
            text = QStaticText(name)
            text.setTextFormat(Qt.TextFormat.PlainText)
            self._texts[key] = text, wide
        return self._texts[key]

    # Mouse.

    def mousePressEvent(self, event: QGraphicsSceneMouseEvent) -> None:
        time_s = self.time(event.pos().x())
        if event.button() == Qt.MouseButton.LeftButton:
            event.accept()
            self.clicked.emit(time_s)
        elif event.button() == Qt.MouseButton.RightButton:
            event.accept()
            self.menu_asked.emit(time_s, event.screenPos())

    def mouseDoubleClickEvent(self, event: QGraphicsSceneMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton:
            event.accept()
            self.edit_asked.emit(self.time(event.pos().x()))
