"""The process that fuzzes one reader: started by `python -m tests.fuzz`, ended by any fault.

    python -m tests.fuzz.batch READER FIRST COUNT CASES FOLDER

Runs COUNT batches of CASES cases (a multiple of 20), the first with the seed FIRST, and writes a
line after each. The case at work lies in FOLDER as `case`: what kills this process is found there.
"""

from __future__ import annotations

import faulthandler
import os
import resource
import signal
import sys
import tempfile
import traceback
from pathlib import Path

from hypothesis import HealthCheck, Phase, given, seed, settings, strategies

from tests.fuzz.all_readers import READERS
from tests.fuzz.one_case import LONGEST_S, limited_memory, run
from tests.fuzz.readers import Reader

# Cases that make one of Hypothesis' examples: its own work for one is more than most readers'.
_TOGETHER = 20


def main(name: str, first: int, count: int, cases: int, folder: Path) -> int:
    """Returns 1 after a fault, which is written to the standard error, 0 without one."""
    reader = READERS[name]
    work, wholes = folder / "work", folder / "wholes"
    wholes.mkdir(parents=True, exist_ok=True)
    strategy = strategies.lists(
        reader.cases(wholes), min_size=_TOGETHER, max_size=_TOGETHER
    )
    # Whatever is loaded or planned once is no case's fault.
    for content in reader.wholes(wholes)[:3]:
        run(reader, reader.pack(content) if reader.pack else content, work)
    told = _Told()
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    faulthandler.register(signal.SIGPROF, file=told.errors, all_threads=True, chain=True)
    for number in range(first, first + count):

        @seed(number)
        @settings(
            max_examples=cases // _TOGETHER, database=None, deadline=None, phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        @given(strategy)
        def batch(contents: list[bytes]) -> None:
            for content in contents:
                _run(reader, content, folder, told)

        try:
            with limited_memory():
                batch()
        except BaseException as error:  # noqa: BLE001 - whatever it is, it is a fault
            # Hypothesis notes the whole file, which is kept as it is.
            error.__notes__ = []
            traceback.print_exception(error, file=told.errors)
            return 1
        os.write(told.out, f"{number}\n".encode())
    return 0


def _run(reader: Reader, content: bytes, folder: Path, told: _Told) -> None:
    (folder / "case").write_bytes(content)
    signal.setitimer(signal.ITIMER_PROF, LONGEST_S + 1)
    run(reader, content, folder / "work")
    signal.setitimer(signal.ITIMER_PROF, 0)
    told.check()


class _Told:
    """Keeps the standard output and error of this process, and watches what is written there."""

    def __init__(self) -> None:
        self.out, errors = os.dup(1), os.dup(2)
        self.errors = os.fdopen(errors, "w")
        self._file = tempfile.TemporaryFile()  # noqa: SIM115 - open until the process ends
        os.dup2(self._file.fileno(), 1)
        os.dup2(self._file.fileno(), 2)

    def check(self) -> None:
        """Raises AssertionError where something was written."""
        sys.stderr.flush()
        sys.stdout.flush()
        if os.fstat(self._file.fileno()).st_size:
            self._file.seek(0)
            text = self._file.read()
            self._file.truncate(0)
            raise AssertionError(f"written to the terminal: {text.decode(errors='replace')}")


if __name__ == "__main__":
    _name, *_numbers, _folder = sys.argv[1:]
    sys.exit(main(_name, *map(int, _numbers), Path(_folder)))
