"""A live session: device, ring, worker, and what it heard, as it is played."""

from __future__ import annotations

import threading
import time
import weakref
from collections import deque
from collections.abc import Callable, Iterator
from functools import partial

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject, Signal

from app.audio.capture import Capture, OpenInput
from app.audio.devices import AudioDeviceError, Device, default_input
from app.worker import Ended, Worker, WorkError
from model.transcriber import Heard, Transcriber

# How often the worker looks for further samples.
_POLL_S = 0.004
# The most sound that the network hears at once, so that it can be stopped when it is behind.
_BLOCK_S = 0.5
# The level is not told more often than 30 times a second.
_LEVEL_S = 0.034
# A device that sends nothing for so long is lost; some need longer to start than to go on.
_SILENCE_S = 1.0
_START_S = 3.0
# From here on a sample counts as clipped: full scale of any converter.
_CLIPPED = 0.999
# How long a worker may take to hear out the end; only one that was far behind needs longer.
_HEAR_OUT_S = 0.5


class Live(QObject):
    """Listens to an input device. Lives in the GUI thread; every signal is emitted there.

    A session runs from `started` to `stopped`. `failed` comes instead of `started` when no device
    opens, or just before `stopped` when the device is lost.

    Signals:
        started(str): listening; the device's name.
        heard(Heard): further frames and events, without gaps. Under overload the oldest of them
            may come with a blank (all zero) spectrum of the right shape; see `dropped_pictures`.
        level(float, bool): peak since the last one (0 to 1, above when it clips) and whether it
            clipped; at most 30 in a second.
        failed(str): no device, or it is lost; one sentence.
        stopped(): the session is over; all that was heard has been emitted.
    """

    started = Signal(str)
    heard = Signal(object)
    level = Signal(float, bool)
    failed = Signal(str)
    stopped = Signal()

    def __init__(
        self,
        transcriber: Transcriber,
        parent: QObject | None = None,
        *,
        open_input: OpenInput | None = None,
    ) -> None:
        """Args: `open_input` takes the place of PortAudio."""
        super().__init__(parent)
        self._transcriber = transcriber
        self._open_input = open_input
        # The running session, afterwards the last one; its counts are still asked for.
        self._session: _Session | None = None
        self._end_session: weakref.finalize[..., Live] | None = None
        self._is_listening = False
        self._taken: deque[object] = deque()
        self._level_due = 0.0

    def start(self, device: Device | None = None) -> None:
        """Starts to listen to a device, by default the system's input; ends a running session."""
        self.stop()
        try:
            device = device or default_input()
            rate = self._transcriber.features.sample_rate
            capture = Capture(device, rate, self._open_input)
        except AudioDeviceError as error:
            self.failed.emit(str(error))
            return
        self._taken.clear()
        self._session = _Session(capture, self._transcriber, self._receive)
        # Ends it in `stop`, or when this object is let go without.
        self._end_session = weakref.finalize(self, self._session.end)
        self._is_listening = True
        self._session.worker.start()
        self.started.emit(device.name)

    def stop(self) -> None:
        """Ends the session and joins its thread; does nothing when none is running.

        What was heard to the end, with the ends of the sounding notes, is emitted before
        `stopped`.
        """
        if self._session is not None and self._end_session is not None and self._is_listening:
            self._is_listening = False
            session = self._session
            self._end_session()
            self._receive(session.worker.take())
            self.stopped.emit()

    @property
    def is_listening(self) -> bool:
        """Whether a session is running."""
        return self._is_listening

    @property
    def overflows(self) -> int:
        """How many times sound was lost in this session (or the last one)."""
        session = self._session
        return session.capture.overflows + session.sound.overruns if session else 0

    @property
    def lost_samples(self) -> int:
        """Samples that the worker was too late for, in this session (or the last one)."""
        return self._session.sound.reader.lost if self._session else 0

    @property
    def heard_s(self) -> float:
        """Seconds of sound that were given to the model in this session (or the last one)."""
        return self._session.sound.heard_s if self._session else 0.0

    @property
    def dropped_pictures(self) -> int:
        """How many `heard` came without their picture in this session (or the last one)."""
        return self._session.worker.dropped_pictures if self._session else 0

    @property
    def capture(self) -> Capture | None:
        """The device of this session (or the last one): its ring serves further readers."""
        return self._session.capture if self._session else None

    def _receive(self, posted: list[object]) -> None:
        """Emits what the worker posted, in order, even if a signal's receiver comes back here."""
        self._taken.extend(posted)
        while self._taken:
            match self._taken.popleft():
                case Heard() as heard:
                    self.heard.emit(heard)
                case Ended(error=str() as error) if self._is_listening:
                    session = self._session
                    self.failed.emit(error)
                    # Whoever heard of it may have started anew.
                    if self._session is session:
                        self.stop()
        now = time.monotonic()
        if self._session is not None and self._is_listening and now >= self._level_due:
            level = self._session.sound.take_level()
            if level is not None:
                self._level_due = now + _LEVEL_S
                self.level.emit(*level)


