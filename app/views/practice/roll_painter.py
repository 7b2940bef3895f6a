"""How a piece that is practised is painted: keys, bars, notes, and the shapes of their marks."""

from __future__ import annotations

import bisect
from dataclasses import dataclass, field
from functools import cached_property

from PySide6.QtCore import QPointF, QRect, QRectF, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QPainter, QPen

from app.music.note_naming import NoteNaming
from app.practice.marks import Mark
from app.practice.piece import Piece, PieceNote
from app.style import apply_theme as themes
from app.style.theme_colours import Theme
from app.views.practice.mark_style import mark_colour, paint_mark
from app.views.practice.roll_geometry import BARS_PX, RollGeometry
from model.pitch import is_black_key

# A shape is as high as its row within these.
_LEAST_PX, _MOST_PX = 9.0, 19.0
_ROW_FOR_NAMES_PX = 11.0
# An extra note is drawn as long as this.
_EXTRA_S = 0.12
_FAINT_BEATS_PX = 14.0


@dataclass
class RollContent:
    """What is shown.

    Attributes:
        piece: the notes.
        marks: what became of each; None where nothing is known yet.
        extras: what was played besides: pitches, and moments of the piece.
        expected: the keys that are to be played next.
        hint: what is said over the notes.
        is_report: whether all is played, and is looked through.
        fault_s: the difference that was gone to last.
    """

    piece: Piece
    marks: list[Mark | None] = field(default_factory=list)
    extras: list[tuple[int, float]] = field(default_factory=list)
    expected: frozenset[int] = frozenset()
    hint: str = ""
    is_report: bool = False
    fault_s: float | None = None

    @cached_property
    def onsets(self) -> list[float]:
        """Of the notes, rising."""
        return [note.onset_s for note in self.piece.notes]

    @cached_property
    def _longest_s(self) -> float:
        return max((note.offset_s - note.onset_s for note in self.piece.notes), default=0.0)

    def between(self, begin_s: float, end_s: float) -> range:
        """Indices of the notes that may be in view between two moments."""
        first = bisect.bisect_left(self.onsets, begin_s - self._longest_s - 0.5)
        return range(first, bisect.bisect_right(self.onsets, end_s))


