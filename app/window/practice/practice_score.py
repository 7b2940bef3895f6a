"""The score of the piece that is practised: engraved, followed, its notes in the marks' colours."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from itertools import pairwise

from PySide6.QtCore import QObject, QTimer
from PySide6.QtGui import QColor

from app.exports.export_options import ExportOptions
from app.exports.score.page_engraver import PageEngraver
from app.music.rhythm import Meter, Rhythm
from app.practice.marks import Mark
from app.practice.piece import Piece
from app.style.theme_colours import Theme
from app.views.practice.mark_style import mark_colour
from app.views.score.score_view import ScoreView
from model.notes import Note

# The view has its size by then.
_REST_MS = 120


class PracticeScore(QObject):
    """Shows the score of one piece at a time, while it is wanted."""

    def __init__(
        self, view: ScoreView, theme: Theme, engraver: PageEngraver | None, parent: QObject
    ) -> None:
        super().__init__(parent)
        self._view, self._theme = view, theme
        self._engraver = engraver or PageEngraver(self)
        self._piece: Piece | None = None
        self._notes: list[Note] = []
        self._marks: Sequence[Mark | None] = ()
        self._is_wanted = False
        self._timer = QTimer(self, interval=_REST_MS, singleShot=True)
        self._timer.timeout.connect(self._engrave)
        self._engraver.page.connect(view.add_page)
        self._engraver.ended.connect(view.end)
        self._engraver.failed.connect(view.clear)
        view.paper_changed.connect(self._look)
        view.hide()

    def set_theme(self, theme: Theme) -> None:
        self._theme = theme
        self._view.set_theme(theme)
        self.show_marks(self._marks)

    def want(self, is_wanted: bool) -> None:
        """Shows the score, or hides it."""
        self._is_wanted = is_wanted
        self._view.setVisible(is_wanted and self._piece is not None)
        self._look()

    def set_piece(self, piece: Piece | None) -> None:
        """Another piece, or none any more."""
        self._piece, self._marks = piece, ()
        self._notes = [] if piece is None else [
            Note(note.onset_s, max(note.offset_s, note.onset_s + 0.02), note.pitch)
            for note in piece.notes
        ]
        self._view.clear()
        self._view.set_marks({})
        self._view.setVisible(self._is_wanted and piece is not None)
        self._look()

    def show_marks(self, marks: Sequence[Mark | None]) -> None:
        """What became of each note of the piece."""
        self._marks = marks
        if self._is_wanted and len(marks) == len(self._notes):
            found: dict[Note, QColor] = {
                note: mark_colour(mark.kind, self._theme)
                for note, mark in zip(self._notes, marks, strict=True) if mark is not None
            }
            self._view.set_marks(found)

    def show_moment(self, place_s: float) -> None:
        """Follows the piece, and turns its pages."""
        if self._is_wanted:
            self._view.show_moment(place_s)

    def close(self) -> None:
        """Ends what runs."""
        self._timer.stop()
        self._engraver.close()

    def _look(self) -> None:
        if self._is_wanted and self._piece is not None:
            self._timer.start()

    def _engrave(self) -> None:
        if self._piece is not None and self._is_wanted and self._view.isVisible():
            options = ExportOptions(rhythm=rhythm_of(self._piece), title=self._piece.title)
            job = self._engraver.engrave(self._notes, options, self._view.paper)
            self._view.begin(job, self._notes)
            self.show_marks(self._marks)


def rhythm_of(piece: Piece) -> Rhythm | None:
    """The beats and bars of a piece; None where it has none.

    A beat is a quarter, unless the piece has another time signature with as many.
    """
    if len(piece.bars_s) < 2 or not piece.beats_s:
        return None
    clicks = piece.clicks(piece.bars_s[0], piece.bars_s[-1])
    firsts = [index for index, (_, is_first) in enumerate(clicks) if is_first]
    if len(clicks) < 2 or not firsts:
        return None
    counts = Counter(later - earlier for earlier, later in pairwise(firsts))
    beats = counts.most_common(1)[0][0] if counts else 4
    meter = piece.meter
    if meter is None or meter.beats != beats:
        try:
            meter = Meter.parse(f"{beats}/4")
        except ValueError:
            meter = Meter()
    # A pickup's first beat is no bar's.
    first = firsts[1] if piece.first_bar == 0 and len(firsts) > 1 else firsts[0]
    return Rhythm.of_beats([at for at, _ in clicks], meter, first)
