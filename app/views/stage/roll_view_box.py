"""The time and the pitch in view: where they may go, and how mouse and wheel move them."""

from __future__ import annotations

import math
from collections.abc import Iterable

import pyqtgraph as pg
from PySide6.QtCore import QPointF, Qt, Signal
from PySide6.QtWidgets import QGraphicsSceneMouseEvent, QGraphicsSceneWheelEvent

from app.views.plot import PlotBox
from app.views.stage.mouse_tool_protocol import MouseTool
from model.pitch import HIGHEST_PITCH, LOWEST_PITCH

# Half a semitone beyond the outer keys, so that their rows are whole.
LOWEST = LOWEST_PITCH - 0.5
HIGHEST = HIGHEST_PITCH + 0.5

SHORTEST_S = 0.25
NARROWEST_SEMITONES = 12.0
# A view of the whole leaves a little air at its right end.
_AIR = 1.02
_LEAST_EXTENT_S = 4.0
_FIT_SEMITONES = 36.0
# Semitones of air beyond the outermost notes.
_MARGIN = 2.5
# What is left of the view after one notch of the wheel, which is 120 units, as the exponent that
# pyqtgraph wants; and what part of the view a notch scrolls.
_ZOOM_PER_UNIT = math.log(0.82) / math.log(1.02) / 120
_SCROLL_PER_UNIT = 0.1 / 120
# To drag in time takes a little way, so that who drags up or down does not leave the moment.
TIME_DRAG_PX = 8.0
_LEFT = Qt.MouseButton.LeftButton


