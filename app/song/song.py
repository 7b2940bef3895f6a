"""An opened recording: transcribed in the background, corrected by hand, played, and saved."""

from __future__ import annotations

import dataclasses
import weakref
from collections import deque
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject, Signal

from app.audio.playback.player import OpenOutput, Player
from app.song import opening as song_work
from app.song.audio_reference import AudioNotFoundError, AudioReference, refer_to
from app.song.file_comparison import FileComparison
from app.song.note_edits import EditedNotes
from app.song.opening import Opened, SongInfo, Tuning
from app.song.project_file import Project
from app.song.redecoding import Redecoder
from app.song.rhythm.song_rhythm import SongRhythm
from app.song.transcript import Transcript, Why
from app.system.worker_thread import Ended, Worker, end_workers, stop_workers
from app.transcription.lazy_transcriber import TranscriberLike
from model.config import DecoderConfig
from model.heard import Heard
from model.notes import Note, Probabilities, notes_from_events
from model.pitch import STANDARD_A4

__all__ = ["Song", "SongInfo"]

# While it is transcribed, the player gets the new notes once in so many blocks.
_BLOCKS_BETWEEN_NOTES = 16


class Song(QObject):
    """One recording at a time. Lives in the GUI thread; every signal is emitted there.

    Order of signals after `open`: `opened`, `tuned`, then `heard` and `progress` in turns, and last
    exactly one of `finished`, `failed`, `cancelled` and `audio_asked`. The last three can come
    without `opened`; a recording that stops being readable on the way has `opened`, `heard` for
    all that was readable, and then `failed`. After `open` of another file or `close` nothing more
    comes from the one before.

    Besides recordings it opens MIDI files, whose notes are there at once and nothing is heard, and
    projects: their notes are there at once and stay as they were saved until `redecode`.

    Attributes:
        player: plays the recording and its notes; ready once `opened` was emitted.
        edits: its notes, decoded and changed by hand; always the same object. Every change of it
            emits `notes_changed`, but not the notes of events that `heard` brings.
        opened_path: the file that was opened, project or recording; None when there is none.
        opened_project: what it says, if it is a project.
        comparison: the notes of a file laid beside, with signals of its own.
        rhythm: its beats and bars, found once it is transcribed, with signals of its own.
        a4, opened_a4: the tuning in Hz with which it is heard, and was at first; 440 until then.

    Signals:
        opened(SongInfo): the file is decoded and can be played; transcribing begins.
        tuned(float): the A4 in Hz with which it is heard: of its project, measured, or set.
        heard_anew(): another A4 was set; `heard` comes again from the beginning.
        heard(Heard): further frames and settled events, from the left, without gaps. Once the
            notes are not those of the checkpoint's own settings, it comes without events.
        notes_changed(): `notes` are different otherwise than by events: by hand, or decoded anew.
        progress(float): share of the recording that was transcribed, 0 to 1.
        finished(): all of it was transcribed.
        failed(str): it cannot be opened or read; one sentence.
        cancelled(): `cancel` ended the transcription; what was heard until then is kept.
        audio_asked(AudioNotFoundError): a project's recording is not found; `open` with it goes on.
    """

    opened = Signal(object)
    tuned = Signal(float)
    heard_anew = Signal()
    heard = Signal(object)
    notes_changed = Signal()
    progress = Signal(float)
    finished = Signal()
    failed = Signal(str)
    cancelled = Signal()
    audio_asked = Signal(object)

    def __init__(
        self, transcriber: TranscriberLike, parent: QObject | None = None, *,
        open_output: OpenOutput | None = None,
    ) -> None:
        """Args: `open_output` takes the place of PortAudio for the player."""
        super().__init__(parent)
        self.player = Player(open_output)
        # Weakly: it would keep this object, whose end ends its threads.
        changed = weakref.WeakMethod(self._notes_changed)
        self.edits = EditedNotes(lambda: (tell := changed()) and tell())
        self._transcriber = transcriber
        self.opened_path: Path | None = None
        self.opened_project: Project | None = None
        self._reference: AudioReference | None = None
        # The last one is that of the open recording; those before it were stopped.
        self._workers: list[Worker] = []
        self.comparison = FileComparison(self)
        self.rhythm = SongRhythm(self.edits, self)
        self._taken: deque[object] = deque()
        self._redecoder = Redecoder(transcriber, self.edits.set_decoded)
        self._begin()
        weakref.finalize(self, end_workers, *self._all_workers())

    # Opening.

    def open(self, path: Path, audio: Path | None = None) -> None:
        """Begins with a recording, MIDI file or project (`audio` takes the place of the recording
        that it names), and returns at once; what was open ends."""
        stop_workers(*self._all_workers())
        self._begin()
        self._is_transcribing, self.opened_path = True, Path(path)
        self._start(song_work.opening(self._transcriber, Path(path), audio))

    def cancel(self) -> None:
        """Ends the transcription at once; does nothing when none is running."""
        if self._is_transcribing:
            # The thread ends at the end of its block; nobody needs to wait for that.
            self._workers[-1].stop()
            self._is_transcribing = False
            self._taken.clear()
            self._redecoder.complete(None)
            self.rhythm.look_for(self.edits.notes)
            self.cancelled.emit()

    def close(self) -> None:
        """Ends everything, silently: threads are joined, the player is closed, notes forgotten."""
        end_workers(*self._all_workers())
        self._begin()

    def set_a4(self, a4: float) -> None:
        """Hears the recording anew with this tuning in Hz; what a hand has changed stays."""
        info = self._info
        if info is None or a4 == self.a4:
            return
        self._tune(a4)
        if not info.is_midi:
            stop_workers(self._workers, self._redecoder.workers)
            self._taken.clear()
            self._begin_transcript(info.duration_s)
            self._redecoder.keep(self.edits.decoded)
            self._redecoder.request(self._decoder)
            self._is_transcribing = True
            self.heard_anew.emit()
            self._start(partial(song_work.hear_anew, self._transcriber, info.path, a4))
        self.tuned.emit(a4)

    @property
    def info(self) -> SongInfo | None:
        """The open recording; None before `opened`."""
        return self._info

    @property
    def is_transcribing(self) -> bool:
        """Whether work goes on: from `open` to `finished`, `failed` or `cancelled`."""
        return self._is_transcribing

    @property
    def probabilities(self) -> Probabilities:
        """What the network said so far, (frames, pitches) each; frame 0 is the first hop."""
        return self._transcript.probabilities()

    # Notes.

    @property
    def notes(self) -> list[Note]:
        """The finished notes so far, in order of onset, then pitch; all of them when finished."""
        return self.edits.notes

    @property
    def decoder(self) -> DecoderConfig:
        """The settings that the notes are, or will soon be, decoded with."""
        return self._decoder

    def redecode(self, decoder: DecoderConfig) -> None:
        """Decodes anew from what was heard, in a thread; then emits `notes_changed`.

        What a hand has changed stays. Of several requests the latest wins. While the transcription
        still runs, its later frames follow the same settings. A MIDI file stays as it is.
        """
        self._decoder = decoder
        if self._info is None or not self._info.is_midi:
            self._redecoder.request(decoder)

    def add_note(self, onset_s: float, pitch: int, offset_s: float | None = None) -> Note:
        """Adds a note drawn by hand, at the strongest onset nearby; see `Transcript.note_at`."""
        note = self._transcript.note_at(onset_s, offset_s, pitch, self._decoder)
        return self.edits.add(note)

    def why(self, time_s: float, pitch: int, reach_s: float = 0.5) -> Why | None:
        """What speaks for and against a note of a pitch around a moment; None if nothing does."""
        return self._transcript.why(time_s, pitch, self._decoder, reach_s)

    # Projects.

    def project(
        self, settings: Mapping[str, Any] | None = None, view: Mapping[str, Any] | None = None
    ) -> Project:
        """All that a project file holds, as it is now.

        Raises OSError when the recording is gone before it was ever looked at.
        """
        assert self._info is not None, "nothing is open"
        if self._reference is None:
            self._reference = refer_to(self._info.path)
        return Project(
            self._reference, self._decoder,
            tuple(self.edits.decoded), tuple(self.edits.hand_notes), tuple(self.edits.deleted),
            dict(settings or {}), dict(view or {}), self.comparison.reference, self.a4,
            self.edits.annotations,
        )  # fmt: skip

    # Within.

    def _begin(self) -> None:
        """Forgets the recording before."""
        self.player.close()
        self._tune(STANDARD_A4, is_opened=True)
        self._info: SongInfo | None = None
        self.opened_path = self.opened_project = self._reference = None
        self._is_transcribing = False
        self._was_asked = False
        self._decoder = self._transcriber.settled_decoder
        self._begin_transcript(0.0)
        self.comparison.clear()
        self.rhythm.clear()
        self._taken.clear()
        with self.edits.quietly():
            self.edits.restore([])

    def _begin_transcript(self, duration_s: float) -> None:
        self._transcript = Transcript(self._transcriber)
        self._transcript.reserve(duration_s)
        self._redecoder.begin(self._transcript)
        self._blocks = 0

    def _tune(self, a4: float, *, is_opened: bool = False) -> None:
        self.a4 = a4
        if is_opened:
            self.opened_a4 = a4
        self.player.tune(a4)

    def _start(self, work: Callable[[Worker], None]) -> None:
        worker = Worker(work, self._receive, can_wait=True)
        self._workers.append(worker)
        worker.start()

    def _all_workers(self) -> tuple[list[Worker], ...]:
        return self._workers, self.comparison.workers, self._redecoder.workers, self.rhythm.workers

    def _receive(self, posted: list[object]) -> None:
        """Handles what the worker posted, in order, even if a signal's receiver comes back here."""
        self._taken.extend(posted)
        while self._taken:
            match self._taken.popleft():
                case Opened() as opened:
                    self._open(opened)
                case AudioReference() as reference:
                    self._reference = reference
                case Tuning(a4):
                    self._tune(a4, is_opened=True)
                    self.tuned.emit(a4)
                case Heard() as heard:
                    self._hear(heard.settled())
                case AudioNotFoundError() as error:
                    self._was_asked = True
                    self._is_transcribing = False
                    self.audio_asked.emit(error)
                case Ended() as ended if not self._was_asked:
                    self._finish(ended)

    def _open(self, opened: Opened) -> None:
        self._info, self.opened_project = opened.info, opened.project
        if opened.samples is None:
            self.player.load_silence(opened.info.duration_s)
            self.player.set_mix(0.0, 1.0)
        else:
            self.player.load(opened.samples, opened.info.sample_rate)
            self._transcript.reserve(opened.info.duration_s)
        saved = opened.project
        with self.edits.quietly():
            if saved is None:
                self.edits.restore(opened.notes, annotations=opened.annotations)
            else:
                self._decoder = saved.decoder
                self._redecoder.keep(saved.decoded)
                self.edits.restore(*saved.edits)
                self.comparison.restore(saved.comparison, self.opened_path or opened.info.path)
        self.rhythm.begin(opened.info)
        self.opened.emit(opened.info)
        if self._info is opened.info and self.edits.notes:
            self._notes_changed()

    def _hear(self, heard: Heard) -> None:
        self._transcript.add(heard.probabilities)
        if self._redecoder.is_own:
            with self.edits.quietly():
                self.edits.extend_decoded(notes_from_events(heard.events))
        else:
            heard = dataclasses.replace(heard, events=[])
            self._redecoder.go_on()
        self._blocks += 1
        if self._blocks % _BLOCKS_BETWEEN_NOTES == 1:
            self.player.set_notes(self.edits.notes)
        share = self._transcript.share_of(self._info.duration_s) if self._info is not None else 0.0
        self.heard.emit(heard)
        if self._is_transcribing:
            self.progress.emit(share)

    def _finish(self, ended: Ended) -> None:
        self._is_transcribing = False
        if self._info is not None:
            self.player.set_notes(self.edits.notes)
            self._redecoder.complete(self._info.duration_s)
            self.rhythm.look_for(self.edits.notes)
        if ended.error is not None or self._info is None:
            self.failed.emit(ended.error)
        else:
            self.progress.emit(1.0)
            self.finished.emit()

    def _notes_changed(self) -> None:
        self.player.set_notes(self.edits.notes)
        if self.opened_project is not None or not self._is_transcribing:
            self.rhythm.look_soon(self.edits.notes)
        self.notes_changed.emit()
