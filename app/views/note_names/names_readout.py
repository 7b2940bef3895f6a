"""The large read-out of what sounds now, readable from the piano stool."""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from app.music.chords.chord_names import Chord, chord_name, find_chord
from app.music.note_naming import NoteNaming
from app.style import apply_theme as themes
from app.style.theme_colours import Theme
from app.views.note_names.cents_needle import paint_needle
from app.views.note_names.name_renderer import NameRenderer
from app.views.note_names.name_slots import Light, NameSlots, SteadyChord, columns
from app.views.note_names.twelve_names import paint_twelve_names

HEIGHT = 96
LARGE_HEIGHT = 148
_MARGIN = 24
# Size of the letters relative to the height, when all names stand in one row and in two.
_LETTER = {1: 0.6, 2: 0.36}
# The chord and the detail of a single note stand at the right: share of the width, and at most.
_ASIDE_SHARE = 0.34
_ASIDE_MOST = 420
# Qt's own bound.
_ANY_HEIGHT = 16_777_215
_CHORD = 0.42
# The detail in place of a chord, and beneath one.
_DETAIL = {False: 0.24, True: 0.15}
# A narrower needle could not be read.
_LEAST_NEEDLE_PX = 60.0
_LONGEST_DETAIL = "4186.0 Hz  −50 cents"
# Opacity of names of notes that have ended, and of the softest ones.
_ENDED = 0.5
_SOFT = 0.85


