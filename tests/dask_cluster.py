"""A Dask cluster on this machine, whose workers are processes that a test can kill."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from app.system.atomic_write import written_beside


class Cluster:
    """A scheduler in this process, and its workers."""

    def __init__(self, scheduler: Any, folder: Path) -> None:
        self._scheduler, self._folder = scheduler, folder
        self._workers: list[subprocess.Popen[bytes]] = []
        self.address: str = scheduler.scheduler_address

    def add_workers(self, count: int) -> None:
        """Starts workers that know nothing of this repository, and waits for them."""
        for _ in range(count):
            self._workers.append(subprocess.Popen(
                [sys.executable, "-m", "distributed.cli.dask_worker", self.address, "--no-nanny",
                 "--nthreads", "1", "--no-dashboard", "--local-directory", str(self._folder)],
                cwd=self._folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                env={name: value for name, value in os.environ.items() if name != "PYTHONPATH"},
            ))
        self._scheduler.wait_for_workers(count, timeout=100)

    def give_up_after(self, deaths: int) -> None:
        """So many workers may die at a job."""
        self._scheduler.scheduler.allowed_failures = deaths - 1

    def close(self) -> None:
        for worker in self._workers:
            worker.kill()
            worker.wait()
        self._scheduler.close()


@pytest.fixture
def cluster(
    network: None, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Cluster]:
    distributed = pytest.importorskip("distributed")
    scheduler = distributed.LocalCluster(
        n_workers=0, host="127.0.0.1", dashboard_address="127.0.0.1:0", silence_logs=50
    )
    made = Cluster(scheduler, tmp_path_factory.mktemp("workers"))
    try:
        yield made
    finally:
        made.close()


# What workers do lies here, where they find it by its module's name.


def write(folder: Path, number: int) -> int:
    """Writes a file; whoever is the first at number 0 waits in the midst of it."""
    with written_beside(folder / f"{number}.txt") as beside:
        beside.write_text(f"half of {number}")
        if number == 0:
            try:
                (folder / "waits").open("x").write(str(os.getpid()))
            except FileExistsError:
                pass
            else:
                time.sleep(600)
        beside.write_text(f"whole {number}")
    return number * number


def die_at(deadly: int, number: int) -> int:
    if number == deadly:
        os._exit(9)
    return number * number


def fail(number: int) -> int:
    raise ZeroDivisionError
