"""Notes decoded anew in a thread while one moves a slider, even during the transcription."""

from __future__ import annotations

import weakref
from collections.abc import Callable, Iterable
from functools import partial

from app.song.opening import Redecoded, in_order, redecode
from app.song.transcript import Transcript
from app.system.worker_thread import Ended, Worker
from app.transcription.lazy_transcriber import TranscriberLike
from model.config import DecoderConfig
from model.decoding.decoder import Decoder
from model.notes import Note, notes_from_events

# So many further frames are decoded at once in the GUI thread, within a few milliseconds.
_FEW_FRAMES = 512
# During the transcription the notes are told anew when it went on by this share.
_SHARE = 0.02


class Redecoder:
    """Keeps the notes of one transcript decoded with the settings asked for last.

    Plain Python, for the GUI thread.

    Attributes:
        workers: those that run; for whoever ends them.
    """

    def __init__(self, transcriber: TranscriberLike, decoded: Callable[[list[Note]], None]) -> None:
        """Args: `decoded`, a method, referred to weakly, is called with all notes decoded anew."""
        self.workers: list[Worker] = []
        self._transcriber = transcriber
        self._tell = weakref.WeakMethod(decoded)

    def begin(self, transcript: Transcript) -> None:
        """Is about another transcript from now on."""
        self._transcript = transcript
        self._wanted: DecoderConfig | None = None
        self._worker: Worker | None = None
        self._brought: Redecoded | None = None
        # Once something was decoded anew, this goes on with what is heard further.
        self._done: Redecoded | None = None
        self._kept: tuple[Note, ...] = ()
        self.is_own = True
        self._is_complete = False
        self._end_s: float | None = None

    def keep(self, notes: Iterable[Note]) -> None:
        """These are the notes until something else is asked for, and later where nothing is heard
        yet."""
        self._kept = tuple(notes)
        self.is_own = False

    def request(self, config: DecoderConfig) -> None:
        """Decodes with these settings; a request that has not begun yet is dropped."""
        self._wanted = config
        if self._worker is None:
            self._start_wanted()

    def go_on(self) -> None:
        """More was heard."""
        if self._done is not None and self._worker is None:
            # The more notes there are, the longer it takes to show them: less often.
            n_further = len(self._transcript) - self._done.n_frames
            if self._is_complete or n_further >= _SHARE * self._done.n_frames:
                self._catch_up()

    def complete(self, end_s: float | None) -> None:
        """Nothing more is heard: the recording is over after so many seconds, or was cancelled."""
        self._is_complete, self._end_s = True, end_s
        self.go_on()

    def _start_wanted(self) -> None:
        config, self._wanted = self._wanted, None
        if config is None:
            return
        transcriber = self._transcriber
        decoder = Decoder(
            config, transcriber.features, transcriber.network_config, answer="settled"
        )
        self._start(decoder, None)

    def _start(self, decoder: Decoder, done: Redecoded | None) -> None:
        frames = self._transcript.probabilities(0 if done is None else done.n_frames)
        work = partial(redecode, decoder, done, frames)
        self._worker = Worker(work, self._receive, can_wait=True)
        self._brought = None
        self.workers[:] = [worker for worker in self.workers if worker.is_alive]
        self.workers.append(self._worker)
        self._worker.start()

    def _receive(self, posted: list[object]) -> None:
        for item in posted:
            match item:
                case Redecoded() as brought:
                    self._brought = brought
                case Ended(error=error):
                    self._worker = None
                    if error is None and self._brought is not None:
                        self._done = self._brought
                        self.is_own = False
                        self._catch_up()
                    if self._worker is None:
                        self._start_wanted()

    def _catch_up(self) -> None:
        """Decodes what was heard meanwhile, in a thread if it is much, and tells."""
        done = self._done
        assert done is not None
        further = self._transcript.probabilities(done.n_frames)
        if len(further) > _FEW_FRAMES and self._wanted is None:
            self._start(done.decoder, done)
            return
        if len(further) <= _FEW_FRAMES:
            events = done.decoder.push(further, heard_s=0.0)
            if self._is_complete and self._end_s is not None:
                events += done.decoder.flush(self._end_s)
            notes = [*done.notes, *notes_from_events(events)]
            self._done = done = Redecoded(done.decoder, notes, len(self._transcript))
        tell = self._tell()
        if tell is not None:
            tell(in_order([*done.notes, *self._unheard()]))

    def _unheard(self) -> list[Note]:
        """The notes kept from before, where nothing was heard yet."""
        if self._is_complete and self._end_s is not None:
            return []
        heard_s = self._transcript.heard_s()
        return [note for note in self._kept if note.onset_s >= heard_s]