class RollPainter:
    """Paints one picture.

    Attributes:
        theme, naming: how it is dressed, and notes are called.
    """

    def __init__(self, theme: Theme) -> None:
        self.theme, self.naming = theme, NoteNaming()

    def paint(
        self, painter: QPainter, whole: QRect, geometry: RollGeometry, shown: RollContent
    ) -> None:
        """Paints what is shown into the whole widget."""
        self._shown = shown
        painter.fillRect(whole, QColor(self.theme.stage))
        self._paint_lanes(painter, geometry)
        self._paint_bars(painter, geometry)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        room = geometry.room
        painter.setClipRect(room)
        in_view = shown.between(geometry.begin_s, geometry.end_s)
        for index in in_view:
            self._paint_note(painter, geometry, shown.piece.notes[index], shown.marks[index])
        if not shown.is_report:
            painter.setPen(QPen(QColor(self.theme.cursor), 2))
            painter.drawLine(geometry.line(geometry.place_s))
        elif shown.fault_s is not None:
            painter.setPen(QPen(QColor(self.theme.cursor), 1, Qt.PenStyle.DashLine))
            painter.drawLine(geometry.line(shown.fault_s))
        size = min(max(geometry.row * 0.95, _LEAST_PX), _MOST_PX)
        for index in in_view:
            mark = shown.marks[index]
            if mark is not None:
                self._paint_shape(painter, geometry, shown.piece.notes[index], mark, size)
        for pitch, place_s in shown.extras:
            if geometry.begin_s <= place_s <= geometry.end_s:
                self._paint_extra(painter, geometry, pitch, place_s, size)
        painter.setClipping(False)
        self._paint_keys(painter, geometry)
        self._paint_hint(painter, room)

    def _paint_lanes(self, painter: QPainter, geometry: RollGeometry) -> None:
        black, octave = QColor(self.theme.black_row), QColor(self.theme.grid)
        for pitch in range(geometry.low, geometry.high + 1):
            lane = geometry.lane(pitch)
            if is_black_key(pitch):
                painter.fillRect(lane, black)
            if pitch % 12 == 0:
                painter.setPen(octave)
                if geometry.falls:
                    painter.drawLine(lane.topLeft(), lane.bottomLeft())
                else:
                    painter.drawLine(lane.bottomLeft(), lane.bottomRight())

    def _paint_bars(self, painter: QPainter, geometry: RollGeometry) -> None:
        painter.setFont(themes.font(8.5))
        faint, strong = QColor(self.theme.grid), QColor(self.theme.octave)
        beats = self._shown.piece.clicks(geometry.begin_s, geometry.end_s)
        is_tight = len(beats) > 1 and (
            abs(geometry.along(beats[1][0]) - geometry.along(beats[0][0])) < _FAINT_BEATS_PX
        )
        last = -1e9
        first_s = self._shown.piece.bar_s(-1) - 1e-3 if self._shown.piece.bars_s else 0.0
        for at_s, begins_bar in beats:
            if is_tight and not begins_bar:
                continue
            line = geometry.line(at_s)
            painter.setPen(strong if begins_bar else faint)
            painter.drawLine(line)
            along = geometry.along(at_s)
            if begins_bar and at_s >= first_s and abs(along - last) >= 30:
                last = along
                painter.setPen(QColor(self.theme.faint))
                number = str(self._shown.piece.bar_at(at_s))
                if geometry.falls:
                    box = QRectF(0, along - 16, BARS_PX + 8, 16)
                    painter.drawText(box, Qt.AlignmentFlag.AlignRight, number)
                else:
                    painter.drawText(QPointF(along + 4, BARS_PX - 7), number)

    def _paint_note(
        self, painter: QPainter, geometry: RollGeometry, note: PieceNote, mark: Mark | None
    ) -> None:
        box = geometry.note_box(note.onset_s, note.offset_s, note.pitch)
        radius = min(4.0, geometry.row / 3)
        if mark is None:
            fill = self.theme.pitch_colour(note.pitch)
            fill.setAlphaF(0.85)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(fill)
        elif mark.kind in ("missed", "wrong"):
            # Hollow: the note itself was not there.
            painter.setPen(QPen(mark_colour(mark.kind, self.theme), 1.6, Qt.PenStyle.DashLine))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            box = box.adjusted(1, 1, -1, -1)
        else:
            fill = mark_colour(mark.kind, self.theme)
            fill.setAlphaF(0.9 if mark.is_final else 0.7)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(fill)
        painter.drawRoundedRect(box, radius, radius)
        if geometry.row >= _ROW_FOR_NAMES_PX and (mark is None or self._shown.is_report):
            self._paint_name(painter, box, note, mark)

    def _paint_name(
        self, painter: QPainter, box: QRectF, note: PieceNote, mark: Mark | None
    ) -> None:
        painter.setFont(themes.font(min(9.0, max(6.5, box.height() * 0.55))))
        name = self.naming.pitch_class(note.pitch)
        width = QFontMetricsF(painter.font()).horizontalAdvance(name)
        left = 22.0 if mark is not None else 4.0
        if box.width() < width + left or box.height() < 9:
            return
        is_hollow = mark is not None and mark.kind in ("missed", "wrong")
        painter.setPen(QColor(self.theme.text if is_hollow else self.theme.bar_text))
        if box.height() > box.width() * 1.2:
            # A note that falls has its name where it will meet the line.
            box = QRectF(box.left(), box.bottom() - 16, box.width(), 14)
            painter.drawText(box, Qt.AlignmentFlag.AlignCenter, name)
        else:
            painter.drawText(
                box.adjusted(left, 0, 0, 0), Qt.AlignmentFlag.AlignVCenter, name
            )

    def _paint_shape(
        self, painter: QPainter, geometry: RollGeometry, note: PieceNote, mark: Mark, size: float
    ) -> None:
        at = geometry.point(note.onset_s, note.pitch)
        at += QPointF(0, -size / 2) if geometry.falls else QPointF(size / 2, 0)
        paint_mark(painter, mark.kind, at, size, self.theme)
        if mark.heard_pitch is not None and geometry.low <= mark.heard_pitch <= geometry.high:
            played = geometry.point(note.onset_s, mark.heard_pitch)
            painter.setPen(QPen(mark_colour("wrong", self.theme), 1, Qt.PenStyle.DotLine))
            painter.drawLine(at, played)
            paint_mark(painter, "extra", played, size * 0.7, self.theme)
        if mark.kind in ("early", "late") and mark.off_ms is not None and geometry.row >= 8:
            painter.setFont(themes.font(7.5))
            painter.setPen(mark_colour(mark.kind, self.theme))
            text = f"{'−' if mark.off_ms < 0 else '+'}{abs(mark.off_ms):.0f}"
            painter.drawText(at + QPointF(-size / 2, -size / 2 - 2), text)

    def _paint_extra(
        self, painter: QPainter, geometry: RollGeometry, pitch: int, place_s: float, size: float
    ) -> None:
        shown = min(max(pitch, geometry.low), geometry.high)
        box = geometry.note_box(place_s, place_s + _EXTRA_S, shown)
        fill = mark_colour("extra", self.theme)
        fill.setAlphaF(0.35)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(fill)
        painter.drawRect(box)
        paint_mark(painter, "extra", geometry.point(place_s, shown), size, self.theme)

    def _paint_keys(self, painter: QPainter, geometry: RollGeometry) -> None:
        theme = self.theme
        painter.fillRect(geometry.keys, QColor(theme.white_key))
        painter.setFont(themes.font(8))
        for pitch in range(geometry.low, geometry.high + 1):
            key = geometry.key(pitch)
            is_black = is_black_key(pitch)
            if is_black:
                part = key.adjusted(0, 0, 0, -key.height() * 0.38) if geometry.falls \
                    else key.adjusted(0, 0, -key.width() * 0.38, 0)
                painter.fillRect(part, QColor(theme.black_key))
            if pitch in self._shown.expected:
                painter.fillRect(key.adjusted(1, 1, -1, -1), QColor(theme.accent))
            elif not is_black and pitch % 12 in (0, 5):
                painter.setPen(QColor(theme.key_line))
                corner = key.topLeft() if geometry.falls else key.bottomLeft()
                other = key.bottomLeft() if geometry.falls else key.bottomRight()
                painter.drawLine(corner, other)
            if pitch in self._shown.expected or (pitch % 12 == 0 and not is_black):
                has_room = geometry.row >= (18 if geometry.falls else 9)
                if has_room:
                    is_lit = pitch in self._shown.expected
                    painter.setPen(QColor(theme.on_accent if is_lit else theme.key_text))
                    align = Qt.AlignmentFlag.AlignBottom | Qt.AlignmentFlag.AlignHCenter \
                        if geometry.falls else Qt.AlignmentFlag.AlignVCenter \
                        | Qt.AlignmentFlag.AlignRight
                    painter.drawText(key.adjusted(0, 0, -4, -2), align, self.naming.name(pitch))

    def _paint_hint(self, painter: QPainter, room: QRectF) -> None:
        if self._shown.hint:
            painter.setFont(themes.font(22))
            painter.setPen(QColor(self.theme.text))
            painter.drawText(
                room.adjusted(0, 24, 0, 0),
                Qt.AlignmentFlag.AlignTop | Qt.AlignmentFlag.AlignHCenter, self._shown.hint,
            )
