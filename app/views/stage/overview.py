"""The whole piece in a narrow strip, with a frame around what the stage shows."""

from __future__ import annotations

import math
from typing import Any

import pyqtgraph as pg
from PySide6.QtCore import QElapsedTimer, QPointF, QRect, QRectF, Qt, QTimer, Signal
from PySide6.QtGui import QColor, QPainter, QPixmap
from PySide6.QtWidgets import QGraphicsSceneMouseEvent

from app.style.theme_colours import Theme
from app.views.plot import PlotBox
from app.views.stage import distant_notes
from app.views.stage.device_item import DeviceItem
from app.views.stage.feed.note_index import NoteIndex
from app.views.stage.note_bar_renderer import NoteBarRenderer
from app.views.stage.roll_view_box import RollViewBox
from app.views.stage.view_scale import ViewScale

HEIGHT = 46
_MARGIN = 5.0
# While notes keep coming, the picture of them is drawn anew at most this often.
_REDRAW_MS = 200
# And while it grows: nobody reads there what was just played.
_REDRAW_GROWN_MS = 600
# And at once when it would be so wrong a scale: a take has grown, or has ended.
_MOST_OFF = 0.02
# A piece that grows by less looks the same.
_GROWTH_PX = 1.5
# An end that is off by less stays where it is.
_LEAST_PX = 0.5


