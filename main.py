"""Noteglow: listens to music and lights up the notes as they are played."""

from __future__ import annotations

import sys

from app.system.crash_log import CrashLog
from app.terminal.command_line import main


def run() -> int:
    """Runs the program with the arguments of this process; returns its exit status."""
    with CrashLog() as log:
        return main(sys.argv[1:], log)


if __name__ == "__main__":
    sys.exit(run())
