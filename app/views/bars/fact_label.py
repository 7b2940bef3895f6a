"""Labels whose texts change, and tell a screen reader so."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel, QWidget


class FactLabel(QLabel):
    """A name that is not seen, and a fact that is; both are what a screen reader reads.

    Qt tells it of a changed text only where a label has no name of its own.
    """

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._name = name
        # Among the facts are names of files.
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setAccessibleName(name)

    def show_fact(self, text: str, said: str | None = None) -> None:
        """Shows a text, and has it read, or `said` in its place where it changes too often."""
        self.setText(text)
        fact = text if said is None else said
        name = f"{self._name}: {' '.join(fact.split())}" if fact.strip() else self._name
        if name != self.accessibleName():
            # Qt tells of it.
            self.setAccessibleName(name)
