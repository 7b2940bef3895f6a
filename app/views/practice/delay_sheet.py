"""Claps with clicks: how late this device is."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QLabel,
    QProgressBar,
    QVBoxLayout,
    QWidget,
)

from app.views.bars.fact_label import FactLabel

_WIDTH = 420
_WHAT = (
    "Wear what you wear when you practise, and clap, or tap on the microphone, with the twelve "
    "clicks, as evenly as you can. Without headphones, the microphone hears the clicks: then "
    "only listen."
)


class DelaySheet(QDialog):
    """Says what to do, how many claps were heard, and what came of it. Deletes itself.

    Signals:
        begin_asked(): the clicks shall begin.
        ended(): it was closed.
    """

    begin_asked = Signal()
    ended = Signal()

    def __init__(self, parent: QWidget, n_clicks: int) -> None:
        super().__init__(parent)
        self.setWindowTitle("Delay of this device")
        self.setAccessibleName("Delay of this device")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setFixedWidth(_WIDTH)
        what = QLabel(_WHAT)
        what.setWordWrap(True)
        self.said = FactLabel("Result")
        self.said.setWordWrap(True)
        self.bar = QProgressBar()
        self.bar.setRange(0, n_clicks)
        self.bar.setTextVisible(False)
        self.bar.setAccessibleName("Claps heard")
        buttons = QDialogButtonBox()
        buttons.addButton("Close", QDialogButtonBox.ButtonRole.RejectRole)
        self.begin = buttons.addButton("Begin", QDialogButtonBox.ButtonRole.ActionRole)
        self.begin.setDefault(True)
        self.begin.clicked.connect(self._begin)
        buttons.rejected.connect(self.close)
        self.finished.connect(self.ended)
        column = QVBoxLayout(self)
        column.setContentsMargins(20, 16, 20, 14)
        column.setSpacing(12)
        for part in (what, self.bar, self.said, buttons):
            column.addWidget(part)

    def show_taps(self, count: int) -> None:
        """So many claps were heard."""
        self.bar.setValue(min(count, self.bar.maximum()))

    def show_result(self, text: str) -> None:
        """It is over."""
        self.said.show_fact(text)
        self.begin.setEnabled(True)
        self.begin.setText("Once more")

    def _begin(self) -> None:
        self.begin.setEnabled(False)
        self.said.show_fact("Listening…")
        self.show_taps(0)
        self.begin_asked.emit()
