"""The options of `main.py practise` and `main.py compare`. Loads nothing heavy."""

from __future__ import annotations

import argparse
import re
from pathlib import Path

from app.terminal.option_values import number, whole_number

_BARS = re.compile(r"(\d{1,5})(?:-(\d{1,5}))?")


def add_practise_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds the piece, what of it is played, the recording, the report and what is let pass."""
    parser.add_argument(
        "piece", metavar="PIECE", type=Path,
        help="a MIDI or MusicXML file, a project, or a recording whose notes are the piece",
    )
    parser.add_argument(
        "--input", metavar="RECORDING", required=True, type=Path,
        help="the recording of somebody who plays it",
    )
    parser.add_argument(
        "--json", metavar="REPORT", required=True,
        help="where the report goes: every note of the piece with its mark, what was played "
        "besides, totals, bars; - is standard output",
    )
    parser.add_argument(
        "--wait", action="store_true",
        help="let the piece wait for each of its notes, in place of a clock that runs",
    )
    parser.add_argument(
        "--keep", action="store_true", help="add the result to the piece's history",
    )
    what = parser.add_argument_group("what is played")
    what.add_argument(
        "--part", metavar="N", type=whole_number(1, 1000), action="append",
        help="this part of the piece alone, counted from 1; may be given several times",
    )
    what.add_argument("--hand", choices=("right", "left"), help="one hand alone")
    what.add_argument(
        "--bars", metavar="A-B", type=_bars, help="these bars alone, as 5-8, or one, as 5",
    )
    what.add_argument(
        "--transpose", metavar="N", type=_semitones, default=0,
        help="the piece so many semitones higher (lower if negative)",
    )
    what.add_argument(
        "--instrument", metavar="NAME", type=_instrument,
        help="leave out what this instrument does not have, and judge as is usual for it: Piano, "
        "Flute, Alto voice … as in the display panel",
    )
    lets = parser.add_argument_group("what is let pass")
    lets.add_argument(
        "--on-time-ms", metavar="X", type=number(10, 500),
        help="how far beside the clock a note is still right (default: 80; 120 for voices, winds "
        "and bows)",
    )
    lets.add_argument(
        "--neighbour", metavar="N", type=whole_number(0, 2), default=0,
        help="so many semitones beside its pitch a note is right too: for bends and slides "
        "(default: 0)",
    )
    lets.add_argument(
        "--strict-octaves", action="store_true",
        help="what is heard an octave away only is a mistake; otherwise the ear is unsure of it",
    )


def add_compare_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds what is compared, the report and what is let pass."""
    for name, letter, what in (
        ("wanted", "A", "how it should be"), ("played", "B", "what is compared with it"),
    ):
        parser.add_argument(
            name, metavar=letter, type=Path,
            help=f"{what}: a recording, a MIDI or MusicXML file, or a project",
        )
    parser.add_argument(
        "--json", metavar="FILE", required=True,
        help="where counts and notes go; - is standard output",
    )
    parser.add_argument(
        "--tolerance-ms", metavar="X", type=number(1, 1000), default=50.0,
        help="notes of one pitch that begin within this are the same (default: 50)",
    )
    parser.add_argument(
        "--as-they-are", action="store_true",
        help="do not move one of them as a whole to where it fits the other best",
    )


def _bars(text: str) -> tuple[int, int]:
    match = _BARS.fullmatch(text)
    if match is None:
        raise argparse.ArgumentTypeError(f"{text!r} is neither a bar, as 5, nor bars, as 5-8")
    first = int(match[1])
    last = first if match[2] is None else int(match[2])
    if last < first:
        raise argparse.ArgumentTypeError(f"{text!r} ends before it begins")
    return first, last


def _semitones(text: str) -> int:
    if not re.fullmatch(r"[+-]?\d{1,2}", text) or not -48 <= int(text) <= 48:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number from -48 to 48")
    return int(text)


def _instrument(text: str) -> str:
    from app.music.instruments import INSTRUMENTS

    for preset in INSTRUMENTS:
        if preset.name.casefold() == text.strip().casefold().replace(" bb", " b♭"):
            return preset.name
    names = ", ".join(preset.name for preset in INSTRUMENTS)
    raise argparse.ArgumentTypeError(f"{text!r} is no instrument; there are {names}")
