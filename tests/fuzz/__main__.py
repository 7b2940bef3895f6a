"""Fuzzes the readers for as long as it may: `make fuzz`, or `python -m tests.fuzz --help`.

It can be stopped at any time and goes on where it was: `build/fuzz/counts.json` tells how many
cases each reader was given, over all runs. A file that a reader failed on lies in
`build/fuzz/found` with what went wrong beside it. Once that is mended, the file goes to
`tests/fuzz/kept`, which the suite reads.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

from app.system.atomic_write import written_beside

_ROOT = Path(__file__).resolve().parents[2]
_NAMES = ("midi", "project", "take", "csv", "json", "audio", "hdf5", "npz", "checkpoint")
# Cases for each reader: text is quick.
_GOALS = {name: 200_000 if name in _NAMES[:5] else 20_000 for name in _NAMES}
_CASES = 500
# Batches that a process runs before another takes its place: it begins with two seconds of imports.
_BATCHES = 20


class Counts:
    """How many batches and cases each reader was given, kept in a file."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self.batches: dict[str, int] = {}
        self.cases: dict[str, int] = {}
        self.faults: dict[str, int] = {}
        if path.is_file():
            held = json.loads(path.read_text("utf-8"))
            self.batches, self.cases, self.faults = (
                held[name] for name in ("batches", "cases", "faults")
            )

    def add(self, reader: str, cases: int, faults: int = 0) -> None:
        """A batch is over; `cases` is 0 when a fault ended it."""
        for counted, number in ((self.batches, 1), (self.cases, cases), (self.faults, faults)):
            counted[reader] = counted.get(reader, 0) + number
        held = {"batches": self.batches, "cases": self.cases, "faults": self.faults}
        self._path.parent.mkdir(parents=True, exist_ok=True)
        with written_beside(self._path) as beside:
            beside.write_text(json.dumps(held, indent=1), "utf-8")


def main() -> int:
    """Returns 1 when a fault was found."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("readers", nargs="*", help=f"of {', '.join(_NAMES)}; all by default")
    parser.add_argument("--cases", type=int, help="for each reader, over all runs")
    parser.add_argument("--folder", type=Path, default=_ROOT / "build/fuzz")
    options = parser.parse_args()
    # In the background Ctrl-C would be ignored, and `kill` would leave the other process alone.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.default_int_handler)
    counts = Counts(options.folder / "counts.json")
    goals = {name: options.cases or _GOALS[name] for name in options.readers or _NAMES}
    found = 0
    try:
        # In turn, so that a short run has had something of each.
        while left := [name for name in goals if counts.cases.get(name, 0) < goals[name]]:
            for name in left:
                found += _some(name, goals[name], counts, options.folder)
    except KeyboardInterrupt:
        print("stopped; it goes on from here next time")
    for name in goals:
        print(f"{name:12}{counts.cases.get(name, 0):9} cases{counts.faults.get(name, 0):5} faults")
    return 1 if found else 0


def _some(name: str, goal: int, counts: Counts, folder: Path) -> int:
    """Runs some batches in a process of their own; returns 1 when one ended with a fault."""
    first = counts.batches.get(name, 0)
    missing = -(-(goal - counts.cases.get(name, 0)) // _CASES)
    with tempfile.TemporaryDirectory(prefix="noteglow-fuzz-") as place:
        words = [name, first, min(_BATCHES, missing), _CASES, place]
        errors = Path(place) / "errors"
        with errors.open("w") as told, subprocess.Popen(
            [sys.executable, "-m", "tests.fuzz.batch", *map(str, words)],
            cwd=_ROOT, stdout=subprocess.PIPE, stderr=told, text=True,
            env=os.environ | {"OMP_NUM_THREADS": "1", "QT_QPA_PLATFORM": "offscreen"},
        ) as process:  # fmt: skip
            assert process.stdout is not None
            try:
                for _ in process.stdout:
                    counts.add(name, _CASES)
                    print(f"{name}: {counts.cases[name]} of {goal}", flush=True)
            except KeyboardInterrupt:
                process.kill()
                raise
        if process.returncode == 0:
            return 0
        counts.add(name, 0, faults=1)
        _keep(name, Path(place), process.returncode, errors, folder / "found")
    return 1


def _keep(name: str, place: Path, status: int, errors: Path, found: Path) -> None:
    found.mkdir(parents=True, exist_ok=True)
    reason = errors.read_text(errors="replace") + f"exit status {status}\n"
    case = place / "case"
    if case.is_file():
        kept = found / f"{name}-{hashlib.sha256(case.read_bytes()).hexdigest()[:12]}"
        shutil.copyfile(case, kept)
        kept.with_name(kept.name + ".txt").write_text(reason, "utf-8")
        print(f"{name}: a fault, kept as {kept}", flush=True)
    print(reason[-2000:], file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
