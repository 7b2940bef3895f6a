"""The notes of a recording, heard in a worker's thread and nothing else kept of it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from app.audio.files.audio_file import AudioFile
from app.transcription.lazy_transcriber import TranscriberLike
from model.notes import Note, NoteEvent, notes_from_events

# Sound that is heard at once: so often it can be given up.
_BLOCK_S = 1.28


def hear_notes(
    transcriber: TranscriberLike, path: Path, go_on: Callable[[float], object] = lambda _: None
) -> list[Note]:
    """The notes of a recording, in its own tuning.

    Args:
        go_on: told the share that is heard; what it raises ends the work.

    Raises:
        AudioFileError, CheckpointError: it cannot be heard.
    """
    # Its library takes longer to load than a window may take to be there.
    from app.music.tuning.a4_estimation import recording_a4

    a4 = recording_a4(path)
    go_on(0.0)
    events: list[NoteEvent] = []
    with AudioFile(path) as file:
        stream = transcriber.stream(file.sample_rate, a4)
        for block in file.blocks(round(_BLOCK_S * file.sample_rate)):
            events += stream.push(block).events_of("settled")
            go_on(min(1.0, stream.heard_s / max(file.duration_s or 0.0, 1e-3)))
        events += stream.finish().events_of("settled")
    return sorted(notes_from_events(events))
