"""From the command to the window: first the window, then the network behind it."""

from __future__ import annotations

import contextlib
import gc
import sys
from pathlib import Path

from PySide6.QtCore import QEvent, QObject, QTimer
from PySide6.QtWidgets import QApplication

from app.live.session import LiveSession
from app.settings.settings import Settings
from app.song.song import Song
from app.system.crash_log import CrashLog
from app.system.signals import ended_by_signals
from app.system.worker_thread import Ended, Worker, WorkError
from app.transcription.lazy_transcriber import LazyTranscriber
from app.views.dialogs import messages as dialogs
from app.window.crash_report import CrashReport
from app.window.main_window import MainWindow
from app.window.unasked_end import UnaskedEnd
from model.checkpoint_header import CheckpointError

_SWITCH_S = 0.001


class _Loading(QObject):
    """Loads the network in a thread; without it the window says why and closes."""

    def __init__(
        self, engine: LazyTranscriber, window: MainWindow, report: CrashReport | None
    ) -> None:
        super().__init__(window)
        self._window, self._report = window, report

        def load(worker: Worker) -> None:
            try:
                engine.load()
            except CheckpointError as error:
                raise WorkError(str(error)) from None

        self._worker = Worker(load, self._receive, can_wait=True)
        window.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        # Loading would hold up the first picture, so it begins after it.
        if event.type() == QEvent.Type.Paint:
            self._window.removeEventFilter(self)
            QTimer.singleShot(0, self._begin)
        return False

    def _begin(self) -> None:
        self._worker.start()
        # What can be done about a crash is offered above what is told of it.
        if self._report is not None:
            self._report.look_back()
        self._window.look_for_takes()

    def _receive(self, posted: list[object]) -> None:
        for item in posted:
            match item:
                case Ended(error=None):
                    # The libraries' many objects stay for good: to look through them again and
                    # again would hold up pictures.
                    gc.freeze()
                case Ended(error=str() as error):
                    dialogs.show_fatal(error)
                    self._window.close()
                    QApplication.exit(1)


def run(
    file: Path | None,
    checkpoint: Path,
    runtime: str | None = None,
    log: CrashLog | None = None,
) -> int:
    """Opens the window, and `file` in it; returns the program's exit status when it is closed.

    Args:
        runtime: what runs the network; see `model.runtime.open_runtime`.
        log: is told that this run stays, and tells of the ones before; None without a log.
    """
    if log is not None:
        log.watch("window")
        log.faults.watch_qt()
    application = QApplication.instance()
    if not isinstance(application, QApplication):
        application = QApplication(sys.argv[:1])
    application.setApplicationName("Noteglow")
    application.setDesktopFileName("noteglow")
    # The window's thread waits for Python's lock this long at most while the network's holds it;
    # its own 5 ms are a third of a picture.
    sys.setswitchinterval(_SWITCH_S)
    settings = Settings()
    try:
        engine = LazyTranscriber(checkpoint, settings.a4, runtime=runtime)
    except CheckpointError as error:
        dialogs.show_fatal(str(error))
        return 1
    window = MainWindow(Song(engine), LiveSession(engine), engine, settings)
    window.display.tuned.connect(engine.tune)
    end = UnaskedEnd(application, window, settings)
    with contextlib.ExitStack() as closing:
        closing.enter_context(ended_by_signals(end.end))
        report = None
        if log is not None:
            report = CrashReport(log, window.notice, settings, window)
            closing.callback(report.close)
        _Loading(engine, window, report)
        window.show()
        if file is not None:
            window.open(file)
        return int(application.exec())
