"""What a player is told afterwards, beside the notes."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame, QLabel, QPushButton, QVBoxLayout, QWidget

from app.practice.practice_history import HistoryEntry
from app.practice.practice_report import PracticeResult
from app.style.theme_colours import Theme
from app.views.panels.panel_scroll import panel_scroll
from app.views.practice.bar_results import BarResults
from app.views.practice.history_curve import HistoryCurve

WIDTH = 336
_SLOWER = 80


class ReportPanel(QFrame):
    """Sentences, bars, what can be practised next, and the history.

    Signals:
        loop_asked(int, int): practise from one bar to another, slower.
        bar_chosen(int): a bar is to be looked at.
        delay_asked(): what was late is to be allowed for as the device's delay.
    """

    loop_asked = Signal(int, int)
    bar_chosen = Signal(int)
    delay_asked = Signal()

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("sidePanel")
        self.setAccessibleName("Report")
        self.setFixedWidth(WIDTH)
        self.title, self.text = QLabel("How it went"), QLabel()
        self.title.setObjectName("panelTitle")
        self.text.setWordWrap(True)
        self.text.setTextFormat(Qt.TextFormat.PlainText)
        self.text.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.text.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.bars, self.history = BarResults(theme), HistoryCurve(theme)
        self.bars.bar_chosen.connect(self.bar_chosen)
        self.delay = QPushButton("Allow for the delay of this device")
        self.delay.setToolTip(
            "Everything came about as late: that is rather the sound device than you"
        )
        self.delay.hide()
        self.delay.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.delay.clicked.connect(self.delay_asked)
        self.loops: list[QPushButton] = []
        content = QWidget()
        self._rows = QVBoxLayout(content)
        self._rows.setContentsMargins(16, 12, 16, 12)
        self._rows.setSpacing(8)
        self._bars_title, self._history_title = _section("Bars"), _section("This piece so far")
        self._next_title = _section("Next")
        for part in (self.title, self.text, self.delay, self._bars_title, self.bars,
                     self._next_title):
            self._rows.addWidget(part)
        self._loops_at = self._rows.count()
        self._rows.addWidget(self._history_title)
        self._rows.addWidget(self.history)
        self._rows.addStretch(1)
        scroll = panel_scroll(content)
        scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(scroll)

    def set_theme(self, theme: Theme) -> None:
        self.bars.set_theme(theme)
        self.history.set_theme(theme)

    def show_result(
        self, result: PracticeResult, history: Sequence[HistoryEntry], delay_ms: float | None
    ) -> None:
        """Shows a result, with the history of its piece.

        Args:
            delay_ms: what may be the device's delay rather than the player's; None for nothing.
        """
        lines = result.summary()
        self.text.setText("\n\n".join(lines))
        self.setAccessibleDescription(" ".join(lines))
        self.bars.set_bars(result.bars())
        self.history.set_entries(history)
        self.delay.setVisible(delay_ms is not None)
        if delay_ms is not None:
            self.delay.setText(f"Allow for {delay_ms:.0f} ms of this device")
        for button in self.loops:
            self._rows.removeWidget(button)
            button.deleteLater()
        self.loops = []
        for first, last in result.loops():
            bars = f"bar {first}" if first == last else f"bars {first}–{last}"
            button = QPushButton(f"Practise {bars} again at {_SLOWER} %")
            button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
            button.setToolTip("F8 does so with the worst" if not self.loops else "")
            button.clicked.connect(
                lambda _=False, first=first, last=last: self.loop_asked.emit(first, last)
            )
            self._rows.insertWidget(self._loops_at + len(self.loops), button)
            self.loops.append(button)
        self._next_title.setVisible(bool(self.loops))


def _section(title: str) -> QLabel:
    label = QLabel(title)
    label.setObjectName("panelSection")
    return label
