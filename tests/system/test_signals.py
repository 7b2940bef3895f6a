"""Signals reach the event loop, and the second one ends the program."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from PySide6.QtCore import QCoreApplication, QTimer
from pytestqt.qtbot import QtBot

from app.system.signals import ended_by_signals

ROOT = Path(__file__).resolve().parents[2]

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such signals")


@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM", "SIGHUP"])
def test_a_signal_wakes_a_loop_that_sleeps(name: str, qtbot: QtBot, hang_up: None) -> None:
    number = getattr(signal, name)
    usual = signal.getsignal(number)
    with ended_by_signals(QCoreApplication.quit):
        QTimer.singleShot(0, lambda: os.kill(os.getpid(), number))
        # Nothing else would end it.
        assert QCoreApplication.exec() == 0
    assert signal.getsignal(number) is usual


def test_one_that_comes_before_the_loop_is_not_lost(qtbot: QtBot) -> None:
    with ended_by_signals(QCoreApplication.quit):
        os.kill(os.getpid(), signal.SIGTERM)
        assert QCoreApplication.exec() == 0


def test_a_program_that_hangs_is_ended_by_the_second_signal_and_nohup_is_obeyed() -> None:
    code = (
        "import os, signal, time\n"
        "from PySide6.QtCore import QCoreApplication\n"
        "from app.system.signals import ended_by_signals\n"
        "application = QCoreApplication([])\n"
        "signal.signal(signal.SIGHUP, signal.SIG_IGN)\n"
        "with ended_by_signals(application.quit):\n"
        "    for number in (signal.SIGHUP, signal.SIGHUP, signal.SIGTERM):\n"
        "        os.kill(os.getpid(), number)\n"
        "    print('it hangs', flush=True)\n"
        "    os.kill(os.getpid(), signal.SIGTERM)\n"
        "    time.sleep(60)\n"
    )
    run = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, stdout=subprocess.PIPE, text=True, check=False
    )
    assert (run.stdout, run.returncode) == ("it hangs\n", -signal.SIGTERM)
