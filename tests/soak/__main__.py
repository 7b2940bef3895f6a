"""Soaks the program for as long as it may: `make soak`, or `python -m tests.soak --help`.

Hours of sound go through the live engine from a device that misbehaves, and processes are killed
while they write. It can be stopped at any time; what it does follows from the seed.
"""

from __future__ import annotations

import argparse
import signal
import sys

from tests.soak import kills, sound


def main() -> int:
    """Returns 1 when a fault was found."""
    parser = argparse.ArgumentParser(prog="python -m tests.soak", description=__doc__)
    parser.add_argument("what", nargs="*", choices=["kills", "sound"], default=["kills", "sound"])
    parser.add_argument("--kills", type=int, default=200, help="how many processes (200)")
    parser.add_argument("--hours", type=float, default=8.0, help="how much sound (8)")
    parser.add_argument("--seed", type=int, default=0, help="what happens when (0)")
    options = parser.parse_args()
    # In the background Ctrl-C would be ignored.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.default_int_handler)
    faults = 0
    if "kills" in options.what:
        faults += kills.soak(options.kills, options.seed)
    if "sound" in options.what:
        faults += sound.soak(options.hours, options.seed)
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
