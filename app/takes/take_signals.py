"""Tells a window what becomes of a take that is being recorded."""

from __future__ import annotations

from PySide6.QtCore import QObject, QTimer, Signal

from app.takes.take_recorder import TakeRecorder

_LOOK_MS = 100


class TakeSignals(QObject):
    """Watches one take until all of it is written. Lives in the GUI thread.

    Signals:
        failed(str): the take has ended early, one sentence; before `done`.
        done(object): nothing more will be written: the Path of the sound file, or None when there
            is none; see `TakeRecorder.saved`.
    """

    failed = Signal(str)
    done = Signal(object)

    def __init__(self, writer: TakeRecorder, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._writer = writer
        self._has_failed = False
        # The writer's thread is none of Qt's; to look is simpler than to be told across threads.
        self._timer = QTimer(self, interval=_LOOK_MS)
        self._timer.timeout.connect(self._look)
        self._timer.start()

    @property
    def writer(self) -> TakeRecorder:
        """The take that is watched."""
        return self._writer

    def _look(self) -> None:
        # In this order: what is done has its error.
        is_done = self._writer.is_done
        if self._writer.error is not None and not self._has_failed:
            self._has_failed = True
            self.failed.emit(self._writer.error)
        if is_done:
            self._timer.stop()
            self.done.emit(self._writer.saved)
