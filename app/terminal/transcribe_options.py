"""The options of `main.py transcribe`. Nothing heavy is loaded before one of them is given."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from app.terminal.option_values import number, whole_number
from model.processes.dask_cluster import scheduler_address

if TYPE_CHECKING:
    from app.music.instruments import Instrument
    from app.music.key_finding import Key
    from app.music.quantise import Grid
    from app.music.rhythm import Meter

T = TypeVar("T")

_MOST_JOBS = 64
# Option, suffix and what it writes, beside the MIDI file.
FORMATS = (
    ("csv", ".csv", "a table of the notes, with how far beside its key each is and its vibrato"),
    ("json", ".json", "the notes as JSON"),
    ("musicxml", ".musicxml", "a score that MuseScore opens, quantised to the beats"),
    ("pdf", ".pdf", "the same score, engraved on pages to print"),
    ("png", ".png", "a picture of the piano roll"),
    ("svg", ".svg", "a drawing of the piano roll"),
    ("wav", ".wav", "the sound of the notes"),
)


CHORDS_SUFFIX = ".chords.csv"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds recordings, outputs, formats and what shapes them."""
    parser.add_argument(
        "inputs", metavar="IN", nargs="+", type=Path,
        help="a recording, or a folder to search for recordings",
    )
    parser.add_argument(
        "-o", "--output", metavar="OUT", required=True,
        help="a .mid file, or a folder for one MIDI file from each recording (made if missing)",
    )
    where = parser.add_mutually_exclusive_group()
    where.add_argument(
        "--jobs", metavar="N", type=whole_number(1, _MOST_JOBS), default=1,
        help="recordings that are transcribed at once, each in a process (default: %(default)s)",
    )
    where.add_argument(
        "--scheduler", metavar="tcp://HOST:PORT", type=_told(scheduler_address),
        help="have the workers of this Dask cluster transcribe them, which find recordings and "
        "outputs in the same folders as this computer; needs noteglow[cluster], and a network that "
        "is trusted (default: this computer alone)",
    )
    also = parser.add_argument_group(
        "also written", "Without FILE beside the MIDI file, under its name; a FILE of your own is "
        "for one recording only."
    )
    for name, suffix, what in FORMATS:
        also.add_argument(
            f"--{name}", metavar="FILE", nargs="?", const=True, type=_file_named(suffix),
            help=what,
        )
    also.add_argument(
        "--chords", metavar="FILE", nargs="?", const=True, type=_file_named(".csv"),
        help=f"the chords, a table start_s,end_s,chord (without FILE as {CHORDS_SUFFIX}); they are "
        "in the MIDI file as markers, in scores and JSON too",
    )
    shape = parser.add_argument_group("MIDI and score")
    shape.add_argument(
        "--beats", action="store_true",
        help="let the MIDI file's tempo follow the beats of the music; the notes stay in place",
    )
    shape.add_argument(
        "--quantise", metavar="GRID", type=_told(_grid),
        help="move the notes to where a score has them: auto, as the piece tells (which a score "
        "takes by itself), or a grid of the beats: 1/4, 1/8, 1/16, 1/32; 1/8T, 1/16T in triplets; "
        "1/8+T, 1/16+T where they fit better",
    )
    shape.add_argument(
        "--meter", metavar="N/M", type=_told(_meter),
        help="the time signature: 2/4, 3/4, 4/4, 5/4, 2/2, 3/2, 3/8, 6/8, 7/8, 9/8, 12/8 "
        "(default: found, but for 5/4 and 7/8)",
    )
    shape.add_argument(
        "--tempo", metavar="BPM", type=number(20, 320),
        help="the usual tempo in beats a minute, as a metronome counts them: a dotted quarter note "
        "is one beat of 6/8 (default: found)",
    )
    shape.add_argument(
        "--downbeat", metavar="SECONDS", type=number(0, 1e6),
        help="a moment at which a bar begins (default: found)",
    )
    shape.add_argument(
        "--key", metavar="KEY", type=_told(_key),
        help="the key signature, such as C, Eb or F#m (default: estimated)",
    )
    hands = shape.add_mutually_exclusive_group()
    hands.add_argument(
        "--split", metavar="NOTE", type=_told(_pitch),
        help="the lowest note of the right hand, such as C4: a track and a staff for each hand",
    )
    hands.add_argument(
        "--one-hand", action="store_true",
        help="write the score on one staff (default: on two where the notes reach far to both "
        "sides of middle C)",
    )
    hands.add_argument(
        "--tab", choices=("guitar", "bass", "ukulele"),
        help="write the score for this instrument, with tablature whose hand moves least",
    )
    shape.add_argument(
        "--part", metavar="INSTRUMENT", type=_told(_instrument),
        help='write the score as this instrument\'s players read it, such as "alto saxophone" or '
        '"clarinet in b" (default: as it sounds)',
    )
    shape.add_argument(
        "--tuning", metavar="NOTES", type=_told(_tuning),
        help='the open strings of --tab, the last one first, such as "D2 A2 D3 G3 B3 E4" (default: '
        "the usual ones)",
    )
    shape.add_argument(
        "--capo", metavar="FRET", type=whole_number(0, 12), default=0,
        help="where a capo lies; frets of --tab are counted from there",
    )
    shape.add_argument(
        "--pedal", action="store_true",
        help="write what rang on together in MIDI as short keys and a sustain pedal",
    )
    shape.add_argument(
        "--bends", choices=("off", "channel", "mpe"), default="off",
        help="write the pitch curves of the notes as MIDI bends: of one channel, by up to 2 "
        "semitones, for one note at a time (where notes overlap, all are bent as the one that "
        "began last); or every note on a channel of its own (MPE) (default: %(default)s)",
    )
    shape.add_argument(
        "--no-velocity", action="store_true", help="make all MIDI notes equally loud"
    )


def _file_named(suffix: str) -> Callable[[str], Path]:
    def read(text: str) -> Path:
        # Also what keeps a recording after the option from being taken for its FILE.
        if Path(text).suffix.lower() != suffix:
            raise argparse.ArgumentTypeError(f"{text!r} does not end in {suffix}")
        return Path(text)

    return read


def _told(read: Callable[[str], T]) -> Callable[[str], T]:
    """The same reader, whose errors argparse tells with their message."""

    def told(text: str) -> T:
        try:
            return read(text)
        except ValueError as error:
            raise argparse.ArgumentTypeError(str(error)) from None

    return told


def _grid(text: str) -> Grid:
    from app.music.quantise import Grid

    return Grid.parse(text)


def _meter(text: str) -> Meter:
    from app.music.rhythm import Meter

    return Meter.parse(text)


def _key(text: str) -> Key:
    from app.music.key_finding import Key

    return Key.parse(text)


def _pitch(text: str) -> int:
    from model.pitch import pitch_from_name

    return pitch_from_name(text)


def _instrument(text: str) -> Instrument:
    from app.music.instruments import find_instrument

    return find_instrument(text)


def _tuning(text: str) -> str:
    from app.music.fretting import GUITAR

    # For its sentence.
    GUITAR.tuned(text)
    return text
