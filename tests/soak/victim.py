"""A process that does one deed of the program again and again until it is killed.

`python -m tests.soak.victim DEED FOLDER AT`: AT is the file operation before which it kills itself,
counted from the first; 0 leaves that to others.
"""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path

from tests.soak.deeds import deed_of

# What Python tells of files; what libraries in C do is met by chance.
_OPERATIONS = ("open", "os.rename", "os.remove", "os.mkdir", "os.rmdir", "os.truncate")


def main() -> None:
    deed, folder, at = deed_of(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3])
    count = 0

    def operation(event: str, arguments: tuple[object, ...]) -> None:
        nonlocal count
        if event in _OPERATIONS and str(arguments[0]).startswith(str(folder)):
            count += 1
            if count == at:
                os.kill(os.getpid(), signal.SIGKILL)

    def ready() -> None:
        """Everything is loaded."""
        if at:
            sys.addaudithook(operation)
        print("ready", flush=True)

    deed.repeat(folder, ready)


if __name__ == "__main__":
    main()