class Overview(PlotBox):
    """Every note as a dash; pressing or dragging moves the view there.

    Signals:
        moved(): the user moved the view.
    """

    moved = Signal()

    def __init__(self, view_box: RollViewBox, track: NoteIndex, theme: Theme) -> None:
        """Args: `view_box` is what the frame stands for, `track` what is shown of the piece."""
        super().__init__(enableMouse=False, enableMenu=False, defaultPadding=0.0)
        self._view_box = view_box
        self.disableAutoRange()
        self.setRange(xRange=(0.0, 1.0), yRange=(0.0, 1.0))
        self.setFixedHeight(HEIGHT)
        self.setToolTip("The whole piece: press or drag to look at another part")
        self._notes = _OverviewNotes(track, theme)
        self._frame = _Frame(theme)
        for item in (self._notes, self._frame):
            self.addItem(item, ignoreBounds=True)
        self.set_theme(theme)
        view_box.sigXRangeChanged.connect(self._show_frame)
        view_box.extent_changed.connect(self._show_frame)
        self._show_frame()

    def set_theme(self, theme: Theme) -> None:
        self._notes.set_theme(theme)
        self._frame.set_theme(theme)

    def notes_changed(self, heard_s: float) -> None:
        """There are other notes, and the piece was heard up to this moment."""
        self._notes.change(heard_s)

    def heard(self, heard_s: float) -> None:
        """The same, but that what is new is the sound before this moment."""
        self._notes.grow(heard_s)

    def set_cursor(self, cursor_s: float) -> None:
        """Moves the cursor's line to a moment."""
        self._frame.show_cursor(cursor_s)

    def mousePressEvent(self, event: QGraphicsSceneMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton:
            event.accept()
            self._go(event)

    def mouseDoubleClickEvent(self, event: QGraphicsSceneMouseEvent) -> None:
        self.mousePressEvent(event)

    def mouseMoveEvent(self, event: QGraphicsSceneMouseEvent) -> None:
        self._go(event)

    def _go(self, event: QGraphicsSceneMouseEvent) -> None:
        middle_s = self.mapToView(event.pos()).x()
        self._view_box.show_from(middle_s - self._view_box.span_s / 2)
        self.moved.emit()

    def _show_frame(self) -> None:
        extent_s = self._view_box.extent_s
        # A long take grows with each picture by less than is to be seen here.
        if abs(extent_s - self.viewRange()[0][1]) * self.width() >= _LEAST_PX * extent_s:
            self.setXRange(0.0, extent_s)
        self._frame.show_span(self._view_box.start_s, self._view_box.end_s)


class _Frame(pg.GraphicsObject):
    """The part that the stage shows, as a frame, and the cursor; what is beside lies in shadow."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._span = (0.0, 0.0)
        self._cursor_s = 0.0
        self.set_theme(theme)

    def show_span(self, start_s: float, end_s: float) -> None:
        """Frames the time between two moments, in seconds."""
        self._span = start_s, end_s
        self.update()

    def show_cursor(self, cursor_s: float) -> None:
        """Draws a line at this moment."""
        self._cursor_s = cursor_s
        self.update()

    def viewTransformChanged(self) -> None:
        self.prepareGeometryChange()
        super().viewTransformChanged()

    def set_theme(self, theme: Theme) -> None:
        self._shadow, self._edge = QColor(theme.window), QColor(theme.faint)
        self._line = QColor(theme.cursor)
        self._shadow.setAlpha(150)
        self.update()

    def boundingRect(self) -> QRectF:
        # With the shadow it is as wide as the view.
        return self.viewRect() or QRectF()

    def paint(self, painter: QPainter, *args: Any) -> None:
        place = painter.worldTransform()
        room = place.mapRect(self.viewRect()).toRect()
        left, right, cursor = (
            place.map(QPointF(time_s, 0)).x() for time_s in (*self._span, self._cursor_s)
        )
        left = max(left, float(room.left()))
        painter.resetTransform()
        self._paint_frame(painter, room, left, right)
        # Two pixels wide, and more where the picture is drawn larger.
        wide = max(1, round(2 * room.width() / max(self.getViewBox().width(), 1.0)))
        painter.fillRect(
            QRect(round(cursor - wide / 2), room.top(), wide, room.height()), self._line
        )

    def _paint_frame(self, painter: QPainter, room: QRect, left: float, right: float) -> None:
        room_right, height = room.left() + room.width(), room.height() - 1
        if right - left >= room.width() - 1:
            return
        painter.fillRect(QRectF(room.left(), room.top() + 1, left - room.left(), height),
                         self._shadow)
        painter.fillRect(QRectF(right, room.top() + 1, room_right - right, height), self._shadow)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(self._edge)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        frame = QRectF(left, room.top() + 1, right - left, height)
        painter.drawRoundedRect(frame.adjusted(0.5, 0.5, -0.5, -0.5), 3, 3)


class _OverviewNotes(DeviceItem):
    """The notes, drawn once, not again each time that the frame or the cursor moves."""

    def __init__(self, track: NoteIndex, theme: Theme) -> None:
        super().__init__()
        self._track = track
        self._heard_s = 0.0
        self._picture: QPixmap | None = None
        self._drawn: tuple[float, ...] = ()
        # Until when it was drawn.
        self._drawn_s = 0.0
        self._since_drawn = QElapsedTimer()
        self._since_drawn.start()
        self._redraw = QTimer(self)
        self._redraw.setSingleShot(True)
        self._redraw.setInterval(_REDRAW_MS)
        self._redraw.timeout.connect(self._forget)
        self.set_theme(theme)

    def set_theme(self, theme: Theme) -> None:
        self._theme = theme
        self._renderer = NoteBarRenderer(theme)
        self._forget()

    def change(self, heard_s: float) -> None:
        """There are other notes, and the piece was heard up to this moment."""
        self._heard_s = heard_s
        if not self._redraw.isActive():
            self._redraw.start()

    def grow(self, heard_s: float) -> None:
        """There was more of the piece: that shows once it is as wide as a dash is long."""
        self._heard_s = heard_s
        is_wider = abs(heard_s - self._drawn_s) * self._x >= _GROWTH_PX
        # Within the stage's own picture: a timer would ask for one more.
        if is_wider and self._since_drawn.hasExpired(_REDRAW_GROWN_MS):
            self._forget()

    def _forget(self) -> None:
        self._picture = None
        self.update()

    def draw(self, painter: QPainter, scale: ViewScale, ratio: float) -> None:
        wanted = (scale.width, scale.height, ratio, scale.end_s)
        if self._picture is None or not (
            wanted[:3] == self._drawn[:3]
            and math.isclose(wanted[3], self._drawn[3], rel_tol=_MOST_OFF)
        ):
            self._picture, self._drawn = self._draw(scale, ratio), wanted
            self._drawn_s = self._heard_s
            self._since_drawn.start()
        painter.drawPixmap(QPointF(), self._picture)

    def _draw(self, scale: ViewScale, ratio: float) -> QPixmap:
        theme = self._theme
        picture = QPixmap(round(scale.width * ratio), round(scale.height * ratio))
        picture.setDevicePixelRatio(ratio)
        picture.fill(QColor(theme.panel))
        with QPainter(picture) as painter:
            heard = QRectF(0, 0, self._heard_s * scale.x, scale.height)
            painter.fillRect(heard, QColor(theme.stage))
            painter.fillRect(QRectF(0, 0, scale.width, 1), QColor(theme.line))
            bars = self._track.columns()
            if len(bars.pitch) and picture.width():
                lowest, highest = int(bars.pitch.min()), int(bars.pitch.max())
                pitches = range(lowest, highest + 1)
                values = distant_notes.strengths(
                    bars, self._heard_s, 0.0, scale.x * ratio, picture.width(), pitches
                )
                room = scale.height - 2 * _MARGIN
                tops = [
                    round((_MARGIN - 1 + row / max(highest - lowest, 12) * room) * ratio)
                    for row in reversed(range(len(pitches)))
                ]
                dashes = distant_notes.dashes(
                    distant_notes.painted(values, self._renderer.far_colours(pitches)),
                    tops, round(2 * ratio), picture.height(),
                )
                distant_notes.draw(painter, dashes)
        return picture
