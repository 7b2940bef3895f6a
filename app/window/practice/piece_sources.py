"""Where a piece to practise comes from: what is on the stage, the demo, or a file."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from pathlib import Path
from typing import Literal

from app.practice.piece import Piece, PieceError, bars_of, piece_of_notes
from app.practice.piece_reader import read_piece
from app.song.song import Song
from app.system.paths import ASSETS
from app.window.commands import Commands
from model.notes import Note

Kind = Literal["stage", "chosen", "span", "demo", "file"]
FILE_KINDS = (
    "Scores, MIDI files, projects and recordings (*.mid *.midi *.musicxml *.mxl *.xml *.noteglow "
    "*.wav *.flac *.mp3 *.m4a *.aac *.ogg *.opus *.aiff *.aif *.wma *.webm *.mp4 *.mkv)"
    ";;All files (*)"
)


class PieceSources:
    """What can be practised just now."""

    def __init__(
        self, commands: Commands, song: Song, chosen: Callable[[], list[Note]],
        span: Callable[[], tuple[float, float] | None],
    ) -> None:
        """Args: `chosen` are the notes that are chosen, `span` the seconds."""
        self._commands, self._song = commands, song
        self._chosen, self._span = chosen, span

    def all(self) -> list[tuple[Kind, str]]:
        """Each with what it is called, the likeliest first."""
        found: list[tuple[Kind, str]] = []
        if self._commands.note_count and not self._commands.song.is_transcribing:
            if len(self._chosen()) > 1:
                found.append(("chosen", f"The {len(self._chosen())} chosen notes"))
            if self._span() is not None:
                found.append(("span", "The selected part"))
            found.append(("stage", self._stage_text()))
        return [*found, ("demo", "Pachelbel’s Canon, the demo"), ("file", "A file…")]

    def piece(self, kind: Kind) -> Piece | None:
        """The piece; None for a file, which is asked for, or where there is no note."""
        if kind == "file":
            return None
        if kind == "demo":
            try:
                return dataclasses.replace(
                    read_piece(ASSETS / "demo.mid", _nothing), title="Pachelbel’s Canon"
                )
            except PieceError:
                return None
        whole = self._whole()
        if kind == "chosen":
            places = {(note.onset_s, note.pitch) for note in self._chosen()}
            whole = dataclasses.replace(whole, notes=tuple(
                note for note in whole.notes if (note.onset_s, note.pitch) in places
            ))  # fmt: skip
        span = self._span()
        if kind == "span" and span is not None:
            whole = whole.between(*span)
        return whole if whole.notes else None

    def has_recording(self, kind: Kind) -> bool:
        """Whether there is a recording of it to be heard."""
        commands = self._commands
        return kind in ("stage", "chosen", "span") and not commands.has_take and (
            commands.song.recording is not None
        )

    def _whole(self) -> Piece:
        notes = self._commands.notes
        title = self._commands.suggested_name if not self._commands.has_take else "Just played"
        rhythm = None if self._commands.has_take else self._song.rhythm.rhythm
        if rhythm is None:
            return piece_of_notes(notes, title)
        begin_s = min((note.onset_s for note in notes), default=0.0)
        end_s = max((note.offset_s for note in notes), default=0.0)
        bars_s, first_bar, beats_s = bars_of(rhythm, begin_s, end_s)
        return piece_of_notes(notes, title, bars_s, first_bar, beats_s, rhythm.meter)

    def _stage_text(self) -> str:
        if self._commands.has_take:
            return "What was just played"
        path = self._commands.song.path
        return "The notes on the stage" if path is None else f"The notes of {path.name}"


def _nothing(path: Path) -> list[Note]:
    return []
