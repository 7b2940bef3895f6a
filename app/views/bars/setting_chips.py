"""Small buttons that say which settings differ from their defaults; each brings one back."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QToolButton, QWidget


@dataclass(frozen=True)
class Chip:
    """A setting that is not as usual.

    Attributes:
        text: what it is set to, in a few words.
        tip: what that does to the results.
        usual: what it is by default.
        reset: brings it back to that.
    """

    text: str
    tip: str
    usual: str
    reset: Callable[[], object]


class SettingChips(QWidget):
    """A row of chips; hidden while there is none."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName("Settings that differ from their defaults")
        self._shown: list[tuple[str, str]] = []
        self.buttons: list[QToolButton] = []
        self._row = QHBoxLayout(self)
        self._row.setContentsMargins(0, 0, 0, 0)
        self._row.setSpacing(4)
        self.hide()

    def show_chips(self, chips: Sequence[Chip]) -> None:
        """Shows these, in their order."""
        shown = [(chip.text, chip.tip) for chip in chips]
        if shown == self._shown:
            return
        self._shown = shown
        for button in self.buttons:
            self._row.removeWidget(button)
            button.hide()
            button.deleteLater()
        self.buttons = [_button(chip) for chip in chips]
        for button in self.buttons:
            self._row.addWidget(button)
            # In a row that is seen already, Qt would show it later.
            button.show()
        self.setVisible(bool(chips))


def _button(chip: Chip) -> QToolButton:
    button = QToolButton()
    button.setObjectName("settingChip")
    button.setText(f"{chip.text}  ×")
    button.setAccessibleName(f"{chip.text}: back to {chip.usual}")
    button.setToolTip(f"{chip.tip}\nA click brings back {chip.usual}.")
    button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
    button.clicked.connect(lambda: chip.reset())
    return button
