"""A timer that ticks sixty times a second on the average."""

from __future__ import annotations

import time
from collections.abc import Callable

from PySide6.QtCore import QObject, Qt, QTimer, Signal

FRAME_S = 1 / 60


class FrameTimer(QObject):
    """Emits `frame` at the beats of a steady 60 Hz; beats that come too late are left out.

    Qt's timers count whole milliseconds, and one of 17 ms misses a picture of the screen every
    second. So each tick is set out for the next beat.

    Signals:
        frame(): it is time for the next picture.
    """

    frame = Signal()

    def __init__(
        self, parent: QObject | None = None, now: Callable[[], float] = time.perf_counter
    ) -> None:
        super().__init__(parent)
        self._now = now
        self._due_s = 0.0
        self._is_active = False
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.timeout.connect(self._tick)

    @property
    def is_active(self) -> bool:
        return self._is_active

    def start(self) -> None:
        """Ticks from now on, if it did not already."""
        if not self._is_active:
            self._is_active = True
            self._due_s = self._now()
            self._set_out()

    def stop(self) -> None:
        """Ticks no more."""
        self._is_active = False
        self._timer.stop()

    def _tick(self) -> None:
        self.frame.emit()
        if self._is_active:
            self._set_out()

    def _set_out(self) -> None:
        now = self._now()
        self._due_s += FRAME_S
        if self._due_s < now:
            # A whole beat late: the work of a frame does not fit in, so begin anew.
            self._due_s = now
        self._timer.start(round((self._due_s - now) * 1000))
