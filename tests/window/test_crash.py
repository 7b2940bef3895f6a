"""What is left of the window when it dies, and what it leaves when it is asked to end."""

from __future__ import annotations

import faulthandler
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import soundfile
from PySide6.QtCore import QSettings
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QApplication

from app.exports.export_file import export
from app.settings.settings import Settings
from app.song.autosave_files import left_autosaves
from app.system.crash_log import CrashLog
from app.window.crash_report import CrashReport
from app.window.unasked_end import UnaskedEnd
from model.notes import Note
from tests.leaks import nothing_left, only_new_objects  # noqa: F401
from tests.note_events import on
from tests.window.window_bench import WAIT_MS, Bench, bench, make  # noqa: F401
from tests.window.window_fakes import RATE

# Fixtures are imported, and arguments of the same name get them.
# ruff: noqa: F811

ROOT = Path(__file__).resolve().parents[2]
Start = Callable[..., subprocess.Popen[str]]


@pytest.fixture
def start(tmp_path: Path, tiny_checkpoint: Path) -> Iterator[Start]:
    """Starts the window as a program of its own, and waits until it does what it shall."""
    started: list[subprocess.Popen[str]] = []

    def begin(what: str, *file: Path) -> subprocess.Popen[str]:
        program = subprocess.Popen(
            [sys.executable, "-m", "tests.window.window_program", str(tmp_path),
             str(tiny_checkpoint), what, *map(str, file)],
            cwd=ROOT, stdout=subprocess.PIPE, text=True,
        )
        started.append(program)
        assert program.stdout is not None
        assert program.stdout.readline() == "ready\n"
        return program

    yield begin
    for program in started:
        program.kill()
        program.communicate()


@pytest.fixture
def log(tmp_path: Path) -> Iterator[CrashLog]:
    with CrashLog(tmp_path / "log") as log:
        yield log
    # As it is for the other tests.
    faulthandler.enable(sys.__stderr__)


@pytest.fixture
def report(bench: Bench, log: CrashLog) -> Iterator[CrashReport]:
    """What startup adds to the window."""
    report = CrashReport(log, bench.window.notice, bench.settings, bench.window)
    yield report
    report.close()


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_after_a_crash_the_next_start_says_so_and_offers_the_take(
    start: Start, bench: Bench, report: CrashReport, tmp_path: Path
) -> None:
    program = start("crash")
    assert program.wait(60) == -signal.SIGABRT
    report.look_back()
    bench.window.look_for_takes()
    bench.until(lambda: "was not ended" in bench.window.notice.text)
    bench.press("Keep")
    bench.until(lambda: "Kept: " in bench.window.notice.text)
    sound, _ = names(tmp_path / "takes")
    assert soundfile.info(tmp_path / "takes" / sound).frames > RATE / 2
    bench.window.notice._close_current()
    assert "Noteglow did not end properly on " in bench.window.notice.text
    with bench.qtbot.waitSignal(report.copied, timeout=WAIT_MS):
        bench.press("Copy a report")
    copied = QGuiApplication.clipboard().text()
    assert "Fatal Python error: Aborted" in copied
    assert 'File "app/window/startup.py"' in copied
    assert "PySide6-Essentials 6" in copied
    assert str(ROOT) not in copied
    assert tmp_path.name not in copied
    # It is told once.
    bench.window.notice._close_current()
    report.look_back()
    assert bench.window.notice.text == ""


