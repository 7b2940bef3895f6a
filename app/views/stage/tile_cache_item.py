"""The spectrogram and the notes that have ended, as tiles that are kept while the view scrolls."""

from __future__ import annotations

import math

from PySide6.QtCore import QPointF, QRectF, QSizeF, Qt
from PySide6.QtGui import QColor, QPainter, QPixmap

from app.style.theme_colours import Theme
from app.views.stage.device_item import DeviceItem
from app.views.stage.note_bar_renderer import TILE_PX
from app.views.stage.piano_roll_item import PianoRollItem
from app.views.stage.spectrogram_renderer import Spectrogram
from app.views.stage.view_scale import ViewScale

# Tiles that are kept beyond each side of the view.
_SPARE = 3
# Live, so much that is new is painted upon the tiles in every picture, before it comes into one.
_MOST_NEW_S = 0.1


class TileCacheItem(DeviceItem):
    """Paints each tile once, and again only the part of it in which something has changed."""

    def __init__(self, spectrogram: Spectrogram, roll: PianoRollItem, theme: Theme) -> None:
        super().__init__()
        self._spectrogram, self._roll = spectrogram, roll
        self._tiles: dict[int, QPixmap] = {}
        # Of each tile from where to where it is out of date, in pixels from its left edge: all of
        # its height, and about the rows of some pitches.
        self._stale: dict[int, tuple[float, float]] = {}
        self._stale_notes: dict[int, list[tuple[float, float, int]]] = {}
        # What the tiles were painted for: pixels of a second, pitches, height, pixel ratio.
        self._shape: tuple[float, ...] = ()
        self._heard_s: float | None = None
        # From when to when there is sound that no tile has yet.
        self._new: tuple[float, float] | None = None
        self.set_theme(theme)

    def set_theme(self, theme: Theme) -> None:
        self._background = QColor(theme.stage)
        self._spectrogram.set_colours(theme.spectrogram_table())
        self.forget()

    @property
    def count(self) -> int:
        """How many tiles are kept."""
        return len(self._tiles)

    def set_heard(self, heard_s: float | None) -> None:
        """In a running take, the moment up to which there is sound."""
        self._heard_s = heard_s
        if heard_s is None:
            self._take_in_new()
        self.update()

    def forget(self) -> None:
        """Everything looks different."""
        self._forget_tiles()
        self.update()

    def _forget_tiles(self) -> None:
        self._tiles, self._stale, self._stale_notes = {}, {}, {}
        self._new = None

    def grow(self, start_s: float, end_s: float) -> None:
        """There is sound between two moments, the newest; `update` draws it."""
        self._new = (self._new or (start_s, end_s))[0], end_s
        # Where notes do not settle later, ended ones may lie there already.
        is_last = self._heard_s is None or not self._roll.settling.is_on
        if is_last or end_s - self._new[0] > _MOST_NEW_S:
            self._take_in_new()

    def _take_in_new(self) -> None:
        if self._new is not None:
            new, self._new = self._new, None
            self.forget_between(*new)

    def forget_between(self, start_s: float, end_s: float) -> None:
        """Something looks different between two moments; `update` draws it."""
        for tile, begin, end in self._within(start_s, end_s):
            if tile in self._stale:
                begin, end = min(begin, self._stale[tile][0]), max(end, self._stale[tile][1])
            self._stale[tile] = begin, end

    def forget_note(self, start_s: float, end_s: float, pitch: int) -> None:
        """A note of this pitch looks different, and what lies beside it; `update` draws it."""
        for tile, begin, end in self._within(start_s, end_s):
            self._stale_notes.setdefault(tile, []).append((begin, end, pitch))

    def _within(self, start_s: float, end_s: float) -> list[tuple[int, float, float]]:
        """The tiles between two moments, and from where to where that is in each of them."""
        # Lines and round corners reach a little beyond.
        left, right = start_s * self._x - 4, end_s * self._x + 4
        first, last = math.floor(left / TILE_PX), math.floor(right / TILE_PX)
        return [
            (tile, left - tile * TILE_PX, right - tile * TILE_PX)
            for tile in self._tiles if first <= tile <= last
        ]

    def draw(self, painter: QPainter, scale: ViewScale, ratio: float) -> None:
        shape = (scale.x, scale.low, scale.high, scale.height, ratio)
        if shape != self._shape:
            # A view that is zoomed looks different in every picture: no tile would serve twice.
            self._shape = shape
            self._forget_tiles()
            self._paint(painter, scale, QRectF(0, 0, scale.width, math.ceil(scale.height)))
        else:
            self._draw_tiles(painter, scale, ratio)
        if self._heard_s is not None:
            self._draw_newest(painter, scale, self._heard_s)

    def _draw_tiles(self, painter: QPainter, scale: ViewScale, ratio: float) -> None:
        # Exactly where the view begins: at a whole dot.
        origin = round(scale.start_s * scale.x * ratio) / ratio
        first, last = math.floor(origin / TILE_PX), math.floor((origin + scale.width) / TILE_PX)
        for tile in [*self._tiles]:
            if not first - _SPARE <= tile <= last + _SPARE:
                del self._tiles[tile]
                self._stale.pop(tile, None)
                self._stale_notes.pop(tile, None)
        for tile in range(first, last + 1):
            if tile not in self._tiles or tile in self._stale or tile in self._stale_notes:
                self._tiles[tile] = self._painted(tile, scale, ratio)
            painter.drawPixmap(QPointF(tile * TILE_PX - origin, 0), self._tiles[tile])

    def _draw_newest(self, painter: QPainter, scale: ViewScale, heard_s: float) -> None:
        """What is heard, but in no tile yet, and what has no column yet."""
        held = self._spectrogram.paint_newest(
            painter, scale, heard_s, None if self._new is None else self._new[0]
        )
        if not held.isEmpty():
            painter.save()
            painter.setClipRect(held, Qt.ClipOperation.IntersectClip)
            painter.translate(held.left(), 0)
            self._roll.paint_rows(painter, ViewScale(
                scale.start_s + held.left() / scale.x, scale.x, scale.low, scale.high,
                held.width(), scale.height,
            ))
            painter.restore()

    def _painted(self, tile: int, view: ViewScale, ratio: float) -> QPixmap:
        """A tile as it is, painted where it is out of date."""
        height = float(math.ceil(view.height))
        whole = QRectF(0, 0, TILE_PX, height)
        columns = self._stale.pop(tile, None)
        reach = self._roll.reach(view)
        parts = [
            QRectF(begin, view.middle(pitch) - reach, end - begin, 2 * reach)
            for begin, end, pitch in self._stale_notes.pop(tile, ())
        ]
        picture = self._tiles.get(tile)
        if picture is None:
            size = QSizeF(TILE_PX * ratio, math.ceil(view.height * ratio)).toSize()
            picture = QPixmap(size)
            picture.setDevicePixelRatio(ratio)
            parts = [whole]
        elif columns is not None:
            parts.append(QRectF(columns[0], 0, columns[1] - columns[0], height))
        with QPainter(picture) as painter:
            for part in parts:
                part = _in_fours(part) & whole
                if not part.isEmpty():
                    painter.save()
                    painter.translate(part.left(), 0)
                    painter.setClipRect(part.translated(-part.left(), 0))
                    self._paint(painter, ViewScale(
                        (tile * TILE_PX + part.left()) / view.x, view.x, view.low, view.high,
                        part.width(), view.height,
                    ), part)
                    painter.restore()
        return picture

    def _paint(self, painter: QPainter, scale: ViewScale, part: QRectF) -> None:
        """All that moves with the time axis and looks the same from picture to picture."""
        painter.fillRect(
            QRectF(0, part.top(), scale.width, part.height()), self._background
        )
        self._spectrogram.paint(painter, scale)
        self._roll.paint_rows(painter, scale)
        self._roll.paint_ended(painter, scale, part.top(), part.bottom())


def _in_fours(part: QRectF) -> QRectF:
    """A part and a little more: four pixels are whole dots on any screen, none painted half."""
    left, top = 4 * math.floor(part.left() / 4), 4 * math.floor(part.top() / 4)
    right, bottom = 4 * math.ceil(part.right() / 4), 4 * math.ceil(part.bottom() / 4)
    return QRectF(left, top, right - left, bottom - top)
