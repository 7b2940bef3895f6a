"""The work of an opened recording, for worker threads: decoding, transcribing, looking for it."""

from __future__ import annotations

import contextlib
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from app.audio.files.audio_file import AudioFile, AudioFileError
from app.midi.midi_file_reader import MidiFileError, is_midi, read_midi_file
from app.midi.midi_file_tempo import MidiFileTempo
from app.song import project_file as projects
from app.song.annotations import Annotations
from app.song.audio_reference import AudioNotFoundError, find, refer_to
from app.song.project_file import Project, ProjectError
from app.system.worker_thread import Worker, WorkError
from app.takes.take_recovery import read_marks
from app.transcription.lazy_transcriber import TranscriberLike
from model.checkpoint_header import CheckpointError
from model.decoding.decoder import Decoder
from model.notes import Note, Probabilities, notes_from_events
from model.pitch import STANDARD_A4

if TYPE_CHECKING:
    from app.music.tuning.a4_estimation import RecordingTuning

# Sound that the network hears at once. It is faster on long blocks, but between two of them only
# can a transcription be cancelled.
_BLOCK_S = 1.28
# Frames that are decoded anew at once.
_REDECODE_FRAMES = 4096


@dataclass(frozen=True)
class SongInfo:
    """What is known of a recording once it is decoded.

    Attributes:
        path: the file.
        sample_rate: of the file, in Hz; 0 for a MIDI file.
        duration_s: counted in decoded samples, so it is exact whatever the header claimed.
        is_midi: it is a MIDI file: there is no sound but that of its notes.
        beats: what a MIDI file says of tempo, time signature and key; None where it says nothing.
        marks: of a take, the moments in seconds at which the player asked for it.
    """

    path: Path
    sample_rate: int
    duration_s: float
    is_midi: bool = False
    beats: MidiFileTempo | None = None
    marks: tuple[float, ...] = ()


@dataclass(frozen=True)
class Opened:
    """The first thing that a recording's worker posts.

    Attributes:
        info: about the recording.
        samples: mono, 16 bits, shape (samples,); none for a MIDI file.
        notes, annotations: those of a MIDI file.
        project: what is known of it already.
    """

    info: SongInfo
    samples: NDArray[np.int16] | None = None
    notes: tuple[Note, ...] = ()
    annotations: Annotations = Annotations()  # noqa: RUF009
    project: Project | None = None


@dataclass(frozen=True)
class Tuning:
    """The A4 in Hz that a recording is heard with: of its project, or as it was measured."""

    a4: float


@dataclass(frozen=True)
class Redecoded:
    """What decoding anew brought.

    Attributes:
        decoder: it goes on with frame `n_frames`.
        notes: those that have ended, in order of onset, then pitch.
    """

    decoder: Decoder
    notes: list[Note]
    n_frames: int


def opening(
    transcriber: TranscriberLike, path: Path, audio: Path | None
) -> Callable[[Worker], None]:
    """The work that opens a file: by its name a project, a copy of one, or a recording.

    Args: `audio` takes the place of the recording that a project names.
    """
    if projects.is_project(path) or path.name.endswith(projects.AUTOSAVE_SUFFIX):
        return partial(open_project, transcriber, path, audio)
    return partial(open_file, transcriber, path)


def open_file(transcriber: TranscriberLike, path: Path, worker: Worker) -> None:
    """Posts an `Opened`, a reference to the file, its `Tuning`, and what is heard in it.

    Of a file that stops being readable, all up to there is posted before the error.

    Raises:
        WorkError: it cannot be opened, or not be read to its end.
    """
    _open(transcriber, path, None, worker)


def open_project(
    transcriber: TranscriberLike, path: Path, audio: Path | None, worker: Worker
) -> None:
    """As `open_file` for the recording of a project; without `audio` it is looked for.

    Posts an `AudioNotFoundError`, and nothing else, when it is not found.

    Raises:
        WorkError: project or recording cannot be read.
    """
    try:
        project = projects.load(path)
        audio = find(project.audio, path) if audio is None else audio
    except AudioNotFoundError as error:
        worker.post(error)
        return
    except ProjectError as error:
        raise WorkError(str(error)) from None
    _open(transcriber, audio, project, worker)


def hear_anew(transcriber: TranscriberLike, path: Path, a4: float, worker: Worker) -> None:
    """Posts what is heard in a recording with another tuning in Hz, and nothing else.

    Raises:
        WorkError: it cannot be read any more, or not to its end.
    """
    try:
        with AudioFile(path) as file:
            _hear(transcriber, file, a4, worker)
    except (AudioFileError, CheckpointError) as error:
        raise WorkError(str(error)) from None


