"""Noteglow: listens to music and lights up the notes as they are played."""

from __future__ import annotations

import sys

from app.terminal.command_line import main

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
