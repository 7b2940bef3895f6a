"""Writes names of notes and chords large, in cells of one width for each kind of names."""

from __future__ import annotations

import math
from collections.abc import Iterable

from PySide6.QtCore import QMarginsF, QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QPainter, QPixmap

from app.music.chords.chord_names import Chord
from app.music.note_naming import NoteNaming
from app.style import apply_theme as themes

# Relative to the size of the letters: sign and octave, what parts them from the letters, what
# parts a cell from the next, and how far a sign is raised.
_SIGN = 0.6
_OCTAVE = 0.44
_GAP = 0.05
_BETWEEN = 0.34
_RAISED = 0.38
# The suffix of a chord, and its bass, relative to its root.
_SUFFIX = 0.62
# Pictures of names that are kept: every one in a few sizes.
_MOST_STAMPS = 96
# Sizes of letters that are kept, while a window's height is dragged.
_MOST_FONTS = 32
# Letters reach a little beyond their own width; pixels.
_MARGIN = 4
# Widths are measured once in this size; what is said of them holds for every other.
_MEASURED_PX = 100
# Text, how far it stands to the right and below, and the size of its letters.
_Part = tuple[str, float, float, float]


class NameRenderer:
    """Writes names as one `NoteNaming` has them.

    Attributes:
        naming: the names; those of a chord may be spelled otherwise than the ones measured.
        cell: width of a cell relative to the size of the letters: that of the widest name and
            what parts it from the next.
    """

    def __init__(self, naming: NoteNaming) -> None:
        self.naming = naming
        self._stamps: dict[tuple[tuple[_Part, ...], int, float], tuple[QPointF, QPixmap]] = {}
        self._fonts: dict[int, tuple[QFont, QFontMetricsF]] = {}
        self._laid_out: dict[tuple[NoteNaming, float, int], tuple[_Part, _Part, _Part]] = {}
        names = [naming.parts(pitch) for pitch in range(60, 72)]
        letters, signs = self._metrics(1.0), self._metrics(_SIGN)
        digit = self._metrics(_OCTAVE).horizontalAdvance("8") if naming.octaves else 0.0
        widest = max(
            letters.horizontalAdvance(base) + max(signs.horizontalAdvance(sign), digit)
            for base, sign, _ in names
        )
        self.cell = _BETWEEN + _GAP + widest / _MEASURED_PX

    def width(self, pitch: int) -> float:
        """Width of a name without octave, relative to the size of the letters."""
        base, sign, _ = self.naming.parts(pitch)
        width = self._metrics(1.0).horizontalAdvance(base) / _MEASURED_PX
        if sign:
            width += _GAP + self._metrics(_SIGN).horizontalAdvance(sign) / _MEASURED_PX
        return width

    def write(
        self, painter: QPainter, place: QPointF, size: float, colour: QColor, pitch: int
    ) -> None:
        """A name, its octave beside it and its sign above that: every name is equally wide.

        Args: `place` is the left end of the baseline, `size` that of the letters in pixels.
        """
        parts = self._parts(size, pitch)
        self._stamp(painter, place, colour, parts if self.naming.octaves else parts[:2])

    def write_class(
        self, painter: QPainter, place: QPointF, size: float, colour: QColor, pitch: int
    ) -> float:
        """A name without octave; returns where something beside the letters begins."""
        letters, sign, octave = self._parts(size, pitch)
        self._stamp(painter, place, colour, (letters, sign))
        return place.x() + octave[1]

    def _parts(self, size: float, pitch: int) -> tuple[_Part, _Part, _Part]:
        """Letters, sign and octave of a name, worked out once: it stays for many pictures."""
        key = self.naming, size, pitch
        if key not in self._laid_out:
            if len(self._laid_out) >= _MOST_STAMPS:
                self._laid_out.clear()
            base, sign, octave = self.naming.parts(pitch)
            beside = self._font(size)[1].horizontalAdvance(base) + size * _GAP
            self._laid_out[key] = (
                (base, 0.0, 0.0, size), (sign, beside, -size * _RAISED, size * _SIGN),
                (str(octave), beside, 0.0, size * _OCTAVE),
            )
        return self._laid_out[key]

    def write_chord(
        self, painter: QPainter, place: QPointF, size: float, most: float, colour: QColor,
        chord: Chord,
    ) -> None:  # fmt: skip
        """A chord's root large, what follows smaller; all smaller when wider than `most` pixels."""
        root = self.naming.pitch_class(chord.root)
        rest = chord.name(self.naming)[len(root) :]
        wanted = (
            self._metrics(1.0).horizontalAdvance(root)
            + self._metrics(_SUFFIX).horizontalAdvance(rest)
        ) / _MEASURED_PX + _GAP
        size = min(size, most / wanted)
        beside = self._font(size)[1].horizontalAdvance(root) + size * _GAP
        parts = (root, 0.0, 0.0, size), (rest, beside, 0.0, size * _SUFFIX)
        self._stamp(painter, place, colour, parts)

    def _stamp(
        self, painter: QPainter, place: QPointF, colour: QColor, parts: tuple[_Part, ...]
    ) -> None:
        """Texts with their baseline's left end at `place`, from a picture of all of them.

        Qt keeps no pictures of letters as large as these: it fills their outlines anew every
        time, which was the larger half of drawing a live frame.
        """
        ratio = painter.device().devicePixelRatio()
        key = parts, colour.rgb(), ratio
        stamp = self._stamps.get(key)
        if stamp is None:
            stamp = self._picture(parts, colour, ratio)
            if len(self._stamps) >= _MOST_STAMPS:
                self._stamps.clear()
            self._stamps[key] = stamp
        corner, picture = stamp
        # On whole pixels, or it would be blurred.
        left = round((place.x() + corner.x()) * ratio) / ratio
        top = round((place.y() + corner.y()) * ratio) / ratio
        before = painter.opacity()
        painter.setOpacity(before * colour.alphaF())
        painter.drawPixmap(QPointF(left, top), picture)
        painter.setOpacity(before)

    def _picture(
        self, parts: Iterable[_Part], colour: QColor, ratio: float
    ) -> tuple[QPointF, QPixmap]:
        """Texts in an opaque colour on nothing, with a margin around them.

        Returns:
            Where its upper left corner lies, from the left end of the baseline, and the picture.
        """
        room = QRectF()
        for text, right, down, size in parts:
            metrics = self._font(size)[1]
            width, height = metrics.horizontalAdvance(text), metrics.height()
            room |= QRectF(right, down - metrics.ascent(), width, height)
        room = room.marginsAdded(QMarginsF(_MARGIN, _MARGIN, _MARGIN, _MARGIN))
        picture = QPixmap(math.ceil(room.width() * ratio), math.ceil(room.height() * ratio))
        picture.setDevicePixelRatio(ratio)
        picture.fill(Qt.GlobalColor.transparent)
        with QPainter(picture) as painter:
            painter.setRenderHint(QPainter.RenderHint.TextAntialiasing)
            painter.setPen(QColor(colour.rgb()))
            for text, right, down, size in parts:
                painter.setFont(self._font(size)[0])
                painter.drawText(QPointF(right - room.left(), down - room.top()), text)
        return room.topLeft(), picture

    def _font(self, pixels: float) -> tuple[QFont, QFontMetricsF]:
        """The letters of a size and their measures, made once: pictures come 60 times a second."""
        size = max(7, int(pixels))
        if size not in self._fonts:
            font = themes.font(10, weight=QFont.Weight.DemiBold)
            font.setPixelSize(size)
            if len(self._fonts) >= _MOST_FONTS:
                self._fonts.clear()
            self._fonts[size] = font, QFontMetricsF(font)
        return self._fonts[size]

    def _metrics(self, share: float) -> QFontMetricsF:
        return self._font(_MEASURED_PX * share)[1]

