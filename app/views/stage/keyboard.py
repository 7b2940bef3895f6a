"""The piano keyboard at the left of the stage, whose keys light up with the notes."""

from __future__ import annotations

import math
from collections.abc import Mapping

from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QFont,
    QFontMetricsF,
    QLinearGradient,
    QMouseEvent,
    QPainter,
    QPaintEvent,
)
from PySide6.QtWidgets import QSizePolicy, QWidget

from app.music.note_naming import NoteNaming
from app.style import theme as themes
from app.style.theme_colours import Theme
from app.views.stage.axes import Axes
from model.pitch import HIGHEST_PITCH, LOWEST_PITCH, is_black_key

WIDTH = 84
_BLACK_SHARE = 0.62
# What is left of a released key's light after each step, and where it counts as dark.
_FADE = 0.72
_DARK = 0.03
# Rows lower than this have no room for a name on every sounding key.
_ROW_FOR_NAMES_PX = 10.0
# What is laid over keys that the instrument does not have.
_OUT_OF_RANGE = 0.72
# Names on keys that glow, in every theme.
_LIT_TEXT = "#14161d"


class Keyboard(QWidget):
    """One key for each pitch in view, in line with the stage's rows.

    Signals:
        struck(int): the user pressed the key of this MIDI pitch.
    """

    struck = Signal(int)

    def __init__(self, axes: Axes, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._axes = axes
        self._theme = theme
        self._lit: dict[int, float] = {}
        self._light: dict[int, float] = {}
        self.setFixedWidth(WIDTH)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Expanding)
        self.setAccessibleName("Keyboard")
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self._shown = (0.0, 0.0)
        self._naming = NoteNaming()
        self._range = (LOWEST_PITCH, HIGHEST_PITCH)
        axes.changed.connect(self._view_changed)

    @property
    def lit(self) -> Mapping[int, float]:
        """Strength (0..1) of the keys that are held down now, by MIDI pitch."""
        return self._lit

    @property
    def is_fading(self) -> bool:
        """Whether released keys still glow."""
        return self._light.keys() != self._lit.keys()

    def set_theme(self, theme: Theme) -> None:
        self._theme = theme
        self.update()

    def set_naming(self, naming: NoteNaming) -> None:
        """How the keys are called."""
        self._naming = naming
        self._describe()
        self.update()

    def set_range(self, lowest: int, highest: int) -> None:
        """Dims all keys but those from `lowest` to `highest`, MIDI pitches, both included."""
        self._range = (lowest, highest)
        self.update()

    def light(self, strengths: Mapping[int, float]) -> None:
        """Holds down these keys (strength 0..1 by MIDI pitch) and lets all others go."""
        if strengths == self._lit:
            return
        self._lit = dict(strengths)
        self._light.update(self._lit)
        self._describe()
        self.update()

    def fade(self) -> None:
        """One step of the fading of released keys."""
        if not self.is_fading:
            return
        for pitch in self._light.keys() - self._lit.keys():
            self._light[pitch] *= _FADE
            if self._light[pitch] < _DARK:
                del self._light[pitch]
        self.update()

    def _describe(self) -> None:
        names = ", ".join(self._naming.name(pitch) for pitch in sorted(self._lit))
        self.setAccessibleDescription(f"Sounding: {names}" if names else "Nothing sounds")

    def _view_changed(self) -> None:
        # Moving on in time, as in every frame of a live take, leaves the keys where they are.
        pitches = (self._axes.low, self._axes.high)
        if pitches != self._shown:
            self._shown = pitches
            self.update()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton:
            place = event.position()
            pitch = round(self._axes.pitch_at(place.y(), self.height()))
            # Beside the black keys' ends, the row belongs to the nearer white key.
            if is_black_key(pitch) and place.x() > self.width() * _BLACK_SHARE:
                exact = self._axes.pitch_at(place.y(), self.height())
                pitch += 1 if exact > pitch else -1
            if LOWEST_PITCH <= pitch <= HIGHEST_PITCH:
                self.struck.emit(pitch)

    def sizeHint(self) -> QSize:
        return QSize(WIDTH, 400)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.fillRect(self.rect(), QColor(self._theme.key_line))
        low = max(LOWEST_PITCH, math.floor(self._axes.low - 1.5))
        high = min(HIGHEST_PITCH, math.ceil(self._axes.high + 1.5))
        pitches = range(low, high + 1)
        for pitch in pitches:
            if not is_black_key(pitch):
                self._paint_white(painter, pitch)
        for pitch in pitches:
            if is_black_key(pitch):
                self._paint_black(painter, pitch)
        for pitch in pitches:
            self._paint_name(painter, pitch)
        # The rail between the keys and the stage.
        painter.fillRect(QRectF(self.width() - 1, 0, 1, self.height()), QColor(self._theme.line))
        painter.end()

    def _paint_white(self, painter: QPainter, pitch: int) -> None:
        # A white key reaches to the middle of the black keys beside it.
        below = 1.0 if is_black_key(pitch - 1) and pitch > LOWEST_PITCH else 0.5
        above = 1.0 if is_black_key(pitch + 1) and pitch < HIGHEST_PITCH else 0.5
        height = float(self.height())
        top = round(self._axes.y(pitch + above, height))
        bottom = round(self._axes.y(pitch - below, height))
        key = QRectF(0, top, self.width() - 2, bottom - top - 1)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(self._theme.white_key))
        painter.drawRoundedRect(key.adjusted(-4, 0, 0, 0), 2.5, 2.5)
        self._paint_light(painter, key, pitch)

    def _paint_black(self, painter: QPainter, pitch: int) -> None:
        height = float(self.height())
        top = round(self._axes.y(pitch + 0.5, height))
        bottom = round(self._axes.y(pitch - 0.5, height))
        key = QRectF(0, top, self.width() * _BLACK_SHARE, bottom - top)
        base = QColor(self._theme.black_key)
        shade = QLinearGradient(key.topLeft(), key.topRight())
        shade.setColorAt(0, base)
        shade.setColorAt(0.9, base.lighter(135))
        shade.setColorAt(1, base)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(shade)
        painter.drawRoundedRect(key.adjusted(-4, 0, 0, 0), 2, 2)
        self._paint_light(painter, key, pitch)

    def _is_in_range(self, pitch: int) -> bool:
        return self._range[0] <= pitch <= self._range[1]

    def _paint_light(self, painter: QPainter, key: QRectF, pitch: int) -> None:
        if not self._is_in_range(pitch):
            veil = QColor(self._theme.panel)
            veil.setAlphaF(_OUT_OF_RANGE)
            painter.setBrush(veil)
            painter.drawRoundedRect(key.adjusted(-4, 0, 0, 0), 2.5, 2.5)
        strength = self._light.get(pitch)
        if strength is None:
            return
        colour = self._theme.pitch_colour(pitch)
        glow = QLinearGradient(key.topLeft(), key.topRight())
        for place, opacity in ((0.0, 0.55), (0.6, 0.9), (1.0, 1.0)):
            colour.setAlphaF(opacity * (0.35 + 0.65 * strength))
            glow.setColorAt(place, colour)
        painter.setBrush(glow)
        painter.drawRoundedRect(key.adjusted(-4, 0, 0, 0), 2.5, 2.5)

    def _paint_name(self, painter: QPainter, pitch: int) -> None:
        """The name of a C, and of any key that is held down when there is room."""
        height = float(self.height())
        row = height / (self._axes.high - self._axes.low)
        is_c, is_lit = pitch % 12 == 0, pitch in self._lit
        if not is_c and not (is_lit and row >= _ROW_FOR_NAMES_PX):
            return
        if not self._is_in_range(pitch) and not is_lit:
            return
        black = is_black_key(pitch)
        font = themes.font(9, weight=QFont.Weight.DemiBold if is_lit else QFont.Weight.Medium)
        font.setPixelSize(int(min(max(row * 0.95, 10), 13)))
        name = self._naming.name(pitch)
        metrics = QFontMetricsF(font)
        right = self.width() * _BLACK_SHARE - 5 if black else self.width() - 8
        middle = self._axes.y(pitch if black else pitch + 0.1, height)
        half = metrics.capHeight() / 2
        # A name that would be cut in two by the edge of the view says nothing.
        if half < middle < height - half - 2:
            painter.setFont(font)
            painter.setPen(QColor(_LIT_TEXT if pitch in self._light else self._theme.key_text))
            left = right - metrics.horizontalAdvance(name)
            painter.drawText(QPointF(left, middle + half), name)
