"""Recordings that are transcribed at once, each in a process of its own."""

from __future__ import annotations

import multiprocessing
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pytest
import soundfile

from app.system.atomic_write import written_beside
from app.terminal.parallel_transcription import _loaded, in_processes
from app.terminal.transcription_task import Done, Task, TranscriberSettings
from tests.conftest import tones

HERE = Path(__file__).resolve().parents[2]
NEEDS_SIGNALS = pytest.mark.skipif(os.name != "posix", reason="wants signals")


def tasks(count: int, folder: Path = Path()) -> list[Task]:
    return [Task(Path(str(n)), folder / f"{n}.mid", (folder / f"{n}.csv",)) for n in range(count)]


def number(task: Task) -> int:
    return int(task.source.name)


def square(task: Task) -> Done:
    return Done(number(task) ** 2, 0.0, 0.0)


def square_or_die(task: Task) -> Done:
    if number(task) % 4 == 1:
        os.kill(os.getpid(), signal.SIGKILL)
    return square(task)


def tell_process(task: Task) -> Done:
    threads = int(os.environ["OMP_NUM_THREADS"])
    return Done(os.getpid(), threads, 0.0)


class CountedLoads(TranscriberSettings):
    """Settings that know how often the network was loaded in this process."""

    count: ClassVar[int] = 0

    def load(self) -> Any:
        CountedLoads.count += 1


def load_and_count(settings: TranscriberSettings, task: Task) -> Done:
    _loaded(settings)
    return Done(CountedLoads.count, 0.0, 0.0)


def fail(task: Task) -> Done:
    raise ZeroDivisionError


def write_for_ever(task: Task) -> Done:
    """The first is done, the others stay at their second file."""
    for output in task.outputs:
        with written_beside(output) as beside:
            beside.touch()
            if number(task) and output.suffix == ".csv":
                signal.pause()
    return Done(0, 0.0, 0.0)


def write_and_die(task: Task) -> Done:
    with written_beside(task.midi) as beside:
        beside.touch()
        os._exit(9)


def no_child_lives() -> bool:
    return multiprocessing.active_children() == []


def until(condition: Callable[[], bool]) -> None:
    while not condition():
        time.sleep(0.01)


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_every_task_is_done_once() -> None:
    results = list(in_processes(square, tasks(7), 3))
    assert sorted(number(task) for task, _ in results) == list(range(7))
    assert all(done == square(task) for task, done in results)
    assert no_child_lives()


def test_as_many_processes_as_asked_for_and_one_thread_in_each() -> None:
    results = [done for _, done in in_processes(tell_process, tasks(20), 2)]
    assert len({done.n_notes for done in results}) <= 2
    assert os.getpid() not in {done.n_notes for done in results}
    assert {done.duration_s for done in results} == {1}


@NEEDS_SIGNALS
def test_a_process_that_is_killed_fails_its_task_and_no_other() -> None:
    results = dict(in_processes(square_or_die, tasks(6), 2))
    assert len(results) == 6
    for task, done in results.items():
        if number(task) % 4 == 1:
            assert done.error == (
                f"{task.source}: the process that worked on it ended unexpectedly"
            )
        else:
            assert done == square(task)
    assert no_child_lives()


def test_nothing_half_written_stays_of_a_process_that_died(tmp_path: Path) -> None:
    (tmp_path / "0.mid").write_text("older")
    [(_, done)] = in_processes(write_and_die, tasks(1, tmp_path), 2)
    assert done.error is not None
    assert names(tmp_path) == ["0.mid"]
    assert (tmp_path / "0.mid").read_text() == "older"


def test_a_process_loads_the_network_once() -> None:
    work = partial(load_and_count, CountedLoads(Path("some.safetensors")))
    assert {done.n_notes for _, done in in_processes(work, tasks(8), 2)} == {1}


def test_a_fault_of_the_program_ends_all() -> None:
    with pytest.raises(ZeroDivisionError):
        list(in_processes(fail, tasks(3), 2))
    assert no_child_lives()


@NEEDS_SIGNALS
def test_who_stops_half_way_leaves_neither_half_files_nor_processes(tmp_path: Path) -> None:
    results = in_processes(write_for_ever, tasks(4, tmp_path), 2)
    assert number(next(results)[0]) == 0
    # Until the others are at work that never ends of itself.
    until(lambda: len(list(tmp_path.glob("*.part"))) == 2)
    results.close()
    assert no_child_lives()
    assert names(tmp_path) == ["0.csv", "0.mid", "1.mid", "2.mid"]


@NEEDS_SIGNALS
def test_ctrl_c_is_left_to_the_first_process() -> None:
    results = in_processes(square, tasks(4), 2)
    next(results)
    for child in multiprocessing.active_children():
        assert child.pid is not None
        os.kill(child.pid, signal.SIGINT)
    assert [done.error for _, done in results] == [None] * 3
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


@NEEDS_SIGNALS
@pytest.mark.timeout(300)
def test_ctrl_c_in_the_terminal_leaves_neither_half_files_nor_processes(
    tmp_path: Path, exported_checkpoint: Path
) -> None:
    music, out = tmp_path / "music", tmp_path / "out"
    music.mkdir()
    soundfile.write(music / "0.wav", tones(0.5, 16_000), 16_000)
    for long in range(1, 5):
        soundfile.write(music / f"{long}.wav", np.tile(tones(10.0, 16_000), 30), 16_000)
    run = subprocess.Popen(
        [sys.executable, "main.py", "transcribe", music, "-o", out, "--jobs", "2", "--csv",
         "--checkpoint", exported_checkpoint],
        cwd=HERE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        start_new_session=True,
    )
    # The first is done: both processes are at work.
    assert run.stdout is not None
    for line in run.stdout:
        if line.rstrip().endswith("0.mid"):
            break
    # As a terminal does it: to the program and to all of its processes.
    os.killpg(run.pid, signal.SIGINT)
    # The pipes end when the last process that holds them has ended.
    _, error = run.communicate(timeout=60)
    assert (run.returncode, error) == (130, "")
    done = {path.stem for path in out.glob("*.mid")}
    assert "0" in done
    assert len(done) < 5
    assert names(out) == sorted(f"{stem}.{kind}" for stem in done for kind in ("csv", "mid"))


@NEEDS_SIGNALS
@pytest.mark.parametrize("number", ["SIGTERM", "SIGKILL"])
def test_processes_end_with_a_parent_that_is_killed(tmp_path: Path, number: str) -> None:
    code = (
        "from pathlib import Path\n"
        "from tests.terminal.test_parallel_transcription import *\n"
        f"list(in_processes(write_for_ever, tasks(3, Path({str(tmp_path)!r}))[1:], 2))\n"
    )
    parent = subprocess.Popen([sys.executable, "-c", code], cwd=HERE, stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, text=True)
    until(lambda: len(list(tmp_path.glob("*.part"))) == 2)
    parent.send_signal(signal.Signals[number])
    # The pipes end when the last process that holds them has ended.
    told, error = parent.communicate(timeout=60)
    assert told == ""
    assert names(tmp_path) == ["1.mid", "2.mid"]
    if number == "SIGTERM":
        assert (parent.returncode, error) == (128 + signal.SIGTERM, "")
