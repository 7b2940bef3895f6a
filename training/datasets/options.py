"""Options of `process-train` and `process-test` that say how a data file is built."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any, Protocol


class Group(Protocol):
    """What options are added to."""

    def add_argument(self, *flags: str, **how: Any) -> Any: ...


def add(group: Group) -> None:
    """Adds the options."""
    group.add_argument(
        "--check", action="store_true",
        help="only read the recordings, and report what would be used, changed and left out",
    )
    group.add_argument(
        "--report", type=Path, metavar="FILE.json",
        help="write the report there too, with every recording by name",
    )
    group.add_argument(
        "--add", action="store_true",
        help="keep what --out holds, and make only recordings that are new or were changed",
    )
    group.add_argument(
        "--share", type=_share, metavar="K/N",
        help="make only the K-th of N equal shares of the recordings, of which each machine makes "
        "one; --join makes one file of them",
    )
    group.add_argument(
        "--join", type=Path, nargs="+", default=[], metavar="FILE.h5",
        help="in place of --corpus: write the recordings of these data files into --out",
    )
    group.add_argument(
        "--compress", action="store_true",
        help="compress the features: smaller files that take longer to build and to read",
    )


def _share(text: str) -> tuple[int, int]:
    number, _, count = text.partition("/")
    if not (number.isdecimal() and count.isdecimal() and 1 <= int(number) <= int(count)):
        raise argparse.ArgumentTypeError(f"{text!r} is not K/N with K from 1 to N")
    return int(number), int(count)
