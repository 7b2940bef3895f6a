"""The log of the program: what a run that dies leaves, and what a disk that takes nothing means."""

from __future__ import annotations

import faulthandler
import gc
import logging
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import qInstallMessageHandler, qWarning

from app.system.crash_log import CrashLog, log_folder

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(autouse=True)
def usual_faulthandler() -> Iterator[None]:
    """As it is for the other tests."""
    yield
    faulthandler.enable(sys.__stderr__)


def run(folder: Path, code: str) -> subprocess.CompletedProcess[str]:
    """A program that logs into the folder while it runs the code."""
    program = (
        "import faulthandler, os, signal, sys, threading\n"
        "from pathlib import Path\n"
        "from app.system.crash_log import CrashLog\n"
        f"with CrashLog(Path({str(folder)!r})) as log:\n"
    )
    program += "".join(f"    {line}\n" for line in code.splitlines())
    return subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=False
    )


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_the_log_lies_where_the_platform_keeps_logs(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    monkeypatch.setenv("HOME", str(tmp_path))
    assert "noteglow" in log_folder().parts
    assert not log_folder().exists()


@pytest.mark.parametrize(
    ("death", "told"),
    [
        ("os.abort()", "Fatal Python error: Aborted"),
        ("faulthandler._sigsegv()", "Fatal Python error: Segmentation fault"),
        ("os._exit(9)", ""),
    ],
)
def test_a_run_that_dies_is_told_of_once(tmp_path: Path, death: str, told: str) -> None:
    assert run(tmp_path, f"log.watch('window')\n{death}").returncode != 0
    with CrashLog(tmp_path) as log:
        log.watch("window")
        crash, = log.take_crashes()
        assert crash.what == "window"
        assert told in crash.dump
        assert 'File "<string>", line 6' in crash.dump or not told
        assert told in log.tail(100)
        assert log.take_crashes() == []
    assert names(tmp_path) == ["noteglow.log"]


def test_runs_that_go_on_or_ended_are_no_crashes(tmp_path: Path) -> None:
    assert run(tmp_path, "log.watch('window')\nsys.exit(3)").returncode == 3
    with CrashLog(tmp_path) as log:
        log.watch("window")
        seen = run(tmp_path, "log.watch('listen')\nprint(log.take_crashes())")
        assert seen.stdout == "[]\n"
        assert log.take_crashes() == []


def test_a_short_command_that_dies_leaves_its_last_words_in_the_log(tmp_path: Path) -> None:
    assert run(tmp_path, "faulthandler._sigsegv()").returncode != 0
    with CrashLog(tmp_path) as log:
        assert "Segmentation fault" in log.tail(100)
        assert log.take_crashes() == []


def test_what_nobody_caught_is_logged_wherever_it_was(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    class Ends:
        def __del__(self) -> None:
            raise LookupError("at its end")

    def fail() -> None:
        raise ZeroDivisionError("in a thread")

    told: list[BaseException] = []
    with CrashLog(tmp_path) as log:
        log.faults.listener = told.append
        thread = threading.Thread(target=fail, name="the careless one")
        thread.start()
        thread.join()
        Ends()
        gc.collect()
        try:
            raise KeyError("in a slot")
        except KeyError as fault:
            sys.excepthook(type(fault), fault, fault.__traceback__)
        text = log.tail(100)
    assert [type(fault) for fault in told] == [ZeroDivisionError, KeyError]
    # Whoever sits at a terminal need not look for a file.
    said = capsys.readouterr().err
    for words in ("the careless one", "ZeroDivisionError: in a thread", "LookupError: at its end",
                  "KeyError: 'in a slot'"):
        assert words in text
        assert words in said
    assert text.count("Traceback") == 3


def test_what_repeats_does_not_fill_the_log(tmp_path: Path) -> None:
    with CrashLog(tmp_path) as log:
        for number in range(250):
            try:
                raise ValueError(number)
            except ValueError as fault:
                sys.excepthook(type(fault), fault, fault.__traceback__)
        text = log.tail(1000)
    assert text.count("Traceback") == 3
    assert "(100 times)" in text


def test_qt_has_its_say_in_the_log(tmp_path: Path) -> None:
    with CrashLog(tmp_path) as log:
        log.faults.watch_qt()
        qWarning("the paint is wet")
        assert "WARNING Qt: default: the paint is wet" in log.tail(10)
    # Afterwards it goes where it went before.
    assert qInstallMessageHandler(None) is None


def test_the_last_words_of_qt_are_kept_when_it_ends_the_program(tmp_path: Path) -> None:
    died = run(tmp_path, "log.watch('window')\nlog.faults.watch_qt()\n"
               "from PySide6.QtCore import qFatal\nqFatal('there is no paint')")
    assert died.returncode != 0
    with CrashLog(tmp_path) as log:
        crash, = log.take_crashes()
        assert "Fatal Python error: Aborted" in crash.dump
        text = log.tail(100)
    assert "there is no paint" in text
    assert "CRITICAL Qt: " in text


def test_the_log_stays_small(tmp_path: Path) -> None:
    logger = logging.getLogger("app.test")
    with CrashLog(tmp_path):
        for number in range(600):
            logger.warning("%s %d", "x" * 5000, number)
    assert names(tmp_path) == ["noteglow.log", "noteglow.log.1", "noteglow.log.2"]
    assert all(path.stat().st_size < 600_000 for path in tmp_path.iterdir())
    assert (tmp_path / "noteglow.log").read_text().rstrip().endswith(" 599")


def test_a_folder_that_cannot_be_written_is_no_reason_to_end(tmp_path: Path) -> None:
    (tmp_path / "home").write_text("a file in the way")
    with CrashLog(tmp_path / "home" / "log") as log:
        log.watch("window")
        assert log.failure is not None
        assert log.take_crashes() == []
        assert log.tail(10) == ""
    assert (tmp_path / "home").read_text() == "a file in the way"


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no /dev/full here")
def test_a_full_disk_is_said_once_and_the_program_goes_on(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "noteglow.log").symlink_to("/dev/full")
    logger = logging.getLogger("app.test")
    with CrashLog(tmp_path) as log:
        logger.warning("one")
        logger.warning("two")
        assert log.failure is not None
    said = capsys.readouterr().err.splitlines()
    assert said == [
        "noteglow: one",
        f"noteglow: {tmp_path / 'noteglow.log'}: it cannot be written (No space left on device)",
        "noteglow: two",
    ]
