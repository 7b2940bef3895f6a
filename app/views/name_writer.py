"""Writes names of notes and chords large, in cells of one width for each kind of names."""

from __future__ import annotations

from PySide6.QtCore import QPointF
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QPainter

from app import theme as themes
from app.chords import Chord
from app.naming import Naming

# Relative to the size of the letters: sign and octave, what parts them from the letters, what
# parts a cell from the next, and how far a sign is raised.
_SIGN = 0.6
_OCTAVE = 0.44
_GAP = 0.05
_BETWEEN = 0.34
_RAISED = 0.38
# The suffix of a chord, and its bass, relative to its root.
_SUFFIX = 0.62
# Widths are measured once in this size; what is said of them holds for every other.
_MEASURED_PX = 100


class NameWriter:
    """Writes names as one `Naming` has them.

    Attributes:
        naming: the names.
        cell: width of a cell relative to the size of the letters: that of the widest name and
            what parts it from the next.
    """

    def __init__(self, naming: Naming) -> None:
        self.naming = naming
        names = [naming.parts(pitch) for pitch in range(60, 72)]
        letters, signs = _metrics(1.0), _metrics(_SIGN)
        digit = _metrics(_OCTAVE).horizontalAdvance("8") if naming.octaves else 0.0
        widest = max(
            letters.horizontalAdvance(base) + max(signs.horizontalAdvance(sign), digit)
            for base, sign, _ in names
        )
        self.cell = _BETWEEN + _GAP + widest / _MEASURED_PX

    def width(self, pitch: int) -> float:
        """Width of a name without octave, relative to the size of the letters."""
        base, sign, _ = self.naming.parts(pitch)
        width = _metrics(1.0).horizontalAdvance(base) / _MEASURED_PX
        if sign:
            width += _GAP + _metrics(_SIGN).horizontalAdvance(sign) / _MEASURED_PX
        return width

    def write(
        self, painter: QPainter, place: QPointF, size: float, colour: QColor, pitch: int
    ) -> None:
        """A name, its octave beside it and its sign above that: every name is equally wide.

        Args: `place` is the left end of the baseline, `size` that of the letters in pixels.
        """
        octave = str(self.naming.parts(pitch).octave) if self.naming.octaves else ""
        beside = self.write_class(painter, place, size, colour, pitch)
        if octave:
            quiet = QColor(colour)
            quiet.setAlphaF(colour.alphaF() * 0.75)
            painter.setPen(quiet)
            painter.setFont(_font(size * _OCTAVE))
            painter.drawText(QPointF(beside, place.y()), octave)

    def write_class(
        self, painter: QPainter, place: QPointF, size: float, colour: QColor, pitch: int
    ) -> float:
        """A name without octave; returns where something beside the letters begins."""
        base, sign, _ = self.naming.parts(pitch)
        letters = _font(size)
        painter.setPen(colour)
        painter.setFont(letters)
        painter.drawText(place, base)
        beside = place.x() + QFontMetricsF(letters).horizontalAdvance(base) + size * _GAP
        if sign:
            painter.setFont(_font(size * _SIGN))
            painter.drawText(QPointF(beside, place.y() - size * _RAISED), sign)
        return beside

    def write_chord(
        self, painter: QPainter, place: QPointF, size: float, most: float, colour: QColor,
        chord: Chord,
    ) -> None:  # fmt: skip
        """A chord's root large, what follows smaller; all smaller when wider than `most` pixels."""
        root = self.naming.pitch_class(chord.root)
        rest = chord.name(self.naming)[len(root) :]
        wanted = (
            _metrics(1.0).horizontalAdvance(root) + _metrics(_SUFFIX).horizontalAdvance(rest)
        ) / _MEASURED_PX + _GAP
        size = min(size, most / wanted)
        letters = _font(size)
        painter.setPen(colour)
        painter.setFont(letters)
        painter.drawText(place, root)
        beside = place.x() + QFontMetricsF(letters).horizontalAdvance(root) + size * _GAP
        painter.setFont(_font(size * _SUFFIX))
        painter.drawText(QPointF(beside, place.y()), rest)


def _font(pixels: float) -> QFont:
    font = themes.font(10, weight=QFont.Weight.DemiBold)
    font.setPixelSize(max(7, int(pixels)))
    return font


def _metrics(share: float) -> QFontMetricsF:
    return QFontMetricsF(_font(_MEASURED_PX * share))
