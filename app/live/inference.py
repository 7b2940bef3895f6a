"""The worker's side of a live session: sound in, level, notes and the take out."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import numpy as np
from numpy.typing import NDArray

from app.audio.capture.bit_depth import on_24_bit_grid
from app.audio.capture.input_gain import InputLevels, amplify
from app.audio.capture.noise_gate import NoiseGate
from app.audio.capture.reconnecting_input import Lost, ReconnectingInput, Resumed
from app.audio.devices.device_names import silence_hint
from app.system.worker_thread import Worker
from app.transcription.lazy_transcriber import TranscriberLike
from model.downmix import Downmix
from model.heard import Heard

if TYPE_CHECKING:
    from model.transcriber import Stream

# How often the worker looks whether the device is lost or there again, and what is wished for.
_WAIT_S = 0.05
# The most sound that the network hears at once, so that it can be stopped when it is behind.
_BLOCK_S = 0.5
# So much silence follows the last sound of a lost device: then its notes have ended.
_FADE_S = 0.5
# From here on a sample counts as clipped: full scale of any converter.
_CLIPPED = 0.999


class TakeSink(Protocol):
    """What a live session is recorded into. Every call comes from the worker's thread.

    No method may wait or raise: the sound goes on meanwhile.
    """

    def begin(self, sample_rate: int, n_channels: int) -> None:
        """The recording begins; sound of this rate in Hz and so many channels follows."""
        ...

    def write(self, samples: NDArray[np.float32]) -> None:
        """Exactly what the model hears next, mixed to one channel; shape (any, channels).

        Multiples of 2^-23 from -1 to 1 - 2^-23: as whole numbers of 24 bits they are lossless.
        """
        ...

    def hear(self, heard: Heard) -> None:
        """What the model said of it, in order; times and frames count from `begin`."""
        ...

    def finish(self) -> None:
        """The recording is over; nothing comes after this."""
        ...


# Called in the worker's thread with what the model hears, shape (any,), and its rate in Hz.
Overhear = Callable[[NDArray[np.float32], float], None]


@dataclass(frozen=True)
class Warned:
    """One sentence about something that the user may want to mend; the sound goes on."""

    message: str


@dataclass(frozen=True)
class TakeBegun:
    """A recording begins: what is posted from here on counts from its beginning."""


@dataclass(frozen=True)
class TakeEnded:
    """The recording into this sink has ended. What is posted from here on counts from here."""

    sink: TakeSink


class InferenceLoop:
    """Hears a source to its end.

    Made and asked in the GUI thread; `run` is a worker's work and posts what the GUI thread shall
    know: `Heard`, `Lost`, `Resumed`, `Warned`, `TakeBegun`, `TakeEnded`.
    """

    def __init__(
        self,
        source: ReconnectingInput,
        transcriber: TranscriberLike,
        levels: InputLevels,
        platform: str,
        overhear: Overhear | None = None,
        spool: TakeSink | None = None,
    ) -> None:
        """Args: `platform` as in `sys.platform`; `overhear` as for `LiveSession.overhear`; `spool`
        records from the beginning on, until something else is recorded."""
        self._source = source
        self._transcriber = transcriber
        self._levels = levels
        self._platform = platform
        self._overhear = overhear
        self._gate = NoiseGate(source.sample_rate)
        self._stream: Stream
        self._downmix: Downmix
        self._heard = 0
        # Samples that were pulled and are still to be given to the model.
        self._not_given = 0
        self._sink = spool
        self._lock = threading.Lock()
        self._wish: tuple[TakeSink | None] | None = None
        self._level: tuple[float, bool] | None = None
        # Samples since the beginning while all of them are zeros; None once one was not.
        self._zeros: int | None = 0

    @property
    def heard_s(self) -> float:
        """Seconds of sound that were given to the model, since the last take began or ended."""
        return self._heard / self._source.sample_rate

    @property
    def behind_s(self) -> float:
        """Seconds of sound that came from the source and were not given to the model yet."""
        return self._source.waiting_s + max(0, self._not_given) / self._source.sample_rate

    @property
    def is_recording(self) -> bool:
        """Whether what comes is recorded, or is about to be."""
        with self._lock:
            return self._sink is not None if self._wish is None else self._wish[0] is not None

    def record(self, sink: TakeSink | None) -> None:
        """Records from the next block on into a sink, or no longer."""
        with self._lock:
            self._wish = (sink,)

    def take_level(self) -> tuple[float, bool] | None:
        """Peak and whether it clipped since this was asked last; None when nothing came."""
        with self._lock:
            level, self._level = self._level, None
        return level

    def run(self, worker: Worker) -> None:
        """Listens until the source is closed and read out, or the worker shall stop."""
        try:
            # The network may still be loading; the sound waits in the source meanwhile.
            self._begin_stream()
            if self._sink is not None:
                self._begin_recording(self._sink)
            while not worker.is_stopping:
                self._follow_wish(worker)
                pulled = self._source.pull()
                match pulled:
                    case None:
                        break
                    case Lost():
                        worker.post(pulled)
                        silence = (self._samples(_FADE_S), self._source.n_channels)
                        self._hear(worker, np.zeros(silence, np.float32))
                    case Resumed():
                        worker.post(pulled)
                    case samples if len(samples):
                        self._hear_all(worker, samples)
                    case _ if self._source.is_waiting:
                        worker.pause(_WAIT_S)
                    case _:
                        self._source.wait(_WAIT_S)
            self._follow_wish(worker)
            self._end_stream(worker)
        finally:
            # After a fault of the program the recording is still worth having.
            if self._sink is not None:
                self._sink.finish()

    def _samples(self, seconds: float) -> int:
        return round(seconds * self._source.sample_rate)

    def _hear_all(self, worker: Worker, samples: NDArray[np.float32]) -> None:
        self._look_for_silence(worker, samples)
        self._not_given = len(samples)
        longest = self._samples(_BLOCK_S)
        for first in range(0, len(samples), longest):
            if worker.is_stopping:
                return
            self._follow_wish(worker)
            self._hear(worker, self._shaped(samples[first : first + longest]))

    def _shaped(self, samples: NDArray[np.float32]) -> NDArray[np.float32]:
        """Sound as the model hears it: with gain, past the gate, on the grid."""
        arrived = float(np.abs(samples).max())
        samples = amplify(samples, self._levels.gain_db)
        peak = float(np.abs(samples).max())
        with self._lock:
            before, clipped = self._level or (0.0, False)
            # A gain can hide that the device clipped, but not mend it.
            self._level = max(before, peak), clipped or max(peak, arrived) >= _CLIPPED
        return on_24_bit_grid(self._gate.pass_through(samples, self._levels.gate_db))

    def _hear(self, worker: Worker, block: NDArray[np.float32]) -> None:
        if self._sink is not None:
            self._sink.write(block)
        mono = self._downmix.push(block)
        if self._overhear is not None:
            self._overhear(mono, self._source.sample_rate)
        self._heard += len(block)
        self._follow_tuning()
        heard = self._stream.push(mono)
        self._not_given -= len(block)
        self._tell(worker, heard)

    def _tell(self, worker: Worker, heard: Heard) -> None:
        if not heard.is_nothing:
            if self._sink is not None:
                self._sink.hear(heard)
            worker.post(heard)

    def _follow_wish(self, worker: Worker) -> None:
        """Begins or ends a recording, each with a model stream of its own.

        So the notes of a take are those of the recorded sound, whatever was played before.
        """
        with self._lock:
            wish, self._wish = self._wish, None
        if wish is None or (wish[0] is None and self._sink is None):
            return
        if self._heard or self._sink is not None:
            self._end_stream(worker)
        self._begin_stream()
        self._heard = 0
        if wish[0] is not None:
            self._sink = wish[0]
            self._begin_recording(self._sink)
            worker.post(TakeBegun())

    def _begin_recording(self, sink: TakeSink) -> None:
        sink.begin(round(self._source.sample_rate), self._source.n_channels)

    def _begin_stream(self) -> None:
        """What comes next is heard as if nothing had been before, as a file would be."""
        self._a4 = self._transcriber.features.a4
        self._stream = self._transcriber.stream(self._source.sample_rate, self._a4)
        self._downmix = Downmix(self._source.n_channels, self._source.sample_rate)

    def _follow_tuning(self) -> None:
        """Another A4 counts at once, in the midst of the playing."""
        a4 = self._transcriber.features.a4
        if a4 != self._a4:
            self._a4 = a4
            self._stream.tune(a4)

    def _end_stream(self, worker: Worker) -> None:
        """Hears out the last samples, and ends the notes and the recording."""
        # Whoever stops the worker wants no more, but a recording shall have its end.
        if self._sink is None:
            if not worker.is_stopping:
                self._tell(worker, self._stream.finish())
            return
        self._tell(worker, self._stream.finish())
        sink, self._sink = self._sink, None
        sink.finish()
        worker.post(TakeEnded(sink))

    def _look_for_silence(self, worker: Worker, samples: NDArray[np.float32]) -> None:
        if self._zeros is None:
            return
        if samples.any():
            self._zeros = None
            return
        self._zeros += len(samples)
        device = self._source.device
        silent_s = self._zeros / self._source.sample_rate
        hint = silence_hint(self._platform, device.name, device.is_monitor, silent_s)
        if hint is not None:
            self._zeros = None
            worker.post(Warned(hint))
