"""Saves the open song as a project, and keeps a copy of unsaved work in case the program dies."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject, QTimer, Signal

from app.song import project_file as projects
from app.song.autosave_files import LeftAutosave, OwnedAutosave
from app.song.project_file import Project
from app.song.song import Song
from app.system.atomic_write import WriteError
from app.system.worker_thread import Ended, Worker, WorkError
from model.config import DecoderConfig

# After a change, the copy is written when so much time has passed.
_AUTOSAVE_MS = 5000

# What the window wants to find again: its settings and its view, as JSON values by name.
Collect = Callable[[], tuple[Mapping[str, Any], Mapping[str, Any]]]


class ProjectAutosave(QObject):
    """One song's project file. Lives in the GUI thread; files are written in threads.

    Attributes:
        path: the project file; None while the song was never saved.

    Signals:
        saved(Path): it was written.
        failed(str): it could not be written; one sentence. Of copies only the first failure.
        changed(): `path` or `is_saved` are others.
    """

    saved = Signal(object)
    failed = Signal(str)
    changed = Signal()

    def __init__(self, song: Song, collect: Collect, parent: QObject | None = None) -> None:
        """Args: `collect` gives settings and view whenever something is written."""
        super().__init__(parent)
        self._song, self._collect = song, collect
        self._workers: list[Worker] = []
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(_AUTOSAVE_MS)
        self._timer.timeout.connect(self._write_copy)
        self._copy: OwnedAutosave | None = None
        self._recovers: OwnedAutosave | None = None
        self._done: Callable[[], None] | None = None
        self._begin(None)
        song.opened.connect(self._song_opened)
        song.notes_changed.connect(self._notes_changed)
        song.tuned.connect(self._notes_changed)

    @property
    def is_saved(self) -> bool:
        """Whether the file (or a recording that nobody has touched) is as the song is now."""
        return self._is_saved() and not self._is_recovered

    def save(self, path: Path) -> None:
        """Begins to write the project, and returns at once."""
        path = path if projects.is_project(path) else path.with_name(
            path.name + projects.SUFFIX
        )  # fmt: skip
        project = self._collected()
        if project is not None:
            state = self._song.edits.state, project.decoder, project.a4
            self._write(project, path, partial(self._was_saved, path, state))

    def recover(self, left: LeftAutosave) -> None:
        """The song that is opened next is this copy, which is this program's from now on.

        Raises:
            WriteError: another program has it by now.
        """
        own = OwnedAutosave(left.source, left.path)
        own.claim()
        self._forget_recovery()
        self._recovers = own

    def keep_copy(self) -> None:
        """Writes the copy now, if there is anything to keep, and waits until it is written."""
        self._timer.stop()
        self._write_copy()
        self._join()

    def close(self) -> None:
        """The song is closed on purpose: its copy is not needed any more. Waits for writing."""
        self._timer.stop()
        self._join()
        self._remove_copy()
        self._begin(None)

    def leave(self) -> None:
        """The program ends and asks nobody: the copy stays for the next start. Waits for it."""
        self._timer.stop()
        self._join()
        if self._copy is not None:
            self._copy.leave()
        self._begin(None)

    def _begin(self, path: Path | None) -> None:
        self.path = path
        self._copy = None
        self._copy_failed = False
        self._is_recovered = False
        self._forget_recovery()
        self._saved_decoder: DecoderConfig | None = None
        # None: as the song was opened.
        self._saved_a4: float | None = None

    def _song_opened(self) -> None:
        recovers, info = self._recovers, self._song.info
        opened = self._song.opened_path
        if self._timer.isActive():
            self._timer.stop()
        self._remove_copy()
        if info is None:
            return
        self._recovers = None
        source = recovers.source if recovers is not None else opened or info.path
        self._begin(source if projects.is_project(source) else None)
        self._copy = recovers or OwnedAutosave(source)
        self._is_recovered = recovers is not None
        self._saved_decoder = self._song.decoder
        self.changed.emit()

    def _notes_changed(self) -> None:
        if not self.is_saved and not self._timer.isActive():
            self._timer.start()
        self.changed.emit()

    def _is_saved(self) -> bool:
        song = self._song
        saved_a4 = song.opened_a4 if self._saved_a4 is None else self._saved_a4
        is_heard_so = (song.decoder, song.a4) == (self._saved_decoder, saved_a4)
        return song.info is None or (song.edits.is_saved and is_heard_so)

    def _write_copy(self) -> None:
        copy = self._copy
        project = None if self.is_saved or copy is None else self._collected()
        if project is None or copy is None:
            return
        try:
            copy.claim()
        except WriteError as error:
            self._copy_not_written(str(error))
        else:
            self._write(project, copy.path, None)

    def _collected(self) -> Project | None:
        try:
            return self._song.project(*self._collect())
        except OSError as error:
            self.failed.emit(f"{error.filename}: it cannot be read ({error.strerror})")
            return None

    def _write(self, project: Project, path: Path, done: Callable[[], None] | None) -> None:
        # One after the other, so that the last one stays.
        self._join()
        self._done = done
        worker = Worker(partial(_save, project, path), self._receive, can_wait=True)
        self._workers.append(worker)
        worker.start()

    def _receive(self, posted: list[object]) -> None:
        for item in posted:
            if isinstance(item, Ended):
                done, self._done = self._done, None
                if item.error is None:
                    if done is not None:
                        done()
                elif done is not None:
                    self.failed.emit(item.error)
                else:
                    self._copy_not_written(item.error)

    def _copy_not_written(self, sentence: str) -> None:
        if not self._copy_failed:
            self._copy_failed = True
            self.failed.emit(sentence)

    def _was_saved(self, path: Path, state: tuple[object, DecoderConfig, float]) -> None:
        self._remove_copy()
        self.path, self._copy = path, OwnedAutosave(path)
        self._is_recovered = False
        edits_state, self._saved_decoder, self._saved_a4 = state
        self._song.edits.mark_saved(edits_state)
        self.saved.emit(path)
        self.changed.emit()

    def _remove_copy(self) -> None:
        if self._copy is not None:
            self._copy.remove()

    def _forget_recovery(self) -> None:
        """What did not open stays for the next start."""
        if self._recovers is not None:
            self._recovers.leave()
            self._recovers = None

    def _join(self) -> None:
        while self._workers:
            worker = self._workers.pop()
            worker.join()
            # What it posted would come later, and out of order.
            self._receive(worker.take())


def _save(project: Project, path: Path, worker: Worker) -> None:
    try:
        projects.save(project, path)
    except WriteError as error:
        raise WorkError(str(error)) from None
