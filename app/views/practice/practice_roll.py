"""The piece that is practised: its notes on their way to the line, and what became of each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from PySide6.QtCore import QPointF, Qt, Signal
from PySide6.QtGui import (
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QToolTip, QWidget

from app.music.note_naming import NoteNaming
from app.practice.marks import Mark
from app.practice.piece import Piece
from app.style.theme_colours import Theme
from app.views.practice.mark_style import mark_words
from app.views.practice.roll_geometry import RollGeometry, pitch_range
from app.views.practice.roll_painter import RollContent, RollPainter

# Seconds in view while it moves; of a report, at most so many at once.
_SPAN_S, _SHORTEST_S, _LONGEST_S, _LONGEST_WHOLE_S = 7.0, 2.0, 60.0, 24.0
_ZOOM = 1.25
_SCROLL_SHARE = 0.25
# The share of the way that is left which is made with each picture.
_GLIDE = 0.22


class PracticeRoll(QWidget):
    """Draws a piece at a moment. What is played is told by colour and shape.

    Signals:
        painted(): a picture was drawn.
    """

    painted = Signal()

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._painter = RollPainter(theme)
        self._shown = RollContent(Piece("", ()))
        self._falls = False
        self._place_s, self._span_s = 0.0, _SPAN_S
        self._low, self._high = 48, 72
        self.setMinimumSize(320, 200)
        self.setMouseTracking(True)
        self.setAccessibleName("Piece")

    # What is shown.

    def set_theme(self, theme: Theme) -> None:
        self._painter.theme = theme
        self.update()

    def set_naming(self, naming: NoteNaming) -> None:
        """Calls notes so."""
        self._painter.naming = naming
        self.update()

    def set_falls(self, falls: bool) -> None:
        """Lets the notes fall onto a keyboard, or move sideways."""
        self._falls = falls
        self.update()

    def set_piece(self, piece: Piece, place_s: float) -> None:
        """A piece of which nothing is played yet, at a moment."""
        self._shown, self._place_s = RollContent(piece, [None] * len(piece.notes)), place_s
        self._low, self._high = pitch_range(note.pitch for note in piece.notes)
        self._span_s = _SPAN_S
        self.update()

    def set_mark(self, note: int, mark: Mark) -> None:
        """What became of a note, by its index."""
        self._shown.marks[note] = mark
        self.update()

    def add_extra(self, pitch: int, place_s: float) -> None:
        """What was played beside the piece, and at which moment of it."""
        self._shown.extras.append((pitch, place_s))
        self.update()

    def set_place(self, place_s: float) -> None:
        """The moment at the line."""
        if place_s != self._place_s:
            self._place_s = place_s
            self.update()

    def glide_to(self, place_s: float) -> None:
        """Moves a part of the way to a moment: called with each picture, it comes there soon."""
        way_s = place_s - self._place_s
        self.set_place(place_s if abs(way_s) < 0.004 else self._place_s + _GLIDE * way_s)

    def set_expected(self, pitches: frozenset[int]) -> None:
        """The keys that are to be played next."""
        if pitches != self._shown.expected:
            self._shown.expected = pitches
            self.update()

    def set_hint(self, text: str) -> None:
        """Says something over the notes; empty for nothing."""
        self._shown.hint = text
        self.update()

    def show_report(
        self, piece: Piece, marks: Sequence[Mark], extras: Sequence[tuple[int, float]]
    ) -> None:
        """What became of everything, to be looked through."""
        self.set_piece(piece, 0.0)
        self._shown.marks, self._shown.extras = list(marks), list(extras)
        self._shown.is_report = True
        first_s = piece.notes[0].onset_s if piece.notes else 0.0
        whole_s = max(_SHORTEST_S, piece.end_s - first_s + 0.6)
        self._span_s = min(whole_s, _LONGEST_WHOLE_S)
        self._place_s = first_s - 0.3
        self.update()

    @property
    def marks(self) -> Sequence[Mark | None]:
        """What is shown of each note."""
        return self._shown.marks

    @property
    def extras(self) -> Sequence[tuple[int, float]]:
        """What is shown beside the piece: pitches, and moments of it."""
        return self._shown.extras

    @property
    def geometry_now(self) -> RollGeometry:
        """Where everything is drawn."""
        return RollGeometry(
            self.width(), self.height(), self._falls and not self._shown.is_report,
            self._low, self._high, self._place_s, self._span_s, self._shown.is_report,
        )

    # Looking through the report.

    def show_moment(self, seconds: float) -> None:
        """Brings a moment of the report to the middle of the view."""
        self._go(seconds - self._span_s / 2)

    def scroll_by(self, share: float) -> None:
        """Moves the report by a share of what is in view."""
        self._go(self._place_s + share * self._span_s)

    @property
    def fault_s(self) -> float | None:
        """The difference that was gone to last."""
        return self._shown.fault_s

    def go_to_fault(self, step: int) -> bool:
        """Goes to the next note (1) that was not right, or the one before (-1); says whether there
        is one."""
        shown = self._shown
        from_s = -1.0 if shown.fault_s is None else shown.fault_s
        places = sorted({
            *(note.onset_s for note, mark in zip(shown.piece.notes, shown.marks, strict=True)
              if mark is not None and mark.kind not in ("right", "unsure")),
            *(place_s for _, place_s in shown.extras),
        })  # fmt: skip
        beyond = [at for at in places if (at - from_s) * step > 1e-6]
        if not beyond:
            return False
        shown.fault_s = beyond[0] if step > 0 else beyond[-1]
        self.show_moment(shown.fault_s)
        return True

    def zoom(self, factor: float) -> None:
        """Shows so many times as many seconds."""
        middle_s = self._place_s + self._span_s / 2
        self._span_s = min(max(self._span_s * factor, _SHORTEST_S), _LONGEST_S)
        if self._shown.is_report:
            self.show_moment(middle_s)
        self.update()

    def _go(self, begin_s: float) -> None:
        first_s = (self._shown.onsets[0] if self._shown.onsets else 0.0) - 0.3
        last_s = max(first_s, self._shown.piece.end_s + 0.3 - self._span_s)
        self._place_s = min(max(begin_s, first_s), last_s)
        self.update()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        steps: Mapping[int, float] = {
            Qt.Key.Key_Left: -_SCROLL_SHARE, Qt.Key.Key_Right: _SCROLL_SHARE,
            Qt.Key.Key_PageUp: -0.9, Qt.Key.Key_PageDown: 0.9,
        }
        key = event.key()
        if self._shown.is_report and key in steps:
            self.scroll_by(steps[key])
        elif self._shown.is_report and key in (Qt.Key.Key_Home, Qt.Key.Key_End):
            self._go(-1e9 if key == Qt.Key.Key_Home else 1e9)
        else:
            super().keyPressEvent(event)

    def wheelEvent(self, event: QWheelEvent) -> None:
        notches = event.angleDelta().y() / 120
        if event.modifiers() & Qt.KeyboardModifier.ControlModifier or not self._shown.is_report:
            self.zoom(_ZOOM**-notches)
        else:
            self.scroll_by(-0.15 * notches)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        index = self.note_at(event.position())
        mark = None if index is None else self._shown.marks[index]
        if index is None or mark is None:
            QToolTip.hideText()
            return
        name = self._painter.naming.name
        text = f"{name(self._shown.piece.notes[index].pitch)}: {mark_words(mark)}"
        if mark.heard_pitch is not None:
            text += f", {name(mark.heard_pitch)} was played"
        QToolTip.showText(event.globalPosition().toPoint(), text, self)

    def note_at(self, at: QPointF) -> int | None:
        """The note at a point, by its index."""
        geometry = self.geometry_now
        for index in self._shown.between(geometry.begin_s, geometry.end_s):
            note = self._shown.piece.notes[index]
            if geometry.note_box(note.onset_s, note.offset_s, note.pitch).contains(at):
                return index
        return None

    def paintEvent(self, event: QPaintEvent) -> None:
        with QPainter(self) as painter:
            self._painter.paint(painter, self.rect(), self.geometry_now, self._shown)
        self.painted.emit()
