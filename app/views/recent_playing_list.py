"""The sessions that were played live lately, as a list on the page that is shown at first."""

from __future__ import annotations

import datetime
from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QFont
from PySide6.QtWidgets import QLabel, QPushButton, QVBoxLayout, QWidget

from app.style import apply_theme as themes
from app.style.theme_colours import Theme
from app.system.clock_text import clock_text
from app.takes.played_sessions import PlayedSession

# More are in the menu.
MOST_ROWS = 4


def session_text(session: PlayedSession, now: datetime.datetime | None = None) -> str:
    """When it began, how long it is, and how many notes were played.

    Args:
        now: by the user's clock, the present by default.
    """
    begun = session.begun
    days = ((now or datetime.datetime.now().astimezone()).date() - begun.date()).days
    day = {0: "Today", 1: "Yesterday"}.get(days, f"{begun:%Y-%m-%d}")
    notes = f"{session.n_notes} note{'' if session.n_notes == 1 else 's'}"
    return f"{day}, {begun:%H:%M}   ·   {clock_text(session.length_s)}   ·   {notes}"


class RecentPlayingList(QWidget):
    """A row for each of the newest sessions; hidden when there is none.

    Signals:
        chosen(PlayedSession): the user wants it as a recording.
    """

    chosen = Signal(object)

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._title = QLabel("Recent playing")
        self._title.setFont(themes.font(11, weight=QFont.Weight.DemiBold))
        self._rows: list[QPushButton] = []
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 26, 0, 0)
        self._column.setSpacing(2)
        self._column.addWidget(self._title, 0, Qt.AlignmentFlag.AlignHCenter)
        self._column.addSpacing(4)
        self.set_theme(theme)
        self.hide()

    @property
    def rows(self) -> Sequence[QPushButton]:
        """The newest first."""
        return self._rows

    def set_theme(self, theme: Theme) -> None:
        self._title.setStyleSheet(f"color: {theme.text};")
        self._row_style = (
            f"QPushButton {{ color: {theme.faint}; background: transparent; padding: 5px 14px;"
            "border: 1px solid transparent; border-radius: 6px; }"
            f"QPushButton:hover {{ color: {theme.text}; background: {theme.raised}; }}"
            f"QPushButton:focus {{ color: {theme.text}; border-color: {theme.accent}; }}"
        )
        for row in self._rows:
            row.setStyleSheet(self._row_style)

    def show_sessions(self, sessions: Sequence[PlayedSession]) -> None:
        """Lists the newest of them."""
        for row in self._rows:
            self._column.removeWidget(row)
            row.deleteLater()
        self._rows = [self._row(session) for session in sessions[:MOST_ROWS]]
        self.setVisible(bool(self._rows))

    def _row(self, session: PlayedSession) -> QPushButton:
        row = QPushButton(session_text(session))
        row.setFont(themes.font(12))
        row.setStyleSheet(self._row_style)
        row.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        row.setCursor(Qt.CursorShape.PointingHandCursor)
        row.setToolTip("Keep this as a recording, and open it")
        row.setAccessibleName(f"Keep what was played: {session_text(session)}")
        row.clicked.connect(lambda: self.chosen.emit(session))
        self._column.addWidget(row, 0, Qt.AlignmentFlag.AlignHCenter)
        return row
