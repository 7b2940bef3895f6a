"""The row of chords above the time axis, and the key of the piece beside it."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, Qt, Signal
from PySide6.QtGui import QColor, QPainter, QPolygonF
from PySide6.QtWidgets import QGraphicsSceneMouseEvent

from app.style.theme_colours import Theme
from app.views.stage.lanes.corner_item import CornerItem
from app.views.stage.lanes.lane_item import LaneItem, NamedSpan
from app.views.stage.roll_view_box import RollViewBox

HEIGHT = 26
# Room beside a name, and the corner that tells of a hand.
_BESIDE_PX, _CORNER_PX = 4.0, 6.0
# Letters are still read at this share of their width.
_NARROWEST = 0.65
# A stripe of full colour where a chord begins.
_EDGE_PX = 3.0


class ChordLane(LaneItem):
    """Chords in the colours of their roots; the one that sounds is brighter."""

    def __init__(self, view_box: RollViewBox, theme: Theme) -> None:
        super().__init__(view_box, theme, HEIGHT, 10.5)
        self.setToolTip(
            "Chords: click to go there, double-click to name one (Ctrl+H), drag where one begins"
        )

    def set_theme(self, theme: Theme) -> None:
        super().set_theme(theme)
        self._text_colour = QColor(theme.text)
        # By pitch class: what is beneath a name, beneath that of the chord that sounds, and where
        # it begins.
        self._colours: list[tuple[QColor, QColor, QColor]] = []
        for pitch_class in range(12):
            shades = [theme.pitch_colour(pitch_class) for _ in range(3)]
            for shade, opacity in zip(shades, (0.26, 0.55, 1.0), strict=True):
                shade.setAlphaF(opacity)
            self._colours.append((shades[0], shades[1], shades[2]))

    def draw(
        self, painter: QPainter, span: NamedSpan, left: float, room: QRectF, is_now: bool
    ) -> None:
        inside = QRectF(room.left(), 2, room.width() - 1, room.height() - 4)
        beside = _BESIDE_PX
        if span.tint >= 0:
            colours = self._colours[span.tint]
            painter.fillRect(inside, colours[is_now])
            if left >= -_EDGE_PX:
                painter.fillRect(QRectF(left, 2, _EDGE_PX, inside.height()), colours[2])
                beside += 1.5
            # Without its bass rather than cut short, and without a name rather than a wrong one.
            for name in (span.name, span.name.rpartition("/")[0]):
                share = (room.width() - beside - 1) / max(self.width_of(name), 1.0)
                if name and share >= _NARROWEST:
                    painter.setPen(self._text_colour)
                    self._write_narrow(painter, name, room.adjusted(beside, 0, 0, 0), share)
                    break
        if span.by_hand:
            self._draw_corner(painter, inside)

    def _write_narrow(
        self, painter: QPainter, name: str, room: QRectF, share: float
    ) -> None:
        """Writes a name, its letters narrower where only a `share` of its width is there."""
        if share >= 1:
            self._write(painter, name, room)
            return
        painter.save()
        painter.translate(room.topLeft())
        painter.scale(share, 1)
        self._write(painter, name, QRectF(0, 0, self.width_of(name) + 1, room.height()))
        painter.restore()

    def _draw_corner(self, painter: QPainter, room: QRectF) -> None:
        """As on the notes that a hand has changed."""
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(self._theme.text))
        right, top = room.right(), room.top()
        corners = [(right - _CORNER_PX, top), (right, top), (right, top + _CORNER_PX)]
        painter.drawPolygon(QPolygonF([QPointF(*corner) for corner in corners]))


class KeyCorner(CornerItem):
    """The key of the piece.

    Signals:
        menu_asked(QPoint): it was pressed: another key may be chosen, at this place of the screen.
    """

    menu_asked = Signal(object)

    def __init__(self, theme: Theme) -> None:
        super().__init__(
            theme, HEIGHT, 9.5, "The key of the piece: click to choose it (Alt+Shift+H)"
        )

    def mousePressEvent(self, event: QGraphicsSceneMouseEvent) -> None:
        event.accept()
        self.menu_asked.emit(event.screenPos())
