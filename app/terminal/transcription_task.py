"""One recording of `main.py transcribe`: it is heard, and its files are written."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from app.audio.files.audio_file import AudioFile, AudioFileError
from app.exports.export_file import ExportOptions, export, is_score
from app.exports.midi_bends import n_overlapping
from app.exports.table_writer import write_chords
from app.music.beats.given_rhythm import GivenRhythm
from app.music.chords.chord_finding import ChordSpan, find_chords
from app.music.heard_rhythm import hear_rhythm
from app.music.instruments import ANY, Instrument
from app.music.key_finding import Key, estimate_key
from app.music.note_naming import NoteNaming
from app.music.quantise import Grid
from app.system.atomic_write import WriteError
from app.terminal.printing import progress_bar
from model.checkpoint_header import CheckpointError

if TYPE_CHECKING:
    from app.midi.pitch_bend import Bends
    from app.music.fretting import FrettedInstrument
    from app.transcription.transcribe_file import Transcription
    from model.notes import Note
    from model.transcriber import Transcriber

# A short recording is decoded once, for its tuning and its notes.
_KEPT_S = 120.0


@dataclass(frozen=True)
class Task:
    """One recording and what shall become of it; chords are found where there is a file for them.
    """

    source: Path
    midi: Path
    also: tuple[Path, ...]
    chords: Path | None = None

    @property
    def outputs(self) -> tuple[Path, ...]:
        """All files that it writes."""
        return (self.midi, *self.also, *((self.chords,) if self.chords else ()))


@dataclass(frozen=True)
class TranscriberSettings:
    """The network that hears every recording, and its settings; see `load_transcriber`."""

    checkpoint: Path
    threshold: float | None = None
    min_note_ms: float | None = None
    a4: float | None = None
    runtime: str | None = None
    monophonic: bool = False

    def load(self) -> Transcriber:
        """Opens the checkpoint.

        Raises:
            CheckpointError: the checkpoint cannot be used.
        """
        # The network takes a while to load; wrong outputs are told before.
        from app.transcription.transcribe_file import load_transcriber

        return load_transcriber(
            self.checkpoint, threshold=self.threshold, min_note_ms=self.min_note_ms, a4=self.a4,
            monophonic=self.monophonic, runtime=self.runtime,
        )


@dataclass(frozen=True)
class Shape:
    """What shapes the MIDI file and the score of every recording; see `ExportOptions`."""

    beats: bool
    grid: Grid | None
    given: GivenRhythm
    key: Key | None
    split: int | None
    pedal: bool
    velocity: bool
    one_hand: bool
    bends: Bends
    tab: FrettedInstrument | None = None
    part: Instrument = ANY


@dataclass(frozen=True)
class Done:
    """What became of a recording.

    Attributes:
        n_notes, duration_s: what was heard, and in how many seconds of sound.
        a4: the tuning in Hz that it was heard with; 0 when it was not.
        warning: what is wrong with the recording though it was heard, in one sentence.
        took_s: seconds of work.
        error: why it failed, in one sentence; None when it did not.
    """

    n_notes: int
    duration_s: float
    took_s: float
    error: str | None = None
    a4: float = 0.0
    warning: str | None = None


def do_task(
    transcriber: Transcriber, shape: Shape, task: Task, a4: float | None = None, *,
    with_bar: bool = False,
) -> Done:
    """Transcribes a recording and writes its files; what cannot be done is told in the result.

    Args:
        a4: the tuning of the recording in Hz; None measures it.
    """
    began = time.perf_counter()
    try:
        result = _transcribe(transcriber, shape, task, a4, with_bar)
    except (AudioFileError, WriteError, CheckpointError) as error:
        return Done(0, 0.0, time.perf_counter() - began, str(error))
    took_s = time.perf_counter() - began
    warnings = [result.warning] if result.warning else []
    warnings += _lost(result.notes, shape, task.source)
    return Done(
        len(result.notes), result.duration_s, took_s, a4=result.a4,
        warning="; ".join(warnings) or None,
    )


def _lost(notes: Sequence[Note], shape: Shape, source: Path) -> Iterator[str]:
    """What of the notes does not go into the files as it was asked for."""
    overlapping = n_overlapping(notes) if shape.bends == "channel" else 0
    if overlapping:
        yield f"{source}: {overlapping} of {len(notes)} notes overlap others, and one channel " \
            "bends them alike (--bends mpe does not)"
    if shape.tab is not None:
        beyond = sum(not shape.tab.has(note.pitch) for note in notes)
        if beyond:
            yield f"{source}: {beyond} of {len(notes)} notes lie beyond the {shape.tab.name} " \
                "and have no fret"


def _transcribe(
    transcriber: Transcriber, shape: Shape, task: Task, a4: float | None, with_bar: bool
) -> Transcription:
    """Writes all files of a recording.

    Raises:
        AudioFileError: the recording cannot be used.
        WriteError: a file cannot be written.
        CheckpointError: the beat network cannot be used.
    """
    from app.music.tuning.a4_estimation import file_a4
    from app.transcription.transcribe_file import transcribe_open_file

    with AudioFile(task.source, _KEPT_S) as file:
        if a4 is None:
            a4 = file_a4(file)
        if with_bar:
            with progress_bar(task.source.name, file.duration_s) as heard:
                result = transcribe_open_file(transcriber, file, heard, a4=a4)
        else:
            result = transcribe_open_file(transcriber, file, a4=a4)
    midi_has_beats = shape.beats or shape.grid is not None or shape.given != GivenRhythm()
    rhythm = None
    if midi_has_beats or task.chords or any(is_score(path) for path in task.also):
        rhythm = hear_rhythm(task.source, result.notes, shape.given)
    chords: tuple[ChordSpan, ...] = ()
    naming = NoteNaming(accidentals="key")
    if task.chords and rhythm is not None:
        key = shape.key or estimate_key(result.notes)
        naming = NoteNaming(accidentals="key", key=key.fifths)
        chords = tuple(find_chords(result.notes, rhythm))
        write_chords(chords, task.chords, naming)
    for path in (task.midi, *task.also):
        is_plain = path is task.midi and not midi_has_beats
        export(
            result.notes, path,
            ExportOptions(
                duration_s=result.duration_s, title=task.source.stem, a4=result.a4,
                rhythm=None if is_plain else rhythm, grid=shape.grid, key=shape.key,
                velocity=shape.velocity, pedal=shape.pedal, split=shape.split,
                one_hand=shape.one_hand, bends=shape.bends, tab=shape.tab, part=shape.part,
                chords=chords, naming=naming,
            ),
        )
    return result
