"""The middle of the stage: spectrogram and notes over the shared axes, moved by mouse and wheel."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QEvent, QPointF, QRectF, Qt, Signal
from PySide6.QtGui import QColor, QMouseEvent, QPainter, QPaintEvent, QResizeEvent, QWheelEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from app.style.theme_colours import Theme
from app.views.stage.axes import Axes
from app.views.stage.piano_roll import PianoRoll
from app.views.stage.spectrogram_renderer import Spectrogram
from app.views.stage.tile_cache import Tiles
from app.views.stage.view_scale import ViewScale

# One notch of a wheel is 120 units.
_ZOOM_PER_NOTCH = 0.82
# What part of the view one notch scrolls.
_SCROLL_PER_NOTCH = 0.1
# A press that moves less than this is a click. To drag in time takes a little more, so that who
# drags up or down does not leave the moment.
_CLICK_PX = 4.0
_TIME_DRAG_PX = 8.0


class Canvas(QWidget):
    """Shows what `axes` say of the spectrogram and the roll.

    Signals:
        clicked(float): the user clicked at this moment, in seconds.
        panned(): the user moved the view in time by hand.
        zoomed(): the user changed how much time is in view, by hand.
        fit_asked(): the user double-clicked.
        hovered(float, float): the pointer is over this moment (s) and fractional MIDI pitch.
        hover_ended(): the pointer is no longer over the canvas, or holds and drags it.
    """

    clicked = Signal(float)
    panned = Signal()
    zoomed = Signal()
    fit_asked = Signal()
    hovered = Signal(float, float)
    hover_ended = Signal()

    def __init__(
        self, axes: Axes, spectrogram: Spectrogram, roll: PianoRoll, theme: Theme,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._axes, self._spectrogram, self._roll = axes, spectrogram, roll
        self._pressed: QPointF | None = None
        self._last = QPointF()
        self._drags = self._drags_time = False
        self._cursor_s: float | None = None
        self._heard_s: float | None = None
        self._over: list[Callable[[QPainter, ViewScale], None]] = []
        self._tiles = Tiles(axes, self._paint_tile, theme.stage)
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.setAccessibleName("Notes over the spectrogram")
        axes.changed.connect(self.update)
        self.set_theme(theme)

    def set_theme(self, theme: Theme) -> None:
        self._theme = theme
        self._spectrogram.set_colours(theme.spectrogram_table())
        self._tiles.set_background(theme.stage)
        self.update()

    def set_cursor(self, cursor_s: float | None, heard_s: float | None = None) -> None:
        """Draws a line at a moment, or none.

        Args:
            heard_s: in a running take, the moment up to which there is sound.
        """
        self._cursor_s, self._heard_s = cursor_s, heard_s
        self.update()

    def lay_over(self, paint: Callable[[QPainter, ViewScale], None]) -> None:
        """Has something painted over the notes in every picture; `update` draws it anew."""
        self._over.append(paint)

    def forget_notes(self) -> None:
        """Any note may look different."""
        self._tiles.forget()
        self.update()

    def forget_between(self, start_s: float, end_s: float) -> None:
        """Something between two moments looks different; `update` draws it."""
        self._tiles.forget_between(start_s, end_s)

    # Painting.

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        scale = self._tiles.draw(painter, float(self.width()), float(self.height()))
        if self._heard_s is not None:
            held = self._spectrogram.paint_newest(painter, scale, self._heard_s)
            painter.setClipRect(held)
            self._roll.paint_rows(painter, scale, held.left())
            painter.setClipping(False)
        self._roll.paint_moving(painter, scale)
        for paint in self._over:
            paint(painter, scale)
        if self._cursor_s is not None:
            x = (self._cursor_s - scale.start_s) * scale.x
            painter.fillRect(QRectF(x - 1, 0, 2, self.height()), QColor(self._theme.cursor))
        painter.end()

    def _paint_tile(self, painter: QPainter, scale: ViewScale) -> None:
        self._spectrogram.paint(painter, scale)
        self._roll.paint_rows(painter, scale)
        self._roll.paint_still(painter, scale)

    def resizeEvent(self, event: QResizeEvent) -> None:
        # What is seen is the same, but it falls on other pixels.
        self._axes.changed.emit()

    # Mouse and wheel.

    def wheelEvent(self, event: QWheelEvent) -> None:
        axes, delta, place = self._axes, event.angleDelta(), event.position()
        # Some systems turn the wheel's axis while Shift or Alt is held.
        notches = (delta.y() or delta.x()) / 120
        shift = event.modifiers() & Qt.KeyboardModifier.ShiftModifier
        if event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            pitch = axes.pitch_at(place.y(), self.height())
            axes.zoom_pitch(_ZOOM_PER_NOTCH**notches, pitch)
        elif shift or abs(delta.x()) > abs(delta.y()):
            axes.pan(-notches * _SCROLL_PER_NOTCH * axes.span_s, 0)
            self.panned.emit()
        else:
            axes.zoom_time(_ZOOM_PER_NOTCH**notches, axes.time_at(place.x(), self.width()))
            self.zoomed.emit()
        event.accept()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton:
            self._pressed = self._last = event.position()
            self._drags = self._drags_time = False
        event.accept()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        event.accept()
        axes, place = self._axes, event.position()
        if self._pressed is None:
            self.hovered.emit(
                axes.time_at(place.x(), self.width()), axes.pitch_at(place.y(), self.height())
            )
            return
        if not self._drags:
            if (place - self._pressed).manhattanLength() < _CLICK_PX:
                return
            self._drags = True
            self.hover_ended.emit()
            self.setCursor(Qt.CursorShape.ClosedHandCursor)
        self._drags_time |= abs(place.x() - self._pressed.x()) >= _TIME_DRAG_PX
        step = place - self._last
        if not self._drags_time:
            step.setX(0.0)
        self._last = QPointF(place.x() if self._drags_time else self._last.x(), place.y())
        axes.pan(
            -step.x() / self.width() * axes.span_s,
            step.y() / self.height() * (axes.high - axes.low),
        )
        if self._drags_time:
            self.panned.emit()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        event.accept()
        if event.button() != Qt.MouseButton.LeftButton or self._pressed is None:
            return
        if self._drags:
            self.unsetCursor()
        else:
            self.clicked.emit(self._axes.time_at(self._pressed.x(), self.width()))
        self._pressed = None

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        # The second release of a double click must not seek.
        self._pressed = None
        event.accept()
        self.fit_asked.emit()

    def leaveEvent(self, event: QEvent) -> None:
        self.hover_ended.emit()
