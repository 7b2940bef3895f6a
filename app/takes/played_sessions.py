"""What was played live lately: sound and notes of each session, kept in the cache for a while."""

from __future__ import annotations

import contextlib
import datetime
import re
import shutil
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from app.system.atomic_write import WriteError
from app.system.paths import cache_folder
from app.takes.event_lines import is_note_on
from app.takes.flac_wav_writer import CONTAINERS
from app.takes.take_paths import (
    UNFINISHED,
    TakeError,
    TakeFiles,
    move_take,
    new_take_path,
)
from app.takes.take_recovery import read_marks, recover, unfinished_takes

# So much of the disk is left to others.
FREE_BYTES = 2**30
# What is shorter was no playing.
SHORTEST_S = 1.0
# As `new_take_path` writes it.
_BEGUN = re.compile(r"\d{4}-\d\d-\d\d \d\d-\d\d-\d\d")


def sessions_folder() -> Path:
    """Where programs of this platform keep what they can do without, and in it the sessions."""
    return cache_folder() / "sessions"


@dataclass(frozen=True)
class KeepLimits:
    """How much is kept.

    Attributes:
        hours: sessions that ended before go; 0 keeps nothing.
        n_bytes: the oldest go where all take more.
    """

    hours: float
    n_bytes: int


@dataclass(frozen=True)
class PlayedSession:
    """A session, or a part of a long one.

    Attributes:
        audio: its sound.
        begun: when, by the user's clock.
        length_s: in seconds.
        n_notes: how many notes began.
    """

    audio: Path
    begun: datetime.datetime
    length_s: float
    n_notes: int

    def keep(self, folder: Path) -> Path:
        """Makes it a take in this folder, and returns its sound.

        Raises:
            TakeError: it cannot be written there, or is gone.
        """
        if not self.audio.exists():
            raise TakeError(f"{self.audio.name}: this is not kept any more")
        try:
            return move_take(self.audio, new_take_path(folder, self.audio.suffix, self.begun))
        except WriteError as error:
            raise TakeError(str(error)) from None

    def forget(self) -> None:
        """Removes it."""
        _remove(self.audio)


def list_sessions(folder: Path) -> list[PlayedSession]:
    """The sessions that have ended, the newest first. Those that are of no length are removed."""
    found = []
    for audio in _finished(folder):
        with contextlib.suppress(OSError):
            session = _session(audio)
            if session is None or session.length_s < SHORTEST_S:
                _remove(audio)
            else:
                found.append(session)
    return sorted(found, key=lambda session: session.begun, reverse=True)


def finish_left_sessions(folder: Path, takes: Path) -> Iterator[Path]:
    """Makes what a crash left of sessions whole, so that `list_sessions` finds it.

    Those that the player asked for are brought to the folder of takes, and given.

    Raises:
        TakeError: for one of them; the others are done at the next start.
    """
    for left in unfinished_takes(folder):
        with contextlib.suppress(TakeError, WriteError):
            recover(left)
    _remove_notes_without_sound(folder)
    for audio in _finished(folder):
        if read_marks(audio):
            files = TakeFiles(audio)
            try:
                lock = files.take_lock()
            except TakeError:
                # Another program is about to do the same.
                continue
            try:
                session = _session(audio)
                if session is not None:
                    yield session.keep(takes)
            except OSError:
                continue
            finally:
                files.unlock(lock)


def make_room(folder: Path, limits: KeepLimits) -> int:
    """Removes the oldest sessions beyond the limits; returns how many bytes of the disk are free.

    Sessions that run, and those that the player asked for, stay.
    """
    ended = []
    n_bytes = 0
    for path in folder.glob("*"):
        with contextlib.suppress(OSError):
            n_bytes += path.stat().st_size
    for audio in _finished(folder):
        with contextlib.suppress(OSError):
            ended.append((audio.stat().st_mtime, audio))
    oldest = time.time() - limits.hours * 3600
    free = free_bytes(folder)
    for at, audio in sorted(ended):
        if at >= oldest and n_bytes <= limits.n_bytes and free >= FREE_BYTES:
            break
        if not read_marks(audio):
            n_bytes -= _remove(audio)
            free = free_bytes(folder)
    return free


def free_bytes(folder: Path) -> int:
    """How much the disk of a folder, which need not be there yet, can take."""
    while not folder.exists() and folder != folder.parent:
        folder = folder.parent
    try:
        return shutil.disk_usage(folder).free
    except OSError:
        return 0


def _remove_notes_without_sound(folder: Path) -> None:
    """What a session left that was killed when its sound was a take's already."""
    for notes in folder.glob("*.notes.jsonl"):
        name = notes.name.removesuffix(".notes.jsonl")
        takes = [TakeFiles(folder / f"{name}{suffix}") for suffix in CONTAINERS]
        sounds = [path for take in takes for path in (take.audio, take.unfinished_audio)]
        if not name.endswith(UNFINISHED) and not any(sound.exists() for sound in sounds):
            with contextlib.suppress(OSError):
                notes.unlink(missing_ok=True)


def _finished(folder: Path) -> list[Path]:
    return [path for suffix in CONTAINERS for path in folder.glob(f"*{suffix}")
            if not path.stem.endswith(UNFINISHED)]


def _session(audio: Path) -> PlayedSession | None:
    """What is known of a session; None where it cannot be read.

    Raises:
        OSError: it is gone.
    """
    # Loaded with the first session.
    import soundfile

    changed = datetime.datetime.fromtimestamp(audio.stat().st_mtime).astimezone()
    try:
        length_s = float(soundfile.info(audio).duration)
    except soundfile.LibsndfileError:
        return None
    begun = changed - datetime.timedelta(seconds=length_s)
    if found := _BEGUN.search(audio.stem):
        with contextlib.suppress(ValueError):
            begun = datetime.datetime.strptime(found[0], "%Y-%m-%d %H-%M-%S").astimezone()
    return PlayedSession(audio, begun, length_s, _count_notes(TakeFiles(audio).notes))


def _count_notes(notes: Path) -> int:
    try:
        with notes.open(encoding="utf-8", errors="replace") as lines:
            # Of an evening there are tens of thousands, too many to be parsed for their count.
            return sum(map(is_note_on, lines))
    except OSError:
        return 0


def _remove(audio: Path) -> int:
    """Removes sound and notes; returns how many bytes that were."""
    n_bytes = 0
    for path in (audio, TakeFiles(audio).notes):
        with contextlib.suppress(OSError):
            size = path.stat().st_size
            path.unlink()
            n_bytes += size
    return n_bytes
