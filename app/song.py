"""An opened recording: decode, transcribe in the background, keep the notes, play the sound."""

from __future__ import annotations

import tempfile
import weakref
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject, Signal

from app.audio.files import AudioFile, AudioFileError
from app.audio.playback import OpenOutput, Player
from app.worker import Ended, Worker, WorkError
from model.config import DecoderConfig
from model.notes import Decoder, Note, NoteEvent, Probabilities, notes_from_events
from model.transcriber import Heard, Transcriber

# Sound that the network hears at once. It is faster on long blocks, but between two of them only
# can a transcription be cancelled.
_BLOCK_S = 1.28


@dataclass(frozen=True)
class SongInfo:
    """What is known of a recording once it is decoded.

    Attributes:
        path: the file.
        sample_rate: of the file, in Hz.
        duration_s: counted in decoded samples, so it is exact whatever the header claimed.
    """

    path: Path
    sample_rate: int
    duration_s: float


class Song(QObject):
    """One recording at a time. Lives in the GUI thread; every signal is emitted there.

    Order of signals after `open`: `opened`, then `heard` and `progress` in turns, and at last
    exactly one of `finished`, `failed` and `cancelled`. `failed` and `cancelled` can come without
    `opened`. After `open` of another file or `close` nothing more comes from the one before.

    Attributes:
        player: plays the recording; ready once `opened` was emitted.

    Signals:
        opened(SongInfo): the file is decoded and can be played; transcribing begins.
        heard(Heard): further frames and events, from the left, without gaps.
        progress(float): share of the recording that was transcribed, 0 to 1.
        finished(): all of it was transcribed.
        failed(str): it cannot be opened or read; one sentence.
        cancelled(): `cancel` ended the transcription; what was heard until then is kept.
    """

    opened = Signal(object)
    heard = Signal(object)
    progress = Signal(float)
    finished = Signal()
    failed = Signal(str)
    cancelled = Signal()

    def __init__(
        self,
        transcriber: Transcriber,
        parent: QObject | None = None,
        *,
        open_output: OpenOutput | None = None,
    ) -> None:
        """Args: `open_output` takes the place of PortAudio for the player."""
        super().__init__(parent)
        self.player = Player(open_output)
        self._transcriber = transcriber
        # The last one is that of the open recording; those before it were stopped.
        self._workers: list[Worker] = []
        self._taken: deque[object] = deque()
        self._info: SongInfo | None = None
        self._begin()
        weakref.finalize(self, _end_all, self._workers)

    def open(self, path: Path) -> None:
        """Begins with a recording and returns at once; what was open is cancelled and closed."""
        for worker in self._workers:
            worker.stop()
        self._workers[:] = [worker for worker in self._workers if worker.is_alive]
        self._begin()
        self._is_transcribing = True
        # The work knows the transcriber and the path, but not this object.
        work = partial(_transcribe, self._transcriber, Path(path))
        worker = Worker(work, self._receive, can_wait=True)
        self._workers.append(worker)
        worker.start()

    def cancel(self) -> None:
        """Ends the transcription at once; does nothing when none is running."""
        if self._is_transcribing:
            # The thread ends at the end of its block; nobody needs to wait for that.
            self._workers[-1].stop()
            self._is_transcribing = False
            self._taken.clear()
            self.cancelled.emit()

    def close(self) -> None:
        """Ends everything, silently: threads are joined, the player is closed, notes forgotten."""
        _end_all(self._workers)
        self._begin()

    def redecode(self, decoder: DecoderConfig) -> list[Note]:
        """Decodes anew from the cached probabilities; nothing is heard again, no signal comes.

        These become `notes`; while the transcription still runs, its later frames join under the
        same settings.
        """
        self._transcript.redecode(decoder)
        return self.notes

    @property
    def notes(self) -> list[Note]:
        """The finished notes so far, in order of onset, then pitch; all of them when finished."""
        return self._transcript.notes()

    @property
    def probabilities(self) -> Probabilities:
        """What the network said so far, (frames, pitches) each; frame 0 is the first hop."""
        return self._transcript.probabilities()

    @property
    def info(self) -> SongInfo | None:
        """The open recording; None before `opened`."""
        return self._info

    @property
    def is_transcribing(self) -> bool:
        """Whether work goes on: from `open` to `finished`, `failed` or `cancelled`."""
        return self._is_transcribing

    def _begin(self) -> None:
        """Forgets the recording before."""
        self.player.close()
        self._info = None
        self._is_transcribing = False
        self._transcript = _Transcript(self._transcriber)
        self._taken.clear()

    def _receive(self, posted: list[object]) -> None:
        """Handles what the worker posted, in order, even if a signal's receiver comes back here."""
        self._taken.extend(posted)
        while self._taken:
            match self._taken.popleft():
                case _Decoded() as decoded:
                    self._info = decoded.info
                    self.player.load(decoded.samples, decoded.info.sample_rate)
                    self.opened.emit(decoded.info)
                case Heard() as heard:
                    self._transcript.add(heard)
                    share = self._share(heard)
                    self.heard.emit(heard)
                    if self._is_transcribing:
                        self.progress.emit(share)
                case Ended() as ended:
                    self._finish(ended)

    def _share(self, heard: Heard) -> float:
        """Share of the recording that was transcribed when this was heard."""
        if self._info is None:
            return 0.0
        last = heard.first_frame + len(heard.probabilities) - 1
        heard_s = self._transcriber.features.frame_end_s(last)
        return min(1.0, heard_s / self._info.duration_s)

    def _finish(self, ended: Ended) -> None:
        self._is_transcribing = False
        if ended.error is not None or self._info is None:
            self.failed.emit(ended.error)
        else:
            self._transcript.complete(self._info.duration_s)
            self.progress.emit(1.0)
            self.finished.emit()


