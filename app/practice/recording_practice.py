"""A recording played into the practice engine, as a player would be heard live."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from app.audio.files.audio_file import AudioFile
from app.practice.alignment import clock_of
from app.practice.clock_practice import Clock, ClockPractice
from app.practice.evidence import Attack
from app.practice.marks import Extra, Mark, PracticeEvent
from app.practice.piece import Piece
from app.practice.practice_report import PracticeResult, cents_of
from app.practice.slim_hearing import slim
from app.practice.tolerances import Tolerances
from app.practice.waiting_practice import WaitingPractice
from model.heard import Heard
from model.notes import NoteEvent, NoteOn, notes_from_events
from model.transcriber import Transcriber

# Sound that is heard at once: as a device brings it, but not so little that it takes long.
_BLOCK_S = 0.04

# Seconds of sound heard so far, and what the last of them brought.
HeardAt = tuple[float, Heard]


class Practice(Protocol):
    """Either way of practising."""

    piece: Piece
    marks: list[Mark | None]

    def push(self, heard: Heard, now_s: float) -> list[PracticeEvent]: ...
    def finish(self) -> list[PracticeEvent]: ...


@dataclass(frozen=True)
class _Way:
    """How a piece is played: what it is told, and how much slower than written."""

    practice: Practice
    slowness: float


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
    """Judges a recording against the clock that fits it best.

    That clock is found once all is heard; then the recording is played from memory.
    """
    kept = [(now_s, slim(heard)) for now_s, heard in blocks]
    attacks = [
        Attack(event.pitch, event.onset_s, event.confidence)
        for event in _settled(kept) if isinstance(event, NoteOn)
    ]
    clock = clock_of(piece, attacks)
    practice = ClockPractice(
        piece, clock, transcriber.features, transcriber.network_config, tolerances, accompaniment
    )
    return _play(_Way(practice, _slowness(piece, clock)), kept)


def practise_waiting(
    piece: Piece, transcriber: Transcriber, blocks: Iterable[HeardAt],
    tolerances: Tolerances | None = None, accompaniment: Piece | None = None,
) -> PracticeResult:
    """Lets the piece wait for a recording, which waits for nobody."""
    practice = WaitingPractice(
        piece, transcriber.features, transcriber.network_config, tolerances, accompaniment
    )
    return _play(_Way(practice, 1.0), ((now_s, slim(heard)) for now_s, heard in blocks))


def _play(way: _Way, blocks: Iterable[HeardAt]) -> PracticeResult:
    practice = way.practice
    told: list[NoteEvent] = []
    extras: list[Extra] = []
    for now_s, heard in blocks:
        told += heard.events_of("settled")
        extras += _extras(practice.push(heard, now_s))
    extras += _extras(practice.finish())
    marks = [mark or Mark("missed", None, is_final=True) for mark in practice.marks]
    cents = cents_of(marks, practice.piece, notes_from_events(told))
    extras.sort(key=lambda extra: extra.time_s)
    return PracticeResult(practice.piece, marks, extras, cents, way.slowness)


def _extras(events: Iterable[PracticeEvent]) -> list[Extra]:
    return [event for event in events if isinstance(event, Extra)]


def _settled(blocks: Iterable[HeardAt]) -> list[NoteEvent]:
    return [event for _, heard in blocks for event in heard.events_of("settled")]


def _slowness(piece: Piece, clock: Clock) -> float:
    """What a second of the piece takes, from its first to its last note."""
    first_s, last_s = piece.notes[0].onset_s, piece.notes[-1].onset_s
    if last_s - first_s < 1e-3:
        return clock.due_s(first_s + 1.0) - clock.due_s(first_s)
    return (clock.due_s(last_s) - clock.due_s(first_s)) / (last_s - first_s)
