"""Takes: what is heard live, recorded as it is played; sound and notes together.

This module is the interface to all of it; what a crash left of takes is in `take_recovery`.
"""

from __future__ import annotations

import weakref
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from app.takes.event_lines import Mark
from app.takes.flac_wav_writer import CONTAINERS, to_24_bits
from app.takes.take_paths import (
    TakeError,
    TakeFiles,
    is_taken,
    new_take_path,
    notes_path,
    takes_folder,
)
from app.takes.take_recovery import (
    discard,
    read_events,
    read_marks,
    read_notes,
    recover,
    unfinished_takes,
)
from app.takes.take_writer_thread import Begin, Finish, TakeWriterThread
from model.heard import Heard
from model.notes import NoteEvent

__all__ = [
    "TakeError", "TakeRecorder", "discard", "new_take_path", "notes_path", "read_events",
    "read_marks", "read_notes", "recover", "takes_folder", "unfinished_takes",
]


def events_of(heard: Heard) -> Sequence[NoteEvent]:
    """What a take holds of what was heard."""
    return heard.events_of("settled")


class TakeRecorder:
    """Records one take. A `TakeSink`: the live session calls `begin` to `finish`.

    Those four never wait: a thread of its own writes. When the disk cannot keep up or is full, the
    take ends there and the rest is let go; never are samples lost in the middle. What was written
    can be read at any moment, and is complete but for the last second when the program is killed.

    `error`, `is_done` and `saved` tell of a problem, and when all is written; any thread may read
    them. For windows `TakeSignals` makes signals of them.
    """

    def __init__(self, path: Path) -> None:
        """Takes possession of the name; the folder is created if it is missing.

        Args:
            path: NAME.flac or NAME.wav; no take of this name may be there.

        Raises:
            TakeError: another suffix, the name is taken, or the folder cannot be written.
        """
        if path.suffix not in CONTAINERS:
            raise TakeError(f"{path}: a take's name must end in {' or '.join(CONTAINERS)}")
        files = TakeFiles(path)
        if is_taken(files):
            raise TakeError(f"{path}: there is a take of this name already")
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise TakeError(f"{path}: it cannot be written ({error.strerror})") from None
        self._writing = TakeWriterThread(files)
        # The thread holds only what it works on, so a writer that is let go ends its take.
        weakref.finalize(self, self._writing.put, Finish())

    @property
    def path(self) -> Path:
        """The name of the sound file once it is finished."""
        return self._writing.target or self._writing.files.audio

    @property
    def error(self) -> str | None:
        """Why the take has ended early, one sentence; None when it has not."""
        return self._writing.error

    @property
    def saved(self) -> Path | None:
        """The sound file when all is written; None before, and when there is no sound.

        Where the disk failed this is the unfinished file, which is for `recover`.
        """
        return self._writing.saved

    @property
    def is_done(self) -> bool:
        """Whether nothing more will be written."""
        return not self._writing.thread.is_alive()

    @property
    def written_s(self) -> float:
        """Seconds of sound that were given to the disk."""
        return self._writing.written_s

    def begin(self, sample_rate: int, n_channels: int = 1) -> None:
        """The sound that follows has this rate in Hz and so many channels."""
        self._writing.put(Begin(sample_rate, n_channels))

    def write(self, samples: NDArray[np.float32]) -> None:
        """Appends samples from -1 to 1, shape (any, channels)."""
        self._writing.put_samples(to_24_bits(samples))

    def hear(self, heard: Heard) -> None:
        """Appends the notes that began or ended."""
        self.add(events_of(heard))

    def add(self, events: Sequence[NoteEvent]) -> None:
        """Appends these events."""
        if events:
            self._writing.put(list(events))

    def keep_as(self, path: Path, mark_s: float) -> None:
        """Once it has ended, it is brought to this name, in another folder as well.

        Args:
            path: of the same kind; where there is such a take by then, with a number behind it.
            mark_s: the moment of the take at which that was asked for.
        """
        self._writing.target = path
        self._writing.put(Mark(mark_s))

    def finish(self) -> None:
        """Ends the take. Returns at once; `wait` waits for the files."""
        self._writing.put(Finish())

    def wait(self, timeout_s: float | None = None) -> bool:
        """Waits until nothing more will be written; tells whether that is so."""
        self._writing.thread.join(timeout_s)
        return self.is_done
