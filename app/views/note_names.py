"""The large read-out of what sounds now, readable from the piano stool."""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from app import theme as themes
from app.theme import Theme
from model.pitch import note_name

HEIGHT = 96
LARGE_HEIGHT = 148
_MARGIN = 24
# Size of the letters relative to the height, and of a name's cell relative to the letters.
_LETTER = 0.6
_CELL = 1.75
_FADE = 0.94
_GONE = 0.04


class NoteNames(QWidget):
    """Names of the sounding notes from low to high in cells of one width, so that none jumps.

    The names that sounded last fade away slowly, so that short notes can be read as well.
    """

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._sounding: dict[int, float] = {}
        self._last: tuple[int, ...] = ()
        self._rest = 0.0
        self._hint = ""
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setFixedHeight(HEIGHT)
        self.setAccessibleName("Sounding notes")

    @property
    def text(self) -> str:
        """The names that sound now, such as "C4  E4  G4"."""
        return "  ".join(note_name(pitch) for pitch in sorted(self._sounding))

    @property
    def is_fading(self) -> bool:
        """Whether names that have ended are still to be seen."""
        return not self._sounding and self._rest > 0

    def set_theme(self, theme: Theme) -> None:
        self._theme = theme
        self.update()

    def set_large(self, large: bool) -> None:
        """More room for the names, for reading from afar."""
        self.setFixedHeight(LARGE_HEIGHT if large else HEIGHT)

    def set_hint(self, hint: str) -> None:
        """A quiet line for the time in which nothing sounds."""
        if hint != self._hint:
            self._hint = hint
            self.update()

    def show_notes(self, strengths: Mapping[int, float]) -> None:
        """Shows these pitches (strength 0..1 by MIDI pitch)."""
        if strengths == self._sounding:
            return
        self._sounding = dict(strengths)
        if strengths:
            self._last, self._rest = tuple(sorted(strengths)), 1.0
        self.setAccessibleDescription(self.text or "nothing")
        self.update()

    def clear(self) -> None:
        """Forgets the names at once."""
        self._sounding, self._last, self._rest = {}, (), 0.0
        self.update()

    def fade(self) -> None:
        """One step of the fading of names that have ended."""
        if self.is_fading:
            self._rest = self._rest * _FADE if self._rest > _GONE else 0.0
            self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.fillRect(self.rect(), QColor(self._theme.window))
        shown = tuple(sorted(self._sounding)) or (self._last if self._rest > 0 else ())
        if shown:
            opacity = 1.0 if self._sounding else 0.5 * self._rest
            self._paint_names(painter, shown, opacity)
        elif self._hint:
            painter.setPen(QColor(self._theme.faint))
            painter.setFont(themes.font(13))
            box = self.rect().adjusted(_MARGIN, 0, -_MARGIN, 0)
            painter.drawText(
                box, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, self._hint
            )
        painter.end()

    def _paint_names(
        self, painter: QPainter, pitches: tuple[int, ...], opacity: float
    ) -> None:
        full = self.height() * _LETTER
        # Many names share the room there is; their baseline stays where it is.
        room = self.width() - 2 * _MARGIN
        size = min(full, room / (_CELL * len(pitches)))
        letter = themes.font(10, weight=QFont.Weight.DemiBold)
        letter.setPixelSize(max(8, int(size)))
        small = themes.font(10, weight=QFont.Weight.Medium)
        small.setPixelSize(max(7, int(size * 0.44)))
        metrics = QFontMetricsF(letter)
        baseline = self.height() / 2 + full * 0.36
        for index, pitch in enumerate(pitches):
            left = _MARGIN + index * size * _CELL
            name = note_name(pitch, octave=False)
            colour = self._theme.pitch_colour(pitch)
            colour.setAlphaF(opacity * (0.7 + 0.3 * self._sounding.get(pitch, 1.0)))
            painter.setPen(colour)
            painter.setFont(letter)
            painter.drawText(QPointF(left, baseline), name[0])
            # The sharp above the octave: every name is as wide as any other.
            beside = left + metrics.horizontalAdvance(name[0]) + size * 0.06
            painter.setFont(small)
            painter.drawText(QPointF(beside, baseline - size * 0.4), name[1:])
            colour.setAlphaF(colour.alphaF() * 0.75)
            painter.setPen(colour)
            painter.drawText(QPointF(beside, baseline), str(pitch // 12 - 1))