class NamesReadout(QWidget):
    """Names of the sounding notes from low to high, the lower ones in the lower row.

    The names that sounded last fade away slowly, so that short notes can be read as well. With
    `set_note_names_only` all twelve names have fixed places instead, like keys, and light up.
    """

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._naming = NoteNaming()
        self._writer = NameRenderer(self._naming)
        self._names_only = False
        self._sounding: dict[int, float] = {}
        self._cells = NameSlots()
        self._chord = SteadyChord()
        # The pitch classes of the chord in whose spelling names are written.
        self._spelled: frozenset[int] = frozenset()
        # Whether the last step of fading was left out of the picture.
        self._is_left_out = False
        self._hint = ""
        self._detail = ""
        self._cents: float | None = None
        self._is_large = self._fills = False
        # The chord of the piece, for the time in which what sounds is none by itself.
        self._piece_chord: Chord | None = None
        self._fix_height()
        self.setAccessibleName("Sounding notes")
        # It covers its room: what it stands in need not be painted beneath it each time.
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)

    @property
    def text(self) -> str:
        """The names that sound now, such as "C4  E4  G4", or "C  E  G" without octaves."""
        pitches = sorted(self._sounding)
        if self._names_only:
            # From C on, whatever octave they sound in.
            naming = self._writer.naming
            shown = sorted({(pitch + naming.transposition) % 12 for pitch in pitches})
            names = [naming.pitch_class(pc - naming.transposition) for pc in shown]
        else:
            names = [self._writer.naming.name(pitch) for pitch in pitches]
        return "  ".join(names)

    @property
    def chord(self) -> str:
        """The chord shown, such as "Am7"; empty when there is none."""
        return self._chord.chord.name(self._naming) if self._chord.chord else ""

    @property
    def detail(self) -> str:
        """The line about a single note."""
        return self._detail

    @property
    def is_fading(self) -> bool:
        """Whether names that have ended are still to be seen, or a chord is about to change."""
        return self._cells.is_fading or self._chord.is_moving

    def set_theme(self, theme: Theme) -> None:
        self._theme = theme
        self.update()

    def set_naming(self, naming: NoteNaming) -> None:
        """How notes and chords are called."""
        if naming != self._naming:
            self._naming = naming
            self._writer = NameRenderer(naming)
            self._spell()
            self._describe()
            self.update()

    def set_note_names_only(self, only: bool) -> None:
        """Twelve names without octaves, each in its own place."""
        if only != self._names_only:
            self._names_only = only
            self._describe()
            self.update()

    def set_large(self, large: bool) -> None:
        """More room for the names, for reading from afar."""
        self._is_large = large
        self._fix_height()

    def set_filling(self, fills: bool) -> None:
        """As high as there is room, for reading from the other end of it."""
        self._fills = fills
        self._fix_height()

    def set_piece_chord(self, chord: Chord | None) -> None:
        """The chord of the piece at this moment; shown where what sounds is none by itself."""
        if chord != self._piece_chord:
            self._piece_chord = chord
            self.update()

    def _fix_height(self) -> None:
        height = LARGE_HEIGHT if self._is_large else HEIGHT
        self.setMinimumHeight(height)
        self.setMaximumHeight(_ANY_HEIGHT if self._fills else height)
        policy = QSizePolicy.Policy
        self.setSizePolicy(policy.Expanding, policy.Expanding if self._fills else policy.Fixed)

    def set_hint(self, hint: str) -> None:
        """A quiet line for the time in which nothing sounds."""
        if hint != self._hint:
            self._hint = hint
            self.update()

    def show_detail(self, text: str, cents: float | None = None) -> None:
        """A line about a single note, such as "442.1 Hz  +8 cents"; empty for none.

        Args: `cents` are shown by a needle.
        """
        if (text, cents) != (self._detail, self._cents):
            self._detail, self._cents = text, cents
            self.update()

    @property
    def cents(self) -> float | None:
        """What the needle shows; None without one."""
        return self._cents

    def show_notes(self, strengths: Mapping[int, float]) -> None:
        """Shows these pitches (strength 0..1 by MIDI pitch)."""
        if strengths == self._sounding:
            return
        self._sounding = dict(strengths)
        self._cells.show(self._sounding)
        self._chord.show(self._sounding)
        self._spell()
        self._describe()
        self.update()

    def clear(self) -> None:
        """Forgets the names at once."""
        self._sounding, self._detail, self._cents = {}, "", None
        self._cells.clear()
        self._chord.clear()
        self._describe()
        self.update()

    def fade(self) -> None:
        """One step of the fading of names that have ended, and of the chord's settling."""
        moves, before = self.is_fading, (self._cells.order, self._chord.chord)
        self._cells.fade()
        if moves:
            self._chord.step()
            # Twice as often as this nobody sees that a name has become a little paler.
            self._is_left_out = not self._is_left_out
            is_other = before != (self._cells.order, self._chord.chord)
            if is_other or not self.is_fading or not self._is_left_out:
                self._is_left_out = False
                self.update()

    def _spell(self) -> None:
        """Names do not contradict the chord: A flat over F, not G sharp, where F minor sounds."""
        chord = find_chord(self._sounding)
        if chord is not None:
            self._writer.naming = chord.spelled(self._naming)
            self._spelled = frozenset(pitch % 12 for pitch in self._sounding)
        elif not {pitch % 12 for pitch in self._sounding} <= self._spelled:
            # What is left of a chord is called as before.
            self._writer.naming, self._spelled = self._naming, frozenset()

    def _describe(self) -> None:
        chord = chord_name(self._sounding, self._naming)
        names = self.text or "nothing"
        self.setAccessibleDescription(f"{names}, chord {chord}" if chord else names)

    # Painting.

    def paintEvent(self, event: QPaintEvent) -> None:
        with QPainter(self) as painter:
            # Before the hint: at a broken pixel ratio it would leave an edge half painted.
            painter.fillRect(self.rect(), QColor(self._theme.window))
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            aside = self.width() * _ASIDE_SHARE
            if not self._fills:
                aside = min(aside, _ASIDE_MOST)
            room = QRectF(_MARGIN, 0, self.width() - 3 * _MARGIN - aside, self.height())
            shows = self._cells.lights or self._chord.chord or self._detail or self._piece_chord
            if self._hint and not shows:
                self._paint_hint(painter)
            else:
                if self._names_only:
                    paint_twelve_names(painter, room, self._theme, self._writer, self._cells.lights)
                else:
                    self._paint_cells(painter, room)
                left = room.right() + _MARGIN
                self._paint_aside(painter, QRectF(left, 0, aside, self.height()))

    def _paint_hint(self, painter: QPainter) -> None:
        painter.setPen(QColor(self._theme.faint))
        painter.setFont(themes.font(13))
        box = self.rect().adjusted(_MARGIN, 0, -_MARGIN, 0)
        align = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft
        painter.drawText(box, align, self._hint)

    def _paint_cells(self, painter: QPainter, room: QRectF) -> None:
        cells, writer = self._cells, self._writer

        def size_in(rows: int) -> float:
            cell = room.width() / columns(cells.room, rows)
            return min(room.height() * _LETTER[rows], cell / writer.cell)

        rows = 1 if size_in(1) >= size_in(2) else 2
        size = size_in(rows)
        for index, pitch in enumerate(cells.order):
            light = cells.lights.get(pitch)
            if light is None:
                continue
            row, column = cells.place(index, rows)
            # The middle of the row, the upper one first, and half a capital letter below it.
            middle = room.height() * (1 - (row + 0.5) / rows)
            place = QPointF(room.left() + column * size * writer.cell, middle + size * 0.36)
            colour = self._theme.name_colour(pitch)
            colour.setAlphaF(_opacity(light))
            writer.write(painter, place, size, colour, pitch)

    def _paint_aside(self, painter: QPainter, box: QRectF) -> None:
        """The chord, and the line about a single note beneath it or in its place."""
        chord = self._chord.chord or self._piece_chord
        middle = box.height() / 2
        if chord is not None:
            size = box.height() * _CHORD
            colour = QColor(self._theme.text)
            colour.setAlphaF(self._chord.left if self._chord.chord else 1.0)
            drop = 0.22 if self._detail else 0.36
            place = QPointF(box.left(), middle + size * drop)
            self._writer.write_chord(painter, place, size, box.width(), colour, chord)
            middle = box.height() * 0.82
        if self._detail:
            font = themes.font(10, weight=QFont.Weight.Medium)
            font.setPixelSize(max(13, int(box.height() * _DETAIL[chord is not None])))
            # As large as the longest one can be, so that it does not change with every digit.
            longest = max(_LONGEST_DETAIL, self._detail, key=len)
            wanted = QFontMetricsF(font).horizontalAdvance(longest)
            if wanted > box.width():
                font.setPixelSize(max(9, int(font.pixelSize() * box.width() / wanted)))
            painter.setFont(font)
            painter.setPen(QColor(self._theme.text if chord is None else self._theme.faint))
            high = QFontMetricsF(font).capHeight()
            # The needle stands beneath the line, or beside it where a chord is above.
            is_alone = chord is None and self._cents is not None
            middle -= 0.12 * box.height() * is_alone
            place = QPointF(box.left(), middle + high / 2)
            painter.drawText(place, self._detail)
            if self._cents is not None:
                wide = QFontMetricsF(font).horizontalAdvance(longest)
                room = QRectF(box.left(), middle + high * 0.9 + 6, wide, box.height() * 0.17)
                if not is_alone:
                    left = box.left() + wide + 14
                    room = QRectF(left, middle - high * 0.8, box.right() - left, high * 1.6)
                if room.width() > _LEAST_NEEDLE_PX:
                    paint_needle(painter, room, self._theme, self._cents)


def _opacity(light: Light) -> float:
    return (1.0 if light.sounds else _ENDED * light.left) * (_SOFT + (1 - _SOFT) * light.strength)
