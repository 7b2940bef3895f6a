"""The files of takes: their names, and whether a program has them open.

A take is NAME.flac (or .wav) and NAME.notes.jsonl. While it is recorded they are called
NAME.unfinished.flac and NAME.unfinished.notes.jsonl, and NAME.unfinished.lock is locked.
"""

from __future__ import annotations

import contextlib
import datetime
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QStandardPaths

from app.system.atomic_write import WriteError, move
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

    def remove_unfinished(self) -> None:
        """Removes what was recorded.

        Raises:
            OSError: it cannot be removed.
        """
        self.unfinished_audio.unlink(missing_ok=True)
        self.unfinished_notes.unlink(missing_ok=True)


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

    Raises:
        WriteError: the target cannot be written; the take is where it was.
    """
    target = unused(target)
    has_notes = notes_path(audio).exists()
    # The notes first: sound without them would be a recording like any other.
    if has_notes:
        move(notes_path(audio), notes_path(target))
    try:
        move(audio, target)
    except WriteError:
        if has_notes:
            move(notes_path(target), notes_path(audio))
        raise
    return target


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
