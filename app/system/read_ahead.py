"""Compiled libraries are read from the disk before they are imported."""

from __future__ import annotations

import contextlib
import importlib.util
from pathlib import Path

_LEAST_BYTES = 1 << 20
_BLOCK_BYTES = 1 << 20


def read_ahead(package: str) -> int:
    """Reads the large compiled libraries of a package; returns how many bytes that were.

    Python's lock is held while a library is imported. One that is not in memory yet would come in
    thousands of small pieces meanwhile, and every other thread wait for the disk.
    """
    spec = importlib.util.find_spec(package)
    folders = spec.submodule_search_locations if spec is not None else None
    size, block = 0, bytearray(_BLOCK_BYTES)
    for folder in folders or ():
        for path in sorted(Path(folder).rglob("*")):
            # What cannot be read is the import's to tell.
            with contextlib.suppress(OSError):
                if path.suffix in (".so", ".pyd", ".dll", ".dylib") and (
                    path.stat().st_size >= _LEAST_BYTES
                ):
                    with path.open("rb", buffering=0) as file:
                        while count := file.readinto(block):
                            size += count
    return size
