"""The strip above a score: its staves, its part, the tuning of its tablature, its pages."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QAction
from PySide6.QtWidgets import (
    QComboBox,
    QFrame,
    QHBoxLayout,
    QSizePolicy,
    QToolButton,
    QWidget,
)

from app.music.fretting import FRETTED
from app.music.instruments import ANY, INSTRUMENTS
from app.settings.score_settings import ScoreSettings
from app.views.bars.action_button import action_button
from app.views.bars.fact_label import FactLabel
from app.views.shortcuts.score_shortcuts import ScoreActions
from app.views.tuning_fields import TuningFields

_HEIGHT = 38
STAVES = {
    "": "Staves as needed", "two": "Two staves", "one": "One staff",
    **{name: f"{name.capitalize()} tablature" for name in FRETTED},
}


class ScoreBar(QFrame):
    """Shows and changes what `ScoreSettings` hold of a score."""

    def __init__(
        self, actions: ScoreActions, score: ScoreSettings, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._score = score
        self.setObjectName("songBar")
        self.setAccessibleName("Score settings")
        self.setFixedHeight(_HEIGHT)
        self.staves = _box("Staves of the score, or tablature (Shift+V)")
        for value, text in STAVES.items():
            self.staves.addItem(text, value)
        self.part = _box("Write the notes as they stand in this instrument’s part")
        self.part.addItem("Concert pitch", ANY.name)
        for instrument in INSTRUMENTS:
            if instrument.transposition or instrument.is_monophonic:
                self.part.addItem(instrument.name, instrument.name)
        self.tuning = TuningFields(score)
        self.pages = FactLabel("Page of the score")
        self.buttons = [
            _button(actions.previous_page, "Previous page", "<"),
            _button(actions.next_page, "Next page", ">"),
            _button(actions.smaller, "Smaller staves", "A-"),
            _button(actions.larger, "Larger staves", "A+"),
            _button(actions.print_score, "Print the score", "Print…"),
            _button(actions.save_pdf, "Save the score as PDF", "PDF…"),
        ]
        self._lay_out()
        self.staves.activated.connect(lambda _: score.set_staves(self.staves.currentData()))
        self.part.activated.connect(lambda _: score.set_part(self.part.currentData()))
        score.changed.connect(self._show)
        self._show()
        self.show_page(0, 0)

    def _lay_out(self) -> None:
        row = QHBoxLayout(self)
        row.setContentsMargins(10, 0, 12, 0)
        row.setSpacing(8)
        row.addWidget(self.staves)
        row.addWidget(self.part)
        row.addWidget(self.tuning)
        row.addStretch(1)
        for button in self.buttons:
            row.addWidget(button)
        row.insertWidget(row.indexOf(self.buttons[1]), self.pages)

    def show_page(self, page: int, count: int) -> None:
        """Says which page is shown, from 0, and of how many."""
        self.pages.show_fact(f"Page {page + 1} of {count}" if count else "")

    def _show(self) -> None:
        score = self._score
        self.staves.setCurrentIndex(self.staves.findData(score.staves))
        index = self.part.findData(score.part.name)
        self.part.setCurrentIndex(max(index, 0))
        # Tablature is as it sounds.
        self.part.setVisible(score.tab is None)
        self.tuning.setVisible(score.tab is not None)
        if score.tab is not None:
            self.tuning.show_instrument(score.tab)


def _box(tip: str) -> QComboBox:
    box = QComboBox()
    box.setToolTip(tip)
    box.setAccessibleName(tip)
    box.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Fixed)
    box.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToContents)
    return box


def _button(action: QAction, name: str, text: str) -> QToolButton:
    action.setIconText(text)
    return action_button(action, "songButton", name, Qt.ToolButtonStyle.ToolButtonTextOnly)
