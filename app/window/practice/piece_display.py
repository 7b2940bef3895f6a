"""Brings what a session tells to the page, picture by picture."""

from __future__ import annotations

from collections import Counter

from PySide6.QtCore import QObject, Signal

from app.practice.marks import Extra, Marked, PracticeEvent, Reached
from app.practice.session.practice_plan import PracticePlan
from app.practice.session.practice_session import PracticeSession
from app.settings.display_settings import DisplaySettings
from app.views.practice.mark_style import Shown
from app.views.practice.practice_view import PracticeView
from app.views.stage.scrolling.frame_timer import FrameTimer
from app.window.practice.practice_score import PracticeScore


class PieceDisplay(QObject):
    """Shows the place, the marks as they come, and what is expected.

    Signals:
        changed(): what is expected is other.
    """

    changed = Signal()

    def __init__(
        self, view: PracticeView, score: PracticeScore, session: PracticeSession,
        display: DisplaySettings, parent: QObject,
    ) -> None:
        super().__init__(parent)
        self._view, self._score = view, score
        self._session, self._display = session, display
        self._plan: PracticePlan | None = None
        self._timer = FrameTimer(self)
        self._timer.frame.connect(self._frame)
        session.began.connect(self._began)
        session.told.connect(self._told)
        display.naming_changed.connect(self._show_naming)
        self._show_naming()

    def begin(self, plan: PracticePlan) -> None:
        """A piece that is about to be played."""
        self._plan = plan
        view = self._view
        view.begin(plan.piece.title)
        view.roll.set_falls(plan.how.falls)
        view.roll.set_piece(plan.piece, plan.begin_s - plan.count_in_s())
        view.roll.set_hint("Getting ready…")
        self._score.set_piece(plan.piece)

    def run(self) -> None:
        """Draws until the session has ended."""
        self._timer.start()

    @property
    def expected(self) -> str:
        """The names of what is played next."""
        name = self._display.naming.name
        return "  ".join(name(pitch) for pitch in sorted(self._session.expected))

    @property
    def doing(self) -> str:
        """What is going on, for the status line; empty while nothing is."""
        if not self._session.is_on or self._plan is None:
            return ""
        if not self._session.has_begun:
            return "Getting ready to listen…"
        names = self.expected
        if not names:
            return f"Practising {self._plan.piece.title}"
        waits = self._plan.how.way == "wait"
        return f"Waiting for {names}" if waits else f"Next: {names}"

    def show_counts(self) -> None:
        """Counts the marks that are shown."""
        roll = self._view.roll
        counts: Counter[Shown] = Counter(mark.kind for mark in roll.marks if mark is not None)
        counts["extra"] = len(roll.extras)
        self._view.set_counts(counts)

    def _began(self) -> None:
        self._view.roll.set_hint("")
        self._frame()
        self._show_expected()
        self.changed.emit()

    def _told(self, events: list[PracticeEvent]) -> None:
        roll = self._view.roll
        for event in events:
            match event:
                case Marked(note, mark):
                    roll.set_mark(note, mark)
                case Extra(pitch, time_s, _):
                    roll.add_extra(pitch, self._session.place_of(time_s))
                case Reached():
                    self._show_expected()
        if any(isinstance(event, Marked | Extra) for event in events):
            self.show_counts()
            self._score.show_marks(roll.marks)

    def _frame(self) -> None:
        session, plan = self._session, self._plan
        if not session.is_on or plan is None:
            self._timer.stop()
            return
        place_s, has_clock = session.place_s, plan.how.way == "clock"
        if has_clock:
            self._view.roll.set_place(place_s)
        else:
            self._view.roll.glide_to(place_s)
        if not session.has_begun:
            return
        self._score.show_moment(place_s)
        begin_s = plan.piece.notes[0].onset_s
        share = (place_s - begin_s) / max(plan.end_s - begin_s, 1e-3)
        text = f"Bar {plan.piece.bar_at(max(place_s, begin_s))} of {plan.piece.last_bar}"
        is_counting = has_clock and place_s < plan.begin_s - 1e-3
        self._view.set_progress("Count-in" if is_counting else text, share)

    def _show_expected(self) -> None:
        self._view.roll.set_expected(self._session.expected)
        text = self.expected
        if text != self._view.expected.text():
            self._view.set_expected(text)
            self.changed.emit()

    def _show_naming(self) -> None:
        self._view.roll.set_naming(self._display.naming)
