"""Work that is shared out among processes, one piece after the other to whoever is free."""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import signal
import sys
import threading
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from multiprocessing.connection import Connection, wait
from multiprocessing.context import SpawnProcess
from types import FrameType
from typing import Generic, TypeVar

Job = TypeVar("Job")
Result = TypeVar("Result")

# A process that was asked to end does so between two steps of its work; after so long it is made
# to.
_PATIENCE_S = 10.0


class ProcessEnded(Exception):
    """A process ended in the middle of a job: it crashed, or was killed for want of memory."""


def share_out(
    begin: Callable[[], Callable[[Job], Result]], jobs: Sequence[Job], processes: int
) -> Iterator[tuple[Job, Result | ProcessEnded]]:
    """Does jobs in so many processes, and gives each with its result as soon as it is done.

    The processes end with this generator, also when it is closed half-way or interrupted: what
    `finally` clauses of the work tidy up is tidied up. They never receive Ctrl-C themselves. For
    the main thread.

    Args:
        begin: is called once in every process, and returns what does a job there. Both it and the
            jobs and results must be picklable; an exception is a fault of the program and ends all.
    """
    waiting = deque(jobs)
    members: dict[Connection, _Member[Job]] = {}
    try:
        while waiting or members:
            while waiting and len(members) < processes:
                member: _Member[Job] = _Member(begin)
                members[member.connection] = member
                member.give(waiting.popleft())
            for ready in wait(list(members)):
                assert isinstance(ready, Connection)
                member = members[ready]
                job = member.job
                result: Result | ProcessEnded
                try:
                    result = ready.recv()
                except (EOFError, ConnectionError):
                    members.pop(ready).end()
                    result = ProcessEnded("the process that worked on it ended unexpectedly")
                else:
                    if waiting:
                        member.give(waiting.popleft())
                    else:
                        members.pop(ready).end()
                yield job, result
    finally:
        for member in members.values():
            member.process.terminate()
        for member in members.values():
            member.end()


class _Member(Generic[Job]):
    """One process, and the job that it is at."""

    job: Job

    def __init__(self, begin: Callable[[], Callable[[Job], object]]) -> None:
        context = multiprocessing.get_context("spawn")
        self.connection, theirs = context.Pipe()
        self.process: SpawnProcess = context.Process(target=_serve, args=(begin, theirs))
        # A terminal sends Ctrl-C to all of them. This process alone decides what happens then, and
        # the others shall ignore it from their first moment on.
        usual = signal.signal(signal.SIGINT, signal.SIG_IGN)
        try:
            self.process.start()
        finally:
            signal.signal(signal.SIGINT, usual)
        theirs.close()

    def give(self, job: Job) -> None:
        """Sends the next job."""
        self.job = job
        # One that ended is found out when its result is read.
        with contextlib.suppress(ConnectionError):
            self.connection.send(job)

    def end(self) -> None:
        """Lets the process end, and waits for it."""
        self.connection.close()
        self.process.join(_PATIENCE_S)
        if self.process.is_alive():
            self.process.kill()
            self.process.join()


def _serve(
    begin: Callable[[], Callable[[Job], object]], connection: Connection
) -> None:
    """What runs in a process: jobs in, results out, until the other end is closed."""
    signal.signal(signal.SIGTERM, _leave)
    threading.Thread(target=_end_with_parent, daemon=True).start()
    work = begin()
    while True:
        try:
            job = connection.recv()
        except EOFError:
            return
        connection.send(work(job))


def _leave(signal_number: int, frame: FrameType | None) -> None:
    # Not the default, which ends at once: half-written files are removed on the way out.
    sys.exit(128 + signal_number)


def _end_with_parent() -> None:
    """Nobody wants the result any more when the parent was killed."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        wait([parent.sentinel])
        os.kill(os.getpid(), signal.SIGTERM)
