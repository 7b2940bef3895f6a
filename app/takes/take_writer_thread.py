"""The thread that writes a take: sound and notes reach the disk, whatever the player does."""

from __future__ import annotations

import contextlib
import os
import queue
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

import numpy as np
from numpy.typing import NDArray

from app.system.atomic_write import WriteError
from app.system.clock_text import clock_text
from app.takes.event_lines import Mark, event_json, mark_json
from app.takes.flac_wav_writer import CONTAINERS, MOST_WAV_BYTES, TakeSoundWriter
from app.takes.take_paths import TakeError, TakeFiles, move_take, unused
from model.notes import NoteEvent

# How often the files are brought to the disk for good. With what the FLAC encoder holds back, a
# fifth of a second at the model's rate, and the pause below, less than a second can be lost.
_SYNC_S = 0.5
# The disk may be so far behind. It is about what a spun-down hard disk needs to wake up.
_MOST_WAITING_S = 15.0
# How long what is handed over may lie before it is written.
_PAUSE_S = 0.1


@dataclass(frozen=True)
class Begin:
    sample_rate: int
    n_channels: int


@dataclass(frozen=True)
class Finish:
    """Nothing comes after this; `problem` says why if the take did not end by itself."""

    problem: str | None = None


Item = Begin | NDArray[np.int32] | list[NoteEvent] | Mark | Finish


class TakeWriterThread:
    """The thread's side of a take; its queue is where the two sides meet.

    Attributes:
        error, saved, written_s: as for the `TakeRecorder`.
        target: the name that the finished take is brought to; None for its own.
        thread: a daemon, so that a disk that hangs never keeps the program from ending.
    """

    def __init__(self, files: TakeFiles) -> None:
        self.files = files
        self.error: str | None = None
        self.saved: Path | None = None
        self.target: Path | None = None
        self.written_s = 0.0
        self._items: queue.SimpleQueue[Item] = queue.SimpleQueue()
        self._lock = threading.Lock()
        self._is_ending = threading.Event()
        self._most_waiting: int | None = None
        self._n_waiting = 0
        self._is_finished = False
        self._n_written = 0
        self._sample_rate, self._n_channels = 0, 1
        self._synced_at = time.monotonic()
        self._audio: TakeSoundWriter | None = None
        self._file_lock = files.take_lock()
        try:
            self._notes: TextIO = files.unfinished_notes.open("x", encoding="utf-8")
        except OSError as error:
            files.unlock(self._file_lock)
            raise TakeError(f"{files.audio}: it cannot be written ({error.strerror})") from None
        self.thread = threading.Thread(target=self._run, name=f"take {files.audio}", daemon=True)
        self.thread.start()

    def put(self, item: Item) -> None:
        """Hands something to the thread, unless the take has ended."""
        with self._lock:
            if not self._is_finished:
                self._is_finished = isinstance(item, Finish)
                if isinstance(item, Begin):
                    self._most_waiting = round(_MOST_WAITING_S * item.sample_rate)
                self._items.put(item)
                if self._is_finished:
                    self._is_ending.set()

    def put_samples(self, samples: NDArray[np.int32]) -> None:
        """Hands samples to the thread; ends the take when too many are waiting."""
        with self._lock:
            self._n_waiting += len(samples)
            is_behind = self._most_waiting is not None and self._n_waiting > self._most_waiting
        self.put(Finish("the disk is too slow") if is_behind else samples)

    def _run(self) -> None:
        try:
            finish = self._write_all()
            self._close()
            self._keep()
            if finish.problem is not None:
                self._tell(finish.problem)
        except OSError as error:
            with contextlib.suppress(OSError):
                self._close()
            if self._n_written:
                # They can be read, and the next start offers them.
                self.saved = self.files.unfinished_audio
            else:
                with contextlib.suppress(OSError):
                    self.files.remove_unfinished()
            self._tell(error.strerror or str(error))
        except Exception as fault:
            self._tell(f"by a fault of the program ({fault!r})")
            raise
        finally:
            with self._lock:
                self._is_finished = True
            self.files.unlock(self._file_lock)

    def _next(self) -> Item:
        """What was handed over next, once there is something.

        It is looked for now and then: to wake the thread for each block costs those who hand them
        over more than all else about a take.
        """
        while True:
            with contextlib.suppress(queue.Empty):
                return self._items.get_nowait()
            self._is_ending.wait(_PAUSE_S)

    def _write_all(self) -> Finish:
        while True:
            item = self._next()
            match item:
                case Finish():
                    return item
                case Begin(sample_rate, n_channels):
                    self._begin(sample_rate, n_channels)
                case list():
                    self._notes.write("".join(f"{event_json(event)}\n" for event in item))
                    self._notes.flush()
                case Mark():
                    self._notes.write(f"{mark_json(item)}\n")
                    self._notes.flush()
                case np.ndarray() as samples:
                    if self._would_be_too_long(samples):
                        return Finish("a WAV file can hold no more than 4 GB")
                    self._write(samples)
            if time.monotonic() - self._synced_at >= _SYNC_S:
                self._sync()

    def _begin(self, sample_rate: int, n_channels: int) -> None:
        self._sample_rate, self._n_channels = sample_rate, n_channels
        container = CONTAINERS[self.files.audio.suffix]
        self._audio = TakeSoundWriter(
            self.files.unfinished_audio, container, sample_rate, n_channels
        )

    def _would_be_too_long(self, samples: NDArray[np.int32]) -> bool:
        n_bytes = 3 * self._n_channels * (self._n_written + len(samples))
        return self.files.audio.suffix == ".wav" and n_bytes > MOST_WAV_BYTES

    def _write(self, samples: NDArray[np.int32]) -> None:
        assert self._audio is not None, "a take begins with `begin`"
        self._audio.write(samples)
        self._n_written += len(samples)
        self.written_s = self._n_written / self._sample_rate
        with self._lock:
            self._n_waiting -= len(samples)

    def _sync(self) -> None:
        if self._audio is not None:
            self._audio.sync()
        # Both at the same pace: notes without their sound are of no use.
        _sync_text(self._notes)
        self._synced_at = time.monotonic()

    def _close(self) -> None:
        try:
            if self._audio is not None:
                self._audio.close()
        finally:
            try:
                if not self._notes.closed:
                    _sync_text(self._notes)
            finally:
                self._notes.close()

    def _keep(self) -> None:
        """Gives the files their finished names; a take without any sound leaves none."""
        if self._n_written == 0:
            self.files.remove_unfinished()
            return
        audio = self.files.audio if not self.files.audio.exists() else unused(self.files.audio)
        self.files.finish(audio)
        self.saved = audio
        if self.target is not None:
            try:
                self.saved = move_take(audio, self.target)
            except WriteError as error:
                self.error = f"The take could not be moved and stays in {audio.parent}: {error}."

    def _tell(self, problem: str) -> None:
        kept = f"; what was recorded up to there is in {self.saved.name}" if self.saved else ""
        self.error = (
            f"{self.files.audio}: the take ended after {clock_text(self.written_s)}, "
            f"{problem}{kept}."
        )


def _sync_text(file: TextIO) -> None:
    file.flush()
    os.fsync(file.fileno())
