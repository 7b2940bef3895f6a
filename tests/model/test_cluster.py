"""Work on a Dask cluster: two workers, one of which dies."""

from __future__ import annotations

import functools
import os
import signal
import socket
import sys
import threading
import time
from pathlib import Path

import pytest

from model.processes.dask_cluster import ClusterError, on_cluster, scheduler_address
from tests.dask_cluster import Cluster, cluster, die_at, fail, write  # noqa: F401

# Fixtures are imported, and arguments of the same name get them.
# ruff: noqa: F811


def kill_who_waits(folder: Path) -> None:
    while not (folder / "waits").exists() or not (folder / "waits").read_text():
        time.sleep(0.01)
    os.kill(int((folder / "waits").read_text()), signal.SIGKILL)


@pytest.mark.skipif(os.name != "posix", reason="wants signals")
def test_the_work_of_a_worker_that_dies_is_done_by_another(
    cluster: Cluster, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cluster.add_workers(2)
    monkeypatch.chdir(tmp_path)
    threading.Thread(target=kill_who_waits, args=(tmp_path,), daemon=True).start()
    # Relative names are those of this process.
    jobs = [functools.partial(write, Path(), number) for number in range(12)]
    results = list(on_cluster(jobs, cluster.address))
    assert sorted(results) == [(number, number * number) for number in range(12)]
    files = {path.name: path.read_text() for path in tmp_path.glob("*.*")}
    assert files == {f"{number}.txt": f"whole {number}" for number in range(12)}


def test_a_job_at_which_workers_die_is_given_up_and_no_other(cluster: Cluster) -> None:
    cluster.add_workers(3)
    cluster.give_up_after(1)
    jobs = [functools.partial(die_at, 2, number) for number in range(9)]
    results = list(on_cluster(jobs, cluster.address))
    assert sorted(results) == [
        (number, None if number == 2 else number * number) for number in range(9)
    ]
    # The worker that is left.
    with pytest.raises(ZeroDivisionError):
        list(on_cluster([functools.partial(fail, 1)], cluster.address))


def test_a_scheduler_without_an_answer_is_told(
    network: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("model.processes.dask_cluster._WAIT_S", 0.2)
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        name = f"tcp://127.0.0.1:{nobody.getsockname()[1]}"
        with pytest.raises(ClusterError) as told:
            list(on_cluster([], name))
    assert str(told.value) == f"--scheduler {name}: no Dask scheduler answers there"


def test_a_scheduler_without_workers_is_told(
    cluster: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("model.processes.dask_cluster._WAIT_S", 1)
    with pytest.raises(ClusterError) as told:
        list(on_cluster([functools.partial(fail, 1)], cluster.address))
    assert str(told.value) == f"--scheduler {cluster.address}: it has no workers"


def test_without_dask_it_is_said_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(ClusterError, match=r"^--scheduler needs the Python package distributed: "
                                           r"pip install 'noteglow\[cluster\]'$"):
        list(on_cluster([], "tcp://127.0.0.1:8786"))


@pytest.mark.parametrize("text", [
    "tcp://node:8786", "tls://10.0.0.1:1", "tcp://[::1]:65535", "tcp://a-b.example.org:8786",
])
def test_names_of_schedulers(text: str) -> None:
    assert scheduler_address(text) == text


@pytest.mark.parametrize("text", [
    "", "node:8786", "http://node:8786", "tcp://node", "tcp://:8786", "tcp://node:0",
    "tcp://node:65536", "tcp://node:x", "tcp://node:8786/x", "tcp://no de:1",
])
def test_other_names_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"is not tcp://HOST:PORT$"):
        scheduler_address(text)