class RollViewBox(PlotBox):
    """Seconds from left to right, MIDI pitches from bottom to top.

    Attributes:
        tool: gets the left button first.

    Signals:
        clicked(float, float): the user clicked at this moment (s) and fractional MIDI pitch.
        panned(): the user moved the view in time by hand.
        zoomed(): the user changed how much time is in view, by hand.
        fit_asked(): the user double-clicked.
        hovered(float, float): the pointer is over this moment (s) and fractional MIDI pitch.
        hover_ended(): the pointer is no longer over the view, or holds and drags it.
        extent_changed(): there is more or less to be seen.
    """

    clicked = Signal(float, float)
    panned = Signal()
    zoomed = Signal()
    fit_asked = Signal()
    hovered = Signal(float, float)
    hover_ended = Signal()
    extent_changed = Signal()

    def __init__(self) -> None:
        super().__init__(enableMenu=False, defaultPadding=0.0)
        self.tool: MouseTool | None = None
        self._tool_holds = self._drags_time = False
        self._extent_s = _LEAST_EXTENT_S
        self._lowest, self._highest = LOWEST, HIGHEST
        self._pitches_chosen = False
        # The pitches in view before notes beyond them widened it.
        self._home = (LOWEST, HIGHEST)
        self.disableAutoRange()
        self.state["wheelScaleFactor"] = _ZOOM_PER_UNIT
        self.setLimits(
            minXRange=SHORTEST_S, minYRange=NARROWEST_SEMITONES, yMin=LOWEST, yMax=HIGHEST
        )
        self.setRange(xRange=(0.0, 10.0), yRange=(LOWEST, HIGHEST))

    # What is in view.

    @property
    def start_s(self) -> float:
        return float(self.state["viewRange"][0][0])

    @property
    def end_s(self) -> float:
        return float(self.state["viewRange"][0][1])

    @property
    def span_s(self) -> float:
        return self.end_s - self.start_s

    @property
    def low(self) -> float:
        """Fractional MIDI pitch at the lower edge."""
        return float(self.state["viewRange"][1][0])

    @property
    def high(self) -> float:
        """Fractional MIDI pitch at the upper edge."""
        return float(self.state["viewRange"][1][1])

    @property
    def lowest(self) -> float:
        """Fractional MIDI pitch that no view goes below; `highest` is its counterpart."""
        return self._lowest

    @property
    def highest(self) -> float:
        return self._highest

    @property
    def extent_s(self) -> float:
        """Seconds that there are to be seen; views stay within 0 and this."""
        return self._extent_s

    @property
    def seconds_per_pixel(self) -> float:
        return self.span_s / max(float(self.width()), 1.0)

    # How far it may go.

    def set_extent(self, seconds: float) -> None:
        """Says how much there is to be seen; the range in view stays as it is."""
        extent_s = max(seconds * _AIR, _LEAST_EXTENT_S)
        if extent_s != self._extent_s:
            self._extent_s = extent_s
            self.extent_changed.emit()

    def set_range(self, lowest: int, highest: int) -> None:
        """Keeps views within these MIDI pitches, or the octave about them, and shows them all."""
        missing = max(0.0, NARROWEST_SEMITONES - (highest - lowest + 1)) / 2
        low = max(lowest - 0.5 - missing, LOWEST)
        high = min(max(highest + 0.5 + missing, low + NARROWEST_SEMITONES), HIGHEST)
        self._lowest, self._highest = min(low, high - NARROWEST_SEMITONES), high
        self.setLimits(yMin=self._lowest, yMax=self._highest)
        self._go_home(self._lowest, self._highest)

    # Moving the view.

    def zoom_time(self, factor: float, at_s: float) -> None:
        """Shows `factor` times as many seconds; the moment `at_s` stays where it is."""
        self.scaleBy(x=factor, center=QPointF(at_s, 0.0))

    def zoom_pitch(self, factor: float, at_pitch: float) -> None:
        """Shows `factor` times as many semitones; the pitch `at_pitch` stays where it is."""
        self.scaleBy(y=factor, center=QPointF(0.0, at_pitch))

    def pan(self, seconds: float, semitones: float) -> None:
        """Moves the view later and up, as far as there is something to be seen."""
        self.translateBy(x=seconds or None, y=semitones or None)

    def show_from(self, start_s: float) -> None:
        """Moves the view so that it begins at `start_s`, as far as there is something."""
        self._show_time(start_s, self.span_s)

    def show_until(self, end_s: float, span_s: float) -> None:
        """Shows the `span_s` seconds before `end_s`, even those before the beginning."""
        self.setLimits(xMin=-math.inf, xMax=math.inf)
        self.setXRange(end_s - span_s, end_s)

    def fit(self, pitches: Iterable[int] = ()) -> None:
        """Shows the time there is, and the octaves of these pitches."""
        self.fit_pitches(pitches)
        self._show_time(0.0, math.inf)

    def fit_pitches(self, pitches: Iterable[int]) -> None:
        """Shows the range of these MIDI pitches and at least three octaves; all keys if none."""
        pitches = list(pitches)
        if not pitches:
            self._go_home(self._lowest, self._highest)
            return
        low, high = min(pitches) - _MARGIN, max(pitches) + _MARGIN
        missing = max(0.0, _FIT_SEMITONES - (high - low)) / 2
        self._go_home(low - missing, high + missing)

    def settle(self, pitches: Iterable[int]) -> None:
        """As `fit_pitches`, unless somebody chose what is in view, or there are none."""
        pitches = list(pitches)
        if pitches and not self._pitches_chosen:
            self.fit_pitches(pitches)

    def include(self, pitches: Iterable[int]) -> None:
        """Widens the view to these MIDI pitches too, unless somebody chose what is in view."""
        self._widen((self.low, self.high), pitches)

    def include_only(self, pitches: Iterable[int]) -> None:
        """The same, and gives back what was widened for others."""
        self._widen(self._home, pitches)

    def _widen(self, view: tuple[float, float], pitches: Iterable[int]) -> None:
        if self._pitches_chosen:
            return
        pitches = list(pitches)
        low = max(min([view[0], *(pitch - _MARGIN for pitch in pitches)]), self._lowest)
        high = min(max([view[1], *(pitch + _MARGIN for pitch in pitches)]), self._highest)
        if (low, high) != (self.low, self.high):
            self.setYRange(low, high)

    def _go_home(self, low: float, high: float) -> None:
        self._pitches_chosen = False
        self.setYRange(low, high)
        self._home = self.low, self.high

    def _show_time(self, start_s: float, span_s: float) -> None:
        self._limit_time()
        self.setXRange(start_s, start_s + min(span_s, self._extent_s))

    def _limit_time(self) -> None:
        """A live view may begin before the beginning; only who moves it in time ends that."""
        self.setLimits(xMin=0.0, xMax=max(self._extent_s, SHORTEST_S))

    def scaleBy(
        self, s: tuple[float | None, float | None] | None = None, center: QPointF | None = None,
        x: float | None = None, y: float | None = None,
    ) -> None:
        if s is not None:
            x, y = s
        if x is not None:
            self._limit_time()
            span_s = min(max(self.span_s * x, SHORTEST_S), max(self._extent_s, SHORTEST_S))
            x = span_s / self.span_s
        if y is not None:
            self._pitches_chosen = True
            before, most = self.high - self.low, self._highest - self._lowest
            y = min(max(before * y, NARROWEST_SEMITONES), most) / before
        # At a limit the place in the middle must stay where it is, so the limit is kept here.
        super().scaleBy(x=x, y=y, center=center)

    def translateBy(
        self, t: QPointF | None = None, x: float | None = None, y: float | None = None
    ) -> None:
        if t is not None:
            x, y = t.x(), t.y()
        if x is not None:
            self._limit_time()
        self._pitches_chosen |= y is not None
        super().translateBy(x=x, y=y)

    # Wheel and mouse.

    def wheelEvent(self, event: QGraphicsSceneWheelEvent, axis: int | None = None) -> None:
        keys = event.modifiers()
        if keys & Qt.KeyboardModifier.ControlModifier:
            super().wheelEvent(event, axis=self.YAxis)
        elif keys & Qt.KeyboardModifier.ShiftModifier or (
            event.orientation() == Qt.Orientation.Horizontal
        ):
            self.translateBy(x=-event.delta() * _SCROLL_PER_UNIT * self.span_s)
            self.panned.emit()
            event.accept()
        else:
            super().wheelEvent(event, axis=self.XAxis)
            self.zoomed.emit()

    def mousePressEvent(self, event: QGraphicsSceneMouseEvent) -> None:
        self._offer(event, double=False)
        # The scene makes clicks and drags of what nobody takes.
        event.setAccepted(self._tool_holds)

    def mouseDoubleClickEvent(self, event: QGraphicsSceneMouseEvent) -> None:
        self._offer(event, double=True)
        if not self._tool_holds:
            self.fit_asked.emit()
        # Taken in either case: the second release of a double click must not seek.
        event.accept()

    def _offer(self, event: QGraphicsSceneMouseEvent, *, double: bool) -> None:
        self._tool_holds = (
            event.button() == _LEFT and self.tool is not None
            and self.tool.pressed(event.pos(), event.modifiers(), double=double)
        )

    def mouseMoveEvent(self, event: QGraphicsSceneMouseEvent) -> None:
        if self._tool_holds and self.tool is not None:
            self.tool.moved(event.pos(), event.modifiers())

    def mouseReleaseEvent(self, event: QGraphicsSceneMouseEvent) -> None:
        if self._tool_holds and self.tool is not None and event.button() == _LEFT:
            self._tool_holds = False
            self.tool.released(event.pos(), event.modifiers())

    def mouseClickEvent(self, event: pg.GraphicsScene.mouseEvents.MouseClickEvent) -> None:
        if event.button() == _LEFT:
            place = self.mapToView(event.pos())
            self.clicked.emit(place.x(), place.y())

    def mouseDragEvent(
        self, event: pg.GraphicsScene.mouseEvents.MouseDragEvent, axis: int | None = None
    ) -> None:
        if event.button() != _LEFT:
            event.ignore()
            return
        if event.isStart():
            self._drags_time = False
            self.hover_ended.emit()
            self.setCursor(Qt.CursorShape.ClosedHandCursor)
        way_px = event.pos().x() - event.buttonDownPos().x()
        if not self._drags_time and abs(way_px) >= TIME_DRAG_PX:
            self._drags_time = True
            # The pointer is already on its way; what it holds catches up.
            behind_px = event.lastPos().x() - event.buttonDownPos().x()
            self.translateBy(x=-behind_px * self.seconds_per_pixel)
        super().mouseDragEvent(event, axis=None if self._drags_time else self.YAxis)
        if self._drags_time:
            self.panned.emit()
        if event.isFinish():
            self.unsetCursor()

    def hoverEvent(self, event: pg.GraphicsScene.mouseEvents.HoverEvent) -> None:
        # A drag may end beside the view.
        if event.isExit() or not self.rect().contains(event.pos()):
            self.hover_ended.emit()
        elif not event.buttons():
            place = self.mapToView(event.pos())
            self.hovered.emit(place.x(), place.y())
