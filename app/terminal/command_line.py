"""The command line. Heavy libraries are loaded by the command that needs them, not by --help."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

from app.terminal import command_options as options
from app.terminal.exit_status import exit_status, failed

if TYPE_CHECKING:
    from app.system.crash_log import CrashLog



def main(argv: Sequence[str], log: CrashLog | None = None) -> int:
    """Runs the program with its arguments and returns the exit status.

    Args:
        log: takes the faults of the program, and is told of runs that stay; without one, faults
            are raised.
    """
    # A name that the terminal cannot show must not stop the work.
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")

    def command() -> int:
        # A first word that is no command is a recording to open: argparse cannot have both.
        if argv and argv[0] in _COMMANDS:
            parser, run = _COMMANDS[argv[0]]
            arguments = parser().parse_args(argv[1:])
        else:
            run, arguments = _open_window, options.window_parser().parse_args(argv)
        arguments.log = log
        return run(arguments)

    return exit_status(command, log)


def _open_window(arguments: argparse.Namespace) -> int:
    from app.system import display_server

    reason = display_server.missing()
    if reason is not None:
        return failed(f"the window cannot be opened, {reason}; `transcribe` works without one")
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


def _practise(arguments: argparse.Namespace) -> int:
    from app.terminal.practice import practise_command

    return practise_command.run(arguments)


def _compare(arguments: argparse.Namespace) -> int:
    from app.terminal.practice import compare_command

    return compare_command.run(arguments)


def _demo(arguments: argparse.Namespace) -> int:
    from app.terminal import demo_command

    return demo_command.run(arguments.checkpoint, arguments.runtime, arguments.log)


_COMMANDS = {
    "transcribe": (options.transcribe_parser, _transcribe),
    "stream": (options.stream_parser, _stream),
    "listen": (options.listen_parser, _listen),
    "devices": (options.devices_parser, _devices),
    "practise": (options.practise_parser, _practise),
    "compare": (options.compare_parser, _compare),
    "demo": (options.demo_parser, _demo),
}
