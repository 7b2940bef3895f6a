"""Tells of crashes and faults above the stage, and copies the report of them."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QGuiApplication

from app.settings.settings import Settings
from app.song.autosave_files import left_autosaves
from app.system.crash_log import Crash, CrashLog
from app.system.fault_hooks import fault_text
from app.system.worker_thread import Ended, Worker
from app.views.bars.notice_bar import Notice, NoticeBar

CRASH, _FAULT, _HOME, _REPORT = "crash", "fault", "home", "report"
_COPY = "Copy a report"


class CrashReport(QObject):
    """Lives in the GUI thread; faults come from any.

    Signals:
        copied(): the report lies in the clipboard.
    """

    copied = Signal()
    # Emitted in the thread of the fault.
    _faulted = Signal(str)

    def __init__(
        self, log: CrashLog, bar: NoticeBar, settings: Settings, parent: QObject
    ) -> None:
        super().__init__(parent)
        self._log, self._bar, self._settings = log, bar, settings
        self._worker: Worker | None = None
        self._faulted.connect(self._tell_fault)
        log.faults.listener = self._hear

    def look_back(self) -> None:
        """At the start: tells of runs that did not end, and of a home that keeps nothing."""
        if crashes := self._log.take_crashes():
            self._tell_crashes(crashes)
        lacks = []
        if self._settings.problem is not None:
            lacks.append(f"What is set here will be forgotten: {self._settings.problem}.")
        if self._log.failure is not None:
            lacks.append(f"Faults are not logged: {self._log.folder}: it cannot be written "
                         f"({self._log.failure}).")
        if lacks:
            self._bar.tell(Notice(_HOME, " ".join(lacks), is_warning=True))

    def copy(self) -> None:
        """Begins to write the report; `copied` follows. Nothing is sent to anybody."""
        if self._worker is None:
            screen = _screen()
            files = [
                *self._settings.recent_files, self._settings.last_folder,
                *(path for path in (self._settings.takes_folder,) if path),
                *(left.source for left in left_autosaves()),
            ]
            self._worker = Worker(
                partial(_write, self._log, screen, files), self._receive, can_wait=True
            )
            self._worker.start()

    def close(self) -> None:
        """Tells of nothing more."""
        self._log.faults.listener = None
        if self._worker is not None:
            self._worker.end()
            self._worker = None

    def _hear(self, fault: BaseException) -> None:
        self._faulted.emit(fault_text(fault))

    def _tell_fault(self, text: str) -> None:
        sentence = (
            f"A fault of the program ended what was being done ({text}). Noteglow goes on; where "
            "something looks wrong, save your work and start it again."
        )
        # One in painting comes again with every picture, and its button could not be pressed.
        if sentence != self._bar.text:
            self._bar.tell(Notice(_FAULT, sentence, [(_COPY, self.copy)], is_warning=True))

    def _tell_crashes(self, crashes: Sequence[Crash]) -> None:
        when = f"{crashes[-1].when:%Y-%m-%d, %H:%M}"
        self._bar.tell(Notice(
            CRASH,
            f"Noteglow did not end properly on {when}. A report helps to mend it: versions, "
            "devices and the end of the log, without sound and names of files.",
            [(_COPY, self.copy)],
            stays=True,
        ))  # fmt: skip

    def _receive(self, posted: list[object]) -> None:
        for item in posted:
            match item:
                case str():
                    QGuiApplication.clipboard().setText(item)
                    self._bar.tell(Notice(
                        _REPORT,
                        "The report is in the clipboard, to be pasted where you tell of the fault."
                        " Nothing was sent.",
                    ))  # fmt: skip
                    self.copied.emit()
                case Ended():
                    self._worker = None


def _write(log: CrashLog, screen: str, files: Sequence[Path], worker: Worker) -> None:
    # Loaded by who wants a report: it looks up the packages of all libraries.
    from app.window.report_text import report_text

    worker.post(report_text(log, screen, files))


def _screen() -> str:
    screen = QGuiApplication.primaryScreen()
    size, scale = screen.size(), screen.devicePixelRatio()
    platform = QGuiApplication.platformName()
    return f"{platform}, {size.width()} × {size.height()}, scale {scale:g}"