def test_what_was_played_without_being_recorded_outlives_a_kill(
    start: Start, bench: Bench
) -> None:
    program = start("live")
    # As long as it is played, nobody else takes it for what a crash left.
    bench.window.look_for_takes()
    with bench.qtbot.waitSignal(bench.window._archive.changed, timeout=WAIT_MS):
        bench.window.look_for_takes()
    assert not bench.window.welcome.playing.rows
    program.kill()
    program.wait(60)
    bench.window.look_for_takes()
    bench.until(lambda: bool(bench.window.welcome.playing.rows))
    row = bench.window.welcome.playing.rows[0]
    assert row.text().endswith("1 note")
    with bench.qtbot.waitSignal(bench.song.finished, timeout=WAIT_MS):
        row.click()
    assert bench.song.info is not None
    assert bench.song.info.duration_s > 1.0


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such signals")
def test_a_signal_ends_the_take_properly(
    hang_up: None, start: Start, tmp_path: Path
) -> None:
    program = start("record")
    program.send_signal(signal.SIGHUP)
    assert program.wait(60) == 0
    sound, notes = names(tmp_path / "takes")
    assert "unfinished" not in sound + notes
    assert soundfile.info(tmp_path / "takes" / sound).frames == RATE
    assert '"pitch": 60' in (tmp_path / "takes" / notes).read_text()
    assert names(tmp_path / "log") == ["noteglow.log"]


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such signals")
def test_a_signal_asks_nothing_and_keeps_changes_for_the_next_start(
    start: Start, make: Callable[[], Bench], tmp_path: Path
) -> None:
    song = tmp_path / "song.mid"
    export([Note(0.5, 1.0, 60)], song)
    program = start("edit", song)
    program.terminate()
    assert program.wait(60) == 0
    assert [left.source for left in left_autosaves()] == [song]
    bench = make()
    bench.window.look_for_takes()
    assert "before your changes to song.mid were saved" in bench.window.notice.text
    with bench.qtbot.waitSignal(bench.song.finished, timeout=WAIT_MS):
        bench.press("Recover")
    assert bench.song.notes == []
    bench.window.song_controller.files.close()


def test_a_log_out_ends_the_take_and_the_window_stays(bench: Bench, tmp_path: Path) -> None:
    application = QApplication.instance()
    assert isinstance(application, QApplication)
    end = UnaskedEnd(application, bench.window, bench.settings)
    bench.window.act.record.trigger()
    bench.live.hear(1.0, on(60, 0.5))
    application.commitDataRequest.emit(None)
    assert not bench.live.is_listening
    sound, notes = names(tmp_path / "takes")
    assert "unfinished" not in sound + notes
    assert bench.window.isVisible()
    end.deleteLater()


def test_a_fault_in_a_slot_is_told_logged_and_ends_nothing_else(
    bench: Bench, report: CrashReport, log: CrashLog
) -> None:
    def fail(path: Path) -> None:
        raise LookupError(f"no {path.name}")

    bench.window.dropped.connect(fail)
    # pytest-qt has the hook for itself.
    with bench.qtbot.captureExceptions(), pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "excepthook", log.faults._uncaught)
        for _ in range(3):
            bench.window.dropped.emit(Path("mine"))
    bench.until(lambda: "LookupError('no mine')" in bench.window.notice.text)
    assert bench.window.isVisible()
    text = log.tail(100)
    assert text.count("Traceback") == 1
    assert 'raise LookupError(f"no {path.name}")' in text


def test_a_home_that_cannot_be_written_is_told_in_one_line(bench: Bench, tmp_path: Path) -> None:
    in_the_way = tmp_path / "a file, no folder"
    in_the_way.write_bytes(b"")
    store = QSettings(str(in_the_way / "settings.ini"), QSettings.Format.IniFormat)
    with CrashLog(in_the_way / "log") as log:
        log.watch("window")
        report = CrashReport(log, bench.window.notice, Settings(store), bench.window)
        report.look_back()
        assert bench.window.notice.text == (
            f"What is set here will be forgotten: {store.fileName()}: it cannot be written. "
            f"Faults are not logged: {in_the_way / 'log'}: it cannot be written (Not a directory)."
        )
        report.close()


def test_a_home_that_can_be_written_is_not_spoken_of(bench: Bench, report: CrashReport) -> None:
    report.look_back()
    assert bench.window.notice.text == ""
