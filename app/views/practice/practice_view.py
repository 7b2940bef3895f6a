"""The page on which a piece is practised, and on which it is told how it went."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from PySide6.QtCore import Qt
from PySide6.QtGui import QFont
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QProgressBar, QVBoxLayout, QWidget

from app.practice.practice_history import HistoryEntry
from app.practice.practice_report import PracticeResult
from app.style import apply_theme as themes
from app.style.theme_colours import Theme
from app.views.bars.action_button import action_button
from app.views.bars.fact_label import FactLabel
from app.views.practice.mark_counts import MarkCounts
from app.views.practice.mark_style import Shown
from app.views.practice.practice_roll import PracticeRoll
from app.views.practice.report_panel import ReportPanel
from app.views.score.score_view import ScoreView
from app.views.shortcuts.practice_shortcuts import PracticeActions

_TEXT = Qt.ToolButtonStyle.ToolButtonTextOnly


class PracticeView(QWidget):
    """A head that says where one is, the piece, and afterwards the report beside it.

    Attributes:
        roll: the piece.
        score: its pages, hidden unless they are wanted.
        report: hidden while it is played.
    """

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("practice")
        self.setAccessibleName("Practising")
        self.roll, self.report = PracticeRoll(theme), ReportPanel(theme)
        self.score = ScoreView(theme)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setFocusProxy(self.roll)
        self.roll.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.title, self.bar = FactLabel("Piece"), FactLabel("Bar")
        self.expected = FactLabel("Expected")
        self.title.setFont(themes.font(11, weight=QFont.Weight.DemiBold))
        self.bar.setFont(themes.font(11))
        self.expected.setFont(themes.font(15, weight=QFont.Weight.DemiBold))
        self.counts = MarkCounts(theme)
        self.progress = QProgressBar()
        self.progress.setRange(0, 1000)
        self.progress.setTextVisible(False)
        self.progress.setAccessibleName("Progress of the piece")
        self._head = QFrame()
        self._head.setObjectName("songBar")
        self._buttons = QHBoxLayout()
        self._buttons.setSpacing(6)
        first = QHBoxLayout()
        first.setSpacing(16)
        first.addWidget(self.title)
        first.addWidget(self.bar)
        first.addSpacing(8)
        self._next = QLabel("Next")
        first.addWidget(self._next)
        first.addWidget(self.expected, 1)
        first.addLayout(self._buttons)
        second = QHBoxLayout()
        second.addWidget(self.counts)
        second.addWidget(self.progress, 1)
        rows = QVBoxLayout(self._head)
        rows.setContentsMargins(16, 6, 16, 6)
        rows.setSpacing(2)
        rows.addLayout(first)
        rows.addLayout(second)
        notes = QVBoxLayout()
        notes.setSpacing(0)
        notes.addWidget(self.score, 4)
        notes.addWidget(self.roll, 5)
        page = QHBoxLayout()
        page.setSpacing(0)
        page.addLayout(notes, 1)
        page.addWidget(self.report)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self._head)
        column.addLayout(page, 1)
        self.report.hide()

    def offer(self, actions: PracticeActions) -> None:
        """Puts the commands into the head."""
        for action in (
            actions.score, actions.direction, actions.skip, actions.again, actions.worst,
            actions.end,
        ):
            button = action_button(action, "songButton", action.text(), _TEXT)
            action.changed.connect(
                lambda action=action, button=button: button.setVisible(action.isEnabled())
            )
            button.setVisible(action.isEnabled())
            self._buttons.addWidget(button)

    def set_theme(self, theme: Theme) -> None:
        for part in (self.roll, self.report, self.counts):
            part.set_theme(theme)

    def begin(self, title: str) -> None:
        """A piece of this title is played; the report goes."""
        self.report.hide()
        self.title.show_fact(title)
        self.set_counts({})
        self.set_progress("", 0.0)

    def set_counts(self, counts: Mapping[Shown, int]) -> None:
        """How many notes have each mark."""
        self.counts.set_counts(counts)

    def set_progress(self, bar: str, share: float) -> None:
        """The bar in words, and the share of the piece that is played, 0 to 1."""
        if bar != self.bar.text():
            self.bar.show_fact(bar)
        self.progress.setValue(round(1000 * min(max(share, 0.0), 1.0)))

    def set_expected(self, text: str) -> None:
        """What is to be played next, in words."""
        if text != self.expected.text():
            self.expected.show_fact(text)
        self._next.setVisible(bool(text))

    def show_report(
        self, result: PracticeResult, extras: Sequence[tuple[int, float]],
        history: Sequence[HistoryEntry], delay_ms: float | None,
    ) -> None:
        """Shows how it went.

        Args:
            extras: what was played besides: pitches, and moments of the piece.
            delay_ms: as for `ReportPanel.show_result`.
        """
        self.roll.show_report(result.piece, result.marks, extras)
        self.report.show_result(result, history, delay_ms)
        self.report.show()
        self.set_expected("")
