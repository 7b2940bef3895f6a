"""The pitch curves of notes over their bars: a row is 100 cents high."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import numpy as np
import pyqtgraph as pg
from numpy.typing import NDArray
from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QPainter, QPainterPath, QPen

from app.style.theme_colours import Theme
from app.views.stage.feed.note_index import Bar
from app.views.stage.view_scale import ViewScale

# In lower rows a curve could not be read, nor upon shorter bars.
LEAST_ROW_PX, _LEAST_BAR_PX = 10.0, 10.0
# Points nearer to each other than this make no difference.
_POINT_PX = 1.5
# No curve goes further than to the next key.
MOST_CENTS = 100.0
# Lines of one pixel are painted in a thirtieth of the time that wider ones take: a few of them,
# one above the other, look the same.
_HALO_AT, _LINE_AT = (-1.5, 1.5), (-0.4, 0.4)

# Moments in seconds and cents of what sounds of a pitch between two moments.
Measured = Callable[[int, float, float], tuple[NDArray[np.float64], NDArray[np.float32]]]


class PitchLineRenderer:
    """Paints in pixels: bright with a dark edge, so that it is seen upon bars and beside them."""

    def __init__(self, theme: Theme) -> None:
        self.set_theme(theme)

    def set_theme(self, theme: Theme) -> None:
        halo = QColor(theme.stage)
        halo.setAlphaF(0.7)
        self._pens = [
            (QPen(colour, 1), places)
            for colour, places in ((halo, _HALO_AT), (QColor(theme.cursor), _LINE_AT))
        ]

    @staticmethod
    def is_readable(scale: ViewScale) -> bool:
        """Whether rows are high enough."""
        return scale.y >= LEAST_ROW_PX

    def draw(
        self, painter: QPainter, bars: Iterable[Bar], head_s: float, scale: ViewScale,
        measured: Measured | None = None,
    ) -> None:
        """Paints the curves of bars, as far as they are within the picture.

        Args:
            head_s: until when bars reach that sound on.
            measured: says the cents of those that have no curve yet.
        """
        paths = [path for bar in bars if (path := self._path(bar, head_s, scale, measured))]
        painter.setBrush(Qt.BrushStyle.NoBrush)
        for pen, places in self._pens:
            painter.setPen(pen)
            for beside in places:
                painter.translate(0, beside)
                for path in paths:
                    painter.drawPath(path)
                painter.translate(0, -beside)

    def _path(
        self, bar: Bar, head_s: float, scale: ViewScale, measured: Measured | None
    ) -> QPainterPath | None:
        end_s = max(head_s, bar.onset_s) if bar.is_open else bar.offset_s
        if (end_s - bar.onset_s) * scale.x < _LEAST_BAR_PX:
            return None
        margin_s = 4 / scale.x
        start_s, stop_s = scale.start_s - margin_s, scale.end_s + margin_s
        if bar.cents:
            part_s = (end_s - bar.onset_s) / len(bar.cents)
            first = max(0, int((start_s - bar.onset_s) / part_s))
            last = min(len(bar.cents), int((stop_s - bar.onset_s) / part_s) + 1)
            cents = np.array(bar.cents[first:last], np.float32)
            times = bar.onset_s + (np.arange(first, first + len(cents)) + 0.5) * part_s
        elif measured is not None:
            times, cents = measured(bar.pitch, max(bar.onset_s, start_s), min(end_s, stop_s))
        else:
            return None
        if len(cents) < 2:
            return None
        step = max(1, int(_POINT_PX / max((times[1] - times[0]) * scale.x, 1e-6)))
        if step > 1 and len(cents) > 2 * step:
            count = len(cents) // step * step
            times = times[:count].reshape(-1, step).mean(axis=1)
            cents = cents[:count].reshape(-1, step).mean(axis=1)
        x = (times - scale.start_s) * scale.x
        y = scale.middle(bar.pitch) - np.clip(cents, -MOST_CENTS, MOST_CENTS) / 100 * scale.y
        path: QPainterPath = pg.arrayToQPath(x, y)
        return path
