"""Recordings transcribed at once: `main.py transcribe --jobs N`, or `--scheduler ADDRESS`.

The processes of `--jobs` are those of loky, joblib's pool. It ends all of them when one dies, and
never says at which recording: those that may have been at work are then tried again, each alone.
"""

from __future__ import annotations

import contextlib
import dataclasses
import functools
import gc
import os
import signal
import sys
import threading
import time
import warnings
from collections import deque
from collections.abc import Callable, Generator, Iterator, Sequence
from concurrent.futures import Future
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import Pipe
from multiprocessing.connection import Connection
from types import FrameType
from typing import TYPE_CHECKING

from joblib.externals.loky import ProcessPoolExecutor

from app.system.paths import ASSETS, is_own
from app.terminal.transcription_task import Done, Shape, Task, TranscriberSettings, do_task
from model.files.whole_file import remove_left
from model.processes.dask_cluster import on_cluster
from model.processes.held_signals import first_done, held_signals
from model.processes.pool_shutdown import shut_down

if TYPE_CHECKING:
    from model.transcriber import Transcriber

# As many processes as cores: more threads would wait for one another.
_ONE_THREAD = dict.fromkeys(
    (
        "OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS", "VECLIB_MAXIMUM_THREADS",
        "NUMBA_NUM_THREADS",
    ),
    "1",
)
# How often a process whose parent is gone is told to end.
_TELLING_S = 0.5


def transcribe_in_processes(
    settings: TranscriberSettings, shape: Shape, tasks: Sequence[Task], processes: int
) -> Iterator[tuple[Task, Done]]:
    """Does tasks in so many processes, and gives each as soon as it is done; see `in_processes`."""
    return in_processes(functools.partial(transcribe, settings, shape), tasks, processes)


def transcribe_on_cluster(
    settings: TranscriberSettings, shape: Shape, tasks: Sequence[Task], scheduler: str
) -> Iterator[tuple[Task, Done]]:
    """Does tasks on the workers of a cluster, and gives each as soon as it is done.

    Raises:
        ClusterError: the cluster cannot be used.
    """
    own = is_own(settings.checkpoint)
    jobs = [functools.partial(_transcribe_there, settings, own, shape, task) for task in tasks]
    try:
        for number, done in on_cluster(jobs, scheduler):
            task = tasks[number]
            if done is None:
                error = f"{task.source}: every worker that worked on it ended unexpectedly"
                done = Done(0, 0.0, 0.0, error)
            yield task, done
    finally:
        # What workers of this machine left that died.
        for folder in {path.parent for task in tasks for path in task.outputs}:
            remove_left(folder)


def in_processes(
    work: Callable[[Task], Done], tasks: Sequence[Task], processes: int
) -> Iterator[tuple[Task, Done]]:
    """Does `work` with every task, and gives each with its result as soon as it is done.

    A task at which its process dies has failed, the others are done. When this generator is closed
    half-way or interrupted, the processes are gone, and what they had half-written is removed.
    They never receive Ctrl-C themselves. SIGTERM ends this process in order. For the main thread.

    Args:
        work: must be picklable; an exception is a fault of the program and ends all.
    """
    waiting = deque(tasks)
    with held_signals() as heed, warnings.catch_warnings():
        # Without a program to list the children of its processes, of which there are none, loky
        # warns at length.
        warnings.filterwarnings("ignore", module=r"joblib\.externals\.loky")
        while waiting:
            for task in (yield from _until_one_dies(work, waiting, processes, heed)):
                if (yield from _until_one_dies(work, deque([task]), 1, heed)):
                    error = f"{task.source}: the process that worked on it ended unexpectedly"
                    yield task, Done(0, 0.0, 0.0, error)


def _until_one_dies(
    work: Callable[[Task], Done], waiting: deque[Task], processes: int, heed: Callable[[], None]
) -> Generator[tuple[Task, Done], None, list[Task]]:
    """Does what waits until it is done or a process dies; returns what may have been at work."""
    running: dict[Future[Done], Task] = {}
    has_begun = False
    parent, ours = Pipe(duplex=False)
    pool = ProcessPoolExecutor(processes, initializer=_begin, initargs=(parent,), env=_ONE_THREAD)
    try:
        while waiting or running:
            # One more than can be at work: no process waits for this one.
            while waiting and len(running) <= processes:
                # The first starts the processes; they shall ignore Ctrl-C from their first moment.
                # Later nobody ignores it: it would be lost.
                starts = contextlib.nullcontext() if has_begun else _handled(
                    signal.SIGINT, signal.SIG_IGN
                )
                with starts:
                    future = pool.submit(_work_or_leave, work, waiting[0])
                has_begun = True
                running[future] = waiting.popleft()
            future = first_done(running, heed)
            result = future.result()
            yield running.pop(future), result
    except BrokenProcessPool:
        return list(running.values())
    finally:
        with _handled(signal.SIGINT, signal.SIG_IGN):
            # They end as if this process were gone, and loky kills them all once one has. Told to
            # kill them while tasks wait, its own thread would stumble over those and stay.
            ours.close()
            shut_down(pool, kill_workers=not running)
            for folder in {path.parent for task in running.values() for path in task.outputs}:
                remove_left(folder)
        parent.close()
    return []


@contextlib.contextmanager
def _handled(
    number: signal.Signals, handler: Callable[[int, FrameType | None], None] | signal.Handlers
) -> Iterator[None]:
    """Another answer to a signal, for a while."""
    usual = signal.signal(number, handler)
    try:
        yield
    finally:
        signal.signal(number, usual)


def _begin(parent: Connection) -> None:
    """What a process does first. A terminal sends Ctrl-C to all; the parent alone decides."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, args=(parent,), daemon=True).start()
    # Until now there is nothing to tidy up.
    signal.signal(signal.SIGTERM, _leave)


def _leave(signal_number: int, frame: FrameType | None) -> None:
    # Not the default, which ends at once: half-written files are removed on the way out.
    sys.exit(128 + signal_number)


def _end_with_parent(parent: Connection) -> None:
    """Nobody wants the result any more when the parent was killed, whose end is closed then."""
    with contextlib.suppress(EOFError, OSError):
        parent.recv_bytes()
    while True:
        # Again, for one that comes while loky passes on a result is taken for a fault of that.
        os.kill(os.getpid(), signal.SIGTERM)
        time.sleep(_TELLING_S)


def _work_or_leave(work: Callable[[Task], Done], task: Task) -> Done:
    """What a process does with a task."""
    try:
        return work(task)
    except SystemExit as end:
        # Loky would go on. Nothing is left to tidy up, and a library that was interrupted while it
        # was loaded may crash when it is.
        os._exit(end.code if isinstance(end.code, int) else 1)


def transcribe(settings: TranscriberSettings, shape: Shape, task: Task) -> Done:
    """What a process does with a task, with a network that it has loaded once."""
    return do_task(_loaded(settings), shape, task, settings.a4)


def _transcribe_there(
    settings: TranscriberSettings, own: bool, shape: Shape, task: Task
) -> Done:
    """What a worker does with a task.

    Args:
        own: whether the checkpoint is one that comes with the program, which may lie elsewhere
            there.
    """
    if own:
        settings = dataclasses.replace(settings, checkpoint=ASSETS / settings.checkpoint.name)
    return transcribe(settings, shape, task)


@functools.cache
def _loaded(settings: TranscriberSettings) -> Transcriber:
    """The network, which a process loads for its first task."""
    transcriber = settings.load()
    # Loky collects garbage between tasks, and shall not look through all of PyTorch each time.
    gc.freeze()
    return transcriber
