"""The recordings opened before, as a list on the page that is shown at first."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from app.style.theme_colours import Theme
from app.views.row_list import MOST_ROWS, RowList


class RecentFilesList(RowList):
    """A row for each of the newest ones; hidden when there is none.

    Signals:
        chosen(Path): the user wants it open.
    """

    chosen = Signal(object)

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__("Recent recordings", theme, parent)

    def show_files(self, files: Sequence[Path]) -> None:
        """Lists the first of them."""
        self._forget_rows()
        for path in files[:MOST_ROWS]:
            name = f"Open {path.name}"
            self._add_row(path.name, name, str(path), partial(self._choose, path))

    def _choose(self, path: Path) -> None:
        self.chosen.emit(path)