class _Session:
    """What runs between `started` and `stopped`. Does not hold the `Live` that made it."""

    def __init__(
        self, capture: Capture, transcriber: Transcriber, receive: Callable[[list[object]], None]
    ) -> None:
        self.capture = capture
        self.sound = _Sound(capture)
        self.worker = Worker(partial(_listen, transcriber, self.sound), receive, can_wait=False)

    def end(self) -> None:
        """Closes the device, hears out what came from it, and joins the thread."""
        in_gui_thread = threading.current_thread() is threading.main_thread()
        if in_gui_thread and not self.sound.is_lost:
            self.capture.close()
        else:
            # The driver may hang; or the garbage collector let the owner go, in whatever thread.
            self.capture.abandon()
        self.sound.is_closed = True
        if in_gui_thread:
            self.worker.join(_HEAR_OUT_S)
        self.worker.end()


class _Sound:
    """The worker's side of a capture: the sound in blocks, its level, what was lost.

    Attributes:
        is_closed: set when no further samples will come.
        is_lost: the device has stopped sending.
        reader: the worker's place in the ring.
        overruns: how many times the worker was too late.
    """

    def __init__(self, capture: Capture) -> None:
        self.is_closed = False
        self.is_lost = False
        self.reader = capture.ring.reader()
        self.overruns = 0
        self.sample_rate = capture.sample_rate
        self.device_name = capture.device.name
        self._capture = capture
        self._heard = 0
        self._came_at = 0.0
        self._level_lock = threading.Lock()
        self._level: tuple[float, bool] | None = None

    @property
    def heard_s(self) -> float:
        """Seconds of sound that were given to the model."""
        return self._heard / self.sample_rate

    def blocks(self, worker: Worker) -> Iterator[NDArray[np.float32]]:
        """All samples until it is closed or lost and the ring is empty; waits for them."""
        longest = round(_BLOCK_S * self.sample_rate)
        self._came_at = time.monotonic()
        while True:
            # Looked at before reading: what was written before it was closed is still read.
            is_closed, has_ended = self.is_closed, self._capture.has_ended
            samples = self._read()
            if len(samples):
                for first in range(0, len(samples), longest):
                    block = samples[first : first + longest]
                    self._heard += len(block)
                    yield block
                # The time that hearing took is not the device's silence.
                self._came_at = time.monotonic()
            elif is_closed:
                return
            elif has_ended or self._is_silent():
                self.is_lost = True
                return
            else:
                worker.pause(_POLL_S)

    def take_level(self) -> tuple[float, bool] | None:
        """Peak and whether it clipped since this was asked last; None when nothing came."""
        with self._level_lock:
            level, self._level = self._level, None
        return level

    def _read(self) -> NDArray[np.float32]:
        lost = self.reader.lost
        samples = self._capture.ring.read_available(self.reader)
        self.overruns += self.reader.lost > lost
        if len(samples):
            # One sample that is no number would stay in the network's memory for good.
            np.nan_to_num(samples, copy=False, nan=0.0, posinf=0.0, neginf=0.0)
            peak = float(np.abs(samples).max())
            with self._level_lock:
                peak = max(peak, self._level[0] if self._level else 0.0)
                self._level = peak, peak >= _CLIPPED
        return samples

    def _is_silent(self) -> bool:
        patience = _SILENCE_S if self.reader.position else _START_S
        return time.monotonic() - self._came_at > patience


def _listen(transcriber: Transcriber, sound: _Sound, worker: Worker) -> None:
    """A live session's work."""
    worker.transcribe(transcriber.stream(sound.sample_rate), sound.blocks(worker))
    if sound.is_lost:
        raise WorkError(
            f"The sound input {sound.device_name} is lost: no sound comes from it any more."
        )
