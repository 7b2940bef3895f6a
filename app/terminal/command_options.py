"""What `main.py` and its commands are asked for. Loads nothing heavy: --help is there at once."""

from __future__ import annotations

import argparse
import textwrap
from pathlib import Path
from typing import Any, NoReturn

from app import __version__
from app.system.paths import COMMAND, DEFAULT_CHECKPOINT
from app.terminal import transcribe_options
from app.terminal.option_values import number, whole_number
from app.terminal.practice import practice_options

_COMMANDS_HELP = f"""\
commands:
  transcribe IN... -o OUT    write the notes of recordings as MIDI
  stream IN --jsonl OUT      write note events as a live listener would hear them
  listen                     listen to a microphone in the terminal
  devices                    list what can be listened to, and where MIDI can go
  practise PIECE --input IN --json OUT
                             judge a recording of somebody who plays a piece
  compare A B --json OUT     count the notes that two recordings or files have in common
  demo                       open the recording that comes with the program

"{COMMAND} COMMAND --help" tells more of each.
"""

_WIDTH = 79
# The tuning of a recording, where none is given.
_MEASURED = "measured, where it lies a fifth of a semitone or more beside 440"


class Manual(argparse.RawDescriptionHelpFormatter):
    """Help whose examples stay as they are, and that says the default of every option."""

    def _get_help_string(self, action: argparse.Action) -> str | None:
        text = action.help
        if text is None or "default" in text or action.required or not action.option_strings:
            return text
        if isinstance(action, (argparse._HelpAction, argparse._VersionAction)):
            return text
        if action.nargs == 0:
            return f"{text} (default: off)"
        return f"{text} (default: {'none' if action.default is None else '%(default)s'})"


class Parser(argparse.ArgumentParser):
    """A parser whose help is a manual, and whose errors are one line.

    Args:
        examples: what can be typed after the command, and what it is for.
    """

    def __init__(self, *, examples: tuple[tuple[str, str], ...] = (), **settings: Any) -> None:
        settings.setdefault("formatter_class", Manual)
        super().__init__(**settings)
        if examples:
            lines = [
                f"  {' '.join([self.prog, *words.split()])}\n      {what}"
                for words, what in examples
            ]
            before = [self.epilog] if self.epilog else []
            self.epilog = "\n".join([*before, "examples:", *lines])
        if self.description:
            self.description = textwrap.fill(self.description, _WIDTH)

    def error(self, message: str) -> NoReturn:
        self.exit(2, f"{self.prog}: {message} (--help tells more)\n")


def window_parser() -> Parser:
    parser = Parser(
        prog=COMMAND,
        description="Listens to music and lights up the notes as they are played.",
        epilog=_COMMANDS_HELP,
        examples=(
            ("", "the window"),
            ("song.flac", "the window with a recording"),
            ("song.noteglow", "the window with a project"),
        ),
    )
    parser.add_argument(
        "file", metavar="FILE", nargs="?", type=Path, help="a recording to open in the window"
    )
    parser.add_argument("--version", action="version", version=f"Noteglow {__version__}")
    _add_checkpoint(parser)
    return parser


def transcribe_parser() -> Parser:
    parser = Parser(
        prog=f"{COMMAND} transcribe",
        description="Writes the notes of recordings as MIDI, and in other formats on demand. Takes "
        "wav, flac, ogg, mp3, aiff, m4a, mp4 and what else libsndfile or FFmpeg can read.",
        examples=(
            ("song.flac -o song.mid --musicxml", "notes and a score"),
            ("music/ more.mp3 -o notes/ --jobs 4 --csv", "a folder and a file, four at once"),
            ("song.flac -o song.mid --quantise auto --key Eb --split C4", "what is known is said"),
            ("music/ -o notes/ --scheduler tcp://node1:8786", "on a Dask cluster"),
        ),
    )
    transcribe_options.add_arguments(parser)
    _add_decoding(parser, _MEASURED)
    _add_checkpoint(parser)
    return parser


def stream_parser() -> Parser:
    parser = Parser(
        prog=f"{COMMAND} stream",
        description="Feeds a recording block by block, exactly as a microphone would, and writes "
        "one JSON object a line for every note that begins or ends. heard_s is how much sound had "
        "been heard when the event came out.",
        examples=(
            ("song.flac --jsonl song.jsonl", "the events of a listener who plays"),
            ("song.flac --jsonl - --settled", "those of `transcribe`, on standard output"),
        ),
    )
    parser.add_argument("input", metavar="IN", type=Path, help="a recording")
    parser.add_argument(
        "--jsonl", metavar="OUT", required=True, help="where the events go; - is standard output"
    )
    parser.add_argument(
        "--block", metavar="SAMPLES", type=whole_number(1, 1_000_000), default=64,
        help="samples heard at once, at the recording's rate (default: %(default)s)",
    )
    _add_answers(parser)
    _add_decoding(parser)
    _add_checkpoint(parser)
    return parser


