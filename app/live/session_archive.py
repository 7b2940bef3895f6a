"""What is played live, kept for a while without being asked for, and made a take when it is."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from PySide6.QtCore import QObject, QTimer, Signal

from app.settings.settings import Settings
from app.system.worker_thread import Ended, Worker
from app.takes.played_sessions import (
    FREE_BYTES,
    KeepLimits,
    PlayedSession,
    finish_left_sessions,
    free_bytes,
    list_sessions,
    make_room,
    sessions_folder,
)
from app.takes.session_spool import SessionSpool
from app.takes.take_paths import TakeFiles, takes_folder
from app.takes.take_recorder import TakeError, TakeRecorder, new_take_path
from app.takes.take_signals import TakeSignals

_GB = 10**9
# A session goes into parts of half of what is kept at most, so that the older half can go.
_MOST_PART_BYTES = 2 * _GB
_TIDY_MS = 10_000


@dataclass(frozen=True)
class _Tidied:
    """What a look at the folder brought.

    Attributes:
        free: bytes of the disk that are free.
        part: bytes of the part that is recorded now.
    """

    free: int
    part: int


@dataclass(frozen=True)
class _Recovered:
    path: Path


@dataclass(frozen=True)
class _Listed:
    """The sessions there are; those that had `ended` before are among them, or nothing of them."""

    sessions: list[PlayedSession]
    ended: tuple[Path, ...] = ()


class SessionArchive(QObject):
    """Lives in the GUI thread, and every signal is emitted there; files are looked at in threads.

    Signals:
        changed(): `sessions` are others.
        ended(PlayedSession): a session of this program is whole, and among `sessions`.
        dropped(): one has ended of which nothing is kept: it was too short.
        kept(Path): a session is a take of this name now, as it was asked for.
        recovered(Path): so is one that was asked for before the program or the computer stopped.
        failed(str): what was asked for cannot be done; one sentence.
        broken_off(str): what is played is not kept any more; one sentence.
    """

    changed = Signal()
    ended = Signal(object)
    dropped = Signal()
    kept = Signal(object)
    recovered = Signal(object)
    failed = Signal(str)
    broken_off = Signal(str)

    def __init__(self, settings: Settings, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._settings = settings
        self._sessions: list[PlayedSession] = []
        self._spool: SessionSpool | None = None
        # Parts that are being written, the newest last; those whose end is not told of yet.
        self._watches: list[TakeSignals] = []
        self._ended: list[Path] = []
        # One after the other, so that an older look at the folder never comes after a newer one.
        self._worker: Worker | None = None
        self._waiting: deque[Callable[[Worker], None]] = deque()
        self._timer = QTimer(self, interval=_TIDY_MS)
        self._timer.timeout.connect(self._tidy)

    @property
    def folder(self) -> Path:
        """Where sessions are."""
        return sessions_folder()

    @property
    def takes(self) -> Path:
        """Where a session goes that is made a take."""
        return self._settings.takes_folder or takes_folder()

    @property
    def sessions(self) -> Sequence[PlayedSession]:
        """Those that have ended, the newest first, as far as they were looked up."""
        return self._sessions

    @property
    def spool(self) -> SessionSpool | None:
        """What is recorded without being asked for; None where nothing is."""
        return self._spool

    @property
    def is_writing(self) -> bool:
        """Whether a session is running, or has ended and is not all written yet."""
        return bool(self._watches or self._ended)

    # Sessions.

    def open_spool(self) -> SessionSpool | None:
        """What a session that begins now is recorded into; None where nothing is to be kept."""
        self._spool = None
        self._timer.stop()
        if not self._settings.keep_hours:
            return None
        if self._room() < FREE_BYTES:
            self._tell_no_room()
            return None
        recorder = self._new_recorder()
        if recorder is None:
            return None
        self._spool = SessionSpool(recorder)
        self._watch(recorder)
        self._timer.start()
        return self._spool

    def take_over(self, path: Path) -> TakeRecorder | None:
        """Makes the running session a take of this name; None where it is not recorded."""
        spool, self._spool = self._spool, None
        if spool is None or spool.recorder.is_done:
            return None
        self._timer.stop()
        recorder = spool.take_over(path)
        for watch in [watch for watch in self._watches if watch.writer is recorder]:
            self._watches.remove(watch)
            watch.deleteLater()
        return recorder

    def look(self) -> None:
        """Looks up what there is, also of what a crash left, and lets go of what is too old."""
        self._run(partial(_look, self.folder, self.takes, self._limits, tuple(self._ended)))

    def keep(self, session: PlayedSession) -> None:
        """Makes a session a take; `kept` follows."""
        self._run(partial(_keep, session, self.folder, self.takes))

    def forget_all(self) -> None:
        """Removes every session that has ended."""
        self._run(partial(_forget, self.folder))

    def wait(self, timeout_s: float) -> None:
        """Waits until what has ended is on the disk."""
        for watch in self._watches:
            watch.writer.wait(timeout_s)

    def close(self) -> None:
        """Ends what runs; sessions that were kept are whole."""
        self._timer.stop()
        for watch in self._watches:
            watch.deleteLater()
        self._watches.clear()
        self._waiting.clear()
        if self._worker is not None:
            self._worker.end()
            self._worker = None

    # Within.

    @property
    def _limits(self) -> KeepLimits:
        return KeepLimits(self._settings.keep_hours, self._settings.keep_gb * _GB)

    @property
    def _most_part(self) -> int:
        return min(self._limits.n_bytes // 2, _MOST_PART_BYTES)

    def _room(self) -> int:
        free = free_bytes(self.folder)
        # Usually there is room enough, and nothing to be looked at.
        return free if free >= FREE_BYTES else make_room(self.folder, self._limits)

    def _new_recorder(self) -> TakeRecorder | None:
        try:
            return TakeRecorder(new_take_path(self.folder, self._settings.take_suffix))
        except TakeError as error:
            self.broken_off.emit(f"What you play is not kept: {error}.")
            return None

    def _watch(self, recorder: TakeRecorder) -> None:
        watch = TakeSignals(recorder, self)
        watch.failed.connect(self._part_failed)
        watch.done.connect(self._part_done)
        self._watches.append(watch)

    def _tidy(self) -> None:
        spool = self._spool
        if spool is None or spool.recorder.is_done:
            self._timer.stop()
            return
        part = TakeFiles(spool.recorder.path).unfinished_audio
        self._run(partial(_tidy, self.folder, self._limits, part))

    def _tidied(self, tidied: _Tidied) -> None:
        spool = self._spool
        if spool is None:
            return
        if tidied.free < FREE_BYTES:
            self._timer.stop()
            self._spool = None
            spool.finish()
            self._tell_no_room()
        elif not spool.is_turning and tidied.part > self._most_part:
            recorder = self._new_recorder()
            if recorder is not None:
                self._watch(recorder)
                spool.continue_in(recorder)

    def _tell_no_room(self) -> None:
        self.broken_off.emit(
            "What you play from here on is not kept: less than a gigabyte is free on the disk. "
            "R records all the same."
        )

    def _part_failed(self, sentence: str) -> None:
        self.broken_off.emit(f"What you play is not kept any more: {sentence}")

    def _part_done(self) -> None:
        done = [watch for watch in self._watches if watch.writer.is_done]
        self._watches = [watch for watch in self._watches if watch not in done]
        for watch in done:
            watch.deleteLater()
            writer = watch.writer
            is_whole = writer.saved is not None and writer.error is None
            self._ended.append(writer.saved if writer.saved and is_whole else writer.path)
        if self._spool is not None and self._spool.recorder.is_done:
            self._spool = None
        self.look()

    def _run(self, work: Callable[[Worker], None]) -> None:
        self._waiting.append(work)
        if self._worker is None:
            self._begin_next()

    def _begin_next(self) -> None:
        self._worker = None
        if self._waiting:
            self._worker = Worker(self._waiting.popleft(), self._receive, can_wait=True)
            self._worker.start()

    def _receive(self, posted: list[object]) -> None:
        for item in posted:
            match item:
                case _Listed():
                    self._list(item)
                case _Tidied():
                    self._tidied(item)
                case Path():
                    self.kept.emit(item)
                case _Recovered(path):
                    self.recovered.emit(path)
                case str():
                    self.failed.emit(item)
                case Ended(error):
                    self._begin_next()
                    if error is not None:
                        self.failed.emit(error)

    def _list(self, listed: _Listed) -> None:
        self._sessions = listed.sessions
        ended = [path for path in self._ended if path in listed.ended]
        self._ended = [path for path in self._ended if path not in listed.ended]
        self.changed.emit()
        for audio in ended:
            session = next((one for one in listed.sessions if one.audio == audio), None)
            if session is not None:
                self.ended.emit(session)
            else:
                self.dropped.emit()


def _look(
    folder: Path, takes: Path, limits: KeepLimits, ended: tuple[Path, ...], worker: Worker
) -> None:
    try:
        for path in finish_left_sessions(folder, takes):
            worker.post(_Recovered(path))
    except TakeError as error:
        worker.post(str(error))
    make_room(folder, limits)
    worker.post(_Listed(list_sessions(folder), ended))


def _tidy(folder: Path, limits: KeepLimits, part: Path, worker: Worker) -> None:
    free = make_room(folder, limits)
    try:
        n_bytes = part.stat().st_size
    except OSError:
        n_bytes = 0
    worker.post(_Tidied(free, n_bytes))


def _keep(session: PlayedSession, folder: Path, takes: Path, worker: Worker) -> None:
    try:
        path = session.keep(takes)
    except TakeError as error:
        worker.post(str(error))
    else:
        worker.post(path)
    worker.post(_Listed(list_sessions(folder)))


def _forget(folder: Path, worker: Worker) -> None:
    for session in list_sessions(folder):
        session.forget()
    worker.post(_Listed(list_sessions(folder)))
