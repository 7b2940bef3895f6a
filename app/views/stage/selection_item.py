"""What is drawn over the notes of a recording: what is chosen, a hand's, another file's, a band."""

from __future__ import annotations

import bisect
import operator
from collections.abc import Iterable, Iterator
from functools import cached_property

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen, QPolygonF

from app.style.theme_colours import Theme
from app.views.practice.mark_style import Shown, mark_colour, paint_mark
from app.views.stage.device_item import DeviceItem
from app.views.stage.feed.note_index import Bar, NoteIndex
from app.views.stage.note_bar_renderer import NoteBarRenderer
from app.views.stage.view_scale import ViewScale
from model.notes import Note

# Of more outlines than these in one view, nothing could be told apart.
_MOST_OUTLINES = 4000
_CORNER_PX = 6.0
# The shapes of what differs.
_LEAST_MARK_PX, _MOST_MARK_PX = 8.0, 16.0


class SelectionItem(DeviceItem):
    """Chosen notes have a bright edge, those that a hand changed a corner, other files outlines."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self._chosen = self._by_hand = self._preview = _Spread([])
        self._band: tuple[float, float, float, float] | None = None
        self._others = NoteIndex()
        self._missed = self._extra = _Spread([])
        self.hide()

    def set_theme(self, theme: Theme) -> None:
        self._theme = theme
        self._show()

    def set_chosen(self, notes: Iterable[Note]) -> None:
        """These notes get a bright edge."""
        self._chosen = _Spread(notes)
        self._show()

    def set_by_hand(self, notes: Iterable[Note]) -> None:
        """A hand added or changed these notes: they get a small corner."""
        self._by_hand = _Spread(notes)
        self._show()

    def set_preview(self, notes: Iterable[Note]) -> None:
        """Where a drag would put notes."""
        self._preview = _Spread(notes)
        self._show()

    def set_comparison(
        self, right: Iterable[Note], missed: Iterable[Note] = (), extra: Iterable[Note] = ()
    ) -> None:
        """Draws the notes of another file as outlines, in place of those before.

        Args:
            right, missed: those that are in the recording as well, and that are not.
            extra: those that the recording has and the other does not.
        """
        self._others = NoteIndex()
        self._others.replace(right)
        self._missed, self._extra = _Spread(missed), _Spread(extra)
        self._show()

    def set_band(self, band: tuple[float, float, float, float] | None) -> None:
        """A rubber band as (first s, last s, lower pitch, upper pitch), or none."""
        self._band = band
        self._show()

    def _show(self) -> None:
        """Most of the time there is nothing to be drawn."""
        spreads = (self._chosen, self._by_hand, self._preview, self._missed, self._extra)
        self.setVisible(any(spreads) or self._band is not None or self._others.count > 0)
        self.update()

    def draw(self, painter: QPainter, scale: ViewScale, ratio: float) -> None:
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        self._paint_outlines(painter, scale)
        self._paint_differences(painter, scale)
        if not NoteBarRenderer.is_far(scale):
            self._paint_corners(painter, scale)
        self._paint_chosen(painter, scale)
        self._paint_preview(painter, scale)
        self._paint_band(painter, scale)

    def _paint_outlines(self, painter: QPainter, scale: ViewScale) -> None:
        bars = self._others.between(scale.start_s, scale.end_s)
        if not bars or len(bars) > _MOST_OUTLINES:
            return
        # Dark beneath bright: it is seen on bars as well as between them.
        painter.setBrush(Qt.BrushStyle.NoBrush)
        dark = QColor(self._theme.stage)
        for pen in (QPen(dark, 2), QPen(QColor(self._theme.cursor), 1, Qt.PenStyle.DashLine)):
            painter.setPen(pen)
            painter.drawRects([scale.box(bar, 0.0).adjusted(1, 1, -1, -1) for bar in bars])

    def _paint_differences(self, painter: QPainter, scale: ViewScale) -> None:
        kinds: tuple[tuple[Shown, _Spread], ...] = (
            ("missed", self._missed), ("extra", self._extra)
        )
        for kind, spread in kinds:
            boxes = [box for _, box in spread.boxes(scale)]
            if len(boxes) > _MOST_OUTLINES:
                continue
            colour = mark_colour(kind, self._theme)
            line = Qt.PenStyle.DashLine if kind == "missed" else Qt.PenStyle.SolidLine
            for box in boxes:
                painter.setBrush(Qt.BrushStyle.NoBrush)
                painter.setPen(QPen(colour, 2, line))
                painter.drawRoundedRect(box, scale.radius, scale.radius)
                size = min(max(box.height(), _LEAST_MARK_PX), _MOST_MARK_PX)
                paint_mark(
                    painter, kind, QPointF(box.left(), box.center().y()), size, self._theme
                )

    def _paint_corners(self, painter: QPainter, scale: ViewScale) -> None:
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(self._theme.cursor))
        for _, box in self._by_hand.boxes(scale):
            side, corner = min(_CORNER_PX, box.height() * 0.6, box.width()), box.topRight()
            painter.drawPolygon(QPolygonF([
                corner, corner + QPointF(-side, 0), corner + QPointF(0, side)
            ]))

    def _paint_chosen(self, painter: QPainter, scale: ViewScale) -> None:
        painter.setPen(QPen(QColor(self._theme.cursor), 2))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        boxes = [box for _, box in self._chosen.boxes(scale)]
        if NoteBarRenderer.is_far(scale):
            # There may be thousands.
            painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
            painter.drawRects(boxes)
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            return
        for box in boxes:
            painter.drawRoundedRect(box, scale.radius, scale.radius)

    def _paint_preview(self, painter: QPainter, scale: ViewScale) -> None:
        painter.setPen(QPen(QColor(self._theme.cursor), 1.5, Qt.PenStyle.DashLine))
        for note, box in self._preview.boxes(scale):
            fill = self._theme.pitch_colour(note.pitch)
            fill.setAlphaF(0.6)
            painter.setBrush(fill)
            painter.drawRoundedRect(box, scale.radius, scale.radius)

    def _paint_band(self, painter: QPainter, scale: ViewScale) -> None:
        if self._band is None:
            return
        first_s, last_s, low, high = self._band
        box = QRectF(
            QPointF((first_s - scale.start_s) * scale.x, (scale.high - high) * scale.y),
            QPointF((last_s - scale.start_s) * scale.x, (scale.high - low) * scale.y),
        )
        fill = QColor(self._theme.accent)
        painter.setPen(QPen(fill, 1))
        fill.setAlphaF(0.15)
        painter.setBrush(fill)
        painter.drawRect(box)


class _Spread:
    """Notes found by the time in view; put in order of onset when they are painted first."""

    def __init__(self, notes: Iterable[Note]) -> None:
        self._given = list(notes)

    def __len__(self) -> int:
        return len(self._given)

    @cached_property
    def _notes(self) -> list[Note]:
        return sorted(self._given, key=operator.attrgetter("onset_s"))

    @cached_property
    def _onsets(self) -> list[float]:
        return [note.onset_s for note in self._notes]

    @cached_property
    def _longest_s(self) -> float:
        return max((note.offset_s - note.onset_s for note in self._given), default=0.0)

    def boxes(self, scale: ViewScale) -> Iterator[tuple[Note, QRectF]]:
        """Those in view, and where they are drawn."""
        margin_s = 4 / scale.x
        first = bisect.bisect_left(self._onsets, scale.start_s - margin_s - self._longest_s)
        last = bisect.bisect_right(self._onsets, scale.end_s + margin_s)
        for note in self._notes[first:last]:
            bar = Bar(note.onset_s, note.offset_s, note.pitch, note.velocity, note.confidence)
            yield note, scale.box(bar, 0.0)
