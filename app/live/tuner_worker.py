"""Hz and cents of the note that is played, and the tuning of the playing, measured beside it."""

from __future__ import annotations

import threading
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject, Signal

from app.system.worker_thread import Ended, Worker

# How often a note is measured, and the sound that the lowest one needs.
_MEASURE_S = 0.12
_NOTE_S = 0.3
# A4 is measured over so much sound.
_PLAYING_S = 15.0


class RecentSound:
    """The last seconds of sound. For any number of threads.

    Attributes:
        sample_rate: of the sound in Hz; 0 before the first.
    """

    def __init__(self, most_s: float) -> None:
        self.sample_rate = 0.0
        self._most_s = most_s
        self._lock = threading.Lock()
        self._blocks: list[NDArray[np.float32]] = []
        self._held = 0

    def add(self, samples: NDArray[np.float32], sample_rate: float) -> None:
        """Takes further mono samples (any,); those of another rate begin anew."""
        with self._lock:
            if sample_rate != self.sample_rate:
                self.sample_rate, self._blocks, self._held = sample_rate, [], 0
            self._blocks.append(samples)
            self._held += len(samples)
            while self._held - len(self._blocks[0]) >= self._most_s * sample_rate:
                self._held -= len(self._blocks.pop(0))

    def last(self, seconds: float) -> NDArray[np.float32]:
        """The newest samples, as many as there are of so many seconds."""
        with self._lock:
            wanted = round(seconds * self.sample_rate)
            taken, count = [], 0
            for block in reversed(self._blocks):
                if count >= wanted:
                    break
                taken.append(block)
                count += len(block)
        samples = np.concatenate([*reversed(taken), np.zeros(0, np.float32)])
        return samples[max(0, count - wanted) :]


@dataclass
class _Wish:
    """What shall be measured, written by the GUI thread and read by the worker's.

    Attributes:
        pitch: of the single note that sounds; None when there is none.
        a4: in Hz, for the cents.
    """

    pitch: int | None = None
    a4: float = 440.0


class Tuner(QObject):
    """Measures what is heard in threads of its own. Lives in the GUI thread.

    Attributes:
        sound: what is heard goes in there, from any thread.

    Signals:
        measured(int, object): a single note of this pitch sounds; its `PitchMeasurement`, or None
            when that cannot be said.
        a4_measured(object): the tuning in Hz that `measure_a4` found, or None.
    """

    measured = Signal(int, object)
    a4_measured = Signal(object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.sound = RecentSound(_PLAYING_S)
        self._wish = _Wish()
        self._worker: Worker | None = None
        self._a4_worker: Worker | None = None

    @property
    def is_measuring_a4(self) -> bool:
        return self._a4_worker is not None

    def begin(self, a4: float) -> None:
        """Measures single notes from now on, against this A4 in Hz."""
        self.end()
        sound = self.sound
        wish = self._wish = _Wish(None, a4)
        # The work knows the sound and the wish, but not this object.
        self._worker = Worker(
            lambda worker: _measure_notes(worker, sound, wish), self._receive, can_wait=True
        )
        self._worker.start()

    def end(self) -> None:
        """Measures notes no longer; returns once its thread has ended."""
        if self._worker is not None:
            self._worker.end()
            self._worker = None

    def close(self) -> None:
        """Ends everything."""
        self.end()
        if self._a4_worker is not None:
            self._a4_worker.end()
            self._a4_worker = None

    def set_pitch(self, pitch: int | None) -> None:
        """Says which note sounds alone, if any."""
        self._wish.pitch = pitch

    def set_a4(self, a4: float) -> None:
        """Tells cents against this tuning in Hz."""
        self._wish.a4 = a4

    def measure_a4(self, near: float) -> None:
        """Measures the tuning of what was played last, within a quarter tone of `near` in Hz.

        `a4_measured` tells it.
        """
        if self._a4_worker is None:
            sound = self.sound
            self._a4_worker = Worker(
                lambda worker: _measure_a4(worker, sound, near), self._receive_a4, can_wait=True
            )
            self._a4_worker.start()

    def _receive(self, posted: list[object]) -> None:
        for item in posted:
            match item:
                case (int() as pitch, found) if pitch == self._wish.pitch:
                    self.measured.emit(pitch, found)

    def _receive_a4(self, posted: list[object]) -> None:
        for item in posted:
            match item:
                case _A4(hz) if self._a4_worker is not None:
                    self._a4_worker = None
                    self.a4_measured.emit(hz)
                case Ended() if self._a4_worker is not None:
                    # It broke off, which a fault of the program alone can do.
                    self._a4_worker = None
                    self.a4_measured.emit(None)


@dataclass(frozen=True)
class _A4:
    hz: float | None


def _measure_notes(worker: Worker, sound: RecentSound, wish: _Wish) -> None:
    # scipy's part of it takes a moment to load, which nobody at the window should wait for.
    from app.music.tuning.hz_and_cents import measure

    while not worker.is_stopping:
        pitch = wish.pitch
        if pitch is not None and sound.sample_rate:
            found = measure(sound.last(_NOTE_S), sound.sample_rate, pitch, wish.a4)
            worker.post((pitch, found))
        worker.pause(_MEASURE_S)


def _measure_a4(worker: Worker, sound: RecentSound, near: float) -> None:
    from app.music.tuning.a4_estimation import estimate_a4

    samples, rate = sound.last(_PLAYING_S), sound.sample_rate
    worker.post(_A4(estimate_a4(samples, rate, near) if rate else None))
