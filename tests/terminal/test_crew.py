"""Work that is shared out among processes."""

from __future__ import annotations

import multiprocessing
import os
import signal
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from app.terminal.crew import ProcessEnded, share_out


def square() -> Callable[[int], int]:
    return lambda number: number * number


def square_or_die() -> Callable[[int], int]:
    def work(number: int) -> int:
        if number % 4 == 1:
            os._exit(9)
        return number * number

    return work


def write_for_ever(folder: Path) -> Callable[[int], int]:
    def work(number: int) -> int:
        part = folder / f"{number}.part"
        try:
            part.touch()
            if number:
                signal.pause()
        finally:
            part.unlink()
        return number

    return work


def no_child_lives() -> bool:
    return multiprocessing.active_children() == []


@pytest.mark.parametrize("processes", [1, 3])
def test_every_job_is_done_once(processes: int) -> None:
    assert sorted(share_out(square, range(7), processes)) == [(n, n * n) for n in range(7)]
    assert no_child_lives()


def test_a_process_that_dies_fails_its_job_and_no_other() -> None:
    results = dict(share_out(square_or_die, range(8), 2))
    assert set(results) == set(range(8))
    for number, result in results.items():
        if number % 4 == 1:
            assert isinstance(result, ProcessEnded)
        else:
            assert result == number * number
    assert no_child_lives()


@pytest.mark.skipif(os.name != "posix", reason="wants signals")
def test_who_stops_half_way_leaves_neither_files_nor_processes(tmp_path: Path) -> None:
    shared = share_out(partial(write_for_ever, tmp_path), [0, 1, 2, 3], 2)
    assert next(shared) == (0, 0)
    # Until both processes are at work that never ends of itself.
    while len(list(tmp_path.iterdir())) < 2:
        time.sleep(0.01)
    shared.close()
    assert no_child_lives()
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(os.name != "posix", reason="wants signals")
def test_ctrl_c_is_left_to_the_first_process(tmp_path: Path) -> None:
    def interrupt() -> None:
        for child in multiprocessing.active_children():
            assert child.pid is not None
            os.kill(child.pid, signal.SIGINT)

    shared = share_out(square, range(4), 2)
    next(shared)
    interrupt()
    assert len(list(shared)) == 3
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
