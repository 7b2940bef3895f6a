"""How loud the input is, and whether it clips."""

from __future__ import annotations

import math

from PySide6.QtCore import QElapsedTimer, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QLinearGradient, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from app.style.theme_colours import Theme

LOWEST_DB = -60.0
# From here on the level counts as high, and this long the clip light stays on.
_HIGH_DB = -9.0
CLIP_HOLD_MS = 1500
# How far the bar falls from one report to the next; there are about 30 in a second.
_FALL_DB = 1.6


def decibels(peak: float) -> float:
    """Level in dB relative to full scale of a peak from 0 to 1, not below the meter's foot."""
    return max(LOWEST_DB, 20 * math.log10(peak)) if peak > 0 else LOWEST_DB


class LevelMeter(QWidget):
    """A bar from -60 to 0 dB that rises at once and falls slowly, and a light for clipping."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._level_db = LOWEST_DB
        self._gate_db: float | None = None
        self._length = 112
        self._clipped = QElapsedTimer()
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.setAccessibleName("Input level")
        self.setToolTip(
            "Input level while you play live, from -60 dB to full scale.\n"
            "The light at its end turns red when the sound clips: turn the input down."
        )

    @property
    def level_db(self) -> float:
        return self._level_db

    @property
    def is_clipping(self) -> bool:
        """Whether the clip light is on."""
        return self._clipped.isValid() and self._clipped.elapsed() < CLIP_HOLD_MS

    def set_theme(self, theme: Theme) -> None:
        self._theme = theme
        self.update()

    def set_level(self, peak: float, clipped: bool) -> None:
        """Takes the peak since the last report (0 to 1) and whether it clipped."""
        self._level_db = max(decibels(peak), self._level_db - _FALL_DB)
        if clipped:
            self._clipped.start()
        self.update()

    def set_gate(self, gate_db: float | None) -> None:
        """Marks the threshold of the noise gate in dB, or none."""
        if gate_db != self._gate_db:
            self._gate_db = gate_db
            self.update()

    def set_length(self, pixels: int | None) -> None:
        """Takes so much room, or as much as there is."""
        self._length = pixels or 80
        grows = QSizePolicy.Policy.Expanding if pixels is None else QSizePolicy.Policy.Fixed
        self.setSizePolicy(grows, QSizePolicy.Policy.Fixed)
        self.updateGeometry()

    def clear(self) -> None:
        """Silence: nobody is listening."""
        self._level_db = LOWEST_DB
        self._clipped.invalidate()
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(self._length, 24)

    def paintEvent(self, event: QPaintEvent) -> None:
        theme = self._theme
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        light = 8.0
        length, thick = self.width() - light - 6, 6.0
        top = (self.height() - thick) / 2
        painter.setBrush(QColor(theme.line))
        painter.drawRoundedRect(QRectF(0, top, length, thick), 3, 3)
        share = 1 - min(self._level_db, 0.0) / LOWEST_DB
        if share > 0.01:
            high = 1 - _HIGH_DB / LOWEST_DB
            colours = QLinearGradient(0, 0, length, 0)
            for place, colour in (
                (0.0, theme.good), (high - 0.08, theme.good), (high, theme.warn), (1.0, theme.live)
            ):
                colours.setColorAt(place, QColor(colour))
            painter.setBrush(colours)
            painter.drawRoundedRect(QRectF(0, top, max(length * share, thick), thick), 3, 3)
        if self._gate_db is not None:
            at = length * (1 - max(self._gate_db, LOWEST_DB) / LOWEST_DB)
            painter.setBrush(QColor(theme.text))
            painter.drawRoundedRect(QRectF(at - 1, top - 4, 2, thick + 8), 1, 1)
        painter.setBrush(QColor(theme.live if self.is_clipping else theme.line))
        painter.drawEllipse(
            QRectF(self.width() - light, (self.height() - light) / 2, light, light)
        )
        painter.end()