def listen_parser() -> Parser:
    parser = Parser(
        prog=f"{COMMAND} listen",
        description="Listens to a microphone or another sound input in the terminal and shows what "
        "sounds, until Ctrl-C. A device that is unplugged is waited for.",
        examples=(
            ("", "the system's input"),
            ("--device Scarlett --channel 2 --take evening.flac", "one channel, recorded"),
            ("--midi-port --seconds 600", "ten minutes to a MIDI port of its own"),
        ),
    )
    parser.add_argument(
        "--device", metavar="NAME",
        help="a sound input, or a part of its name; `devices` lists them (default: the "
        "system's)",
    )
    parser.add_argument(
        "--channel", metavar="N", type=whole_number(1, 256),
        help="hear this channel of the device alone (default: all)",
    )
    parser.add_argument(
        "--sample-rate", metavar="HZ", type=whole_number(1000, 384_000),
        help="open the device at this rate (default: its own)",
    )
    parser.add_argument(
        "--seconds", metavar="S", type=number(0, 1_000_000),
        help="end after so many seconds (default: at Ctrl-C)",
    )
    parser.add_argument(
        "--jsonl", metavar="FILE",
        help="write note events as `stream` does, each at once; - is standard output",
    )
    parser.add_argument(
        "--take", metavar="FILE", type=Path,
        help="record what is heard, as .flac or .wav, with its notes beside it",
    )
    parser.add_argument(
        "--midi-port", metavar="NAME", nargs="?", const="",
        help="send the notes to this MIDI port, or one with this in its name; without a name, to "
        "a new port Noteglow that other programs connect to",
    )
    parser.add_argument(
        "--midi-channel", metavar="N", type=whole_number(1, 16), default=1,
        help="the MIDI channel, 1 to 16 (default: %(default)s)",
    )
    parser.add_argument(
        "--bends", choices=("off", "channel", "mpe"), default="off",
        help="bend what goes to the MIDI port as it sounds: the one channel, by up to 2 semitones, "
        "as the note that began last; or every note on a channel of its own (MPE, all channels) "
        "(default: %(default)s)",
    )
    _add_answers(parser)
    _add_decoding(parser)
    _add_checkpoint(parser)
    return parser


def devices_parser() -> Parser:
    parser = Parser(
        prog=f"{COMMAND} devices",
        description="Lists the sound inputs that can be listened to and the MIDI ports that notes "
        "can be sent to.",
        examples=(("", "a table"), ("--json", "for programs")),
    )
    parser.add_argument("--json", action="store_true", help="write one JSON object instead")
    return parser


def practise_parser() -> Parser:
    parser = Parser(
        prog=f"{COMMAND} practise",
        description="Listens to a recording with the piece in view, and says of every note whether "
        "it was right, early, late, wrong or missed. What the ear is unsure of counts as no "
        "mistake. The clock is the steady tempo that fits best, or one that goes with the player "
        "where none fits.",
    )
    practice_options.add_practise_arguments(parser)
    _add_decoding(parser, _MEASURED)
    _add_checkpoint(parser)
    return parser


def compare_parser() -> Parser:
    parser = Parser(
        prog=f"{COMMAND} compare",
        description="Counts the notes of B that are also in A (right), those of A that are not in "
        "B (missed) and those of B that are not in A (extra).",
    )
    practice_options.add_compare_arguments(parser)
    _add_decoding(parser, _MEASURED)
    _add_checkpoint(parser)
    return parser


def demo_parser() -> Parser:
    parser = Parser(
        prog=f"{COMMAND} demo",
        description="Opens the recording that comes with the program, ready to play. Where there "
        "is no display, transcribes it in the terminal instead and says where to.",
        examples=(("", "the demo"),),
    )
    _add_checkpoint(parser)
    return parser


def _add_checkpoint(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--checkpoint", metavar="FILE", type=Path, default=DEFAULT_CHECKPOINT,
        help="a trained network (default: the one that comes with the program)",
    )
    parser.add_argument(
        "--runtime", choices=("onnx", "torch"),
        help="what runs it (default: onnx where an ONNX file of its name lies beside it, or torch)",
    )


def _add_answers(parser: argparse.ArgumentParser) -> None:
    answers = parser.add_mutually_exclusive_group()
    answers.add_argument(
        "--settled", dest="answers", action="store_const", const=("settled",), default=("early",),
        help="write the events of the settled notes, those that `transcribe` gives: about a "
        "quarter of a second later, and righter",
    )
    answers.add_argument(
        "--both", dest="answers", action="store_const", const=("early", "settled"),
        help='write both, each event with "answer": "early" or "settled"',
    )
    parser.add_argument(
        "--cents", action="store_true",
        help="write each note's pitch curve with its end: cents above its pitch, one for about "
        "every 20 ms",
    )


def _add_decoding(parser: argparse.ArgumentParser, a4: str = "440") -> None:
    """Args: `a4` says which tuning is taken by default."""
    parser.add_argument(
        "--threshold", metavar="X", type=number(0, 1, ends=False),
        help="how sure a note's beginning must be, between 0 and 1; higher finds fewer notes "
        "(default: the network's own)",
    )
    parser.add_argument(
        "--min-note-ms", metavar="X", type=number(0, 10_000),
        help="the shortest note, in milliseconds (default: the network's own)",
    )
    parser.add_argument(
        "--monophonic", action="store_true",
        help="one note at a time: for a singer, a wind instrument or a melody on a string",
    )
    parser.add_argument(
        "--a4", metavar="HZ", type=number(400, 480),
        help=f"the frequency of A4, 400 to 480 Hz (default: {a4})",
    )
