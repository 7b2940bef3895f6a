"""How loud the input is, and whether it clips."""

from __future__ import annotations

import math

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QElapsedTimer, QSize, Qt
from PySide6.QtGui import QColor, QLinearGradient, QPen, QResizeEvent, QShowEvent
from PySide6.QtWidgets import QGraphicsEllipseItem, QSizePolicy, QWidget

from app.style.theme_colours import Theme
from app.views.plot import Plot, PlotCurve, PlotLine

LOWEST_DB = -60.0
# From here on the level counts as high, and this long the clip light stays on.
_HIGH_DB = -9.0
CLIP_HOLD_MS = 1500
# How far the bar falls from one report to the next; there are about 30 in a second.
_FALL_DB = 1.6
_HEIGHT, _THICK_PX, _LIGHT_PX, _GAP_PX = 24, 6, 8, 6
# How far the gate's mark reaches above and below the bar.
_BEYOND_PX = 3
# Of the track while no device sends.
_LOST_OPACITY = 0.4
# Levels below this are not to be seen.
_LEAST_DB = 0.99 * LOWEST_DB


def decibels(peak: float) -> float:
    """Level in dB relative to full scale of a peak from 0 to 1, not below the meter's foot."""
    return max(LOWEST_DB, 20 * math.log10(peak)) if peak > 0 else LOWEST_DB


class LevelMeter(Plot):
    """A bar from -60 to 0 dB that rises at once and falls slowly, and a light for clipping."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._level_db = LOWEST_DB
        self._is_lost = False
        # For which the track was laid out: how many dB its round ends are long.
        self._end_db = 0.0
        self._length = 112
        self._clipped = QElapsedTimer()
        self._box = pg.ViewBox(enableMouse=False, enableMenu=False, defaultPadding=0.0)
        self._box.disableAutoRange()
        self._box.setRange(xRange=(LOWEST_DB, 0.0), yRange=(-1.0, 1.0))
        self._track, self._bar = PlotCurve(), PlotCurve()
        around = (_THICK_PX / 2 + _BEYOND_PX) / _HEIGHT
        self._gate = PlotLine(span=(0.5 - around, 0.5 + around))
        for item in (self._track, self._bar, self._gate):
            self._box.addItem(item, ignoreBounds=True)
        self._gate.hide()
        self._light = QGraphicsEllipseItem()
        self._light.setPen(pg.mkPen(None))
        self.addItem(self._light)
        self.centralLayout.setContentsMargins(0, 0, _LIGHT_PX + _GAP_PX, 0)
        self.centralLayout.addItem(self._box, 0, 0)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.viewport().setAutoFillBackground(False)
        self.setRenderHint(self.renderHints().Antialiasing)
        self.setAccessibleName("Input level")
        self.setToolTip(
            "Input level while you play live, from -60 dB to full scale.\n"
            "The light at its end turns red when the sound clips: turn the input down."
        )
        self.set_theme(theme)

    @property
    def level_db(self) -> float:
        return self._level_db

    @property
    def is_lost(self) -> bool:
        """Whether there is no device whose level could be shown."""
        return self._is_lost

    @property
    def is_clipping(self) -> bool:
        """Whether the clip light is on."""
        return self._clipped.isValid() and self._clipped.elapsed() < CLIP_HOLD_MS

    def set_theme(self, theme: Theme) -> None:
        self._theme = theme
        colours = QLinearGradient(LOWEST_DB, 0, 0, 0)
        high = 1 - _HIGH_DB / LOWEST_DB
        for place, colour in (
            (0.0, theme.good), (high - 0.08, theme.good), (high, theme.warn), (1.0, theme.live)
        ):
            colours.setColorAt(place, QColor(colour))
        for curve, brush in ((self._track, QColor(theme.line)), (self._bar, colours)):
            pen = QPen(brush, _THICK_PX, c=Qt.PenCapStyle.RoundCap)
            pen.setCosmetic(True)
            curve.setPen(pen)
        self._gate.setPen(pg.mkPen(theme.text, width=2))
        self._show()

    def set_level(self, peak: float, clipped: bool) -> None:
        """Takes the peak since the last report (0 to 1) and whether it clipped."""
        if self._is_lost:
            # A report of before the loss, on its way since.
            return
        self._level_db = max(decibels(peak), self._level_db - _FALL_DB)
        if clipped:
            self._clipped.start()
        # The meter of a closed panel is told of levels too.
        if self.isVisible():
            self._show()

    def set_gate(self, gate_db: float | None) -> None:
        """Marks the threshold of the noise gate in dB, or none."""
        self._gate.setVisible(gate_db is not None)
        if gate_db is not None:
            self._gate.setPos(max(gate_db, LOWEST_DB))

    def set_length(self, pixels: int | None) -> None:
        """Takes so much room, or as much as there is."""
        self._length = pixels or 80
        grows = QSizePolicy.Policy.Expanding if pixels is None else QSizePolicy.Policy.Fixed
        self.setSizePolicy(grows, QSizePolicy.Policy.Fixed)
        self.updateGeometry()

    def set_lost(self, is_lost: bool) -> None:
        """Is empty and dim while the device is lost, whatever was on its way; or shows levels."""
        if is_lost != self._is_lost:
            self._is_lost = is_lost
            self.setAccessibleDescription("The sound input is lost" if is_lost else "")
            self.clear()

    def clear(self) -> None:
        """Silence: nobody is listening."""
        self._level_db = LOWEST_DB
        self._clipped.invalidate()
        self._show()

    def sizeHint(self) -> QSize:
        return QSize(self._length, _HEIGHT)

    def minimumSizeHint(self) -> QSize:
        return QSize(-1, -1)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._show()

    def resizeEvent(self, event: QResizeEvent | None) -> None:
        super().resizeEvent(event)
        if event is not None:
            left, top = self.width() - _LIGHT_PX, (self.height() - _LIGHT_PX) / 2
            self._light.setRect(left, top, _LIGHT_PX, _LIGHT_PX)
            self._show()

    def _show(self) -> None:
        # Round ends reach as far beyond their curves as these are thick to either side.
        end_db = -LOWEST_DB / max(self._box.width(), 1.0) * _THICK_PX / 2
        foot_db, level_db = LOWEST_DB + end_db, min(self._level_db, 0.0)
        if end_db != self._end_db:
            self._end_db = end_db
            self._track.setData(np.array([foot_db, -end_db]), np.zeros(2))
        self._track.setOpacity(_LOST_OPACITY if self._is_lost else 1.0)
        self._bar.setVisible(level_db > _LEAST_DB)
        self._bar.setData(np.array([foot_db, max(level_db - end_db, foot_db)]), np.zeros(2))
        self._light.setBrush(QColor(self._theme.live if self.is_clipping else self._theme.line))
