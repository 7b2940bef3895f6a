"""Noteglow: listens to music and lights up the notes as they are played."""

from __future__ import annotations

import sys

from app.system.crash_log import CrashLog
from app.terminal.command_line import main

if __name__ == "__main__":
    with CrashLog() as log:
        status = main(sys.argv[1:], log)
    sys.exit(status)