def redecode(
    decoder: Decoder, done: Redecoded | None, frames: Probabilities, worker: Worker
) -> None:
    """Posts the notes of further frames, together with those that were `done` before."""
    n_before = 0 if done is None else done.n_frames
    events = []
    for first in range(0, len(frames), _REDECODE_FRAMES):
        if worker.is_stopping:
            return
        part = frames.part(first, first + _REDECODE_FRAMES)
        # When a note was heard means nothing for a recording; only its onset and offset do.
        events += decoder.push(part, heard_s=0.0)
    notes = notes_from_events(events)
    if done is not None:
        notes = in_order([*done.notes, *notes])
    worker.post(Redecoded(decoder, notes, n_before + len(frames)))


def in_order(notes: list[Note]) -> list[Note]:
    """Notes in order of onset, then pitch."""
    return sorted(notes, key=lambda note: (note.onset_s, note.pitch))


def _open(
    transcriber: TranscriberLike, path: Path, project: Project | None, worker: Worker
) -> None:
    try:
        if is_midi(path):
            content = read_midi_file(path)
            end_s = max((note.offset_s for note in content.notes), default=0.0)
            info = SongInfo(path, 0, end_s, is_midi=True, beats=content.beats)
            worker.post(Opened(info, None, content.notes, Annotations(content.markers), project))
            _refer(path, worker)
            worker.post(Tuning(STANDARD_A4 if project is None else project.a4))
        else:
            _transcribe(transcriber, path, project, worker)
    except (AudioFileError, MidiFileError, CheckpointError) as error:
        raise WorkError(str(error)) from None


def _transcribe(
    transcriber: TranscriberLike, path: Path, project: Project | None, worker: Worker
) -> None:
    """The whole sound first, which is quick, then what is heard in it."""
    # scipy's part of it takes a moment to load; the window is there before.
    from app.music.tuning.a4_estimation import RecordingTuning

    with AudioFile(path) as file:
        tuning = RecordingTuning(file.sample_rate)
        samples, damage = _decode(file, tuning, worker)
        if samples is None:
            return
        info = SongInfo(
            path, file.sample_rate, len(samples) / file.sample_rate, marks=tuple(read_marks(path))
        )
        worker.post(Opened(info, samples, project=project))
        _refer(path, worker)
        a4 = tuning.best_a4() if project is None else project.a4
        worker.post(Tuning(a4))
        # Read again instead of kept: 16 bits are enough to listen to, but the notes shall be
        # those that the same file gives anywhere else.
        _hear(transcriber, file, a4, worker)
        if damage is None and (cut := file.cut_off()):
            damage = AudioFileError(cut)
        if damage is not None:
            raise damage


def _hear(transcriber: TranscriberLike, file: AudioFile, a4: float, worker: Worker) -> None:
    blocks = _Readable(file.blocks(_block_length(file)))
    worker.transcribe(transcriber.stream(file.sample_rate, a4), blocks)
    if blocks.damage is not None:
        raise blocks.damage


def _block_length(file: AudioFile) -> int:
    # The same whenever it is read, so that it breaks off at the same place.
    return round(_BLOCK_S * file.sample_rate)


def _refer(path: Path, worker: Worker) -> None:
    # A file that is gone by now is asked for again when the project is saved.
    with contextlib.suppress(OSError):
        worker.post(refer_to(path))


class _Readable:
    """Blocks up to where the file is damaged."""

    def __init__(self, blocks: Iterator[NDArray[np.float32]]) -> None:
        self._blocks = blocks
        self.damage: AudioFileError | None = None

    def __iter__(self) -> Iterator[NDArray[np.float32]]:
        try:
            yield from self._blocks
        except AudioFileError as error:
            self.damage = error


def _decode(
    file: AudioFile, tuning: RecordingTuning, worker: Worker
) -> tuple[NDArray[np.int16] | None, AudioFileError | None]:
    """The sound in 16 bits, mapped from a temporary file, and where it broke off; or None.

    An hour is 300 MB, too much to hold in memory for playing alone.
    """
    try:
        with tempfile.TemporaryFile(prefix="noteglow-") as store:
            blocks = _Readable(file.blocks(_block_length(file)))
            for block in blocks:
                if worker.is_stopping:
                    return None, None
                tuning.push(block)
                scaled = np.clip(np.rint(block * 32767), -32768, 32767)
                store.write(scaled.astype(np.int16).tobytes())
            if store.tell() == 0 and blocks.damage is not None:
                raise blocks.damage
            store.flush()
            return np.memmap(store, np.int16, mode="r"), blocks.damage
    except OSError as error:
        raise WorkError(
            f"{file.path}: its sound cannot be kept in {tempfile.gettempdir()} ({error.strerror})"
        ) from None
