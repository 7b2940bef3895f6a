"""Kills at random moments, by a seed."""

from __future__ import annotations

import tempfile
from pathlib import Path

import numpy as np

from tests.soak.deed import kill
from tests.soak.deeds import NAMES, deed_of

# A cycle of each deed needs fewer file operations; and less time, once all is loaded.
_MOST_OPERATIONS = 120
_MOST_S = 1.0


def soak(count: int, seed: int) -> int:
    """Kills so many processes in turn and prints what comes of it; returns how many faults."""
    rng = np.random.default_rng(seed)
    kills, faults = dict.fromkeys(NAMES, 0), dict.fromkeys(NAMES, 0)
    try:
        for number in range(count):
            name = NAMES[number % len(NAMES)]
            # Before a file operation, or at any time, which is what libraries in C need.
            by_operation = bool(rng.random() < 0.6)
            at = int(rng.integers(1, _MOST_OPERATIONS)) if by_operation else 0
            after_s = float(rng.uniform(0, _MOST_S)) if not by_operation else 5.0
            kills[name] += 1
            with tempfile.TemporaryDirectory(prefix="noteglow-soak-") as folder:
                try:
                    kill(name, deed_of(name), Path(folder), at=at, after_s=after_s)
                except Exception as fault:  # noqa: BLE001, each is told of
                    faults[name] += 1
                    print(f"{name} at {at} after {after_s:.3f} s: {fault!r}", flush=True)
            if name == NAMES[-1]:
                print(f"{number + 1} of {count} kills, {sum(faults.values())} faults", flush=True)
    except KeyboardInterrupt:
        print("stopped")
    for name in NAMES:
        print(f"{name:12}{kills[name]:5} kills{faults[name]:5} faults")
    return sum(faults.values())
