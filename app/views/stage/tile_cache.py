"""Pictures of what does not move on the stage, side by side, kept while the view scrolls."""

from __future__ import annotations

import math
from collections.abc import Callable

from PySide6.QtCore import QPointF, QSizeF
from PySide6.QtGui import QColor, QPainter, QPixmap

from app.views.stage.axes import Axes
from app.views.stage.view_scale import ViewScale

# A multiple of four, so that tiles end between pixels on screens of 1.25 and 1.5 as well.
TILE_PX = 256
# Tiles that are kept beyond each side of the view.
_SPARE = 3


class Tiles:
    """Paints each tile once and again only when something in it has changed."""

    def __init__(
        self, axes: Axes, paint: Callable[[QPainter, ViewScale], None], background: str
    ) -> None:
        """Args: `paint` paints what there is in a picture of this scale."""
        self._axes = axes
        self._paint = paint
        self._background = background
        self._tiles: dict[int, QPixmap] = {}
        self._stale: set[int] = set()
        # What the tiles were painted for: pixels of a second, pitches, height, pixel ratio.
        self._shape: tuple[float, ...] = ()
        self._x = 1.0

    def set_background(self, colour: str) -> None:
        self._background = colour
        self.forget()

    def forget(self) -> None:
        """Everything is different."""
        self._tiles = {}
        self._stale = set()

    def forget_between(self, start_s: float, end_s: float) -> None:
        """Something is different between two moments."""
        # Lines and round corners reach a little beyond.
        first = math.floor((start_s * self._x - 4) / TILE_PX)
        last = math.floor((end_s * self._x + 4) / TILE_PX)
        self._stale |= {tile for tile in self._tiles if first <= tile <= last}

    def draw(self, painter: QPainter, width: float, height: float) -> ViewScale:
        """Paints the view of the axes; returns the scale of it.

        The view begins at a whole pixel, so that nothing flickers while it scrolls.
        """
        ratio = painter.device().devicePixelRatioF()
        axes = self._axes
        x = width / axes.span_s
        # The same span of time comes with another rounding at every moment.
        if not math.isclose(x, self._x, rel_tol=1e-9):
            self._x = x
            self.forget()
        shape = (axes.low, axes.high, height, ratio)
        if shape != self._shape:
            self._shape = shape
            self.forget()
        x = self._x
        origin = round(axes.start_s * x * ratio) / ratio
        first, last = math.floor(origin / TILE_PX), math.floor((origin + width) / TILE_PX)
        for tile in [*self._tiles]:
            if not first - _SPARE <= tile <= last + _SPARE:
                del self._tiles[tile]
        for tile in range(first, last + 1):
            if tile not in self._tiles or tile in self._stale:
                self._tiles[tile] = self._painted(tile, height, ratio)
                self._stale.discard(tile)
            painter.drawPixmap(QPointF(tile * TILE_PX - origin, 0), self._tiles[tile])
        return ViewScale(axes, origin / x, x, width, height)

    def _painted(self, tile: int, height: float, ratio: float) -> QPixmap:
        picture = self._tiles.get(tile)
        if picture is None:
            size = QSizeF(TILE_PX * ratio, math.ceil(height * ratio)).toSize()
            picture = QPixmap(size)
            picture.setDevicePixelRatio(ratio)
        picture.fill(QColor(self._background))
        scale = ViewScale(self._axes, tile * TILE_PX / self._x, self._x, TILE_PX, height)
        painter = QPainter(picture)
        self._paint(painter, scale)
        painter.end()
        return picture
