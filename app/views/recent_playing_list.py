"""The sessions that were played live lately, as a list on the page that is shown at first."""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from functools import partial

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from app.style.theme_colours import Theme
from app.system.clock_text import clock_text
from app.takes.played_sessions import PlayedSession
from app.views.row_list import MOST_ROWS, RowList


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


class RecentPlayingList(RowList):
    """A row for each of the newest sessions; hidden when there is none.

    Signals:
        chosen(PlayedSession): the user wants it as a recording.
    """

    chosen = Signal(object)

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__("Recent playing", theme, parent)

    def show_sessions(self, sessions: Sequence[PlayedSession]) -> None:
        """Lists the newest of them."""
        self._forget_rows()
        for session in sessions[:MOST_ROWS]:
            text = session_text(session)
            self._add_row(
                text, f"Keep what was played: {text}", "Keep this as a recording, and open it",
                partial(self._choose, session),
            )

    def _choose(self, session: PlayedSession) -> None:
        self.chosen.emit(session)
