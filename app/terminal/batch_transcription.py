"""`main.py transcribe`: recordings in, MIDI and other files out, one after another or at once."""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from app.music.beats.given_rhythm import GivenRhythm
from app.music.fretting import FRETTED, FrettedInstrument
from app.music.instruments import ANY, Instrument
from app.system.atomic_write import WriteError, require_writable
from app.system.clock_text import clock_text
from app.terminal.input_files import find_recordings, plan_outputs
from app.terminal.parallel_transcription import transcribe_in_processes, transcribe_on_cluster
from app.terminal.printing import hz_text, table_row
from app.terminal.transcribe_options import CHORDS_SUFFIX, FORMATS
from app.terminal.transcription_task import Done, Shape, Task, TranscriberSettings, do_task


def run(arguments: argparse.Namespace) -> int:
    """Transcribes every input; one that fails is told at the end, and the rest are done.

    Raises:
        AudioFileError, CheckpointError, ClusterError, WriteError: nothing can be done at all.
    """
    recordings, failures = find_recordings(arguments.inputs)
    if not recordings:
        return _told(failures)
    has_folder = any(path.is_dir() for path in arguments.inputs)
    outputs = plan_outputs(recordings, arguments.output, into_folder=has_folder)
    tasks = [
        Task(source, midi, _also(arguments, midi), _beside(midi, CHORDS_SUFFIX, arguments.chords))
        for source, midi in outputs.items()
    ]
    _require_sensible(tasks, arguments)
    downbeats = () if arguments.downbeat is None else (arguments.downbeat,)
    shape = Shape(
        arguments.beats, arguments.quantise,
        GivenRhythm(arguments.meter, arguments.tempo, downbeats), arguments.key,
        arguments.split, arguments.pedal, not arguments.no_velocity,
        arguments.one_hand, arguments.bends, _fretted(arguments), _part(arguments),
    )
    settings = TranscriberSettings(
        arguments.checkpoint, arguments.threshold, arguments.min_note_ms, arguments.a4,
        arguments.runtime, arguments.monophonic,
    )
    is_batch = len(tasks) + len(failures) > 1
    width = max(len(str(task.source)) for task in tasks)
    if is_batch:
        print(table_row(width, "recording", "length", "notes", "A4", "seconds", "result"))
    began = time.perf_counter()
    finished = []
    for task, done in _results(tasks, settings, shape, arguments):
        if done.error is not None:
            failures.append(done.error)
            row = ("–", "–", "–", f"{done.took_s:.1f}", "failed")
        else:
            finished.append(done)
            length, took = clock_text(done.duration_s), f"{done.took_s:.1f}"
            row = (length, str(done.n_notes), hz_text(done.a4), took, str(task.midi))
        if is_batch:
            print(table_row(width, str(task.source), *row), flush=True)
        elif done.error is None:
            told = f"{_count(done.n_notes)} in {row[0]}, A4 {hz_text(done.a4)} Hz"
            print(f"{task.source}: {told} -> {task.midi}", flush=True)
    if is_batch:
        print(_sum(finished, len(tasks) - len(finished), time.perf_counter() - began), flush=True)
    for done in finished:
        if done.warning is not None:
            print(f"noteglow: {done.warning}", file=sys.stderr)
    return _told(failures)


def _told(failures: Sequence[str]) -> int:
    """Says what failed, and returns the exit status."""
    for failure in failures:
        print(f"noteglow: {failure}", file=sys.stderr)
    return 1 if failures else 0


def _also(arguments: argparse.Namespace, midi: Path) -> tuple[Path, ...]:
    """The further files of a recording."""
    chosen = (_beside(midi, suffix, getattr(arguments, name)) for name, suffix, _ in FORMATS)
    return tuple(path for path in chosen if path is not None)


def _beside(midi: Path, suffix: str, file: Path | bool | None) -> Path | None:
    """A further file, where it was given a name or lies beside the MIDI file; None is none."""
    if not isinstance(file, bool):
        return file
    # Not with_suffix(): "song.wav.mid" lies beside "song.wav.csv".
    return midi.with_name(midi.name[: -len(midi.suffix)] + suffix)


def _part(arguments: argparse.Namespace) -> Instrument:
    """The instrument whose part is written.

    Raises:
        WriteError: there is no score for it, or one with tablature.
    """
    if arguments.part is None:
        return ANY
    if arguments.tab is not None:
        raise WriteError("--part and --tab are for different scores")
    if arguments.musicxml is None and arguments.pdf is None:
        raise WriteError("--part is for a score: --musicxml or --pdf is needed as well")
    part: Instrument = arguments.part
    return part


def _fretted(arguments: argparse.Namespace) -> FrettedInstrument | None:
    """The instrument of the tablature, tuned.

    Raises:
        WriteError: there is no score for it, or no tablature for its tuning.
    """
    if arguments.tab is None:
        if arguments.tuning is not None or arguments.capo:
            raise WriteError("--tuning and --capo are for --tab")
        return None
    if arguments.musicxml is None and arguments.pdf is None:
        raise WriteError("--tab is for a score: --musicxml or --pdf is needed as well")
    instrument = FRETTED[arguments.tab].with_capo(arguments.capo)
    return instrument if arguments.tuning is None else instrument.tuned(arguments.tuning)


def _require_sensible(tasks: Sequence[Task], arguments: argparse.Namespace) -> None:
    """Refuses what cannot work before the work.

    Raises:
        WriteError: an output cannot be written, is meant twice or would replace a recording.
    """
    for name in (*(name for name, _, _ in FORMATS), "chords"):
        if len(tasks) > 1 and isinstance(getattr(arguments, name), Path):
            raise WriteError(f"--{name} with a file takes one recording, not several")
    sources = [task.source for task in tasks if task.source.exists()]
    taken: set[Path] = set()
    for task in tasks:
        for path in task.outputs:
            if path in taken:
                raise WriteError(f"{path}: two outputs cannot have the same name")
            taken.add(path)
            require_writable(path)
            if path.exists() and any(path.samefile(source) for source in sources):
                raise WriteError(f"{path}: the output would replace the recording")


def _results(
    tasks: Sequence[Task], settings: TranscriberSettings, shape: Shape,
    arguments: argparse.Namespace,
) -> Iterator[tuple[Task, Done]]:
    """Every task with what became of it, as soon as it is known."""
    processes = min(arguments.jobs, len(tasks))
    if processes == 1 and arguments.scheduler is None:
        transcriber = settings.load()
        for task in tasks:
            yield task, do_task(transcriber, shape, task, settings.a4, with_bar=True)
        return
    # A checkpoint that does not fit is told once, not by every process.
    settings.load()
    if arguments.scheduler is not None:
        yield from transcribe_on_cluster(settings, shape, tasks, arguments.scheduler)
        return
    yield from transcribe_in_processes(settings, shape, tasks, processes)


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
