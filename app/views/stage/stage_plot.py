"""The scene of the stage: time axis, keyboard, spectrogram with notes, and overview."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pyqtgraph as pg
from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QColor, QImage, QPainter, QResizeEvent
from PySide6.QtWidgets import QWidget

from app.music.beats.beat_grid import BeatGrid
from app.style.theme_colours import Theme
from app.views.plot import Plot, PlotLine
from app.views.stage.device_item import keep_with_pixels
from app.views.stage.keyboard_item import KeyboardItem
from app.views.stage.lanes.bar_lane import HEIGHT as BARS_HEIGHT
from app.views.stage.lanes.bar_lane import BarLane
from app.views.stage.lanes.chord_lane import ChordLane, KeyCorner
from app.views.stage.lanes.lane_item import LaneItem
from app.views.stage.lanes.section_lane import SectionLane
from app.views.stage.lanes.tempo_item import TempoItem
from app.views.stage.lines.bar_lines_item import BarLinesItem
from app.views.stage.overview import Overview
from app.views.stage.piano_roll_item import PianoRollItem
from app.views.stage.roll_view_box import RollViewBox
from app.views.stage.selection_item import SelectionItem
from app.views.stage.spectrogram_renderer import Spectrogram
from app.views.stage.tile_cache_item import TileCacheItem
from app.views.stage.time_axis_item import TimeAxisItem

# A press that moves less than this is a click.
_CLICK_PX = 4


class StagePlot(Plot):
    """Lays the items out, the axes linked to the view box, and dresses them.

    Attributes:
        view_box: the time and pitch in view; time_axis, keyboard: its axes.
        bar_lane, tempo, bar_lines: the row of bars, what their tempo is, and the lines below.
        sections, chords, key: the rows above the time axis, and the key beside them.
        tiles, roll, selection: what it shows, from back to front.
        overview: the whole piece.
    """

    def __init__(self, spectrogram: Spectrogram, roll: PianoRollItem, theme: Theme) -> None:
        super().__init__()
        self.roll = roll
        self.view_box = RollViewBox()
        self.time_axis = TimeAxisItem(theme)
        self.sections = SectionLane(self.view_box, theme)
        self.bar_lane, self.tempo = BarLane(self.view_box, theme), TempoItem(theme, BARS_HEIGHT)
        self.bar_lines = BarLinesItem(theme)
        self.chords, self.key = ChordLane(self.view_box, theme), KeyCorner(theme)
        self.keyboard = KeyboardItem(theme)
        self.tiles = TileCacheItem(spectrogram, roll, theme)
        self.selection = SelectionItem(theme)
        self.overview = Overview(self.view_box, roll.track, theme)
        self.span: tuple[float, float] | None = None
        self._loops, self._span_text = False, ""
        self._cursor_s = 0.0
        self._span = _Span()
        self._cursor = _Cursor()
        for item in (
            self.tiles, roll, self.bar_lines, self._span, self.selection, self._cursor
        ):
            self.view_box.addItem(item, ignoreBounds=True)
        self._span.hide()
        for place, part in (
            ((0, 1), self.sections), ((1, 0), self.key), ((1, 1), self.chords),
            ((2, 0), self.tempo), ((2, 1), self.bar_lane), ((3, 1), self.time_axis),
            ((4, 0), self.keyboard), ((4, 1), self.view_box), ((5, 1), self.overview),
        ):
            self.centralLayout.addItem(part, *place)
        self.time_axis.linkToView(self.view_box)
        self.keyboard.linkToView(self.view_box)
        # However long a button is held: what does not move is no drag.
        self.scene().setMoveDistance(_CLICK_PX)
        self.scene().minDragTime = float("inf")
        self._parts = {
            _Part("Sections", self): self.sections,
            _Part("Bars", self): self.bar_lane,
            _Part("Chords", self): self.chords,
            _Part("Time ruler", self): self.time_axis,
            _Part("Notes over the spectrogram", self): self.view_box,
            _Part("Overview", self): self.overview,
        }
        for teller, lane in self._parts.items():
            if isinstance(lane, LaneItem):
                lane.described.connect(teller.setAccessibleDescription)
        keys = _Part("Keyboard", self)
        self._parts[keys] = self.keyboard
        self.keyboard.described.connect(keys.setAccessibleDescription)
        # A row above may come or go.
        self.view_box.sigResized.connect(lambda *_: self._place_parts())
        # The items cover all of it, so nothing needs to be laid beneath them.
        self.viewport().setAutoFillBackground(False)
        self.viewport().setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.set_theme(theme)

    def set_theme(self, theme: Theme) -> None:
        self._theme = theme
        for part in (
            self.sections, self.chords, self.key, self.bar_lane, self.tempo, self.bar_lines,
            self.time_axis, self.keyboard, self.tiles, self.roll, self.selection, self.overview,
        ):
            part.set_theme(theme)
        self._cursor.setPen(pg.mkPen(theme.cursor, width=2))
        self.set_span(self.span, loops=self._loops, text=self._span_text)

    def set_cursor(self, cursor_s: float | None) -> None:
        """Draws a line at a moment, or none."""
        self._cursor.setVisible(cursor_s is not None)
        if cursor_s is not None:
            self._cursor.setPos(cursor_s)
        self.time_axis.set_cursor(cursor_s)
        if cursor_s is not None:
            self.sections.set_cursor(cursor_s)
            self.chords.set_cursor(cursor_s)
            self._cursor_s = cursor_s
            self.tempo.set_bar(self.bar_lane.bar_at(cursor_s))

    def set_grid(self, grid: BeatGrid | None, by_hand: Iterable[float] = ()) -> None:
        """Shows beats and bars, or none.

        Args:
            by_hand: seconds of those that a hand has set.
        """
        self.bar_lines.set_grid(grid)
        self.bar_lane.set_grid(grid, by_hand)
        for part in (self.bar_lane, self.tempo):
            part.set_shown(grid is not None)
        self.tempo.set_bar(self.bar_lane.bar_at(self._cursor_s))

    def set_span(
        self, span: tuple[float, float] | None, *, loops: bool = False, text: str = ""
    ) -> None:
        """Shows a selected part of the time, or none; it is brighter while it loops.

        Args: `text` says how long it is.
        """
        self.span, self._loops, self._span_text = span, loops, text
        self.time_axis.set_span(span, loops=loops, text=text)
        self._span.setVisible(span is not None)
        if span is None:
            return
        self._span.setRegion(span)
        inside, edge = QColor(self._theme.accent), QColor(self._theme.accent)
        inside.setAlphaF(0.14 if loops else 0.09)
        edge.setAlphaF(0.9 if loops else 0.5)
        self._span.set_colours(inside, edge)

    def redraw_notes(self) -> None:
        """Any note may look different."""
        self.tiles.forget()

    def picture(self, width: int) -> QImage:
        """What is shown, so many dots wide, drawn anew and not stretched."""
        # Few ask for it, and its parameters take a while to load.
        from pyqtgraph.exporters import ImageExporter

        exporter = ImageExporter(self.scene())
        for name, value in (
            ("width", width), ("background", QColor(self._theme.panel)), ("antialias", False)
        ):
            exporter.parameters()[name] = value
        image: QImage = exporter.export(toBytes=True)
        return image

    def drawBackground(self, painter: QPainter, rect: QRectF) -> None:
        # What no item covers are the corners above and beneath the keyboard.
        keys = self.keyboard.geometry()
        for top, bottom in ((0.0, keys.top()), (keys.bottom(), self.sceneRect().bottom())):
            painter.fillRect(
                QRectF(0, top, keys.right(), bottom - top), QColor(self._theme.panel)
            )

    def resizeEvent(self, event: QResizeEvent | None) -> None:
        super().resizeEvent(event)
        self._place_parts()

    def _place_parts(self) -> None:
        for part, item in getattr(self, "_parts", {}).items():
            part.setGeometry(item.geometry().toRect())


class _Cursor(PlotLine):
    """The moment that is played, steady among the notes."""

    def paint(self, painter: QPainter, *args: Any) -> None:
        keep_with_pixels(self, painter)
        super().paint(painter, *args)


class _Span(pg.LinearRegionItem):
    """The selected part of the time, steady among the notes, with edges of one pixel."""

    def __init__(self) -> None:
        super().__init__(movable=False)
        for line in self.lines:
            line.hide()

    def set_colours(self, inside: QColor, edge: QColor) -> None:
        self._inside, self._edge = inside, edge
        self.update()

    def paint(self, painter: QPainter, *args: Any) -> None:
        keep_with_pixels(self, painter)
        box = painter.worldTransform().mapRect(self.boundingRect())
        painter.resetTransform()
        painter.fillRect(box, self._inside)
        for left in (box.left(), box.right() - 1):
            painter.fillRect(QRectF(left, box.top(), 1, box.height()), self._edge)


class _Part(QWidget):
    """Tells screen readers of an item, as Qt does not: it lies upon it and is not seen."""

    def __init__(self, name: str, parent: QWidget) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        # It would be painted, with nothing, whenever what lies beneath it is.
        self.setUpdatesEnabled(False)
        self.setAccessibleName(name)
