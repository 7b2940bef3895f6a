"""`main.py transcribe`: recordings in, MIDI and other files out, one after another or at once."""

from __future__ import annotations

import argparse
import functools
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from app.audio.files.audio_file import AudioFile, AudioFileError
from app.exports.export_file import ExportOptions, export
from app.music.beat_tracking import hear_rhythm
from app.music.key_finding import Key
from app.music.quantise import Grid
from app.music.rhythm import Meter
from app.system.atomic_write import WriteError, require_writable
from app.system.clock_text import clock_text
from app.terminal.crew import ProcessEnded, share_out
from app.terminal.input_files import find_recordings, plan_outputs
from app.terminal.printing import progress_bar, table_row
from app.terminal.transcribe_options import FORMATS
from app.transcription.transcribe_file import load_transcriber, transcribe_file
from model.transcriber import Transcriber


@dataclass(frozen=True)
class Task:
    """One recording and what shall become of it."""

    source: Path
    midi: Path
    also: tuple[Path, ...]


@dataclass(frozen=True)
class Shape:
    """What shapes the MIDI file and the score of every recording; see `ExportOptions`."""

    beats: bool
    grid: Grid | None
    meter: Meter | None
    key: Key | None
    split: int | None
    pedal: bool
    velocity: bool


@dataclass(frozen=True)
class Done:
    """What became of a recording.

    Attributes:
        n_notes, duration_s: what was heard, and in how many seconds of sound.
        took_s: seconds of work.
        error: why it failed, in one sentence; None when it did not.
    """

    n_notes: int
    duration_s: float
    took_s: float
    error: str | None = None


def run(arguments: argparse.Namespace) -> int:
    """Transcribes every input; one that fails is told at the end, and the rest are done.

    Raises:
        AudioFileError, CheckpointError, WriteError: nothing can be done at all.
    """
    recordings, failures = find_recordings(arguments.inputs)
    if not recordings:
        return _told(failures)
    has_folder = any(path.is_dir() for path in arguments.inputs)
    outputs = plan_outputs(recordings, arguments.output, into_folder=has_folder)
    tasks = [Task(source, midi, _also(arguments, midi)) for source, midi in outputs.items()]
    _require_sensible(tasks, arguments)
    shape = Shape(
        arguments.beats, arguments.quantise, arguments.meter, arguments.key, arguments.split,
        arguments.pedal, not arguments.no_velocity,
    )
    load = functools.partial(
        load_transcriber, arguments.checkpoint, threshold=arguments.threshold,
        min_note_ms=arguments.min_note_ms, a4=arguments.a4, runtime=arguments.runtime,
    )
    is_batch = len(tasks) + len(failures) > 1
    width = max(len(str(task.source)) for task in tasks)
    if is_batch:
        print(table_row(width, "recording", "length", "notes", "seconds", "result"))
    began = time.perf_counter()
    finished = []
    for task, done in _results(tasks, load, shape, min(arguments.jobs, len(tasks))):
        if done.error is not None:
            failures.append(done.error)
            row = ("–", "–", f"{done.took_s:.1f}", "failed")
        else:
            finished.append(done)
            length, took = clock_text(done.duration_s), f"{done.took_s:.1f}"
            row = (length, str(done.n_notes), took, str(task.midi))
        if is_batch:
            print(table_row(width, str(task.source), *row), flush=True)
        elif done.error is None:
            print(f"{task.source}: {_count(done.n_notes)} in {row[0]} -> {task.midi}", flush=True)
    if is_batch:
        print(_sum(finished, len(tasks) - len(finished), time.perf_counter() - began), flush=True)
    return _told(failures)


def _told(failures: Sequence[str]) -> int:
    """Says what failed, and returns the exit status."""
    for failure in failures:
        print(f"noteglow: {failure}", file=sys.stderr)
    return 1 if failures else 0


def _also(arguments: argparse.Namespace, midi: Path) -> tuple[Path, ...]:
    """The further files of a recording."""
    chosen = [(suffix, getattr(arguments, name)) for name, suffix, _ in FORMATS]
    # Not with_suffix(): "song.wav.mid" lies beside "song.wav.csv".
    return tuple(
        midi.with_name(midi.name[: -len(midi.suffix)] + suffix) if file is True else file
        for suffix, file in chosen
        if file is not None
    )


