"""Which parts of a piece, or which hand, are played."""

from __future__ import annotations

from typing import cast

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QCheckBox, QVBoxLayout, QWidget

from app.practice.piece import Hand, Piece
from app.views.panels.panel_scroll import panel_scroll
from app.views.panels.side_panel import ListBox

_ALL, _RIGHT, _LEFT, _SEVERAL = "all", "right", "left", "several"
# So high is the list of parts at most; more of them are scrolled.
_HIGHEST_PX = 132


class PartChoice(QWidget):
    """A list to choose from, and below it the parts, to be ticked once several are asked for.

    Signals:
        changed(): another choice.
        grown(): the ticks have come, or are gone.
    """

    changed, grown = Signal(), Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.box = ListBox()
        self.box.setToolTip("Which part, or hand, you play")
        self.ticks: list[QCheckBox] = []
        self._content = QWidget()
        self._rows = QVBoxLayout(self._content)
        self._rows.setContentsMargins(0, 2, 0, 2)
        self._scroll = panel_scroll(self._content)
        self._scroll.hide()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        column.addWidget(self.box)
        column.addWidget(self._scroll)
        self.setFocusProxy(self.box)
        self.set_piece(None)
        self.box.currentIndexChanged.connect(self._chosen)

    @property
    def parts(self) -> frozenset[int] | None:
        """Indices of the chosen parts; None for all of them."""
        value = self.box.currentData()
        if value == _SEVERAL:
            return frozenset(part for part, tick in enumerate(self.ticks) if tick.isChecked())
        return frozenset({value}) if isinstance(value, int) else None

    @property
    def hand(self) -> Hand | None:
        """The chosen hand; None for both."""
        value = self.box.currentData()
        return cast(Hand, value) if value in (_RIGHT, _LEFT) else None

    def setAccessibleName(self, name: str) -> None:
        super().setAccessibleName(name)
        self.box.setAccessibleName(name)

    def set_piece(self, piece: Piece | None) -> None:
        """Offers what a piece has, and chooses all of it."""
        names = [] if piece is None or len(piece.parts) < 2 else [
            f"Part {number}: {name}" if name else f"Part {number}"
            for number, name in enumerate(piece.parts, start=1)
        ]  # fmt: skip
        self.box.clear()
        self.box.addItem("All of it", _ALL)
        if piece is not None:
            self.box.addItem("Right hand", _RIGHT)
            self.box.addItem("Left hand", _LEFT)
        for index, name in enumerate(names):
            self.box.addItem(name, index)
        # Two are all of it.
        if len(names) > 2:
            self.box.addItem("Several parts", _SEVERAL)
        self._offer(names)

    def _offer(self, names: list[str]) -> None:
        for tick in self.ticks:
            tick.deleteLater()
        self.ticks = [QCheckBox(name.replace("&", "&&")) for name in names]
        for tick in self.ticks:
            tick.setToolTip("The ticked parts are played")
            tick.setChecked(True)
            tick.toggled.connect(self.changed)
            self._rows.addWidget(tick)

    def _chosen(self) -> None:
        is_asked = self.box.currentData() == _SEVERAL
        if is_asked == self._scroll.isHidden():
            self._scroll.setVisible(is_asked)
            # Only what is seen has the size that its style gives it.
            self._content.adjustSize()
            self._scroll.setFixedHeight(min(self._content.height(), _HIGHEST_PX))
            self.updateGeometry()
            self.grown.emit()
        self.changed.emit()
