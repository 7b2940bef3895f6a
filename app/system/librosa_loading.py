"""Loads librosa, which only one process at a time may compile."""

from __future__ import annotations

import contextlib
import functools
from types import ModuleType

from filelock import FileLock

from app.system.paths import COMPILING


@functools.cache
def load_librosa() -> ModuleType:
    """librosa with its beat tracker compiled; some seconds the first time, then less than one.

    Numba keeps what it compiled, a function in one file and what calls it in another. Two
    processes that compile at once mix their files, so that a caller looks for a name that only the
    other process used (github.com/numba/numba/issues/10128): it crashes, and so does every later
    process that reads these files. So there is a lock.
    """
    with contextlib.ExitStack() as held:
        # Where no lock can be kept, nothing that was compiled is kept either.
        with contextlib.suppress(OSError):
            COMPILING.parent.mkdir(parents=True, exist_ok=True)
            held.enter_context(FileLock(COMPILING))
        import librosa

        # Its parts are loaded when they are named, and compiled as they are loaded.
        for part in ("beat", "feature", "filters", "onset"):
            getattr(librosa, part)
    return librosa
