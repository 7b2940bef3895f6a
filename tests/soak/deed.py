"""A deed that is killed, and the kill."""

from __future__ import annotations

import os
import subprocess
import sys
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
    with subprocess.Popen(
        [sys.executable, "-m", "tests.soak.victim", name, str(folder), str(at)],
        cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    ) as victim:  # fmt: skip
        assert victim.stdout is not None
        first = victim.stdout.readline()
        if first == "ready\n":
            until = time.monotonic() + after_s
            while victim.poll() is None and time.monotonic() < until:
                time.sleep(0.002)
        victim.kill()
        said, told = victim.communicate()
    assert first == "ready\n", told
    assert victim.returncode == -9, f"it ended by itself: {told}"
    # The last line may be cut short.
    deed.check(folder, said.split("\n")[:-1])


def names(folder: Path) -> list[str]:
    """What lies in a folder, which may be missing."""
    return sorted(path.name for path in folder.iterdir()) if folder.is_dir() else []
