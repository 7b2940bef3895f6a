"""`main.py compare`: what two recordings, MIDI files or projects have in common."""

from __future__ import annotations

import argparse

from app.practice.comparison import compare
from app.practice.piece_reader import read_notes
from app.terminal.practice.practise_command import Ear, require_report, write_report


def run(arguments: argparse.Namespace) -> int:
    """Writes the report, and prints the counts.

    Raises:
        PieceError, AudioFileError, CheckpointError, WriteError: it cannot be done.
    """
    require_report(arguments.json, (arguments.wanted, arguments.played))
    ear = Ear(arguments)
    wanted, played = (
        read_notes(path, ear.notes) for path in (arguments.wanted, arguments.played)
    )
    found = compare(
        wanted, played, arguments.tolerance_ms / 1000, align=not arguments.as_they_are
    )
    write_report(arguments.json, {
        "wanted": str(arguments.wanted), "played": str(arguments.played), **found.as_json(),
    })  # fmt: skip
    if arguments.json != "-":
        print(
            f"{len(found.pairs)} notes right, {len(found.missed)} missed, "
            f"{len(found.extra)} extra"
        )
    return 0
