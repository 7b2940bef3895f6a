"""`main.py practise`: a recording judged against the piece that it is of."""

from __future__ import annotations

import argparse
import dataclasses
import json
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from app.audio.files.audio_file import AudioFile
from app.music.instruments import ANY, Instrument, instrument_named
from app.music.note_naming import fitting
from app.practice.piece import Piece, PieceError
from app.practice.piece_reader import read_piece
from app.practice.practice_history import HistoryEntry, PracticeHistory
from app.practice.recording_practice import hear_blocks, practise_waiting, practise_with_clock
from app.practice.session.piece_choice import PieceChoice, tolerances_of
from app.practice.tolerances import Tolerances
from app.system.atomic_write import WriteError, require_writable, written_beside
from app.terminal.printing import progress_bar
from app.terminal.transcription_task import TranscriberSettings
from model.notes import Note

if TYPE_CHECKING:
    from model.transcriber import Transcriber


def run(arguments: argparse.Namespace) -> int:
    """Writes the report, and prints what a player would be told.

    Raises:
        PieceError, AudioFileError, CheckpointError, WriteError: it cannot be done.
    """
    require_report(arguments.json, (arguments.piece, arguments.input))
    # What cannot be used is told before the long work.
    with AudioFile(arguments.input) as file:
        duration_s = file.duration_s
    ear = Ear(arguments)
    whole = read_piece(arguments.piece, ear.notes)
    piece = _chosen(whole, arguments)
    chosen = set(piece.notes)
    others = dataclasses.replace(whole, notes=tuple(
        note for note in whole.transposed(arguments.transpose).notes if note not in chosen
    ))  # fmt: skip
    transcriber = ear.transcriber()
    if transcriber.network_config.only_note_names:
        raise PieceError(
            f"{arguments.checkpoint}: this network hears names without octaves, which is too "
            "little to practise with"
        )
    practise = practise_waiting if arguments.wait else practise_with_clock
    with progress_bar(arguments.input.name, duration_s) as heard:
        blocks = hear_blocks(transcriber, arguments.input, ear.a4(arguments.input), heard)
        result = practise(piece, transcriber, blocks, _tolerances(arguments), others)
    report = {
        "input": str(arguments.input), "way": "waiting" if arguments.wait else "clock",
        **result.as_json(),
    }  # fmt: skip
    write_report(arguments.json, report)
    if arguments.keep:
        PracticeHistory().add(
            piece, HistoryEntry.of(result, time.time(), waited=arguments.wait)
        )
    if arguments.json != "-":
        for line in result.summary():
            print(fitting(line, sys.stdout.encoding))
    return 0


class Ear:
    """Hears recordings by a command's options; the network is loaded for the first."""

    def __init__(self, arguments: argparse.Namespace) -> None:
        self._arguments = arguments
        self._transcriber: Transcriber | None = None

    def transcriber(self) -> Transcriber:
        """The network.

        Raises:
            CheckpointError: it cannot be used.
        """
        if self._transcriber is None:
            options = self._arguments
            self._transcriber = TranscriberSettings(
                options.checkpoint, options.threshold, options.min_note_ms, options.a4,
                options.runtime, options.monophonic,
            ).load()
        return self._transcriber

    def a4(self, path: Path) -> float:
        """The tuning in Hz that a recording is heard with: as given, or measured."""
        from app.music.tuning.a4_estimation import recording_a4

        given: float | None = self._arguments.a4
        return recording_a4(path) if given is None else given

    def notes(self, path: Path) -> list[Note]:
        """The notes of a recording.

        Raises:
            AudioFileError, CheckpointError: it cannot be heard.
        """
        from app.transcription.transcribe_file import transcribe_file

        with AudioFile(path) as file:
            duration_s = file.duration_s
        with progress_bar(path.name, duration_s) as heard:
            return transcribe_file(self.transcriber(), path, heard, a4=self.a4(path)).notes


def require_report(name: str, sources: tuple[Path, ...]) -> None:
    """Finds out whether a report can be written.

    Raises:
        WriteError: it cannot, or would replace what it is about.
    """
    if name == "-":
        return
    path = Path(name)
    require_writable(path)
    for source in sources:
        if path.exists() and source.exists() and path.samefile(source):
            raise WriteError(f"{path}: the report would replace what it is about")


def write_report(name: str, report: dict[str, Any]) -> None:
    """Writes a report to a file, or to standard output for `-`.

    Raises:
        WriteError: it cannot be written.
    """
    text = json.dumps(report, indent=1, ensure_ascii=False, allow_nan=False)
    if name == "-":
        print(text)
        return
    with written_beside(Path(name)) as beside:
        beside.write_text(text + "\n", encoding="utf-8", errors="surrogatepass")


def _chosen(piece: Piece, arguments: argparse.Namespace) -> Piece:
    """What of the piece is played.

    Raises:
        PieceError: nothing is left, or the part does not exist.
    """
    n_parts = len(piece.parts)
    for part in arguments.part or ():
        if part > n_parts:
            names = ", ".join(
                f"{number} {name}".strip() for number, name in enumerate(piece.parts, start=1)
            )
            raise PieceError(f"{arguments.piece}: there is no part {part}; there are {names}")
    choice = _choice(arguments)
    try:
        return choice.of(piece)
    except PieceError as error:
        raise PieceError(f"{arguments.piece}: {error}") from None


def _choice(arguments: argparse.Namespace) -> PieceChoice:
    parts = frozenset(number - 1 for number in arguments.part or ())
    return PieceChoice(
        parts or None, arguments.hand, arguments.bars, arguments.transpose, _instrument(arguments)
    )


def _instrument(arguments: argparse.Namespace) -> Instrument:
    return ANY if arguments.instrument is None else instrument_named(arguments.instrument)


def _tolerances(arguments: argparse.Namespace) -> Tolerances:
    usual = tolerances_of(
        _instrument(arguments), bends=False, strict_octaves=arguments.strict_octaves,
        on_time_ms=arguments.on_time_ms,
    )
    return dataclasses.replace(usual, neighbour=arguments.neighbour)
