"""Jobs shared out among processes, by joblib's loky."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import as_completed
from typing import TypeVar

from joblib.externals.loky import ProcessPoolExecutor

Result = TypeVar("Result")

# How often a worker looks whether its builder still lives.
_LOOK_S = 0.5


def results(jobs: Sequence[Callable[[], Result]], num_workers: int) -> Iterator[Result]:
    """Runs all jobs, and gives their results as they are ready.

    Args:
        jobs: picklable.
        num_workers: processes beside this one; 0 does all the work in this one.

    Raises:
        BrokenProcessPool: a process died.
    """
    if num_workers == 0 or not jobs:
        yield from (job() for job in jobs)
        return
    # Not joblib.Parallel, which does without processes where one is asked for.
    pool = ProcessPoolExecutor(
        min(num_workers, len(jobs)), initializer=_begin, initargs=(os.getpid(),)
    )
    done = False
    try:
        for future in as_completed([pool.submit(job) for job in jobs]):
            yield future.result()
        done = True
    finally:
        # Nobody waits for what is left after Ctrl-C.
        pool.shutdown(wait=True, kill_workers=not done)


def _begin(parent: int) -> None:
    """Leaves Ctrl-C to the main process, and ends with it even when that was killed."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)

    def end_with_parent() -> None:
        while os.getppid() == parent:
            time.sleep(_LOOK_S)
        os._exit(1)

    threading.Thread(target=end_with_parent, daemon=True).start()
