"""The command line. Heavy libraries are loaded by the command that needs them, not by --help."""

from __future__ import annotations

import argparse
import errno
import os
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

from app.system.fault_hooks import fault_text
from app.terminal import command_options as options

if TYPE_CHECKING:
    from app.system.crash_log import CrashLog

INTERRUPTED = 130
_BROKEN_PIPE = 141


def main(argv: Sequence[str], log: CrashLog | None = None) -> int:
    """Runs the program with its arguments and returns the exit status.

    Args:
        log: takes the faults of the program, and is told of runs that stay; without one, faults
            are raised.

    0 is done, 1 something could not be done (said in one line on standard error), 2 the arguments
    are wrong, 130 interrupted by Ctrl-C.
    """
    # A name that the terminal cannot show must not stop the work.
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")
    try:
        # A first word that is no command is a recording to open: argparse cannot have both.
        if argv and argv[0] in _COMMANDS:
            parser, run = _COMMANDS[argv[0]]
            arguments = parser().parse_args(argv[1:])
        else:
            run, arguments = _open_window, options.window_parser().parse_args(argv)
        arguments.log = log
        status = run(arguments)
        # What the output does not take shall be told, not lost at the very end.
        sys.stdout.flush()
        return status
    except SystemExit as exit_:
        return exit_.code if isinstance(exit_.code, int) else 1
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:
        # Whoever read the output has seen enough.
        _forget_output()
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
    except Exception as fault:
        if isinstance(fault, OSError) and fault.errno in (errno.ENOSPC, errno.EDQUOT):
            _forget_output()
            what = f"{fault.filename}: it" if fault.filename else "the output"
            return _fail(f"{what} cannot be written ({fault.strerror})")
        if log is None:
            raise
        log.faults.note("The command ended", fault)
        known = f"; {log.path} holds what is known of it" if log.failure is None else ""
        return _fail(f"this ended by a fault of the program ({fault_text(fault)}){known}")


def _fail(sentence: str) -> int:
    print(f"noteglow: {sentence}", file=sys.stderr)
    return 1


def _forget_output() -> None:
    """Python must not try again to write what was refused."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _told_errors() -> tuple[type[Exception], ...]:
    """The errors whose message is a sentence for the user."""
    from app.audio.devices.device_list import AudioDeviceError
    from app.audio.files.audio_codecs import AudioFileError
    from app.midi.rtmidi_client import MidiError
    from app.system.atomic_write import WriteError
    from app.takes.take_paths import TakeError
    from model.checkpoint_header import CheckpointError

    return AudioFileError, AudioDeviceError, WriteError, MidiError, TakeError, CheckpointError


def _open_window(arguments: argparse.Namespace) -> int:
    from app.system import display_server

    reason = display_server.missing()
    if reason is not None:
        return _fail(f"the window cannot be opened, {reason}; `transcribe` works without one")
    from app.terminal import window_command

    return window_command.run(
        arguments.file, arguments.checkpoint, arguments.runtime, arguments.log
    )


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

    return demo_command.run(arguments.checkpoint, arguments.runtime, arguments.log)


_COMMANDS = {
    "transcribe": (options.transcribe_parser, _transcribe),
    "stream": (options.stream_parser, _stream),
    "listen": (options.listen_parser, _listen),
    "devices": (options.devices_parser, _devices),
    "demo": (options.demo_parser, _demo),
}
