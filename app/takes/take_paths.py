"""The files of takes: their names, and whether a program has them open.

A take is NAME.flac (or .wav) and NAME.notes.jsonl. While it is recorded they are called
NAME.unfinished.flac and NAME.unfinished.notes.jsonl, and NAME.unfinished.lock is locked.
"""

from __future__ import annotations

import contextlib
import datetime
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QStandardPaths

from app.system.atomic_write import WriteError, move, written_beside
from app.takes.flac_wav_writer import CONTAINERS

if TYPE_CHECKING:
    from filelock import FileLock

# Stands between the name and the suffix while the take is recorded.
UNFINISHED = ".unfinished"


class TakeError(ValueError):
    """A take cannot be recorded, recovered or read; the message is one sentence naming it."""


@dataclass(frozen=True)
class TakeFiles:
    """The names that belong to one take, `audio` being that of the finished sound."""

    audio: Path

    @classmethod
    def of_unfinished(cls, path: Path) -> TakeFiles:
        """The names of the take whose unfinished sound has this name.

        Raises:
            TakeError: unfinished takes are not called so.
        """
        if path.suffix not in CONTAINERS or not path.stem.endswith(UNFINISHED):
            raise TakeError(f"{path}: this is not an unfinished take")
        return cls(path.with_name(path.stem.removesuffix(UNFINISHED) + path.suffix))

    @property
    def notes(self) -> Path:
        """The finished notes."""
        return notes_path(self.audio)

    @property
    def unfinished_audio(self) -> Path:
        """The sound while it is recorded."""
        return self.audio.with_name(f"{self.audio.stem}{UNFINISHED}{self.audio.suffix}")

    @property
    def unfinished_notes(self) -> Path:
        """The notes while they are recorded."""
        return notes_path(self.unfinished_audio)

    @property
    def lock(self) -> Path:
        """Locked by the program that records or recovers the take."""
        return self.audio.with_name(f"{self.audio.stem}{UNFINISHED}.lock")

    def take_lock(self) -> FileLock:
        """Locks the take for this program; the system unlocks it when the program ends or dies.

        Raises:
            TakeError: it is in use, here or in another program, or the folder is read-only.
        """
        # Loaded with the first take: this module's names are wanted at every start.
        from filelock import FileLock, Timeout

        # It is taken in one thread and given back in another.
        lock = FileLock(self.lock, thread_local=False)
        try:
            lock.acquire(timeout=0)
        except Timeout:
            raise TakeError(f"{self.audio}: this take is being recorded") from None
        except OSError as error:
            raise TakeError(f"{self.audio}: it cannot be written ({error.strerror})") from None
        return lock

    def unlock(self, lock: FileLock) -> None:
        """Gives the take free and leaves no lock file behind."""
        lock.release()
        with contextlib.suppress(OSError):
            self.lock.unlink(missing_ok=True)

    def finish(self, audio: Path) -> None:
        """Gives sound and notes the names of a finished take, whose sound is `audio`.

        Raises:
            OSError: they cannot be renamed.
        """
        # The notes first: as long as the sound has its unfinished name, the take is offered.
        with contextlib.suppress(FileNotFoundError):
            self.unfinished_notes.replace(notes_path(audio))
        self.unfinished_audio.replace(audio)

    def remove_unfinished(self) -> None:
        """Removes what was recorded.

        Raises:
            OSError: it cannot be removed.
        """
        self.unfinished_audio.unlink(missing_ok=True)
        self.unfinished_notes.unlink(missing_ok=True)
        if not self.audio.exists():
            # Killed while it was finished, it had its notes under their last name already.
            self.notes.unlink(missing_ok=True)


def notes_path(audio: Path) -> Path:
    """Where the notes of a take lie: NAME.notes.jsonl beside NAME.flac."""
    return audio.with_name(f"{audio.stem}.notes.jsonl")


def takes_folder() -> Path:
    """Where takes go unless the user chooses another folder: Noteglow in the user's music."""
    music = QStandardPaths.writableLocation(QStandardPaths.StandardLocation.MusicLocation)
    return Path(music or Path.home()) / "Noteglow"


def new_take_path(
    folder: Path, suffix: str = ".flac", now: datetime.datetime | None = None
) -> Path:
    """A name with date and time that no other take in the folder has.

    Args:
        suffix: ".flac" or ".wav".
        now: the time by the user's clock, the present by default.
    """
    now = now or datetime.datetime.now().astimezone()
    return unused(folder / f"Noteglow {now:%Y-%m-%d %H-%M-%S}{suffix}")


def unused(audio: Path) -> Path:
    """The name, or with a number behind it if a take of that name is there already."""
    candidate, number = audio, 1
    while is_taken(TakeFiles(candidate)):
        number += 1
        candidate = audio.with_name(f"{audio.stem} ({number}){audio.suffix}")
    return candidate


def move_take(audio: Path, target: Path) -> Path:
    """Brings a finished take to another name, or to that with a number behind it; returns it.

    When the program is killed meanwhile, the take is whole where it was, or can be recovered at the
    other name.

    Raises:
        WriteError: the target cannot be written; the take is where it was.
    """
    files = TakeFiles(unused(target))
    try:
        files.audio.parent.mkdir(parents=True, exist_ok=True)
        with locked(files):
            _bring(audio, files)
    except TakeError as error:
        raise WriteError(str(error)) from None
    except OSError as error:
        raise WriteError(f"{files.audio}: it cannot be written ({error.strerror})") from None
    return files.audio


def _bring(audio: Path, files: TakeFiles) -> None:
    notes = notes_path(audio)
    try:
        # A copy: sound without its notes would be a recording like any other.
        if notes.exists():
            with written_beside(files.unfinished_notes) as beside:
                shutil.copyfile(notes, beside)
        move(audio, files.unfinished_audio)
    except WriteError:
        files.unfinished_notes.unlink(missing_ok=True)
        raise
    files.finish(files.audio)
    with contextlib.suppress(OSError):
        notes.unlink(missing_ok=True)


def is_taken(files: TakeFiles) -> bool:
    """Whether there is a take of that name, finished or not."""
    return any(
        path.exists()
        for path in (files.audio, files.notes, files.unfinished_audio, files.unfinished_notes)
    )


@contextlib.contextmanager
def locked(files: TakeFiles) -> Iterator[None]:
    """Holds the lock of a take.

    Raises:
        TakeError: as for `TakeFiles.take_lock`.
    """
    lock = files.take_lock()
    try:
        yield
    finally:
        files.unlock(lock)
