"""`main.py` alone: the window. The one place of the command line that loads widgets."""

from __future__ import annotations

import gc
from pathlib import Path
from typing import TYPE_CHECKING

from model.processes.freed_memory import give_back_freed_memory

if TYPE_CHECKING:
    from app.system.crash_log import CrashLog


def run(
    file: Path | None,
    checkpoint: Path,
    runtime: str | None = None,
    log: CrashLog | None = None,
) -> int:
    """Opens the window, and `file` in it; returns the exit status when it is closed.

    Args:
        runtime: what runs the network; see `model.runtimes.runtime.open_runtime`.
        log: where crashes are told; see `app.window.startup.run`.
    """
    # Little of what is made until then is ever let go. `startup` lets the garbage collector begin
    # once all is loaded.
    gc.disable()
    give_back_freed_memory()
    from app.window import startup

    return startup.run(file, checkpoint, runtime, log)
