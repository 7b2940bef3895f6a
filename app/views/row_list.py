"""A titled list of what can be taken up again, for the page that is shown at first."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import Qt
from PySide6.QtGui import QFont
from PySide6.QtWidgets import QLabel, QPushButton, QVBoxLayout, QWidget

from app.style import apply_theme as themes
from app.style.theme_colours import Theme
from app.views.plain_text import menu_text, plain_tip

# More are in the menu.
MOST_ROWS = 4
_WIDEST_ROW = 420


class RowList(QWidget):
    """A button for each row; hidden when there is none."""

    def __init__(self, title: str, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._title = QLabel(title)
        self._title.setFont(themes.font(11, weight=QFont.Weight.DemiBold))
        self._title.setIndent(14)
        self._rows: list[QPushButton] = []
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(2)
        self._column.addWidget(self._title)
        self._column.addSpacing(4)
        self.set_theme(theme)
        self.hide()

    @property
    def rows(self) -> Sequence[QPushButton]:
        """From above to below."""
        return self._rows

    def set_theme(self, theme: Theme) -> None:
        self._title.setStyleSheet(f"color: {theme.text};")
        self._row_style = (
            f"QPushButton {{ color: {theme.faint}; background: transparent; padding: 5px 14px;"
            "border: 1px solid transparent; border-radius: 6px; text-align: left; }"
            f"QPushButton:hover {{ color: {theme.text}; background: {theme.raised}; }}"
        )
        for row in self._rows:
            row.setStyleSheet(self._row_style)

    def _forget_rows(self) -> None:
        for row in self._rows:
            self._column.removeWidget(row)
            row.hide()
            row.deleteLater()
        self._rows = []
        self.hide()

    def _add_row(self, text: str, name: str, tip: str, choose: Callable[[], object]) -> None:
        """Args: `name` is for who does not see it."""
        row = QPushButton()
        row.setFont(themes.font(12))
        row.setText(menu_text(
            row.fontMetrics().elidedText(text, Qt.TextElideMode.ElideMiddle, _WIDEST_ROW)
        ))
        row.setStyleSheet(self._row_style)
        row.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        row.setCursor(Qt.CursorShape.PointingHandCursor)
        row.setToolTip(plain_tip(tip))
        row.setAccessibleName(name)
        row.clicked.connect(choose)
        self._column.addWidget(row)
        self._rows.append(row)
        self.show()
