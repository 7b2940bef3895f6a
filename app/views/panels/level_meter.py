"""How loud the input is, and whether it clips."""

from __future__ import annotations

import math

from PySide6.QtCore import QElapsedTimer, QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QLinearGradient, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from app.style.theme_colours import Theme

LOWEST_DB = -60.0
# From here on the level counts as high, and this long the clip light stays on.
_HIGH_DB = -9.0
CLIP_HOLD_MS = 1500
# How far the bar falls from one report to the next; there are about 30 in a second.
_FALL_DB = 1.6
_HEIGHT, _THICK_PX, _LIGHT_PX, _GAP_PX = 24, 6, 8, 6
# How far the gate's mark reaches above and below the bar, and how wide it is.
_BEYOND_PX, _MARK_PX = 3, 2
# Of the track while no device sends.
_LOST_OPACITY = 0.4
# Levels below this are not to be seen.
_LEAST_DB = 0.99 * LOWEST_DB


def decibels(peak: float) -> float:
    """Level in dB relative to full scale of a peak from 0 to 1, not below the meter's foot."""
    return max(LOWEST_DB, 20 * math.log10(peak)) if peak > 0 else LOWEST_DB


class LevelMeter(QWidget):
    """A bar from -60 to 0 dB that rises at once and falls slowly, and a light for clipping."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._level_db = LOWEST_DB
        self._gate_db: float | None = None
        self._is_lost = False
        self._length = 112
        self._clipped = QElapsedTimer()
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
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
        self.update()

    def set_level(self, peak: float, clipped: bool) -> None:
        """Takes the peak since the last report (0 to 1) and whether it clipped."""
        if self._is_lost:
            # A report of before the loss, on its way since.
            return
        self._level_db = max(decibels(peak), self._level_db - _FALL_DB)
        if clipped:
            self._clipped.start()
        self.update()

    def set_gate(self, gate_db: float | None) -> None:
        """Marks the threshold of the noise gate in dB, or none."""
        self._gate_db = gate_db
        self.update()

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
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(self._length, _HEIGHT)

    def minimumSizeHint(self) -> QSize:
        return QSize(-1, -1)

    # Painting.

    def paintEvent(self, event: QPaintEvent) -> None:
        width, theme = max(self.width() - _LIGHT_PX - _GAP_PX, 0), self._theme
        middle, radius = self.height() / 2, _LIGHT_PX / 2
        track = QRectF(0, middle - _THICK_PX / 2, width, _THICK_PX)
        with QPainter(self) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setOpacity(_LOST_OPACITY if self._is_lost else 1.0)
            _fill(painter, track, QColor(theme.line))
            painter.setOpacity(1.0)
            if self._level_db > _LEAST_DB:
                bar = QRectF(track)
                # As long as its round ends at least.
                bar.setWidth(max(_x(min(self._level_db, 0.0), width), _THICK_PX))
                _fill(painter, bar, self._colours(width))
            painter.setBrush(QColor(theme.live if self.is_clipping else theme.line))
            painter.drawEllipse(QPointF(self.width() - radius, middle), radius, radius)
            if self._gate_db is not None:
                x = _x(max(self._gate_db, LOWEST_DB), width)
                reach = _THICK_PX / 2 + _BEYOND_PX
                mark = QRectF(x - _MARK_PX / 2, middle - reach, _MARK_PX, 2 * reach)
                painter.fillRect(mark, QColor(theme.text))

    def _colours(self, width: float) -> QLinearGradient:
        colours, theme = QLinearGradient(0, 0, width, 0), self._theme
        high = 1 - _HIGH_DB / LOWEST_DB
        for place, colour in (
            (0.0, theme.good), (high - 0.08, theme.good), (high, theme.warn), (1.0, theme.live)
        ):
            colours.setColorAt(place, QColor(colour))
        return colours


def _x(level_db: float, width: float) -> float:
    return width * (1 - level_db / LOWEST_DB)


def _fill(painter: QPainter, room: QRectF, brush: QColor | QLinearGradient) -> None:
    """With round ends."""
    painter.setBrush(brush)
    painter.drawRoundedRect(room, _THICK_PX / 2, _THICK_PX / 2)
