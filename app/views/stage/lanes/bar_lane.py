"""The row of bars above the time axis: their numbers, time signatures, and beats to be dragged."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np
from PySide6.QtCore import QLineF, QRectF, Qt, Signal
from PySide6.QtGui import QColor, QPainter, QPen
from PySide6.QtWidgets import QGraphicsSceneHoverEvent, QGraphicsSceneMouseEvent

from app.music.beats.beat_grid import BarLine, BeatGrid
from app.style.theme_colours import Theme
from app.views.stage.lanes.lane_item import LaneItem
from app.views.stage.lines.bar_lines_item import every_nth, shows_beats
from app.views.stage.roll_view_box import RollViewBox

HEIGHT = 18
_LABEL_EVERY_PX = 44.0
# How near to a tick the pointer takes it, and how far it has to go to move it.
_GRIP_PX, _DRAG_PX = 5.0, 4.0
_BAR_PX, _BEAT_PX = 11.0, 5.0
_SAME_S = 1e-3


class BarLane(LaneItem):
    """A long tick and a number where a bar begins, a short one at other beats.

    Signals:
        beat_dragged(float): a beat is held at this moment in seconds, and not let go yet.
        beat_moved(int, float): the beat of an index was dragged to another moment, in seconds.
    """

    beat_dragged = Signal(float)
    beat_moved = Signal(int, float)

    def __init__(self, view_box: RollViewBox, theme: Theme) -> None:
        super().__init__(view_box, theme, HEIGHT, 8.5)
        self.setToolTip(
            "Bars: drag a bar line or a beat to where it belongs; the right button sets the "
            "time signature and where bars begin"
        )
        self.grid: BeatGrid | None = None
        self._by_hand = np.zeros(0)
        self._held: int | None = None
        self._pressed_x = 0.0
        self._moved_s: float | None = None

    def set_grid(self, grid: BeatGrid | None, by_hand: Iterable[float] = ()) -> None:
        """Shows these beats, or none.

        Args:
            by_hand: seconds of those that a hand has set.
        """
        self.grid = grid
        self._by_hand = np.array(sorted(by_hand))
        self._held = self._moved_s = None
        self.update()

    def bar_at(self, time_s: float) -> BarLine | None:
        """The bar that a moment lies in, before the music the first one of it; None where none
        are shown."""
        if self.grid is None:
            return None
        bar = self.grid.bar_at(time_s)
        return bar if bar.number else next((one for one in self.grid.bars if one.number), bar)

    # Painting.

    def paint(self, painter: QPainter, *args: Any) -> None:
        painter.save()
        painter.setClipRect(self.boundingRect())
        painter.fillRect(self.boundingRect(), QColor(self._theme.panel))
        if self.grid is not None:
            self._paint_ticks(painter, self.grid)
            self._paint_labels(painter, self.grid)
        painter.restore()

    def _beats_in_view(self, grid: BeatGrid) -> Iterator[tuple[int, float]]:
        """The beats that are shown, by their index, and where they are."""
        box = self._view_box
        x = self.size().width() / max(box.span_s, 1e-9)
        if shows_beats(grid, box.start_s, box.end_s, x):
            first, last = (
                int(place) for place in np.searchsorted(grid.beats_s, (box.start_s, box.end_s))
            )
            beats: Iterable[int] = range(first, last)
        else:
            step = every_nth(grid, box.start_s, box.end_s, x, _GRIP_PX * 2)
            shown = grid.every_bar(box.start_s, box.end_s, step)
            beats = (grid.bars[index].beat for index in shown)
        for beat in beats:
            yield beat, self.x(float(grid.beats_s[beat]))

    def _paint_ticks(self, painter: QPainter, grid: BeatGrid) -> None:
        plain: list[QLineF] = []
        by_hand: list[QLineF] = []
        for beat, x in self._beats_in_view(grid):
            is_held = beat == self._held and self._moved_s is not None
            at_s = self._moved_s if is_held and self._moved_s is not None else float(
                grid.beats_s[beat]
            )
            x = round(self.x(at_s)) + 0.5
            length = _BAR_PX if grid.is_bar(beat) else _BEAT_PX
            line = QLineF(x, HEIGHT - length, x, HEIGHT)
            (by_hand if is_held or self._is_by_hand(at_s) else plain).append(line)
        painter.setPen(QPen(QColor(self._theme.octave), 1))
        painter.drawLines(plain)
        painter.setPen(QPen(QColor(self._theme.accent), 2))
        painter.drawLines(by_hand)

    def _is_by_hand(self, at_s: float) -> bool:
        place = int(np.searchsorted(self._by_hand, at_s - _SAME_S))
        return place < len(self._by_hand) and self._by_hand[place] < at_s + _SAME_S

    def _paint_labels(self, painter: QPainter, grid: BeatGrid) -> None:
        box = self._view_box
        x = self.size().width() / max(box.span_s, 1e-9)
        step = every_nth(grid, box.start_s, box.end_s, x, _LABEL_EVERY_PX)
        painter.setFont(self._font)
        for index in grid.every_bar(box.start_s - _LABEL_EVERY_PX / x, box.end_s, step):
            bar = grid.bars[index]
            if bar.number == 0:
                continue
            left = self.x(bar.start_s) + 4
            number = str(bar.number)
            painter.setPen(QColor(self._theme.text))
            room = QRectF(left, 0, 300, HEIGHT - 4)
            self._write(painter, number, room)
            if bar.number == 1 or grid.bars[max(0, index - step)].meter != bar.meter:
                painter.setPen(QColor(self._theme.accent))
                room.setLeft(left + self._metrics.horizontalAdvance(number) + 5)
                self._write(painter, str(bar.meter), room)

    # Mouse.

    def hoverMoveEvent(self, event: QGraphicsSceneHoverEvent) -> None:
        is_beat = self._beat_at(event.pos().x()) is not None
        self.setCursor(Qt.CursorShape.SizeHorCursor if is_beat else Qt.CursorShape.ArrowCursor)

    def mousePressEvent(self, event: QGraphicsSceneMouseEvent) -> None:
        self._held = self._moved_s = None
        if event.button() == Qt.MouseButton.LeftButton:
            self._pressed_x = event.pos().x()
            self._held = self._beat_at(self._pressed_x)
            if self._held is not None:
                event.accept()
                return
        super().mousePressEvent(event)

    def mouseMoveEvent(self, event: QGraphicsSceneMouseEvent) -> None:
        x = event.pos().x()
        if self._held is None or self.grid is None:
            return
        if self._moved_s is None and abs(x - self._pressed_x) < _DRAG_PX:
            return
        beats_s, held = self.grid.beats_s, self._held
        # Within its neighbours: what passes another one would be another beat.
        first_s = float(beats_s[held - 1]) if held else 0.0
        last_s = float(beats_s[held + 1]) if held + 1 < len(beats_s) else self.time(x)
        self._moved_s = min(max(self.time(x), first_s), last_s)
        self.beat_dragged.emit(self._moved_s)
        self.update()

    def mouseReleaseEvent(self, event: QGraphicsSceneMouseEvent) -> None:
        held, moved_s = self._held, self._moved_s
        # A beat that was dragged stays there until the bars are found anew.
        if held is not None and moved_s is not None:
            self.beat_moved.emit(held, moved_s)
        elif held is not None:
            self._held = None
            self.clicked.emit(self.time(event.pos().x()))

    def _beat_at(self, x: float) -> int | None:
        if self.grid is None:
            return None
        near = [(abs(at - x), beat) for beat, at in self._beats_in_view(self.grid)
                if abs(at - x) <= _GRIP_PX]
        return min(near)[1] if near else None
