"""The command line. Heavy libraries are loaded by the command that needs them, not by --help."""

from __future__ import annotations

import argparse
import math
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NoReturn

from app.system.paths import DEFAULT_CHECKPOINT
from app.terminal import transcribe_options

INTERRUPTED = 130
_BROKEN_PIPE = 141
_COMMANDS_HELP = """\
commands:
  transcribe IN... -o OUT    write the notes of recordings as MIDI
  stream IN --jsonl OUT      write note events as a live listener would hear them
  listen                     listen to a microphone in the terminal
  devices                    list what can be listened to, and where MIDI can go
  demo                       open the recording that comes with the program

"main.py COMMAND --help" tells more of each.
"""


class _Parser(argparse.ArgumentParser):
    """A parser whose errors are one line."""

    def error(self, message: str) -> NoReturn:
        self.exit(2, f"{self.prog}: {message} (--help tells more)\n")


def main(argv: Sequence[str]) -> int:
    """Runs the program with its arguments and returns the exit status.

    0 is done, 1 something could not be done (said in one line on standard error), 2 the arguments
    are wrong, 130 interrupted by Ctrl-C.
    """
    # A name that the terminal cannot show must not stop the work.
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")
    try:
        arguments = _parse(argv)
        return int(arguments.run(arguments))
    except SystemExit as exit_:
        return exit_.code if isinstance(exit_.code, int) else 1
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:
        # Whoever read the output has seen enough. Python must not try to flush it again.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return _BROKEN_PIPE
    except ModuleNotFoundError as error:
        if error.name is None or error.name.split(".")[0] in ("app", "model"):
            raise
        return _fail(
            f"the Python package {error.name} is missing: "
            "run `make venv`, then start with .venv/bin/python"
        )
    except _told_errors() as error:
        return _fail(str(error))


def _fail(sentence: str) -> int:
    print(f"noteglow: {sentence}", file=sys.stderr)
    return 1


def _told_errors() -> tuple[type[Exception], ...]:
    """The errors whose message is a sentence for the user."""
    from app.audio.devices.device_list import AudioDeviceError
    from app.audio.files.audio_source import AudioFileError
    from app.midi.rtmidi_client import MidiError
    from app.system.atomic_write import WriteError
    from app.takes.take_paths import TakeError
    from model.checkpoint_header import CheckpointError

    return AudioFileError, AudioDeviceError, WriteError, MidiError, TakeError, CheckpointError


def _parse(argv: Sequence[str]) -> argparse.Namespace:
    # A first word that is no command is a recording to open: argparse cannot have both.
    commands = {
        "transcribe": _transcribe_parser, "stream": _stream_parser, "listen": _listen_parser,
        "devices": _devices_parser, "demo": _demo_parser,
    }
    if argv and argv[0] in commands:
        return commands[argv[0]]().parse_args(argv[1:])
    return _window_parser().parse_args(argv)


def _window_parser() -> _Parser:
    parser = _Parser(
        prog="main.py",
        description="Listens to music and lights up the notes as they are played.",
        epilog=_COMMANDS_HELP,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "file", metavar="FILE", nargs="?", type=Path, help="a recording to open in the window"
    )
    _add_checkpoint(parser)
    parser.set_defaults(run=_open_window)
    return parser


def _transcribe_parser() -> _Parser:
    parser = _Parser(
        prog="main.py transcribe",
        description="Writes the notes of recordings as MIDI, and in other formats on demand. Takes "
        "wav, flac, ogg, mp3, aiff, m4a, mp4 and what else libsndfile or FFmpeg can read.",
    )
    transcribe_options.add_arguments(parser)
    _add_decoding(parser)
    _add_checkpoint(parser)
    parser.set_defaults(run=_transcribe)
    return parser


def _stream_parser() -> _Parser:
    parser = _Parser(
        prog="main.py stream",
        description="Feeds a recording block by block, exactly as a microphone would, and writes "
        "one JSON object a line for every note that begins or ends. heard_s is how much sound had "
        "been heard when the event came out.",
    )
    parser.add_argument("input", metavar="IN", type=Path, help="a recording")
    parser.add_argument(
        "--jsonl", metavar="OUT", required=True, help="where the events go; - is standard output"
    )
    parser.add_argument(
        "--block", metavar="SAMPLES", type=_whole_number(1, 1_000_000), default=64,
        help="samples heard at once, at the recording's rate (default: %(default)s)",
    )
    _add_decoding(parser)
    _add_checkpoint(parser)
    parser.set_defaults(run=_stream)
    return parser


