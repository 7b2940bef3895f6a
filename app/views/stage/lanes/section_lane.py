"""The row of sections above the time axis: a flag and a name at each marker."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, Qt, Signal
from PySide6.QtGui import QColor, QPainter, QPolygonF
from PySide6.QtWidgets import QGraphicsSceneHoverEvent, QGraphicsSceneMouseEvent

from app.style.theme_colours import Theme
from app.views.stage.lanes.lane_item import LaneItem, NamedSpan
from app.views.stage.roll_view_box import RollViewBox

HEIGHT = 22
# How near to a flag's pole the pointer takes it, and how far it has to go to move it.
_GRIP_PX, _DRAG_PX = 6.0, 4.0
_FLAG_PX = 9.0


class SectionLane(LaneItem):
    """Every marker is a flag; its section reaches to the next one.

    Signals:
        marker_moved(int, float): the flag of a section was dragged to another moment, in seconds.
    """

    marker_moved = Signal(int, float)

    def __init__(self, view_box: RollViewBox, theme: Theme) -> None:
        super().__init__(view_box, theme, HEIGHT, 9.0)
        self.setToolTip(
            "Sections: click to go there, drag a flag to move it, double-click to rename it"
        )
        self._held: int | None = None
        self._pressed_x = 0.0
        self._moved_s: float | None = None

    def draw(
        self, painter: QPainter, span: NamedSpan, left: float, room: QRectF, is_now: bool
    ) -> None:
        colour = QColor(self._theme.accent)
        colour.setAlphaF(0.30 if is_now else 0.13)
        painter.fillRect(room.adjusted(0, 2, -1, -2), colour)
        self._draw_flag(painter, left)
        writing = room.adjusted(_FLAG_PX + 6 if left > -_FLAG_PX else 5, 0, -4, 0)
        if writing.width() > 8:
            painter.setPen(QColor(self._theme.text))
            self._write(painter, span.name, writing)

    def _draw_flag(self, painter: QPainter, x: float) -> None:
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        colour = QColor(self._theme.accent)
        painter.fillRect(QRectF(round(x), 1, 2, HEIGHT - 1), colour)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(colour)
        x = round(x) + 2
        corners = [(x, 3.0), (x + _FLAG_PX, 7.5), (x, 12.0)]
        painter.drawPolygon(QPolygonF([QPointF(*corner) for corner in corners]))
        painter.restore()

    # Mouse.

    def hoverMoveEvent(self, event: QGraphicsSceneHoverEvent) -> None:
        is_flag = self._flag_at(event.pos().x()) is not None
        self.setCursor(
            Qt.CursorShape.SizeHorCursor if is_flag else Qt.CursorShape.PointingHandCursor
        )

    def mousePressEvent(self, event: QGraphicsSceneMouseEvent) -> None:
        self._held = self._moved_s = None
        if event.button() == Qt.MouseButton.LeftButton:
            self._pressed_x = event.pos().x()
            self._held = self._flag_at(self._pressed_x)
        super().mousePressEvent(event)

    def mouseMoveEvent(self, event: QGraphicsSceneMouseEvent) -> None:
        x = event.pos().x()
        if self._held is None or not self.spans:
            return
        if self._moved_s is None and abs(x - self._pressed_x) < _DRAG_PX:
            return
        held = self._held
        self._moved_s = self.time(x)
        spans = list(self.spans)
        # Within its neighbours: what passes another one would be another section.
        first_s = spans[held - 1].start_s if held else 0.0
        self._moved_s = min(max(self._moved_s, first_s + 0.01), spans[held].end_s - 0.01)
        spans[held] = spans[held]._replace(start_s=self._moved_s)
        if held:
            spans[held - 1] = spans[held - 1]._replace(end_s=self._moved_s)
        self.set_spans(spans)

    def mouseReleaseEvent(self, event: QGraphicsSceneMouseEvent) -> None:
        held, moved_s, self._held, self._moved_s = self._held, self._moved_s, None, None
        if held is not None and moved_s is not None:
            self.marker_moved.emit(held, moved_s)

    def _flag_at(self, x: float) -> int | None:
        for number, span in enumerate(self.spans):
            if abs(self.x(span.start_s) - x) <= _GRIP_PX:
                return number
        return None
