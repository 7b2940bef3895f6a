"""The search for a recording's beats and bars, for a worker thread."""

from __future__ import annotations

from collections.abc import Sequence

from app.audio.files.audio_file import AudioFileError
from app.music.beats.given_rhythm import GivenRhythm
from app.music.rhythm import Rhythm
from app.song.opening import SongInfo
from app.system.worker_thread import Worker, WorkError
from model.beats.beat_finder import LEAST_NOTES
from model.checkpoint_header import CheckpointError
from model.notes import Note

# What is so short and has hardly a note has no beats.
_SHORT_S = 10.0


class _StoppedError(Exception):
    """Nobody wants to know any more."""


def find_rhythm(
    info: SongInfo, notes: Sequence[Note], given: GivenRhythm, worker: Worker
) -> Rhythm | None:
    """The beats of a recording or MIDI file; None where it has none, or the worker shall stop.

    Raises:
        WorkError: the recording or the beat network cannot be used.
    """
    has_own = info.is_midi and info.beats is not None
    if has_own and info.beats is not None and given == GivenRhythm():
        return info.beats.rhythm()
    is_short = len(notes) < LEAST_NOTES and (info.is_midi or info.duration_s < _SHORT_S)
    if is_short and given == GivenRhythm():
        return None
    # Its library takes a second to load, and is of no use without sound.
    from app.music.heard_rhythm import hear_rhythm, rhythm_of_notes

    def go_on() -> None:
        if worker.is_stopping:
            raise _StoppedError

    try:
        if is_short or info.is_midi:
            rhythm = rhythm_of_notes(notes, given, go_on)
        else:
            rhythm = hear_rhythm(info.path, notes, given, lambda _: go_on())
    except _StoppedError:
        return None
    except (AudioFileError, CheckpointError) as error:
        raise WorkError(str(error)) from None
    # Two are none that were found, but the plain tempo of what has none.
    return rhythm if len(rhythm.beats_s) > 2 else None
