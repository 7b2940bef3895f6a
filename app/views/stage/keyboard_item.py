"""The piano keyboard at the left of the stage, whose keys light up with the notes."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import pyqtgraph as pg
from PySide6.QtCore import QPointF, QRectF, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QFont,
    QFontMetricsF,
    QLinearGradient,
    QPainter,
    QPixmap,
    QStaticText,
)
from PySide6.QtWidgets import QGraphicsSceneMouseEvent

from app.music.note_naming import NoteNaming
from app.style import apply_theme as themes
from app.style.theme_colours import Theme
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
# Keys that glow are kept as pictures, in so many steps of brightness; at most so many of them.
_LIGHT_STEPS = 24
_MOST_STAMPS = 768
# Names on keys that glow, in every theme.
_LIT_TEXT = "#14161d"


class KeyboardItem(pg.AxisItem):
    """The pitch axis: one key for each pitch in view, in line with the stage's rows.

    Signals:
        struck(int): the user pressed the key of this MIDI pitch.
        described(str): what sounds, in words.
    """

    struck = Signal(int)
    described = Signal(str)

    def __init__(self, theme: Theme) -> None:
        super().__init__("left")
        self._theme = theme
        self._lit: dict[int, float] = {}
        self._light: dict[int, float] = {}
        self._naming = NoteNaming()
        self._range = (LOWEST_PITCH, HIGHEST_PITCH)
        # The keys are drawn once, and those that glow upon a copy while they do.
        self.picture: QPixmap | None = None
        self._glowing: QPixmap | None = None
        # Whether the last step of fading was left out of the picture.
        self._is_left_out = False
        # Of a pitch and a step of brightness the picture of the key, and where it stands.
        self._stamps: dict[tuple[int, int], tuple[QPointF, QPixmap]] = {}
        # Of a pitch and whether it is held down its name, where there is room for it.
        self._names: dict[tuple[int, bool], _Name | None] = {}
        self.enableAutoSIPrefix(False)
        self.setWidth(WIDTH)

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
        self._redraw()

    def set_naming(self, naming: NoteNaming) -> None:
        """How the keys are called."""
        self._naming = naming
        self._describe()
        self._redraw()

    def set_range(self, lowest: int, highest: int) -> None:
        """Dims all keys but those from `lowest` to `highest`, MIDI pitches, both included."""
        self._range = (lowest, highest)
        self._redraw()

    def light(self, strengths: Mapping[int, float]) -> None:
        """Holds down these keys (strength 0..1 by MIDI pitch) and lets all others go."""
        if strengths == self._lit:
            return
        self._lit = dict(strengths)
        self._light.update(self._lit)
        self._describe()
        self._redraw_lights()

    def fade(self) -> None:
        """One step of the fading of released keys."""
        if not self.is_fading:
            return
        for pitch in self._light.keys() - self._lit.keys():
            self._light[pitch] *= _FADE
            if self._light[pitch] < _DARK:
                del self._light[pitch]
        # Twice as often as this nobody sees that a key has become a little darker.
        self._is_left_out = not self._is_left_out
        if not self.is_fading or not self._is_left_out:
            self._redraw_lights()

    def _describe(self) -> None:
        names = ", ".join(self._naming.name(pitch) for pitch in sorted(self._lit))
        self.described.emit(f"Sounding: {names}" if names else "Nothing sounds")

    def _redraw(self) -> None:
        self.picture = None
        self.update()

    def _redraw_lights(self) -> None:
        self._is_left_out = False
        self._glowing = None
        self.update()

    # Places.

    def _y(self, pitch: float) -> float:
        low, high = self.range
        return float((high - pitch) / (high - low) * self.size().height())

    def _pitch(self, y: float) -> float:
        low, high = self.range
        return float(high - y / max(self.size().height(), 1.0) * (high - low))

    def mousePressEvent(self, event: QGraphicsSceneMouseEvent) -> None:
        if event.button() != Qt.MouseButton.LeftButton:
            return
        event.accept()
        exact = self._pitch(event.pos().y())
        pitch = round(exact)
        # Beside the black keys' ends, the row belongs to the nearer white key.
        if is_black_key(pitch) and event.pos().x() > WIDTH * _BLACK_SHARE:
            pitch += 1 if exact > pitch else -1
        if LOWEST_PITCH <= pitch <= HIGHEST_PITCH:
            self.struck.emit(pitch)

    def mouseDoubleClickEvent(self, event: QGraphicsSceneMouseEvent) -> None:
        self.mousePressEvent(event)

    # Painting.

    def boundingRect(self) -> QRectF:
        return QRectF(QPointF(), self.size())

    def paint(self, painter: QPainter, *args: Any) -> None:
        if self.size().height() < 1:
            return
        ratio = painter.device().devicePixelRatioF() * painter.worldTransform().m11()
        if self.picture is None or self.picture.devicePixelRatioF() != ratio:
            self.picture = self._draw_keys(ratio)
            self._glowing = None
            self._stamps.clear()
            self._names.clear()
        if self._glowing is None:
            self._glowing = self._draw_lights(self.picture) if self._light else self.picture
        painter.drawPixmap(QPointF(), self._glowing)

    def _draw_keys(self, ratio: float) -> QPixmap:
        height = self.size().height()
        picture = QPixmap(math.ceil(WIDTH * ratio), math.ceil(height * ratio))
        picture.setDevicePixelRatio(ratio)
        picture.fill(QColor(self._theme.key_line))
        with QPainter(picture) as painter:
            low, high = self.range
            lowest, highest = math.floor(low - 1.5), math.ceil(high + 1.5)
            pitches = range(max(LOWEST_PITCH, lowest), min(HIGHEST_PITCH, highest) + 1)
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            for pitch in _from_back_to_front(pitches):
                self._paint_key(painter, pitch, None)
            for pitch in pitches:
                self._paint_name(painter, pitch, {})
            # The rail between the keys and the stage.
            painter.fillRect(QRectF(WIDTH - 1, 0, 1, height), QColor(self._theme.line))
        return picture

    def _draw_lights(self, keys: QPixmap) -> QPixmap:
        picture = keys.copy()
        # A white key that is painted anew covers the black ones beside it.
        pitches = set(self._light)
        for pitch in self._light:
            if not is_black_key(pitch):
                pitches |= {beside for beside in (pitch - 1, pitch + 1) if is_black_key(beside)}
        pitches &= {*range(LOWEST_PITCH, HIGHEST_PITCH + 1)}
        with QPainter(picture) as painter:
            for pitch in _from_back_to_front(pitches):
                painter.drawPixmap(*self._stamp(pitch, keys.devicePixelRatioF()))
            for pitch in sorted(pitches):
                self._paint_name(painter, pitch, self._light)
        return picture

    def _stamp(self, pitch: int, ratio: float) -> tuple[QPointF, QPixmap]:
        """A key as bright as it is now: a fading one looks different in every picture."""
        strength = self._light.get(pitch)
        step = -1 if strength is None else round(strength * _LIGHT_STEPS)
        if (pitch, step) not in self._stamps:
            if len(self._stamps) >= _MOST_STAMPS:
                self._stamps.clear()
            key = self._key(pitch)
            # From one whole dot of the device to another.
            top, bottom = math.floor(key.top() * ratio), math.ceil(key.bottom() * ratio)
            picture = QPixmap(math.ceil(WIDTH * ratio), max(bottom - top, 1))
            picture.setDevicePixelRatio(ratio)
            picture.fill(Qt.GlobalColor.transparent)
            with QPainter(picture) as painter:
                painter.setRenderHint(QPainter.RenderHint.Antialiasing)
                painter.translate(0, -top / ratio)
                self._paint_key(painter, pitch, None if step < 0 else step / _LIGHT_STEPS)
            self._stamps[pitch, step] = QPointF(0, top / ratio), picture
        return self._stamps[pitch, step]

    def _key(self, pitch: int) -> QRectF:
        """Where a key is; a white one reaches to the middle of the black keys beside it."""
        if is_black_key(pitch):
            top, bottom = round(self._y(pitch + 0.5)), round(self._y(pitch - 0.5))
            return QRectF(0, top, WIDTH * _BLACK_SHARE, bottom - top)
        below = 1.0 if is_black_key(pitch - 1) and pitch > LOWEST_PITCH else 0.5
        above = 1.0 if is_black_key(pitch + 1) and pitch < HIGHEST_PITCH else 0.5
        top, bottom = round(self._y(pitch + above)), round(self._y(pitch - below))
        return QRectF(0, top, WIDTH - 2, bottom - top - 1)

    def _paint_key(self, painter: QPainter, pitch: int, strength: float | None) -> None:
        key = self._key(pitch)
        painter.setPen(Qt.PenStyle.NoPen)
        if is_black_key(pitch):
            base = QColor(self._theme.black_key)
            shade = QLinearGradient(key.topLeft(), key.topRight())
            shade.setColorAt(0, base)
            shade.setColorAt(0.9, base.lighter(135))
            shade.setColorAt(1, base)
            painter.setBrush(shade)
            painter.drawRoundedRect(key.adjusted(-4, 0, 0, 0), 2, 2)
        else:
            painter.setBrush(QColor(self._theme.white_key))
            painter.drawRoundedRect(key.adjusted(-4, 0, 0, 0), 2.5, 2.5)
        self._paint_light(painter, key, pitch, strength)

    def _is_in_range(self, pitch: int) -> bool:
        return self._range[0] <= pitch <= self._range[1]

    def _paint_light(
        self, painter: QPainter, key: QRectF, pitch: int, strength: float | None
    ) -> None:
        if not self._is_in_range(pitch):
            veil = QColor(self._theme.panel)
            veil.setAlphaF(_OUT_OF_RANGE)
            painter.setBrush(veil)
            painter.drawRoundedRect(key.adjusted(-4, 0, 0, 0), 2.5, 2.5)
        if strength is None:
            return
        colour = self._theme.pitch_colour(pitch)
        glow = QLinearGradient(key.topLeft(), key.topRight())
        for place, opacity in ((0.0, 0.55), (0.6, 0.9), (1.0, 1.0)):
            colour.setAlphaF(opacity * (0.35 + 0.65 * strength))
            glow.setColorAt(place, colour)
        painter.setBrush(glow)
        painter.drawRoundedRect(key.adjusted(-4, 0, 0, 0), 2.5, 2.5)

    def _paint_name(
        self, painter: QPainter, pitch: int, light: Mapping[int, float]
    ) -> None:
        """The name of a C, and of any key that is held down when there is room."""
        key = pitch, pitch in light and pitch in self._lit
        if key not in self._names:
            self._names[key] = self._name(*key)
        name = self._names[key]
        if name is not None:
            painter.setFont(name.font)
            painter.setPen(QColor(_LIT_TEXT if pitch in light else self._theme.key_text))
            painter.drawStaticText(name.place, name.text)

    def _name(self, pitch: int, is_lit: bool) -> _Name | None:
        height, (low, high) = self.size().height(), self.range
        row = height / (high - low)
        if pitch % 12 and not (is_lit and row >= _ROW_FOR_NAMES_PX):
            return None
        if not self._is_in_range(pitch) and not is_lit:
            return None
        black = is_black_key(pitch)
        font = themes.font(9, weight=QFont.Weight.DemiBold if is_lit else QFont.Weight.Medium)
        font.setPixelSize(int(min(max(row * 0.95, 10), 13)))
        metrics = QFontMetricsF(font)
        name = self._naming.name(pitch)
        right = WIDTH * _BLACK_SHARE - 5 if black else WIDTH - 8
        middle = self._y(pitch if black else pitch + 0.1)
        half = metrics.capHeight() / 2
        # A name that would be cut in two by the edge of the view says nothing.
        if not half < middle < height - half - 2:
            return None
        text = QStaticText(name)
        text.setTextFormat(Qt.TextFormat.PlainText)
        left = right - metrics.horizontalAdvance(name)
        return _Name(font, QPointF(left, middle + half - metrics.ascent()), text)


@dataclass(frozen=True)
class _Name:
    """What is written on a key: its letters, their upper left corner, and the text laid out."""

    font: QFont
    place: QPointF
    text: QStaticText


def _from_back_to_front(pitches: Iterable[int]) -> list[int]:
    """Black keys lie upon the white ones."""
    return sorted(pitches, key=lambda pitch: (is_black_key(pitch), pitch))
