"""What every part of the measurement uses: the cable and the program on it, and the table."""

from __future__ import annotations

import argparse
import contextlib
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.benchmarks.live_program import Program, program
from tests.live.virtual_cable import Cable

# Before something is measured, so that what happens once has happened; and until sound that was
# played has arrived.
SETTLE_S = 3.0


@dataclass
class Table:
    """Figures with their limits, printed as they come.

    Attributes:
        exceeded: how many were beyond their limit.
    """

    exceeded: int = field(default=0, init=False)

    def row(self, name: str, figure: str, limit: str = "", is_within: bool = True) -> None:
        """One figure in words; without a limit it only explains another one."""
        verdict = "" if not limit else "ok" if is_within else "BEYOND"
        self.exceeded += not is_within
        print(f"{name:<46}{figure:>26}   {limit:<12}{verdict}".rstrip(), flush=True)

    def most(self, name: str, value: float, limit: float, unit: str = "", digits: int = 0) -> None:
        """A figure that may be as large as its limit."""
        figure = f"{value:.{digits}f} {unit}".rstrip()
        self.row(name, figure, f"≤ {limit:g} {unit}".rstrip(), value <= limit)


@dataclass(frozen=True)
class Bench:
    """The cable, the environment of the program on it, and what is asked for."""

    cable: Cable
    environment: dict[str, str]
    options: argparse.Namespace

    @property
    def folder(self) -> Path:
        """For everything that is written; the home folder of the program."""
        return self.cable.folder

    def program(
        self, seconds: float, keep_s: float = 0.0, file: Path | None = None
    ) -> contextlib.AbstractContextManager[Program]:
        """The program's window, with a recording if one is named; see `Program`."""
        arguments = ["--checkpoint", str(self.options.checkpoint.resolve())]
        if file is not None:
            arguments.append(str(file))
        return program(self.environment, self.folder, arguments, seconds=seconds, keep_s=keep_s)

    @contextlib.contextmanager
    def player(self, path: Path) -> Iterator[subprocess.Popen[bytes]]:
        """A process that plays a sound file into the cable, until its end or that of the block."""
        command = ["paplay", "--device=cable", str(path)]
        process = subprocess.Popen(command, env=self.cable.environment)
        try:
            yield process
        finally:
            process.kill()
            process.wait()


def press(window: Program, order: str = "listen") -> float:
    """Begins to listen; returns the seconds until something was heard."""
    window.ask(order)
    asked_at = window.wait_for("asked")["at"]
    return float(window.wait_for("heard")["at"] - asked_at)


def counts(window: Program) -> dict[str, Any]:
    """The figures of this moment, as `live_probes.py` tells them."""
    window.ask("counts")
    return window.wait_for("counts")
