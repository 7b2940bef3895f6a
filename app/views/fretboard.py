"""The neck of a guitar, bass or ukulele, on which the notes that sound light up."""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFont, QPainter, QPaintEvent, QPen, QPixmap
from PySide6.QtWidgets import QSizePolicy, QWidget

from app.music.fretting import Fret, FrettedInstrument, LiveFretting
from app.music.note_naming import NoteNaming
from app.style import apply_theme as themes
from app.style.theme_colours import Theme

_STRING_PX, _EDGE_PX = 19, 12
# Beside the neck, for the names of the open strings, and below it, for the numbers of frets.
_NAMES_PX, _NUMBERS_PX = 52, 14
_FRETS = 24
_MARKS = (3, 5, 7, 9, 12, 15, 17, 19, 21, 24)
# How wide the first fret is, and each after it: as on the instrument, but less.
_NARROWER = 0.972
_DOT_PX = 3.2
# Names on what glows, in every theme.
_LIT_TEXT = "#14161d"


class Fretboard(QWidget):
    """Shows where the notes that sound would be played, the first string on top.

    Frets are counted from a capo, as tablature counts them.
    """

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme, self._naming = theme, NoteNaming()
        self._instrument: FrettedInstrument | None = None
        self._fretting: LiveFretting | None = None
        self._lit: dict[int, Fret] = {}
        self._strengths: Mapping[int, float] = {}
        # The neck is drawn once.
        self._neck: QPixmap | None = None
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.setAccessibleName("Fretboard")
        self.hide()

    def set_theme(self, theme: Theme) -> None:
        self._theme = theme
        self._redraw()

    def set_naming(self, naming: NoteNaming) -> None:
        """How notes are called."""
        self._naming = naming
        self._redraw()

    def set_instrument(self, instrument: FrettedInstrument | None) -> None:
        """This is the one whose neck is shown."""
        self._instrument, self._lit = instrument, {}
        self._fretting = None if instrument is None else LiveFretting(instrument)
        self.updateGeometry()
        self._redraw()
        self.light(self._strengths)

    @property
    def instrument(self) -> FrettedInstrument | None:
        """The one that is set."""
        return self._instrument

    @property
    def lit(self) -> Mapping[int, Fret]:
        """Where each MIDI pitch is lit."""
        return self._lit

    def light(self, strengths: Mapping[int, float]) -> None:
        """These sound (strength 0..1 by MIDI pitch), and nothing else."""
        self._strengths = dict(strengths)
        if self._fretting is None:
            return
        self._lit = self._fretting.fret(strengths)
        said = ", ".join(
            f"{self._naming.name(pitch)} on string {place.string}, fret {place.fret}"
            for pitch, place in sorted(self._lit.items())
        )
        self.setAccessibleDescription(said or "Nothing sounds")
        self.update()

    def _redraw(self) -> None:
        self._neck = None
        self.update()

    # Places.

    def sizeHint(self) -> QSize:
        n_strings = 0 if self._instrument is None else len(self._instrument.strings)
        return QSize(400, (n_strings - 1) * _STRING_PX + 2 * _EDGE_PX + _NUMBERS_PX)

    def _string_y(self, string: int) -> float:
        return _EDGE_PX + (string - 1) * _STRING_PX

    def _fret_x(self, fret: int) -> float:
        """Where the wire of a fret is; 0 is the nut."""
        whole = (1 - _NARROWER**_FRETS) / (1 - _NARROWER)
        share = (1 - _NARROWER**fret) / (1 - _NARROWER) / whole
        return _NAMES_PX + share * (self.width() - _NAMES_PX - _EDGE_PX)

    def place_of(self, place: Fret) -> QPointF:
        """Where a finger lies."""
        y = self._string_y(place.string)
        if place.fret == 0:
            return QPointF(_NAMES_PX - 12, y)
        fret = min(place.fret, _FRETS)
        return QPointF((self._fret_x(fret - 1) + self._fret_x(fret)) / 2, y)

    # Painting.

    def paintEvent(self, event: QPaintEvent) -> None:
        ratio = self.devicePixelRatioF()
        size = self.size() * ratio
        if self._neck is None or self._neck.size() != size:
            self._neck = self._draw_neck(size, ratio)
        with QPainter(self) as painter:
            painter.drawPixmap(0, 0, self._neck)
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setFont(themes.font(8, weight=QFont.Weight.DemiBold))
            for pitch, place in self._lit.items():
                colour = self._theme.pitch_colour(pitch)
                colour.setAlphaF(0.55 + 0.45 * self._strengths.get(pitch, 1.0))
                name = self._naming.name(pitch)
                wide = max(painter.fontMetrics().horizontalAdvance(name) + 10, _STRING_PX - 2)
                box = QRectF(0, 0, wide, _STRING_PX - 2)
                box.moveCenter(self.place_of(place))
                painter.setPen(Qt.PenStyle.NoPen)
                painter.setBrush(colour)
                painter.drawRoundedRect(box, box.height() / 2, box.height() / 2)
                painter.setPen(QColor(_LIT_TEXT))
                painter.drawText(box, Qt.AlignmentFlag.AlignCenter, name)

    def _draw_neck(self, size: QSize, ratio: float) -> QPixmap:
        picture = QPixmap(size)
        picture.setDevicePixelRatio(ratio)
        theme, instrument = self._theme, self._instrument
        picture.fill(QColor(theme.panel))
        if instrument is None:
            return picture
        strings = instrument.strings
        top, bottom = self._string_y(1), self._string_y(len(strings))
        with QPainter(picture) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.fillRect(QRectF(0, 0, self.width(), 1), QColor(theme.line))
            wood = QRectF(
                _NAMES_PX, top - 7, self._fret_x(_FRETS) - _NAMES_PX, bottom - top + 14
            )
            painter.fillRect(wood, QColor(theme.stage))
            painter.setFont(themes.font(8))
            for fret in range(_FRETS + 1):
                # A capo takes the nut's place.
                is_end = fret == 0
                wire = theme.accent if is_end and instrument.capo else theme.key_line
                painter.setPen(QPen(QColor(wire), 3.0 if is_end else 1.0))
                x = self._fret_x(fret)
                painter.drawLine(QPointF(x, wood.top()), QPointF(x, wood.bottom()))
                if fret + instrument.capo in _MARKS and fret:
                    self._paint_mark(painter, fret, top, bottom, (fret + instrument.capo) % 12 == 0)
            for number, pitch in enumerate(strings, 1):
                y = self._string_y(number)
                painter.setPen(QPen(QColor(theme.faint), 0.8 + 0.22 * number))
                painter.drawLine(QPointF(_NAMES_PX, y), QPointF(self._fret_x(_FRETS), y))
                painter.setPen(QColor(theme.faint))
                name = self._naming.name(pitch + instrument.capo)
                box = QRectF(0, y - 8, _NAMES_PX - 10, 16)
                painter.drawText(
                    box, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, name
                )
        return picture

    def _paint_mark(
        self, painter: QPainter, fret: int, top: float, bottom: float, is_double: bool
    ) -> None:
        x, middle = self.place_of(Fret(1, fret)).x(), (top + bottom) / 2
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(self._theme.octave))
        apart = _STRING_PX if is_double else 0
        for y in {middle - apart, middle + apart}:
            painter.drawEllipse(QPointF(x, y), _DOT_PX, _DOT_PX)
        painter.setPen(QColor(self._theme.faint))
        box = QRectF(x - 20, self.height() - _NUMBERS_PX - 2, 40, _NUMBERS_PX)
        painter.drawText(box, Qt.AlignmentFlag.AlignCenter, str(fret))
