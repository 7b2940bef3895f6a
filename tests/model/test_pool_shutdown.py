"""A pool of processes ends with all of its threads."""

from __future__ import annotations

import importlib
import threading
import time
from typing import Any

import pytest
from joblib.externals.loky import ProcessPoolExecutor

from model.processes.pool_shutdown import shut_down


@pytest.mark.parametrize("kill_workers", [False, True])
def test_no_thread_of_a_pool_is_left(
    kill_workers: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Loky's `backend` has the standard library's module where its own of this name would be.
    queue = importlib.import_module("joblib.externals.loky.backend.queues").Queue
    feed = queue._feed

    def feed_and_stay(*arguments: Any) -> None:
        feed(*arguments)
        time.sleep(0.3)

    monkeypatch.setattr(queue, "_feed", staticmethod(feed_and_stay))
    before = threading.active_count()
    pool = ProcessPoolExecutor(1)
    assert pool.submit(abs, -1).result() == 1
    shut_down(pool, kill_workers=kill_workers)
    assert threading.active_count() == before
