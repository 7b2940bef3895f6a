"""`main.py transcribe`: recordings in, MIDI files out."""

from __future__ import annotations

import argparse
import dataclasses
import os
import sys
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch

from app.audio.files import AudioFile, AudioFileError
from app.export import write_csv, write_midi
from app.output import ExportError, require_writable
from app.terminal import clock, progress_bar
from model import checkpoint as checkpoints
from model.notes import Note, NoteEvent, notes_from_events
from model.transcriber import Transcriber


@dataclass(frozen=True)
class Transcription:
    """The notes of a recording, and what is known of it.

    Attributes:
        notes: in order of onset, then pitch.
        duration_s: seconds of sound that were heard, whatever the header says.
        sample_rate, n_channels: of the file.
    """

    notes: list[Note]
    duration_s: float
    sample_rate: int
    n_channels: int


def load_transcriber(
    checkpoint: Path,
    *,
    threshold: float | None = None,
    min_note_ms: float | None = None,
    a4: float | None = None,
) -> Transcriber:
    """Opens a checkpoint, with other settings than its own where they are given.

    One core: with two the network is no faster, and its longest pause many times longer.

    Raises:
        CheckpointError: the checkpoint cannot be used.
    """
    torch.set_num_threads(1)
    decoder = None
    if threshold is not None or min_note_ms is not None:
        decoder = checkpoints.load(checkpoint).decoder
        if threshold is not None:
            decoder = dataclasses.replace(decoder, onset_threshold=threshold)
        if min_note_ms is not None:
            decoder = dataclasses.replace(decoder, min_note_ms=min_note_ms)
    return Transcriber.load(checkpoint, decoder=decoder, a4=a4)


def transcribe_file(
    transcriber: Transcriber, path: Path, heard: Callable[[float], object] = lambda _: None
) -> Transcription:
    """Hears a whole recording, and keeps nothing of it but the notes.

    Args:
        heard: told the seconds of sound heard so far, from time to time.

    Raises:
        AudioFileError: the file cannot be used.
    """
    events: list[NoteEvent] = []
    with AudioFile(path) as file:
        stream = transcriber.stream(file.sample_rate)
        for block in file.blocks():
            events += stream.push(block).events
            heard(stream.heard_s)
        events += stream.finish().events
    return Transcription(
        notes_from_events(events), stream.heard_s, file.sample_rate, file.n_channels
    )


def run(arguments: argparse.Namespace) -> int:
    """Transcribes every input; one that fails is told, and the rest are done.

    Raises:
        AudioFileError, CheckpointError, ExportError: nothing can be done at all.
    """
    if arguments.csv is not None and len(arguments.inputs) > 1:
        raise ExportError("--csv takes one recording, not several")
    outputs = plan_outputs(arguments.inputs, arguments.output)
    if arguments.csv in outputs.values():
        raise ExportError(f"{arguments.csv}: the MIDI file and the CSV file need different names")
    written = [*outputs.values(), *([arguments.csv] if arguments.csv else [])]
    for path in written:
        require_writable(path)
        if any(path.exists() and path.samefile(source) for source in outputs if source.exists()):
            raise ExportError(f"{path}: the output would replace the recording")
    transcriber = load_transcriber(
        arguments.checkpoint,
        threshold=arguments.threshold, min_note_ms=arguments.min_note_ms, a4=arguments.a4,
    )
    failed = 0
    for source, midi in outputs.items():
        try:
            result = _with_bar(transcriber, source)
        except AudioFileError as error:
            print(f"noteglow: {error}", file=sys.stderr)
            failed += 1
            continue
        write_midi(result.notes, midi, a4=transcriber.features.a4)
        if arguments.csv is not None:
            write_csv(result.notes, arguments.csv)
        count = "1 note" if len(result.notes) == 1 else f"{len(result.notes)} notes"
        print(f"{source}: {count} in {clock(result.duration_s)} -> {midi}", flush=True)
    return 1 if failed else 0


def plan_outputs(inputs: Sequence[Path], output: str) -> dict[Path, Path]:
    """The MIDI file for every recording; a recording that is named twice is done once.

    In a folder a MIDI file is named after its recording. Where several recordings have the same
    name but for the suffix, the suffix stays (song.wav.mid, song.mp3.mid), and what is still the
    same gets a number.

    Raises:
        ExportError: `output` fits neither one MIDI file nor a folder.
    """
    path = Path(output)
    sources = list({os.path.abspath(source): source for source in inputs}.values())
    is_folder = path.is_dir() or output.endswith(("/", os.sep))
    if len(sources) == 1 and not is_folder:
        if path.suffix.lower() not in (".mid", ".midi"):
            raise ExportError(
                f"{output}: a MIDI file must end in .mid, and a new folder's name in /"
            )
        return {sources[0]: path}
    if not is_folder and (path.exists() or path.suffix.lower() in (".mid", ".midi")):
        raise ExportError(f"{output}: the output of several recordings must be a folder")
    stems = Counter(source.stem.casefold() for source in sources)
    taken: set[str] = set()
    outputs = {}
    for source in sources:
        base = source.stem if stems[source.stem.casefold()] == 1 else source.name
        name, number = base, 1
        while name.casefold() in taken:
            number += 1
            name = f"{base} ({number})"
        taken.add(name.casefold())
        outputs[source] = path / f"{name}.mid"
    return outputs


def _with_bar(transcriber: Transcriber, source: Path) -> Transcription:
    with AudioFile(source) as file:
        duration_s = file.duration_s
    with progress_bar(source.name, duration_s) as heard:
        return transcribe_file(transcriber, source, heard)
