"""The end of a pool of processes, with all of its threads."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from joblib.externals.loky import ProcessPoolExecutor

# The thread of a pool's queue, as the standard library calls it, and how long it may take to end.
_FEEDER = "QueueFeederThread"
_FEEDER_S = 5.0


def shut_down(pool: ProcessPoolExecutor, *, kill_workers: bool) -> None:
    """Waits until the processes of a pool have ended, and the thread that fed them as well.

    Loky does not wait for that thread, which holds the last lock of the queue: a program that ends
    while it frees the lock leaves it to loky's tracker, which warns of a leak on standard error.
    For programs with one pool at a time.
    """
    pool.shutdown(wait=True, kill_workers=kill_workers)
    for thread in threading.enumerate():
        if thread.name == _FEEDER:
            thread.join(_FEEDER_S)
