"""A recording as notes, without a window."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from app.audio.files.audio_file import AudioFile
from model.checkpoint_header import read_header
from model.config import DecoderConfig
from model.notes import Note, NoteEvent, notes_from_events
from model.transcriber import Transcriber


@dataclass(frozen=True)
class Transcription:
    """The notes of a recording, and what is known of it.

    Attributes:
        notes: in order of onset, then pitch.
        duration_s: seconds of sound that were heard, whatever the header says.
        sample_rate, n_channels: of the file.
        a4: the tuning in Hz that it was heard with.
        warning: what is wrong with the file though it was heard, in one sentence.
    """

    notes: list[Note]
    duration_s: float
    sample_rate: int
    n_channels: int
    a4: float
    warning: str | None = None


def load_transcriber(
    checkpoint: Path,
    *,
    threshold: float | None = None,
    min_note_ms: float | None = None,
    a4: float | None = None,
    monophonic: bool = False,
    runtime: str | None = None,
) -> Transcriber:
    """Opens a checkpoint, with other settings than its own where they are given.

    Args:
        monophonic: whether one note sounds at a time.
        runtime: what runs the network; see `model.runtimes.runtime.open_runtime`.

    Raises:
        CheckpointError: the checkpoint cannot be used.
    """
    def changed(decoder: DecoderConfig) -> DecoderConfig:
        if threshold is not None:
            decoder = decoder.with_onset_threshold(threshold)
        if min_note_ms is not None:
            decoder = dataclasses.replace(decoder, min_note_ms=min_note_ms)
        return dataclasses.replace(decoder, monophonic=monophonic or decoder.monophonic)

    early, settled = map(changed, read_header(checkpoint).decoders)
    return Transcriber.load(
        checkpoint, decoder=early, settled_decoder=settled, a4=a4, runtime=runtime
    )


def transcribe_file(
    transcriber: Transcriber,
    path: Path,
    heard: Callable[[float], object] = lambda _: None,
    *,
    a4: float | None = None,
) -> Transcription:
    """Hears a whole recording, and keeps nothing of it but the notes.

    Args:
        heard: told the seconds of sound heard so far, from time to time.
        a4: its tuning in Hz; the transcriber's own by default.

    Raises:
        AudioFileError: the file cannot be used.
    """
    with AudioFile(path) as file:
        return transcribe_open_file(transcriber, file, heard, a4=a4)


def transcribe_open_file(
    transcriber: Transcriber,
    file: AudioFile,
    heard: Callable[[float], object] = lambda _: None,
    *,
    a4: float | None = None,
) -> Transcription:
    """The same for an open file. Raises AudioFileError when its data cannot be used."""
    events: list[NoteEvent] = []
    stream = transcriber.stream(file.sample_rate, a4)
    for block in file.blocks():
        events += stream.push(block).events_of("settled")
        heard(stream.heard_s)
    events += stream.finish().events_of("settled")
    return Transcription(
        notes_from_events(events), stream.heard_s, file.sample_rate, file.n_channels,
        transcriber.features.a4 if a4 is None else a4, file.cut_off(),
    )
