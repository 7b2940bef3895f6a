"""Recent playing: the list of what was played live lately, in the menu and on the first page."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from PySide6.QtCore import QObject
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QMenu, QMessageBox, QWidget

from app.live.session_archive import SessionArchive
from app.views.dialogs import messages as dialogs
from app.views.recent_playing_list import RecentPlayingList, session_text


class RecentPlaying(QObject):
    """Keeps both in step with what there is, and keeps the session that is chosen."""

    def __init__(
        self, archive: SessionArchive, menu: QMenu, page: RecentPlayingList, forget: QAction,
        window: QWidget,
    ) -> None:
        """Args: `forget` removes all of them, after a question."""
        super().__init__(window)
        self._archive, self._menu, self._page, self._forget = archive, menu, page, forget
        self._window = window
        self._shown: list[tuple[Path, str]] | None = None
        menu.setToolTipsVisible(True)
        # What is too old goes, and other windows play as well.
        menu.aboutToShow.connect(archive.look)
        page.chosen.connect(archive.keep)
        forget.triggered.connect(self._ask_forget)
        archive.changed.connect(self._fill)
        self._fill()

    def _fill(self) -> None:
        sessions = self._archive.sessions
        # A menu that is open is not filled anew under the pointer where nothing is different.
        looks = [(session.audio, session_text(session)) for session in sessions]
        if looks == self._shown:
            return
        self._shown = looks
        self._page.show_sessions(sessions)
        self._menu.clear()
        for session in sessions:
            action = self._menu.addAction(session_text(session))
            action.setToolTip("Keep this as a recording, and open it")
            action.triggered.connect(partial(self._archive.keep, session))
        if sessions:
            self._menu.addSeparator()
            self._menu.addAction(self._forget)
        self._menu.setEnabled(bool(sessions))

    def _ask_forget(self) -> None:
        box = dialogs.question(
            self._window, "Forget all that was played lately? It cannot be had back. Recordings "
            "that were kept stay.", "Forget",
        )  # fmt: skip
        box.finished.connect(
            lambda _: self._archive.forget_all()
            if box.buttonRole(box.clickedButton()) == QMessageBox.ButtonRole.DestructiveRole
            else None
        )
        box.open()
