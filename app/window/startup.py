"""From the command to the window; the network is loaded while the window is being drawn."""

from __future__ import annotations

import contextlib
import gc
import importlib
import sys
from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QEvent, QObject, QTimer
from PySide6.QtGui import QIcon
from PySide6.QtWidgets import QApplication

from app.audio.devices.portaudio_streams import AudioDeviceError, portaudio
from app.live.session import LiveSession
from app.settings.settings import Settings
from app.song.song import Song
from app.system.crash_log import CrashLog
from app.system.paths import ASSETS
from app.system.read_ahead import read_ahead
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

    def __init__(self, transcriber: LazyTranscriber, window: MainWindow) -> None:
        """Begins at once."""
        super().__init__(window)
        self._window = window

        def load(worker: Worker) -> None:
            read_ahead("onnxruntime")
            try:
                transcriber.load()
            except CheckpointError as error:
                raise WorkError(str(error)) from None
            _load_sound()

        self._worker = Worker(load, self._receive, can_wait=True)
        self._worker.start()

    def _receive(self, posted: list[object]) -> None:
        for item in posted:
            match item:
                case Ended(error=None):
                    # The libraries' many objects stay for good: to look through them again and
                    # again would hold up pictures.
                    gc.freeze()
                    gc.enable()
                case Ended(error=str() as error):
                    dialogs.show_fatal(error)
                    self._window.close()
                    QApplication.exit(1)


def _load_sound() -> None:
    """Loads what the first press of Live would have to wait for; that says what is missing."""
    with contextlib.suppress(AudioDeviceError):
        portaudio()
    for name in ("soundfile", "filelock"):
        with contextlib.suppress(ImportError, OSError):
            importlib.import_module(name)


class _FirstPicture(QObject):
    """Does something once the window has been painted for the first time."""

    def __init__(self, window: MainWindow, then: Callable[[], None]) -> None:
        super().__init__(window)
        self._window, self._then = window, then
        window.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Paint:
            self._window.removeEventFilter(self)
            QTimer.singleShot(0, self._then)
        return False


def run(
    file: Path | None,
    checkpoint: Path,
    runtime: str | None = None,
    log: CrashLog | None = None,
) -> int:
    """Opens the window, and `file` in it; returns the program's exit status when it is closed.

    Args:
        runtime: what runs the network; see `model.runtimes.runtime.open_runtime`.
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
    application.setWindowIcon(QIcon(str(ASSETS / "noteglow.svg")))
    # The window's thread waits for Python's lock this long at most while the network's holds it;
    # its own 5 ms are a third of a picture.
    sys.setswitchinterval(_SWITCH_S)
    settings = Settings()
    try:
        transcriber = LazyTranscriber(checkpoint, runtime=runtime)
    except CheckpointError as error:
        dialogs.show_fatal(str(error))
        return 1
    window = MainWindow(Song(transcriber), LiveSession(transcriber), transcriber, settings)
    window.tuning.live_tuned.connect(transcriber.tune)
    end = UnaskedEnd(application, window, settings)
    with contextlib.ExitStack() as closing:
        closing.enter_context(ended_by_signals(end.end))
        report = None
        if log is not None:
            report = CrashReport(log, window.notice, settings, window)
            closing.callback(report.close)

        def look_back() -> None:
            # What can be done about a crash is offered above what is told of it.
            if report is not None:
                report.look_back()
            window.look_for_takes()

        # Not before the window is made, which would take longer beside it; Live may be pressed at
        # once.
        _Loading(transcriber, window)
        _FirstPicture(window, look_back)
        window.show()
        if file is not None:
            window.open(file)
        return int(application.exec())