class _Transcript:
    """What was heard of one recording: the cached probabilities, and the notes made of them."""

    def __init__(self, transcriber: Transcriber) -> None:
        self._transcriber = transcriber
        self._parts: list[Probabilities] = []
        self._events: list[NoteEvent] = []
        self._notes: list[Note] | None = []
        # Set once the notes were decoded anew: then it decodes what is still to come as well.
        self._decoder: Decoder | None = None
        self._duration_s: float | None = None

    def probabilities(self) -> Probabilities:
        """All of them in one piece."""
        if len(self._parts) != 1:
            self._parts = [Probabilities.join(self._parts)]
        return self._parts[0]

    def notes(self) -> list[Note]:
        """Those that have ended, in order."""
        if self._notes is None:
            self._notes = notes_from_events(self._events)
        return list(self._notes)

    def add(self, heard: Heard) -> None:
        """Takes what was heard next."""
        self._parts.append(heard.probabilities)
        if self._decoder is None:
            self._events += heard.events
        else:
            self._events += self._decode(self._decoder, heard.probabilities)
        self._notes = None

    def complete(self, duration_s: float) -> None:
        """Nothing more comes: the recording is over after so many seconds."""
        self._duration_s = duration_s
        if self._decoder is not None:
            self._events += self._decoder.flush(duration_s)
            self._notes = None

    def redecode(self, config: DecoderConfig) -> None:
        """Makes the notes anew."""
        transcriber = self._transcriber
        self._decoder = Decoder(config, transcriber.features, transcriber.network_config)
        self._events = self._decode(self._decoder, self.probabilities())
        if self._duration_s is not None:
            self._events += self._decoder.flush(self._duration_s)
        self._notes = None

    def _decode(self, decoder: Decoder, probabilities: Probabilities) -> list[NoteEvent]:
        # When a note was heard means nothing for a recording; only its onset and offset do.
        return decoder.push(probabilities, heard_s=0.0)


@dataclass(frozen=True)
class _Decoded:
    """The first thing that a recording's worker posts."""

    info: SongInfo
    samples: NDArray[np.int16]


def _transcribe(transcriber: Transcriber, path: Path, worker: Worker) -> None:
    """A recording's work: the whole sound first, which is quick, then what is heard in it."""
    try:
        with AudioFile(path) as file:
            samples = _decode(file, worker)
            if samples is None:
                return
            info = SongInfo(path, file.sample_rate, len(samples) / file.sample_rate)
            worker.post(_Decoded(info, samples))
            # Read again instead of kept: 16 bits are enough to listen to, but the notes shall be
            # those that the same file gives anywhere else.
            worker.transcribe(
                transcriber.stream(file.sample_rate),
                file.blocks(round(_BLOCK_S * file.sample_rate)),
            )
    except AudioFileError as error:
        raise WorkError(str(error)) from None


def _decode(file: AudioFile, worker: Worker) -> NDArray[np.int16] | None:
    """The sound in 16 bits, mapped from a temporary file; None when it was stopped.

    An hour is 300 MB, too much to hold in memory for playing alone.
    """
    try:
        with tempfile.TemporaryFile(prefix="noteglow-") as store:
            for block in _until_stopped(file, worker):
                scaled = np.clip(np.rint(block * 32767), -32768, 32767)
                store.write(scaled.astype(np.int16).tobytes())
            if worker.is_stopping:
                return None
            store.flush()
            return np.memmap(store, np.int16, mode="r")
    except OSError as error:
        raise WorkError(
            f"{file.path}: its sound cannot be kept in {tempfile.gettempdir()} ({error.strerror})"
        ) from None


def _until_stopped(file: AudioFile, worker: Worker) -> Iterator[NDArray[np.float32]]:
    for block in file.blocks():
        if worker.is_stopping:
            return
        yield block


def _end_all(workers: list[Worker]) -> None:
    """Ends workers and takes them off the list."""
    for worker in workers:
        worker.stop()
    while workers:
        workers.pop().end()
