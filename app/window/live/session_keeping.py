"""Keeping what was just played: the session that ended last becomes a take, which is opened."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QObject, Signal

from app.live.session import LiveSession
from app.live.session_archive import SessionArchive
from app.settings.settings import Settings
from app.takes.played_sessions import PlayedSession

_KEEP = "Keep what I just played"


class SessionKeeping(QObject):
    """Knows what was played last, and keeps it when it is asked to.

    Signals:
        changed(): there is something to be kept, or not any more.
        played(PlayedSession): a session has ended and can be kept.
        kept(Path): what was played is a take now, which is to be opened.
        refused(str): there is nothing to be kept; one sentence.
    """

    changed = Signal()
    played = Signal(object)
    kept = Signal(object)
    refused = Signal(str)

    def __init__(
        self, live: LiveSession, archive: SessionArchive, settings: Settings, parent: QObject
    ) -> None:
        super().__init__(parent)
        self._live, self._archive, self._settings = live, archive, settings
        # What ended last: a session that can be kept, or a take, which only needs to be opened.
        self._played: PlayedSession | None = None
        self._take: Path | None = None
        # What is being written shall be kept once it is whole.
        self._is_asked = False
        archive.ended.connect(self._ended)
        archive.dropped.connect(self._dropped)
        archive.changed.connect(self._look)
        archive.kept.connect(self.kept)

    @property
    def has_something(self) -> bool:
        """Whether something is being played, or was played last, that is not open yet."""
        archive = self._archive
        return bool(archive.spool or archive.is_writing or self._played or self._take)

    def keep(self, *, is_taken: bool) -> None:
        """Ends the session and makes it, or the one that ended last, a take.

        Args:
            is_taken: a take is being written: that is what was played, and `take_written` follows.
        """
        if not is_taken and not self.has_something:
            is_off = self._live.is_listening or not self._settings.keep_hours
            reason = (
                "what is played is not kept: R records from now on" if is_off
                else "nothing was played yet that is not kept already"
            )
            self.refused.emit(f"{_KEEP}: {reason}.")
            return
        self._live.stop()
        if is_taken or self._archive.is_writing:
            self._is_asked = True
        elif self._played is not None:
            self._archive.keep(self._played)
        elif self._take is not None:
            self.kept.emit(self._take)
        self._played = self._take = None
        self.changed.emit()

    def take_written(self, take: Path | None) -> None:
        """A take is whole, or nothing came of it."""
        was_asked, self._is_asked = self._is_asked, False
        if was_asked and take is not None:
            self.kept.emit(take)
        else:
            self._played, self._take = None, take

    def _ended(self, session: PlayedSession) -> None:
        if self._is_asked:
            self._is_asked = False
            self._archive.keep(session)
        elif not self._live.is_listening:
            self._played, self._take = session, None
            self.played.emit(session)
        self.changed.emit()

    def _dropped(self) -> None:
        if self._is_asked:
            self._is_asked = False
            self.refused.emit(f"{_KEEP}: it was too short.")
        self.changed.emit()

    def _look(self) -> None:
        # It may have been kept from the list, or been let go.
        there = [session.audio for session in self._archive.sessions]
        if self._played is not None and self._played.audio not in there:
            self._played = None
            self.changed.emit()