def _listen_parser() -> _Parser:
    parser = _Parser(
        prog="main.py listen",
        description="Listens to a microphone or another sound input in the terminal and shows what "
        "sounds, until Ctrl-C. A device that is unplugged is waited for.",
    )
    parser.add_argument(
        "--device", metavar="NAME",
        help="a sound input, or a part of its name; `main.py devices` lists them (default: the "
        "system's)",
    )
    parser.add_argument(
        "--channel", metavar="N", type=_whole_number(1, 256),
        help="hear this channel of the device alone (default: the mean of all)",
    )
    parser.add_argument(
        "--sample-rate", metavar="HZ", type=_whole_number(1000, 384_000),
        help="open the device at this rate (default: the network's, or else the device's own)",
    )
    parser.add_argument(
        "--seconds", metavar="S", type=_number(0, 1_000_000), help="end after so many seconds"
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
        "--midi-channel", metavar="N", type=_whole_number(1, 16), default=1,
        help="the MIDI channel, 1 to 16 (default: %(default)s)",
    )
    _add_decoding(parser)
    _add_checkpoint(parser)
    parser.set_defaults(run=_listen)
    return parser


def _devices_parser() -> _Parser:
    parser = _Parser(
        prog="main.py devices",
        description="Lists the sound inputs that can be listened to and the MIDI ports that notes "
        "can be sent to.",
    )
    parser.add_argument("--json", action="store_true", help="write one JSON object instead")
    parser.set_defaults(run=_devices)
    return parser


def _demo_parser() -> _Parser:
    parser = _Parser(
        prog="main.py demo",
        description="Opens the recording that comes with the program, ready to play. Where there "
        "is no display, transcribes it in the terminal instead, into build/.",
    )
    _add_checkpoint(parser)
    parser.set_defaults(run=_demo)
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


def _add_decoding(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--threshold", metavar="X", type=_number(0, 1, ends=False),
        help="how sure a note's beginning must be, between 0 and 1; higher finds fewer notes",
    )
    parser.add_argument(
        "--min-note-ms", metavar="X", type=_number(0, 10_000),
        help="the shortest note, in milliseconds",
    )
    parser.add_argument(
        "--a4", metavar="HZ", type=_number(400, 480), help="the frequency of A4, 400 to 480 Hz"
    )


def _number(low: float, high: float, *, ends: bool = True) -> Callable[[str], float]:
    """A reader of numbers in a range, with its ends or without them."""

    def read(text: str) -> float:
        try:
            value = float(text)
        except ValueError:
            value = math.nan
        if low < value < high or (ends and value in (low, high)):
            return value
        raise argparse.ArgumentTypeError(
            f"{text!r} is not a number {'from' if ends else 'between'} {low:g} "
            f"{'to' if ends else 'and'} {high:g}"
        )

    return read


def _whole_number(low: int, high: int) -> Callable[[str], int]:
    """A reader of whole numbers in a range with its ends."""

    def read(text: str) -> int:
        if text.isdecimal() and low <= int(text) <= high:
            return int(text)
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number from {low} to {high}")

    return read


def _open_window(arguments: argparse.Namespace) -> int:
    from app.system import display_server

    reason = display_server.missing()
    if reason is not None:
        return _fail(f"the window cannot be opened, {reason}; `transcribe` works without one")
    from app.terminal import window_command

    return window_command.run(arguments.file, arguments.checkpoint, arguments.runtime)


def _transcribe(arguments: argparse.Namespace) -> int:
    from app.terminal import batch_transcription

    return batch_transcription.run(arguments)


def _stream(arguments: argparse.Namespace) -> int:
    from app.terminal import stream_command

    return stream_command.run(arguments)


def _listen(arguments: argparse.Namespace) -> int:
    from app.terminal import listen_command

    return listen_command.run(arguments)


def _devices(arguments: argparse.Namespace) -> int:
    from app.terminal import devices_command

    return devices_command.run(arguments)


def _demo(arguments: argparse.Namespace) -> int:
    from app.terminal import demo_command

    return demo_command.run(arguments.checkpoint, arguments.runtime)
