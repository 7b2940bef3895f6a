"""Jobs shared out among processes, by joblib's loky, or among the computers of a cluster."""

from __future__ import annotations

import contextlib
import os
import signal
import threading
from collections.abc import Callable, Iterator, Sequence
from multiprocessing import Pipe
from multiprocessing.connection import Connection
from typing import TypeVar

from joblib.externals.loky import ProcessPoolExecutor

from model.processes.dask_cluster import ClusterError, on_cluster
from model.processes.held_signals import first_done, held_signals
from model.processes.pool_shutdown import shut_down

Result = TypeVar("Result")


def results(
    jobs: Sequence[Callable[[], Result]], num_workers: int, scheduler: str | None = None
) -> Iterator[Result]:
    """Runs all jobs, and gives their results as they are ready.

    Args:
        jobs: picklable.
        num_workers: processes beside this one; 0 does all the work in this one.
        scheduler: of a cluster whose workers do it in place of processes here.

    Raises:
        BrokenProcessPool: a process died.
        ClusterError: the cluster cannot be used, or its workers died at a job one after another.
    """
    if scheduler is not None:
        for _, result in on_cluster(jobs, scheduler):
            if result is None:
                raise ClusterError(
                    f"--scheduler {scheduler}: worker after worker died at a recording, perhaps "
                    "for lack of memory; the same command goes on"
                )
            yield result
        return
    if num_workers == 0 or not jobs:
        yield from (job() for job in jobs)
        return
    # Not joblib.Parallel, which does without processes where one is asked for.
    parent, ours = Pipe(duplex=False)
    pool = ProcessPoolExecutor(
        min(num_workers, len(jobs)), initializer=_begin, initargs=(parent,)
    )
    waiting = set()
    try:
        with held_signals() as heed:
            waiting |= {pool.submit(job) for job in jobs}
            while waiting:
                future = first_done(waiting, heed)
                waiting.remove(future)
                yield future.result()
    finally:
        # Nobody waits for what is left after Ctrl-C. The processes end as if this one were gone:
        # told to kill them while jobs wait, loky's own thread would stumble over those and stay.
        ours.close()
        shut_down(pool, kill_workers=not waiting)
        parent.close()


def _begin(parent: Connection) -> None:
    """Leaves Ctrl-C to the main process, and ends with it even when that was killed."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)

    def end_with_parent() -> None:
        # Its end of the pipe is closed then, on every system.
        with contextlib.suppress(EOFError, OSError):
            parent.recv_bytes()
        os._exit(1)

    threading.Thread(target=end_with_parent, daemon=True).start()