def _require_sensible(tasks: Sequence[Task], arguments: argparse.Namespace) -> None:
    """Refuses what cannot work before the work.

    Raises:
        WriteError: an output cannot be written, is meant twice or would replace a recording.
    """
    for name, _, _ in FORMATS:
        if len(tasks) > 1 and isinstance(getattr(arguments, name), Path):
            raise WriteError(f"--{name} with a file takes one recording, not several")
    sources = [task.source for task in tasks if task.source.exists()]
    taken: set[Path] = set()
    for task in tasks:
        for path in (task.midi, *task.also):
            if path in taken:
                raise WriteError(f"{path}: two outputs cannot have the same name")
            taken.add(path)
            require_writable(path)
            if path.exists() and any(path.samefile(source) for source in sources):
                raise WriteError(f"{path}: the output would replace the recording")


def _results(
    tasks: Sequence[Task], load: Callable[[], Transcriber], shape: Shape, processes: int
) -> Iterator[tuple[Task, Done]]:
    """Every task with what became of it, as soon as it is known."""
    if processes == 1:
        transcriber = load()
        for task in tasks:
            yield task, _do(transcriber, shape, with_bar=True, task=task)
        return
    # A checkpoint that does not fit is told once, not by every process.
    load()
    work = functools.partial(_begin, load, shape)
    for task, done in share_out(work, tasks, processes):
        if isinstance(done, ProcessEnded):
            done = Done(0, 0.0, 0.0, f"{task.source}: {done}")
        yield task, done


def _begin(load: Callable[[], Transcriber], shape: Shape) -> Callable[[Task], Done]:
    """What a process does first; it returns what does a task."""
    transcriber = load()

    def work(task: Task) -> Done:
        return _do(transcriber, shape, with_bar=False, task=task)

    return work


def _do(transcriber: Transcriber, shape: Shape, *, with_bar: bool, task: Task) -> Done:
    began = time.perf_counter()
    try:
        n_notes, duration_s = _transcribe(transcriber, shape, task, with_bar)
    except (AudioFileError, WriteError) as error:
        return Done(0, 0.0, time.perf_counter() - began, str(error))
    return Done(n_notes, duration_s, time.perf_counter() - began)


def _transcribe(
    transcriber: Transcriber, shape: Shape, task: Task, with_bar: bool
) -> tuple[int, float]:
    """Writes all files of a recording; returns its number of notes and its seconds.

    Raises:
        AudioFileError: the recording cannot be used.
        WriteError: a file cannot be written.
    """
    if with_bar:
        with AudioFile(task.source) as file:
            length_s = file.duration_s
        with progress_bar(task.source.name, length_s) as heard:
            result = transcribe_file(transcriber, task.source, heard)
    else:
        result = transcribe_file(transcriber, task.source)
    midi_has_beats = shape.beats or shape.grid is not None or shape.meter is not None
    rhythm = None
    if midi_has_beats or any(path.suffix == ".musicxml" for path in task.also):
        rhythm = hear_rhythm(task.source, result.notes, shape.meter)
    for path in (task.midi, *task.also):
        is_plain = path is task.midi and not midi_has_beats
        export(
            result.notes, path,
            ExportOptions(
                duration_s=result.duration_s, title=task.source.stem, a4=transcriber.features.a4,
                rhythm=None if is_plain else rhythm, grid=shape.grid, key=shape.key,
                velocity=shape.velocity, pedal=shape.pedal, split=shape.split,
            ),
        )
    return len(result.notes), result.duration_s


def _count(n_notes: int) -> str:
    return "1 note" if n_notes == 1 else f"{n_notes} notes"


def _sum(finished: Sequence[Done], n_failed: int, took_s: float) -> str:
    """The last line of a table."""
    n_notes = sum(done.n_notes for done in finished)
    duration_s = sum(done.duration_s for done in finished)
    failed = f", {n_failed} failed" if n_failed else ""
    return (
        f"{len(finished)} done{failed}: {_count(n_notes)} in {clock_text(duration_s)} of sound, "
        f"{took_s:.1f} s"
    )
