"""The program in a process of its own, with probes around it, seen from outside; and its screen."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

ROOT = Path(__file__).resolve().parents[2]
_PROBES = Path(__file__).with_name("live_probes.py")
_SCREEN = "1600x900x24"
# Platforms of Qt that draw on no screen at all.
_UNSEEN = ("offscreen", "minimal")
_PATIENCE_S = 60.0


class ProgramError(Exception):
    """The program did not do what it was asked to; one sentence, and what it wrote."""


class Program:
    """The program's window, started as by `main.py`.

    Attributes:
        began_at: when the command was given, on the clock of `time.monotonic`.
    """

    def __init__(
        self, environment: dict[str, str], folder: Path, arguments: list[str], *,
        seconds: float, keep_s: float = 0.0,
    ) -> None:
        """Args:
        folder: for what it records; the files there are replaced.
        arguments: those of `main.py`.
        seconds: how long the window will be open at most.
        keep_s: how many seconds of the sound that arrives are kept.
        """
        self._record, self._errors = folder / "record.npz", folder / "errors.txt"
        command = [sys.executable, str(_PROBES), str(self._record), "--keep", str(keep_s),
                   "--seconds", str(seconds), *arguments]
        with self._errors.open("w") as errors:
            self.began_at = time.monotonic()
            self._process = subprocess.Popen(
                command, cwd=ROOT, env=environment, text=True,
                stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=errors,
            )

    def ask(self, order: str) -> None:
        """Gives one of the orders of `live_probes.py`."""
        assert self._process.stdin is not None
        print(order, file=self._process.stdin, flush=True)

    def wait_for(self, event: str, patience_s: float = _PATIENCE_S) -> dict[str, Any]:
        """What it tells of this event; what it tells before is passed over.

        Raises:
            ProgramError: it told of a failure, ended, or kept silent for so long.
        """
        assert self._process.stdout is not None
        timer = threading.Timer(patience_s, self._process.kill)
        timer.start()
        try:
            for line in self._process.stdout:
                told: dict[str, Any] = json.loads(line)
                if told["event"] == event:
                    return told
                if told["event"] == "failed":
                    raise ProgramError(told["sentence"])
        finally:
            timer.cancel()
        written = self._errors.read_text(errors="replace").strip().splitlines()
        raise ProgramError("\n".join([f"the program did not come to “{event}”", *written[-8:]]))

    def quit(self) -> dict[str, NDArray[Any]]:
        """Closes the window and returns what was recorded, the arrays of `live_probes.py`."""
        self.ask("quit")
        self._process.communicate(timeout=_PATIENCE_S)
        with np.load(self._record) as record:
            return dict(record)

    def processor_s(self) -> tuple[float, float]:
        """Processor time so far, user and system: of the process, and of its first thread."""
        first = f"/proc/{self._process.pid}/task/{self._process.pid}/stat"
        return _processor_s(f"/proc/{self._process.pid}/stat"), _processor_s(first)

    def waited_s(self) -> float | None:
        """How long its first thread had to wait for a core; None if the system does not say."""
        told = Path(f"/proc/{self._process.pid}/task/{self._process.pid}/schedstat")
        return int(told.read_text().split()[1]) / 1e9 if told.exists() else None

    def resident_mb(self) -> float:
        """Memory that is in use, in MB."""
        pages = int(Path(f"/proc/{self._process.pid}/statm").read_text().split()[1])
        return pages * os.sysconf("SC_PAGE_SIZE") / 1e6

    def kill(self) -> None:
        """Ends it if it runs."""
        self._process.kill()
        self._process.communicate()


@contextlib.contextmanager
def program(
    environment: dict[str, str], folder: Path, arguments: list[str], *,
    seconds: float, keep_s: float = 0.0,
) -> Iterator[Program]:
    """A `Program` that is gone afterwards, whatever happens."""
    running = Program(environment, folder, arguments, seconds=seconds, keep_s=keep_s)
    try:
        yield running
    finally:
        running.kill()


def why_no_screen() -> str | None:
    """What is missing for a screen; None when there is one or can be."""
    if _has_display() or shutil.which("Xvfb") is not None:
        return None
    return "there is no display, and Xvfb is not installed"


@contextlib.contextmanager
def screen() -> Iterator[tuple[str, dict[str, str]]]:
    """The display that there is, or a virtual one: in words, and its environment."""
    if _has_display():
        names = ("DISPLAY", "WAYLAND_DISPLAY", "XAUTHORITY", "QT_QPA_PLATFORM")
        found = {name: os.environ[name] for name in names if name in os.environ}
        # The program gets a home of its own, where there is no such file.
        found.setdefault("XAUTHORITY", str(Path.home() / ".Xauthority"))
        yield "the display that there is", found
        return
    server = subprocess.Popen(
        ["Xvfb", "-displayfd", "1", "-screen", "0", _SCREEN, "-nolisten", "tcp"],
        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
    )
    try:
        assert server.stdout is not None
        number = server.stdout.readline().strip()
        if not number:
            raise ProgramError("Xvfb does not start on this machine")
        yield f"Xvfb, {_SCREEN}", {"DISPLAY": f":{number}", "QT_QPA_PLATFORM": "xcb"}
    finally:
        server.terminate()
        server.communicate()


def _has_display() -> bool:
    unseen = os.environ.get("QT_QPA_PLATFORM", "").split(":")[0] in _UNSEEN
    return not unseen and bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))


def _processor_s(path: str) -> float:
    # The second field, the name in parentheses, may have spaces in it.
    fields = Path(path).read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
