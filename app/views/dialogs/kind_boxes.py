"""Boxes to be checked: the kinds of files that notes are exported as."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QCheckBox, QGridLayout, QWidget

_COLUMNS = 2


class KindBoxes(QWidget):
    """Attributes:
        boxes: by suffix.

    Signals:
        changed(): other kinds are checked.
    """

    changed = Signal()

    def __init__(self, formats: Mapping[str, str], tips: Mapping[str, str]) -> None:
        super().__init__()
        self.setAccessibleName("Kinds of files")
        self.boxes: dict[str, QCheckBox] = {}
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(14)
        grid.setVerticalSpacing(8)
        n_rows = -(-len(formats) // _COLUMNS)
        for index, (suffix, text) in enumerate(formats.items()):
            box = QCheckBox(text)
            box.setToolTip(tips[suffix])
            box.setAccessibleName(text)
            box.toggled.connect(self.changed)
            self.boxes[suffix] = box
            grid.addWidget(box, index % n_rows, index // n_rows)

    @property
    def kinds(self) -> tuple[str, ...]:
        """The suffixes that are checked, in their order."""
        return tuple(suffix for suffix, box in self.boxes.items() if box.isChecked())

    def check(self, kinds: Iterable[str]) -> None:
        """Checks these kinds and no others."""
        wanted = set(kinds)
        for suffix, box in self.boxes.items():
            box.blockSignals(True)
            box.setChecked(suffix in wanted)
            box.blockSignals(False)
        self.changed.emit()
