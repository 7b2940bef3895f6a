"""Work shared out on a Dask cluster, through joblib: `--scheduler tcp://HOST:PORT`.

What travels is pickled, and whoever reaches the scheduler may run any code on its workers: a
cluster is for networks whose computers trust each other.
"""

from __future__ import annotations

import contextlib
import functools
import logging
import os
import re
import socket
import threading
from asyncio import CancelledError
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, TypeVar

Result = TypeVar("Result")

_HOME = Path(__file__).resolve().parents[2]
_ADDRESS = re.compile(r"(?:tcp|tls)://(?:\[[0-9a-fA-F:.]+\]|[^\s:/\[\]]+):([0-9]{1,5})")
_LAST_PORT = 65_535
# How long the scheduler, and then its first worker, is waited for.
_WAIT_S = 10
_PLUGIN = "noteglow"
# In place of a result.
_WORKERS_DIED = object()


class ClusterError(ValueError):
    """The cluster cannot do the work; the message is one sentence naming it and the reason."""


def scheduler_address(text: str) -> str:
    """How a scheduler is named, as tcp://HOST:PORT. Raises ValueError for anything else."""
    found = _ADDRESS.fullmatch(text)
    if found is None or not 0 < int(found[1]) <= _LAST_PORT:
        raise ValueError(f"{text!r} is not tcp://HOST:PORT")
    return text


def on_cluster(
    jobs: Sequence[Callable[[], Result]], scheduler: str
) -> Iterator[tuple[int, Result | None]]:
    """Does all jobs on the workers of a cluster, and gives the number and result of each when done.

    When a worker dies, the others do its job. A job at which worker after worker died is tried once
    more when all else is done, and alone: Dask also blames those that only waited at the same
    workers. When they die at it again, its result is None. A worker does one job at a time, in this
    process's folder, which all computers must have in common. When this generator is closed, what
    has not begun is never done.

    Args:
        jobs: picklable; an exception of a job is a fault of the program and ends all.
        scheduler: its address.

    Raises:
        ClusterError: Dask is missing here, or the cluster cannot be used.
    """
    try:
        import distributed
        import joblib

        backend = _backend(scheduler)
    except ImportError as error:
        raise ClusterError(
            f"--scheduler needs the Python package {error.name}: pip install 'noteglow[cluster]'"
        ) from None
    # When it loses a worker it says so at length, and goes on.
    logging.getLogger("distributed").setLevel(logging.CRITICAL)
    try:
        client = distributed.Client(scheduler, timeout=_WAIT_S, set_as_default=False)
    except (OSError, TimeoutError):
        raise ClusterError(f"--scheduler {scheduler}: no Dask scheduler answers there") from None
    with client:
        try:
            client.wait_for_workers(1, timeout=_WAIT_S)
        except TimeoutError:
            raise ClusterError(f"--scheduler {scheduler}: it has no workers") from None
        try:
            client.register_plugin(_plugin())
        except RuntimeError as error:
            raise ClusterError(f"--scheduler {scheduler}: {error}") from None
        # Joblib would lay arguments on one worker beforehand, and they would be lost with it.
        calls = [
            joblib.delayed(functools.partial(_at_work, number, os.getcwd(), job))()
            for number, job in enumerate(jobs)
        ]

        def done(calls: Sequence[Any]) -> Iterator[tuple[int, Any]]:
            results = joblib.Parallel(
                backend=backend(client=client), n_jobs=-1, batch_size=1, pre_dispatch="all",
                return_as="generator_unordered",
            )(calls)
            with contextlib.closing(results):
                yield from results

        try:
            blamed = []
            for number, result in done(calls):
                if result is _WORKERS_DIED:
                    blamed.append(number)
                else:
                    yield number, result
            for number in blamed:
                for _, result in done([calls[number]]):
                    yield number, None if result is _WORKERS_DIED else result
        finally:
            with contextlib.suppress(Exception):
                client.unregister_worker_plugin(_PLUGIN)


def _at_work(number: int, folder: str, job: Callable[[], Result]) -> tuple[int, Result]:
    """What a worker does. Its threads take turns: not all that a job uses is made for several."""
    with _turn():
        try:
            place = contextlib.chdir(folder)
            place.__enter__()
        except OSError:
            raise ClusterError(
                f"{socket.gethostname()}, a worker, has no folder {folder}: recordings and what is "
                "written must lie in folders that all computers have in common"
            ) from None
        try:
            return number, job()
        finally:
            place.__exit__(None, None, None)


@functools.cache
def _turn() -> threading.Lock:
    return threading.Lock()


def _backend(scheduler: str) -> Any:
    """Joblib's backend for Dask, which also tells of a job that is given up: its own never does."""
    from distributed import KilledWorker
    from joblib._dask import DaskDistributedBackend

    class Backend(DaskDistributedBackend):  # type: ignore[misc]
        def submit(self, func: Any, callback: Callable[[Any], None]) -> Any:
            future = super().submit(func, callback)

            def tell(future: Any) -> None:
                error = future.exception()
                if isinstance(error, KilledWorker):
                    # Of its one call, the number.
                    callback([(func.items[0][0].args[0], _WORKERS_DIED)])
                elif error is not None:
                    callback(error)

            future.add_done_callback(tell)
            return future

        def retrieve_result_callback(self, out: Any) -> Any:
            if isinstance(out, CancelledError):
                raise ClusterError(
                    f"--scheduler {scheduler}: it does not answer any more; what is done stays"
                )
            if isinstance(out, BaseException):
                raise out
            return super().retrieve_result_callback(out)

    return Backend


def _plugin() -> Any:
    """Lets every worker, and those that come later, find the program's packages.

    It is pickled by value, for it runs before they are found.
    """
    from distributed import WorkerPlugin

    home, version = str(_HOME), (_HOME / "app" / "__init__.py").read_bytes()

    class Packages(WorkerPlugin):
        name = _PLUGIN

        def setup(self, worker: Any) -> None:
            import importlib.util
            import pathlib
            import socket
            import sys

            places = [home]
            installed = importlib.util.find_spec("noteglow")
            if installed is not None and installed.origin is not None:
                places.insert(0, str(pathlib.Path(installed.origin).parent / "house"))
            for place in places:
                file = pathlib.Path(place) / "app" / "__init__.py"
                if file.is_file() and file.read_bytes() == version:
                    if place not in sys.path:
                        sys.path.insert(0, place)
                    return
            raise RuntimeError(f"{socket.gethostname()}, a worker, has no Noteglow of this version")

    return Packages()
