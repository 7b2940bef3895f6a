"""Bar lines and beats through the roll: thin, and fewer of them the more time is in view."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QLineF
from PySide6.QtGui import QColor, QPainter, QPen

from app.music.beats.beat_grid import BeatGrid
from app.style.theme_colours import Theme
from app.views.stage.device_item import DeviceItem
from app.views.stage.view_scale import ViewScale

# Beats that would lie nearer to each other are left out, and so are bars.
_BEAT_EVERY_PX, _BAR_EVERY_PX = 13.0, 16.0
_BAR_SHARE, _BEAT_SHARE = 0.34, 0.13


def shows_beats(grid: BeatGrid, start_s: float, end_s: float, x: float) -> bool:
    """Whether beats have room between two moments, where a second is `x` pixels wide."""
    count = np.searchsorted(grid.beats_s, end_s) - np.searchsorted(grid.beats_s, start_s)
    return bool((end_s - start_s) * x >= count * _BEAT_EVERY_PX)


def every_nth(grid: BeatGrid, start_s: float, end_s: float, x: float, least_px: float) -> int:
    """How many bars there are from one that is shown to the next, so that they do not crowd:
    a power of two."""
    count = int(np.searchsorted(grid.bars_s, end_s) - np.searchsorted(grid.bars_s, start_s))
    step = 1
    while (end_s - start_s) * x < least_px * count / step:
        step *= 2
    return step


class BarLinesItem(DeviceItem):
    """Hidden while there are none."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._grid: BeatGrid | None = None
        self._dragged_s: float | None = None
        self.set_theme(theme)
        self.hide()

    def set_theme(self, theme: Theme) -> None:
        self._theme = theme
        self._pens = []
        for share in (_BEAT_SHARE, _BAR_SHARE):
            colour = QColor(theme.text)
            colour.setAlphaF(share)
            self._pens.append(QPen(colour, 1))
        self.update()

    def set_grid(self, grid: BeatGrid | None) -> None:
        """Draws these beats, or none."""
        self._grid, self._dragged_s = grid, None
        self.setVisible(grid is not None)
        self.update()

    def set_dragged(self, at_s: float | None) -> None:
        """A beat is held at this moment."""
        self._dragged_s = at_s
        self.update()

    def draw(self, painter: QPainter, scale: ViewScale, ratio: float) -> None:
        grid = self._grid
        if grid is None:
            return
        start_s, end_s = scale.start_s, scale.end_s
        step = every_nth(grid, start_s, end_s, scale.x, _BAR_EVERY_PX)
        bars = [grid.bars[index].start_s for index in grid.every_bar(start_s, end_s, step)]
        if step == 1 and shows_beats(grid, start_s, end_s, scale.x):
            first, last = (int(at) for at in np.searchsorted(grid.beats_s, (start_s, end_s)))
            others = [at for beat, at in enumerate(grid.beats_s[first:last], first)
                      if not grid.is_bar(beat)]
            self._lines(painter, others, scale, ratio, self._pens[0])
        self._lines(painter, bars, scale, ratio, self._pens[1])
        if self._dragged_s is not None:
            pen = QPen(QColor(self._theme.accent), 2)
            self._lines(painter, [self._dragged_s], scale, ratio, pen)

    @staticmethod
    def _lines(
        painter: QPainter, moments_s: list[float], scale: ViewScale, ratio: float, pen: QPen
    ) -> None:
        painter.setPen(pen)
        places = (round((at - scale.start_s) * scale.x * ratio) / ratio for at in moments_s)
        # In the middle of a dot, a line of one dot is sharp.
        half = 0.5 / ratio
        painter.drawLines([QLineF(x + half, 0, x + half, scale.height) for x in places])
