"""The whole piece in a narrow strip, with a frame around what the stage shows."""

from __future__ import annotations

import math

from PySide6.QtCore import QPointF, QRectF, QSize, Qt, QTimer, Signal
from PySide6.QtGui import QColor, QMouseEvent, QPainter, QPaintEvent, QPixmap, QResizeEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from app.style.theme_colours import Theme
from app.views.stage import distant_notes as far_notes
from app.views.stage.axes import Axes
from app.views.stage.note_index import NoteIndex
from app.views.stage.note_renderer import NoteRenderer

HEIGHT = 46
_MARGIN = 5.0
# While notes keep coming, the picture of them is drawn anew at most this often.
_REDRAW_MS = 200
# And at once when it would be so wrong a scale: a take has grown, or has ended.
_MOST_OFF = 0.02


class Overview(QWidget):
    """Every note as a dash; pressing or dragging moves the view there.

    Signals:
        moved(): the user moved the view.
    """

    moved = Signal()

    def __init__(
        self, axes: Axes, track: NoteIndex, theme: Theme, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._axes = axes
        self._track = track
        self._cursor_s = 0.0
        self._heard_s = 0.0
        # The notes are drawn once, not again each time that the frame or the cursor moves.
        self._picture: QPixmap | None = None
        self._drawn_extent_s = 0.0
        self._redraw = QTimer(self)
        self._redraw.setSingleShot(True)
        self._redraw.setInterval(_REDRAW_MS)
        self._redraw.timeout.connect(self._forget_picture)
        self.setFixedHeight(HEIGHT)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.setAccessibleName("Overview")
        self.setToolTip("The whole piece: press or drag to look at another part")
        self.set_theme(theme)
        axes.changed.connect(self.update)

    def set_theme(self, theme: Theme) -> None:
        self._theme = theme
        self._painter = NoteRenderer(theme)
        self._forget_picture()

    def notes_changed(self, heard_s: float) -> None:
        """There are other notes, and the piece was heard up to this moment."""
        self._heard_s = heard_s
        if not self._redraw.isActive():
            self._redraw.start()

    def set_cursor(self, cursor_s: float) -> None:
        """Moves the cursor's line to a moment."""
        for place in (self._cursor_s, cursor_s):
            self.update(int(self._x(place)) - 2, 0, 5, HEIGHT)
        self._cursor_s = cursor_s

    def sizeHint(self) -> QSize:
        return QSize(400, HEIGHT)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self._go(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        self._go(event)

    def _go(self, event: QMouseEvent) -> None:
        if event.buttons() & Qt.MouseButton.LeftButton:
            share = event.position().x() / max(self.width(), 1)
            self._axes.show_from(share * self._axes.extent_s - self._axes.span_s / 2)
            self.moved.emit()

    def resizeEvent(self, event: QResizeEvent) -> None:
        self._forget_picture()

    def paintEvent(self, event: QPaintEvent) -> None:
        theme, axes, height = self._theme, self._axes, float(self.height())
        if self._picture is None or not math.isclose(
            self._drawn_extent_s, axes.extent_s, rel_tol=_MOST_OFF
        ):
            self._picture = self._draw_notes()
            self._drawn_extent_s = axes.extent_s
        painter = QPainter(self)
        painter.drawPixmap(0, 0, self._picture)
        left, right = max(self._x(axes.start_s), 0.0), self._x(axes.end_s)
        if right - left < self.width() - 1:
            shade = QColor(theme.window)
            shade.setAlpha(150)
            painter.fillRect(QRectF(0, 1, left, height), shade)
            painter.fillRect(QRectF(right, 1, self.width() - right, height), shade)
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setPen(QColor(theme.faint))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            frame = QRectF(left, 1, right - left, height - 1).adjusted(0.5, 0.5, -0.5, -0.5)
            painter.drawRoundedRect(frame, 3, 3)
        painter.fillRect(QRectF(self._x(self._cursor_s), 1, 1.5, height), QColor(theme.cursor))
        painter.end()

    def _draw_notes(self) -> QPixmap:
        theme, ratio = self._theme, self.devicePixelRatio()
        picture = QPixmap(self.size() * ratio)
        picture.setDevicePixelRatio(ratio)
        picture.fill(QColor(theme.panel))
        painter = QPainter(picture)
        heard = QRectF(0, 0, self._x(self._heard_s), self.height())
        painter.fillRect(heard, QColor(theme.stage))
        painter.fillRect(QRectF(0, 0, self.width(), 1), QColor(theme.line))
        bars = self._track.columns()
        if len(bars.pitch) and picture.width():
            lowest, highest = int(bars.pitch.min()), int(bars.pitch.max())
            pitches = range(lowest, highest + 1)
            x = picture.width() / self._axes.extent_s
            values = far_notes.strengths(bars, self._heard_s, 0.0, x, picture.width(), pitches)
            room = self.height() - 2 * _MARGIN
            tops = [
                round((_MARGIN - 1 + row / max(highest - lowest, 12) * room) * ratio)
                for row in reversed(range(len(pitches)))
            ]
            image = far_notes.dashes(
                values, self._painter.far_colours(pitches), tops, round(2 * ratio),
                picture.height(),
            )
            image.setDevicePixelRatio(ratio)
            painter.drawImage(QPointF(0, 0), image)
        painter.end()
        return picture

    def _forget_picture(self) -> None:
        self._picture = None
        self.update()

    def _x(self, time_s: float) -> float:
        return time_s / self._axes.extent_s * self.width()
