"""`main.py stream`: a recording heard as a microphone would hear it, its events as JSON lines."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from app.audio.files.audio_file import AudioFile
from app.system.atomic_write import WriteError, require_writable, written_beside
from app.takes.event_lines import EventLines
from app.terminal.printing import progress_bar
from model.heard import Heard

if TYPE_CHECKING:
    from model.transcriber import Transcriber


def run(arguments: argparse.Namespace) -> int:
    """Writes the events of one recording.

    Raises:
        AudioFileError, CheckpointError, WriteError: it cannot be done.
    """
    # The network takes a while to load; the window, which shares the lines, is there before.
    from app.transcription.transcribe_file import load_transcriber

    to_stdout = arguments.jsonl == "-"
    path = Path(arguments.jsonl)
    if not to_stdout:
        require_writable(path)
        if path.exists() and arguments.input.exists() and path.samefile(arguments.input):
            raise WriteError(f"{path}: the output would replace the recording")
    with AudioFile(arguments.input) as file:
        transcriber = load_transcriber(
            arguments.checkpoint,
            threshold=arguments.threshold, min_note_ms=arguments.min_note_ms, a4=arguments.a4,
            monophonic=arguments.monophonic, runtime=arguments.runtime,
        )
        lines = EventLines(arguments.answers, with_cents=arguments.cents)
        if to_stdout:
            # Each line at once, for a program that reads along.
            _write(transcriber, file, arguments.block, lines, sys.stdout, flush=True)
        else:
            with written_beside(path) as beside, beside.open("w", encoding="utf-8") as out:
                _write(transcriber, file, arguments.block, lines, out, flush=False)
    if (cut := file.cut_off()) is not None:
        print(f"noteglow: {cut}", file=sys.stderr)
    return 0


def _heard(transcriber: Transcriber, file: AudioFile, block: int) -> Iterator[Heard]:
    """What every block of `block` samples brings, and the end, as it comes."""
    stream = transcriber.stream(file.sample_rate)
    for samples in file.blocks(block):
        yield stream.push(samples)
    yield stream.finish()


def _write(
    transcriber: Transcriber, file: AudioFile, block: int, lines: EventLines, out: TextIO,
    *, flush: bool,
) -> None:  # fmt: skip
    with progress_bar(file.path.name, file.duration_s) as progress:
        for number, heard in enumerate(_heard(transcriber, file, block), start=1):
            for line in lines.of(heard):
                print(line, file=out, flush=flush)
            progress(number * block / file.sample_rate)
