"""Writes notes to files beside the window."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from PySide6.QtCore import QObject, Signal

from app.exports.export_file import (
    SCORES,
    ExportOptions,
    WriteError,
    export,
    require_known,
)
from app.exports.score.musicxml_process import LONG_SCORE, write_long_score
from app.midi.midi_file_tempo import MidiFileTempo
from app.music.beats.given_rhythm import GivenRhythm
from app.music.rhythm import PLAIN_BPM, Meter, Rhythm
from app.system.atomic_write import require_writable
from app.system.progress import GoOn
from app.system.worker_thread import Ended, Worker, WorkError
from model.notes import Note


@dataclass(frozen=True)
class Beats:
    """Where the beats come from.

    Attributes:
        recording: they are heard in this file; None is a steady tempo.
        bpm: the steady tempo, in quarter notes a minute.
        meter: the time signature; None is that of the file, told by the notes, or 4/4 where
            nothing is heard.
        file: they are those that a MIDI file has; None is one of the others.
        given: what a hand has said of them.
        found: those of the recording or file, where they are known already, a hand's among them.
    """

    recording: Path | None = None
    bpm: float = PLAIN_BPM
    meter: Meter | None = None
    file: MidiFileTempo | None = None
    given: GivenRhythm = GivenRhythm()  # noqa: RUF009
    found: Rhythm | None = None


@dataclass(frozen=True)
class ExportRequest:
    """One file to be written; without `beats` it gets the rhythm of the options.

    Attributes:
        piece: all notes of what `notes` are a part of, for the beats to be found in; by default
            it is no part.
    """

    notes: Sequence[Note]
    path: Path
    options: ExportOptions
    beats: Beats | None = None
    piece: Sequence[Note] = ()


class Exporter(QObject):
    """One file after the other. Lives in the GUI thread; every signal is emitted there.

    Signals:
        begun(Path): the file is being written.
        written(Path): the file is there.
        failed(str): it cannot be written; one sentence.
        cancelled(Path): it was not written, and what was there before stays.
        rested(list[Path]): all that was asked for is done; these were written.
    """

    begun = Signal(object)
    written = Signal(object)
    failed = Signal(str)
    cancelled = Signal(object)
    rested = Signal(object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._worker: Worker | None = None
        # Those that were cancelled, and end soon.
        self._leaving: list[Worker] = []
        self._path = Path()
        self._waiting: list[ExportRequest] = []
        self._written: list[Path] = []

    @property
    def is_writing(self) -> bool:
        return self._worker is not None

    def export(self, order: ExportRequest) -> None:
        """Writes notes in the format of the path's suffix, after what was asked for before."""
        self._waiting.append(dataclasses.replace(order, notes=list(order.notes)))
        self._go_on()

    def cancel(self) -> None:
        """Gives up the file that is being written, of which nothing stays, and those after it."""
        self._waiting.clear()
        if self._worker is not None:
            self._worker.stop()
            self._leaving = [worker for worker in self._leaving if worker.is_alive]
            self._leaving.append(self._worker)
            self._worker = None
            self.cancelled.emit(self._path)
            self._go_on()

    def close(self) -> None:
        """Returns when the file is whole that is being written; writes no others."""
        self._waiting.clear()
        if self._worker is not None:
            self._worker.join()
            self._worker.end()
            self._worker = None
        while self._leaving:
            self._leaving.pop().end()

    def _go_on(self) -> None:
        if self._worker is None and self._waiting:
            order = self._waiting.pop(0)
            self._path = order.path
            self._worker = Worker(partial(_export, order), self._receive, can_wait=True)
            self._worker.start()
            self.begun.emit(order.path)
        elif self._worker is None:
            written, self._written = self._written, []
            self.rested.emit(written)

    def _receive(self, posted: list[object]) -> None:
        for item in posted:
            match item:
                case Path():
                    self._written.append(item)
                    self.written.emit(item)
                case Ended(error):
                    self._worker = None
                    if error is not None:
                        self.failed.emit(error)
                    self._go_on()


class _CancelledError(Exception):
    """Nobody wants the file any more."""


def _export(order: ExportRequest, worker: Worker) -> None:
    path = order.path

    def go_on() -> None:
        if worker.is_stopping:
            raise _CancelledError

    try:
        kind = require_known(path)
        require_writable(path)
        options = order.options
        if order.beats is not None:
            rhythm = _rhythm(order.beats, order.piece or order.notes, go_on)
            options = dataclasses.replace(options, rhythm=rhythm)
        if kind in SCORES and len(order.notes) >= LONG_SCORE:
            write_long_score(order.notes, path, options, go_on)
        else:
            export(order.notes, path, options, go_on)
        worker.post(path)
    except _CancelledError:
        return
    except WriteError as error:
        raise WorkError(str(error)) from None
    except OSError as error:
        raise WorkError(f"{path}: it cannot be written ({error.strerror or error})") from None


def _rhythm(beats: Beats, notes: Sequence[Note], go_on: GoOn) -> Rhythm:
    if beats.file is None and beats.recording is None:
        return Rhythm.steady(beats.bpm, beats.meter or Meter())
    found = beats.found
    if found is not None and beats.meter in (None, None if found.changes else found.meter):
        return found
    given = beats.given if beats.meter is None else beats.given.with_meter(beats.meter)
    if beats.file is not None and beats.given == GivenRhythm():
        return beats.file.rhythm(beats.meter)
    # Its library takes a second to load, and is of no use without sound.
    from app.audio.files.audio_file import AudioFileError
    from app.music.heard_rhythm import hear_rhythm, rhythm_of_notes
    from model.checkpoint_header import CheckpointError

    try:
        if beats.recording is None:
            return rhythm_of_notes(notes, given, go_on)
        return hear_rhythm(beats.recording, notes, given, lambda _: go_on())
    except (AudioFileError, CheckpointError) as error:
        raise WorkError(str(error)) from None
