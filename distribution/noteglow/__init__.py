"""What an installed Noteglow begins with.

The packages of the program are called app, model and training, names that others may use as well.
So they lie in a folder of their own beside this file, where nothing else of the environment meets
them, and are found once the program has been started.
"""

from __future__ import annotations

import sys
from pathlib import Path


def main() -> int:
    """Runs `noteglow`; returns its exit status."""
    _find_packages()
    from main import run

    return run()


def train() -> int:
    """Runs `noteglow-train`; returns its exit status."""
    _find_packages()
    from training.__main__ import main

    return main()


def _find_packages() -> None:
    # First, so that nobody else's `app` is taken for ours. Processes that are started from here
    # get this path as well.
    sys.path.insert(0, str(Path(__file__).parent / "house"))
