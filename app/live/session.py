"""A live session: device, ring, worker, and what it heard, as it is played."""

from __future__ import annotations

import dataclasses
import sys
import threading
import time
import weakref
from collections import deque
from collections.abc import Callable
from functools import partial

from PySide6.QtCore import QObject, Signal

from app.audio.capture.input_gain import InputLevels
from app.audio.capture.input_stream import Capture, OpenInput, open_choice
from app.audio.capture.reconnecting_input import Lost, ReconnectingInput, Resumed
from app.audio.devices.device_list import AudioDeviceError, Device, find_input
from app.audio.devices.input_choice import InputChoice
from app.live.inference import InferenceLoop, Overhear, TakeBegun, TakeEnded, TakeSink, Warned
from app.system.worker_thread import Ended, Worker
from app.transcription.lazy_transcriber import TranscriberLike
from model.heard import Heard

__all__ = ["LiveSession", "TakeSink"]

# The level is not told more often than 30 times a second.
_LEVEL_S = 0.034
# How long a worker may take to hear out the end; only one that was far behind needs longer.
_HEAR_OUT_S = 0.5
# What is recorded shall have its end, however far behind the machine is: a ring full may wait.
_RECORD_OUT_S = 60.0


class LiveSession(QObject):
    """Listens to an input device. Lives in the GUI thread; every signal is emitted there.

    A session runs from `started` to `stopped`. A device that is lost does not end it: the session
    waits, takes the device up again when it comes back, and goes on as if nothing had been.

    Signals:
        started(str): listening; the device's name.
        heard(Heard): further frames and events, without gaps. Under overload the oldest of them
            may come with a blank (all zero) spectrum of the right shape; see `dropped_pictures`.
            Frames and times count from `started`, `take_begun` or `take_ended`.
        level(float, bool): peak after the gain since the last one (0 to 1, above when it is too
            loud) and whether it clipped, here or in the device; at most 30 in a second.
        lost(str): no sound comes from the device any more; one sentence. The session waits for it.
        resumed(str): sound comes again; the device's name.
        warned(str): one sentence about something that the user may want to mend, such as a
            microphone that may not be used; the session goes on.
        take_begun(): what is heard from here on is recorded.
        session_recorded(): what is heard since `started` is recorded, and what comes.
        take_ended(): the recording has ended; all that was heard in it has been emitted.
        failed(str): the device does not open, one sentence; a running session goes on with its
            own. Or the worker broke off; then `stopped` follows.
        stopped(): the session is over; all that was heard has been emitted.
    """

    started = Signal(str)
    heard = Signal(object)
    level = Signal(float, bool)
    lost = Signal(str)
    resumed = Signal(str)
    warned = Signal(str)
    take_begun = Signal()
    session_recorded = Signal()
    take_ended = Signal()
    failed = Signal(str)
    stopped = Signal()

    def __init__(
        self,
        transcriber: TranscriberLike,
        parent: QObject | None = None,
        *,
        open_input: OpenInput | None = None,
        find_input: Callable[[InputChoice], Device] = find_input,
    ) -> None:
        """Args: `open_input` and `find_input` take the place of PortAudio and of its list."""
        super().__init__(parent)
        self._transcriber, self._open_input, self._find_input = transcriber, open_input, find_input
        self._levels = InputLevels()
        self._overhear: Overhear | None = None
        self._sink: TakeSink | None = None
        self._open_spool: Callable[[], TakeSink | None] = lambda: None
        # Of the running session; whether it goes there still, and whether as a take.
        self._spool: TakeSink | None = None
        self._is_spooling = self._is_spool_taken = False
        # The running session, afterwards the last one; its counts are still asked for.
        self._session: _Session | None = None
        self._end_session: weakref.finalize[..., LiveSession] | None = None
        self._is_listening = False
        self._taken: deque[object] = deque()
        self._level_due = 0.0

    def start(self, choice: InputChoice = InputChoice()) -> None:  # noqa: B008, it never changes
        """Starts to listen; ends a running session once the new device is open.

        If it does not open, `failed` says so and a running session goes on with its device.
        """
        try:
            capture = self._open(choice)
        except AudioDeviceError as error:
            self.failed.emit(str(error))
            return
        self.stop()
        self._taken.clear()
        # If it is lost, this device is waited for, even if another one is the default by then.
        same = dataclasses.replace(
            choice, name=capture.device.name, host_api=capture.device.host_api
        )
        open_again = partial(
            open_choice, same, (capture.sample_rate,), self._open_input, self._find_input
        )
        source = ReconnectingInput(capture, open_again)
        self._spool = self._open_spool() if self._sink is None else None
        self._is_spooling, self._is_spool_taken = self._spool is not None, False
        self._session = _Session(
            source, self._transcriber, self._levels, self._overhear, self._spool, self._receive
        )
        # Ends it in `stop`, or when this object is let go without.
        self._end_session = weakref.finalize(self, self._session.end)
        self._is_listening = True
        if self._sink is not None:
            self._session.inference.record(self._sink)
        self._session.worker.start()
        self.started.emit(capture.device.name)

    def stop(self) -> None:
        """Ends the session, if there is one, and a recording with it.

        What was heard to the end, and the ends of what sounds, is emitted before `stopped`.
        """
        if self._session is not None and self._end_session is not None and self._is_listening:
            self._is_listening = False
            session = self._session
            self._end_session()
            self._sink = None
            self._receive(session.worker.take())
            self.stopped.emit()

    def set_gain(self, db: float) -> None:
        """Makes what comes from the device louder, in dB; from the next block on."""
        self._levels.gain_db = db

    def set_gate(self, db: float | None) -> None:
        """Takes sound below so many dB of full scale for silence; None takes none."""
        self._levels.gate_db = db

    def record(self, sink: TakeSink | None) -> None:
        """Records what the model hears into a sink, from the next block on; None ends that.

        Each recording begins with a model stream that has heard nothing, so its notes are those of
        the recorded sound. Without a session it begins with the next one. The `spool` of the
        session is no exception: it has all of it already.
        """
        before, self._sink = self._sink, sink
        if self._session is None or not self._is_listening or before is sink:
            return
        if sink is not None and sink is self.spool:
            self._is_spool_taken = True
            self.session_recorded.emit()
        else:
            self._is_spooling = False
            self._session.inference.record(sink)

    def spool_into(self, open_spool: Callable[[], TakeSink | None]) -> None:
        """Lets every session go into a sink of its own, unless a take begins with it.

        Args:
            open_spool: called at each start; None where nothing is to be kept.
        """
        self._open_spool = open_spool

    @property
    def spool(self) -> TakeSink | None:
        """What the running session goes into from its beginning; None where it does not."""
        return self._spool if self._is_listening and self._is_spooling else None

    def overhear(self, hear: Overhear | None) -> None:
        """Lets `hear` have what the model hears, block by block, from the next session on.

        It is called in the worker's thread, with samples (any,) and their rate in Hz.
        """
        self._overhear = hear

    @property
    def is_listening(self) -> bool:
        """Whether a session is running."""
        return self._is_listening

    @property
    def is_waiting(self) -> bool:
        """Whether a session is running whose device is lost and not back yet."""
        return self._is_listening and self._session is not None and self._session.source.is_waiting

    @property
    def is_recording(self) -> bool:
        """Whether what is heard, or will be once a session runs, is recorded."""
        return self._sink is not None

    @property
    def device(self) -> Device | None:
        """What this session (or the last one) listens to."""
        return self._session.source.device if self._session else None

    @property
    def sample_rate(self) -> float:
        """Of this session (or the last one), in Hz; 0 before the first."""
        return self._session.source.sample_rate if self._session else 0.0

    @property
    def overflows(self) -> int:
        """How many times sound was lost in this session (or the last one)."""
        return self._session.source.overflows if self._session else 0

    @property
    def lost_samples(self) -> int:
        """Samples that the worker was too late for, in this session (or the last one)."""
        return self._session.source.lost_samples if self._session else 0

    @property
    def heard_s(self) -> float:
        """Seconds heard in this session (or the last one), or since a recording began or ended."""
        return self._session.inference.heard_s if self._session else 0.0

    @property
    def behind_s(self) -> float:
        """Seconds of sound that came from the device and were not heard yet."""
        return self._session.inference.behind_s if self._session else 0.0

    @property
    def dropped_pictures(self) -> int:
        """How many `heard` came without their picture in this session (or the last one)."""
        return self._session.worker.dropped_pictures if self._session else 0

    def _open(self, choice: InputChoice) -> Capture:
        """Opens a device beside the one of the running session, or in its place.

        Raises:
            AudioDeviceError: it does not open; the running session goes on with its own.
        """
        open_new = partial(open_choice, choice, (), self._open_input, self._find_input)
        session = self._session if self._is_listening else None
        try:
            return open_new()
        except AudioDeviceError:
            if session is None or session.source.is_waiting:
                raise
        # It may be the same device, which opens once only, or one that PortAudio does not know
        # before it is started anew: both need the device that is in use.
        session.source.release()
        try:
            return open_new()
        except AudioDeviceError:
            session.source.reopen()
            raise

    def _receive(self, posted: list[object]) -> None:
        """Emits what the worker posted, in order, even if a signal's receiver comes back here."""
        self._taken.extend(posted)
        while self._taken:
            match self._taken.popleft():
                case Heard() as heard:
                    self.heard.emit(heard)
                case TakeBegun():
                    self.take_begun.emit()
                case TakeEnded(sink) if sink is self._spool and not self._is_spool_taken:
                    # Nobody asked for it.
                    pass
                case TakeEnded(sink):
                    # The next recording may be wished for already.
                    if self._sink is sink:
                        self._sink = None
                    self.take_ended.emit()
                case Lost(message) if self._is_listening and self._session is not None:
                    # What was measured before would be shown after it.
                    self._session.inference.take_level()
                    self.lost.emit(message)
                case Resumed(name) if self._is_listening:
                    self.resumed.emit(name)
                case Warned(message) if self._is_listening:
                    self.warned.emit(message)
                case Ended(error=str() as error) if self._is_listening:
                    session = self._session
                    self.failed.emit(error)
                    # Whoever heard of it may have started anew.
                    if self._session is session:
                        self.stop()
        now = time.monotonic()
        if self._session is not None and self._is_listening and now >= self._level_due:
            level = self._session.inference.take_level()
            if level is not None:
                self._level_due = now + _LEVEL_S
                self.level.emit(*level)


class _Session:
    """What runs between `started` and `stopped`. Does not hold the `LiveSession` of it."""

    def __init__(
        self,
        source: ReconnectingInput,
        transcriber: TranscriberLike,
        levels: InputLevels,
        overhear: Overhear | None,
        spool: TakeSink | None,
        receive: Callable[[list[object]], None],
    ) -> None:
        self.source = source
        self.inference = InferenceLoop(
            source, transcriber, levels, sys.platform, overhear, spool
        )
        self.worker = Worker(self.inference.run, receive, can_wait=False)

    def end(self) -> None:
        """Closes the device, hears out what came from it, and joins the thread."""
        in_gui_thread = threading.current_thread() is threading.main_thread()
        # A lost driver may hang; or the garbage collector let the owner go, in whatever thread.
        self.source.close(patiently=in_gui_thread and not self.source.is_waiting)
        if not in_gui_thread:
            self.worker.end()
            return
        self.worker.join(_RECORD_OUT_S if self.inference.is_recording else _HEAR_OUT_S)
        self.worker.end()
        self.source.forget()
