"""`main.py` alone: the window. The one place of the command line that loads widgets."""

from __future__ import annotations

from pathlib import Path


def run(file: Path | None, checkpoint: Path, runtime: str | None = None) -> int:
    """Opens the window, and `file` in it; returns the exit status when it is closed.

    Args:
        runtime: what runs the network; see `model.runtime.open_runtime`.
    """
    from app.window import startup

    return startup.run(file, checkpoint, runtime)
