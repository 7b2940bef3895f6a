"""The middle of the stage: a pyqtgraph view of the shared axes, moved by mouse and wheel."""

from __future__ import annotations

import pyqtgraph as pg
from PySide6.QtCore import QPointF, Qt, Signal
from PySide6.QtGui import QColor, QMouseEvent, QPainter, QWheelEvent
from PySide6.QtWidgets import QWidget

from app.views.axes import Axes

# One notch of a wheel is 120 units.
_ZOOM_PER_NOTCH = 0.82
# A press that moves less than this is a click.
_CLICK_PX = 4.0


class Canvas(pg.GraphicsView):  # type: ignore[misc]
    """Shows `view`, a ViewBox that always covers what `axes` say.

    Signals:
        clicked(float): the user clicked at this moment, in seconds.
        moved(): the user moved the view in time by hand.
        fit_asked(): the user double-clicked.
    """

    clicked = Signal(float)
    moved = Signal()
    fit_asked = Signal()

    def __init__(self, axes: Axes, parent: QWidget | None = None) -> None:
        super().__init__(parent, background=None)
        self._axes = axes
        self._pressed: QPointF | None = None
        self._last = QPointF()
        self._dragging = False
        self.view = pg.ViewBox(
            enableMouse=False, enableMenu=False, defaultPadding=0.0, border=None
        )
        self.setCentralItem(self.view)
        self.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        self.setFrameShape(pg.GraphicsView.Shape.NoFrame)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        # Files are dropped onto the window, wherever that is.
        self.setAcceptDrops(False)
        self.viewport().setAcceptDrops(False)
        self.sigDeviceRangeChanged.connect(self._resized)
        axes.changed.connect(self._show_axes)
        self._show_axes()

    def set_background(self, colour: str) -> None:
        self.setBackground(QColor(colour))

    def _show_axes(self) -> None:
        axes = self._axes
        self.view.setRange(
            xRange=(axes.start_s, axes.end_s), yRange=(axes.low, axes.high),
            padding=0, disableAutoRange=True,
        )

    def _resized(self) -> None:
        # What is seen is the same, but it falls on other pixels.
        self._axes.changed.emit()

    def wheelEvent(self, event: QWheelEvent) -> None:
        axes, delta, place = self._axes, event.angleDelta(), event.position()
        pitch_keys = Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier
        # Some systems turn the wheel's axis while Shift is held.
        notches = (delta.y() or delta.x()) / 120
        if event.modifiers() & pitch_keys:
            pitch = axes.pitch_at(place.y(), self.viewport().height())
            axes.zoom_pitch(_ZOOM_PER_NOTCH**notches, pitch)
        elif abs(delta.x()) > abs(delta.y()):
            axes.pan(-delta.x() / self.viewport().width() * axes.span_s, 0)
            self.moved.emit()
        else:
            axes.zoom_time(
                _ZOOM_PER_NOTCH**notches, axes.time_at(place.x(), self.viewport().width())
            )
            self.moved.emit()
        event.accept()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton:
            self._pressed = self._last = event.position()
            self._dragging = False
        event.accept()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        event.accept()
        if self._pressed is None:
            return
        if not self._dragging:
            if (event.position() - self._pressed).manhattanLength() < _CLICK_PX:
                return
            self._dragging = True
            self.setCursor(Qt.CursorShape.ClosedHandCursor)
        step, axes = event.position() - self._last, self._axes
        self._last = event.position()
        axes.pan(
            -step.x() / self.viewport().width() * axes.span_s,
            step.y() / self.viewport().height() * (axes.high - axes.low),
        )
        self.moved.emit()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        event.accept()
        if event.button() != Qt.MouseButton.LeftButton or self._pressed is None:
            return
        if self._dragging:
            self.unsetCursor()
        else:
            self.clicked.emit(self._axes.time_at(self._pressed.x(), self.viewport().width()))
        self._pressed = None

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        # The second release of a double click must not seek.
        self._pressed = None
        event.accept()
        self.fit_asked.emit()
