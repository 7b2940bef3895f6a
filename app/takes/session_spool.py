"""A live session as it is kept: one take after another, so that old parts of a long one can go."""

from __future__ import annotations

import dataclasses
import threading
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from app.takes.take_recorder import TakeRecorder, events_of
from model.heard import Heard
from model.notes import NoteEvent, NoteOff, NoteOn

# A part ends where nothing sounds; if something always does, after so long.
_MOST_PATIENCE_S = 30.0


class SessionSpool:
    """Records a session into parts. A `TakeSink`: the live session calls `begin` to `finish`.

    Each part is a take of its own, whose times count from its beginning; notes that sound where one
    part ends and the next begins are in both.
    """

    def __init__(self, recorder: TakeRecorder) -> None:
        """Args: `recorder` takes the first part."""
        self._recorder = recorder
        self._next: TakeRecorder | None = None
        self._lock = threading.Lock()
        self._sample_rate, self._n_channels = 0, 1
        self._n_samples = 0
        # Where this part begins, in samples; and since when the next one is waited for.
        self._first = self._asked_at = 0
        self._sounding: dict[int, NoteOn] = {}

    @property
    def recorder(self) -> TakeRecorder:
        """Records the part that is heard now."""
        return self._recorder

    @property
    def is_first_part(self) -> bool:
        """Whether this part holds the session from its beginning."""
        return self._first == 0

    @property
    def is_turning(self) -> bool:
        """Whether a new part is about to begin."""
        return self._next is not None

    def continue_in(self, recorder: TakeRecorder) -> None:
        """Begins a new part soon, where nothing sounds, unless it `is_turning`. For any thread."""
        with self._lock:
            self._next, self._asked_at = recorder, self._n_samples

    def take_over(self, path: Path) -> TakeRecorder:
        """Makes this part, from its beginning to the end of the session, a take of this name.

        For any thread. The moment at which this was asked for is marked.
        """
        with self._lock:
            left, self._next = self._next, None
            recorder = self._recorder
            mark_s = (self._n_samples - self._first) / max(self._sample_rate, 1)
        if left is not None:
            left.finish()
        recorder.keep_as(path, mark_s)
        return recorder

    # What the session calls.

    def begin(self, sample_rate: int, n_channels: int = 1) -> None:
        self._sample_rate, self._n_channels = sample_rate, n_channels
        self._recorder.begin(sample_rate, n_channels)

    def write(self, samples: NDArray[np.float32]) -> None:
        with self._lock:
            waits_s = (self._n_samples - self._asked_at) / self._sample_rate
            is_due = not self._sounding or waits_s > _MOST_PATIENCE_S
            if self._next is not None and is_due:
                self._turn(self._next)
                self._next = None
            self._n_samples += len(samples)
        self._recorder.write(samples)

    def hear(self, heard: Heard) -> None:
        events = events_of(heard)
        for event in events:
            if isinstance(event, NoteOn):
                self._sounding[event.pitch] = event
            else:
                self._sounding.pop(event.pitch, None)
        self._recorder.add([self._in_part(event) for event in events])

    def finish(self) -> None:
        self._recorder.finish()
        with self._lock:
            left, self._next = self._next, None
        if left is not None:
            left.finish()

    def _turn(self, recorder: TakeRecorder) -> None:
        """Ends the part, and what sounds in it; the next one begins with what sounds."""
        now_s = self._n_samples / self._sample_rate
        sounding = list(self._sounding.values())
        self._recorder.add([
            self._in_part(NoteOff(on.pitch, on.velocity, on.onset_s, now_s, now_s, on.confidence))
            for on in sounding
        ])
        self._recorder.finish()
        self._recorder, self._first = recorder, self._n_samples
        recorder.begin(self._sample_rate, self._n_channels)
        recorder.add([self._in_part(on) for on in sounding])

    def _in_part(self, event: NoteEvent) -> NoteEvent:
        """The event with its times counted from the beginning of the part."""
        if not self._first:
            return event
        first_s = self._first / self._sample_rate
        onset_s, heard_s = max(event.onset_s - first_s, 0.0), max(event.heard_s - first_s, 0.0)
        if isinstance(event, NoteOn):
            return dataclasses.replace(event, onset_s=onset_s, heard_s=heard_s)
        offset_s = max(event.offset_s - first_s, onset_s)
        return dataclasses.replace(event, onset_s=onset_s, offset_s=offset_s, heard_s=heard_s)
