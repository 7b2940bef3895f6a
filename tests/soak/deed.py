"""A deed that is killed, and the kill."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Protocol

ROOT = Path(__file__).resolve().parents[2]


class Deed(Protocol):
    """Something that writes files."""

    def prepare(self, folder: Path) -> None:
        """Lays into an empty folder what was whole before."""
        ...

    def repeat(self, folder: Path, ready: Callable[[], None]) -> None:
        """What the process does: `ready` once all is loaded, then the deed without an end.

        A line that it prints tells of something done.
        """
        ...

    def check(self, folder: Path, said: Sequence[str]) -> None:
        """After the kill: starts as the program would, and looks at what is there.

        Raises:
            AssertionError: something is lost, half, or left.
        """
        ...


def kill(name: str, deed: Deed, folder: Path, *, at: int = 0, after_s: float = 60.0) -> None:
    """Lets a process do a deed in an empty folder, kills it, and checks what it left.

    Args:
        name: of the deed, for the process.
        at: the file operation before which it kills itself.
        after_s: how long it may live once all is loaded.

    Raises:
        AssertionError: something is lost, half, or left; or it ended before it was killed.
    """
    deed.prepare(folder)
    environment = os.environ | {"OMP_NUM_THREADS": "1", "QT_QPA_PLATFORM": "offscreen"}
    # Files, for a pipe that nobody reads would hold the victim up.
    with tempfile.TemporaryFile() as said, tempfile.TemporaryFile() as told:
        victim = subprocess.Popen(
            [sys.executable, "-m", "tests.soak.victim", name, str(folder), str(at)],
            cwd=ROOT, env=environment, stdout=said, stderr=told,
        )  # fmt: skip
        while victim.poll() is None and not said.tell():
            time.sleep(0.01)
        until = time.monotonic() + after_s
        while victim.poll() is None and time.monotonic() < until:
            time.sleep(0.002)
        victim.kill()
        victim.wait()
        for file in (said, told):
            file.seek(0)
        lines, errors = said.read().decode(), told.read().decode(errors="replace")
    assert victim.returncode == -signal.SIGKILL, f"it ended by itself: {errors}"
    assert lines.startswith("ready\n")
    # The last line may be cut short.
    deed.check(folder, lines.split("\n")[1:-1])


def names(folder: Path) -> list[str]:
    """What lies in a folder, which may be missing."""
    return sorted(path.name for path in folder.iterdir()) if folder.is_dir() else []
