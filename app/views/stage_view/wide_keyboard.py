"""A piano keyboard from left to right, on which the notes that sound light up."""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QColor, QFont, QPainter, QPaintEvent, QPixmap
from PySide6.QtWidgets import QSizePolicy, QWidget

from app.music.note_naming import NoteNaming
from app.style import apply_theme as themes
from app.style.theme_colours import Theme
from model.pitch import HIGHEST_PITCH, LOWEST_PITCH, is_black_key

# How long and how wide black keys are beside white ones.
_BLACK_LENGTH, _BLACK_WIDTH = 0.62, 0.6
# What is lit is at least so bright.
_LEAST_LIGHT = 0.35
_LIT_TEXT = "#14161d"


class WideKeyboard(QWidget):
    """As wide as it is made; whole octaves of it are left away that nothing plays."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme, self._naming = theme, NoteNaming()
        self._lit: dict[int, float] = {}
        self._range = LOWEST_PITCH, HIGHEST_PITCH
        # The keys at rest, drawn once for each size.
        self._keys: QPixmap | None = None
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.setAccessibleName("Keyboard")

    def set_theme(self, theme: Theme) -> None:
        self._theme = theme
        self._redraw()

    def set_naming(self, naming: NoteNaming) -> None:
        """How the keys are called."""
        self._naming = naming
        self._redraw()

    def set_range(self, lowest: int, highest: int) -> None:
        """Shows the octaves, from C to B, that hold these MIDI pitches."""
        low, high = lowest // 12 * 12, highest // 12 * 12 + 11
        self._range = max(low, LOWEST_PITCH), min(high, HIGHEST_PITCH)
        self._redraw()

    @property
    def lit(self) -> Mapping[int, float]:
        """The strength (0..1) of the keys that are lit, by MIDI pitch."""
        return self._lit

    def light(self, strengths: Mapping[int, float]) -> None:
        """These sound, and nothing else."""
        if strengths != self._lit:
            self._lit = dict(strengths)
            self.update()

    def _redraw(self) -> None:
        self._keys = None
        self.update()

    # Places.

    def key_room(self, pitch: int) -> QRectF:
        """Where a key is."""
        first, last = self._range
        whites = sum(not is_black_key(key) for key in range(first, last + 1))
        wide = self.width() / max(whites, 1)
        before = sum(not is_black_key(key) for key in range(first, pitch))
        if is_black_key(pitch):
            black = wide * _BLACK_WIDTH
            return QRectF(before * wide - black / 2, 0, black, self.height() * _BLACK_LENGTH)
        return QRectF(before * wide, 0, wide, self.height())

    # Painting.

    def paintEvent(self, event: QPaintEvent) -> None:
        if self._keys is None or self._keys.deviceIndependentSize() != self.size():
            self._keys = self._drawn_keys()
        with QPainter(self) as painter:
            painter.drawPixmap(0, 0, self._keys)
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            for pitch in sorted(self._lit, key=lambda pitch: (is_black_key(pitch), pitch)):
                if self._range[0] <= pitch <= self._range[1]:
                    self._paint_lit(painter, pitch, self._lit[pitch])

    def _drawn_keys(self) -> QPixmap:
        ratio = self.devicePixelRatioF()
        keys = QPixmap(self.size() * ratio)
        keys.setDevicePixelRatio(ratio)
        keys.fill(QColor(self._theme.key_line))
        with QPainter(keys) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            for pitch in self._pitches():
                self._fill(painter, pitch, QColor(
                    self._theme.black_key if is_black_key(pitch) else self._theme.white_key
                ))  # fmt: skip
                if pitch % 12 == 0:
                    self._paint_name(painter, pitch, QColor(self._theme.key_text))
        return keys

    def _pitches(self) -> list[int]:
        """From back to front."""
        first, last = self._range
        return sorted(range(first, last + 1), key=lambda pitch: (is_black_key(pitch), pitch))

    def _fill(self, painter: QPainter, pitch: int, colour: QColor) -> None:
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(colour)
        gap = 0.0 if is_black_key(pitch) else 1.0
        painter.drawRoundedRect(self.key_room(pitch).adjusted(gap, -6, -gap, -1), 4, 4)

    def _paint_lit(self, painter: QPainter, pitch: int, strength: float) -> None:
        colour = self._theme.pitch_colour(pitch)
        ground = QColor(self._theme.black_key if is_black_key(pitch) else self._theme.white_key)
        share = _LEAST_LIGHT + (1 - _LEAST_LIGHT) * strength
        red, green, blue = (
            share * one + (1 - share) * other for one, other in (
                (colour.redF(), ground.redF()), (colour.greenF(), ground.greenF()),
                (colour.blueF(), ground.blueF()),
            )
        )
        colour = QColor.fromRgbF(red, green, blue)
        self._fill(painter, pitch, colour)
        if not is_black_key(pitch):
            # Black keys lie upon it.
            for beside in (pitch - 1, pitch + 1):
                if is_black_key(beside) and beside not in self._lit and (
                    self._range[0] <= beside <= self._range[1]
                ):
                    self._fill(painter, beside, QColor(self._theme.black_key))
        self._paint_name(painter, pitch, QColor(_LIT_TEXT))

    def _paint_name(self, painter: QPainter, pitch: int, colour: QColor) -> None:
        room = self.key_room(pitch)
        name = self._naming.pitch_class(pitch)
        font = themes.font(10, weight=QFont.Weight.DemiBold)
        font.setPixelSize(max(9, int(min(room.width() * 0.62, room.height() * 0.2))))
        painter.setFont(font)
        if painter.fontMetrics().horizontalAdvance(name) > room.width() - 2:
            return
        painter.setPen(colour)
        align = Qt.AlignmentFlag.AlignHCenter | Qt.AlignmentFlag.AlignBottom
        painter.drawText(room.adjusted(0, 0, 0, -room.height() * 0.06), align, name)
