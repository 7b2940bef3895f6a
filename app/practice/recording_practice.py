"""A recording played into the practice engine, as a player would be heard live."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from app.audio.files.audio_file import AudioFile
from app.practice.alignment import clock_of
from app.practice.judging.evidence import Evidence
from app.practice.judging.review import review
from app.practice.judging.schedule import Clock, Schedule
from app.practice.marks import Mark
from app.practice.piece import Piece
from app.practice.practice_report import PracticeResult, cents_of
from app.practice.tolerances import Tolerances
from app.practice.waiting_practice import WaitingPractice
from model.heard import Heard
from model.notes import NoteEvent, notes_from_events
from model.transcriber import Transcriber

# Sound that is heard at once: as a device brings it, but not so little that it takes long.
_BLOCK_S = 0.04

# Seconds of sound heard so far, and what the last of them brought.
HeardAt = tuple[float, Heard]


def hear_blocks(
    transcriber: Transcriber, path: Path, a4: float | None = None,
    heard_s: Callable[[float], object] = lambda _: None,
) -> Iterator[HeardAt]:
    """What is heard of a recording, block by block.

    Args:
        a4: its tuning in Hz; the transcriber's own by default.
        heard_s: told the seconds heard so far.

    Raises:
        AudioFileError: the file cannot be used.
    """
    with AudioFile(path) as file:
        stream = transcriber.stream(file.sample_rate, a4)
        for block in file.blocks(round(_BLOCK_S * file.sample_rate)):
            heard = stream.push(block)
            heard_s(stream.heard_s)
            yield stream.heard_s, heard
        yield stream.heard_s, stream.finish()


def practise_with_clock(
    piece: Piece, transcriber: Transcriber, blocks: Iterable[HeardAt],
    tolerances: Tolerances | None = None, accompaniment: Piece | None = None,
) -> PracticeResult:
    """Judges a recording against the clock that fits it best; that is found once all is heard."""
    tolerances = tolerances or Tolerances()
    evidence = Evidence(transcriber.features, transcriber.network_config)
    told: list[NoteEvent] = []
    for _, heard in blocks:
        told += heard.events_of("settled")
        evidence.push(heard)
    clock = clock_of(piece, evidence.attacks)
    schedule = Schedule(piece, clock, tolerances.reach_ms / 1000, accompaniment)
    reviewed = review(schedule, evidence, tolerances)
    cents = cents_of(reviewed.marks, piece, notes_from_events(told))
    return PracticeResult(
        piece, reviewed.marks, reviewed.extras, cents, _slowness(piece, clock)
    )


def practise_waiting(
    piece: Piece, transcriber: Transcriber, blocks: Iterable[HeardAt],
    tolerances: Tolerances | None = None, accompaniment: Piece | None = None,
) -> PracticeResult:
    """Lets the piece wait for a recording, which waits for nobody."""
    practice = WaitingPractice(
        piece, transcriber.features, transcriber.network_config, tolerances, accompaniment
    )
    told: list[NoteEvent] = []
    for now_s, heard in blocks:
        told += heard.events_of("settled")
        practice.push(heard, now_s)
    practice.finish()
    marks = [mark or Mark("missed", None, is_final=True) for mark in practice.marks]
    cents = cents_of(marks, piece, notes_from_events(told))
    return PracticeResult(piece, marks, practice.extras, cents)


def _slowness(piece: Piece, clock: Clock) -> float:
    """What a second of the piece takes, from its first to its last note."""
    first_s, last_s = piece.notes[0].onset_s, piece.notes[-1].onset_s
    if last_s - first_s < 1e-3:
        return clock.due_s(first_s + 1.0) - clock.due_s(first_s)
    return (clock.due_s(last_s) - clock.due_s(first_s)) / (last_s - first_s)
