"""The row of sections above the time axis: a flag and a name at each marker."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPolygonF

from app.style.theme_colours import Theme
from app.views.stage.lanes.lane_item import LaneItem, NamedSpan
from app.views.stage.roll_view_box import RollViewBox

HEIGHT = 22
_FLAG_PX = 9.0


class SectionLane(LaneItem):
    """Every marker is a flag, which can be dragged; its section reaches to the next one."""

    def __init__(self, view_box: RollViewBox, theme: Theme) -> None:
        super().__init__(view_box, theme, HEIGHT, 9.0)
        self.setToolTip(
            "Sections: click to go there, drag a flag to move it, double-click to rename it"
        )
        self.can_drag = True

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
