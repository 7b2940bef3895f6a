"""The report after practising: shown, kept in the history, gone through."""

from __future__ import annotations

import statistics
import time

from PySide6.QtCore import QObject, Signal

from app.practice.practice_history import HistoryEntry, PracticeHistory
from app.practice.practice_report import PracticeResult
from app.practice.session.practice_plan import PracticePlan
from app.practice.session.practice_session import PracticeSession
from app.system.atomic_write import WriteError
from app.views.practice.practice_view import PracticeView
from app.window.practice.delay_measuring import DelayMeasuring

# What is as late as this on the whole, and as evenly, may be the device's delay.
_DELAY_MS, _EVEN_MS, _FEWEST = 40.0, 45.0, 8


class ResultDisplay(QObject):
    """Shows a result on the page.

    Attributes:
        result: that is shown; None for none.

    Signals:
        failed(str): the history cannot be written; one sentence.
    """

    failed = Signal(str)

    def __init__(
        self, view: PracticeView, session: PracticeSession, delays: DelayMeasuring,
        history: PracticeHistory, parent: QObject,
    ) -> None:
        super().__init__(parent)
        self._view, self._session, self._delays = view, session, delays
        self._history = history
        self.result: PracticeResult | None = None
        view.report.bar_chosen.connect(self._show_bar)
        view.report.delay_asked.connect(self._take_delay)

    def show(self, plan: PracticePlan, result: PracticeResult) -> None:
        """Shows how it went, and adds it to the piece's history."""
        self.result = result
        waited = plan.how.way == "wait"
        try:
            self._history.add(plan.piece, HistoryEntry.of(result, time.time(), waited=waited))
        except WriteError as error:
            self.failed.emit(str(error))
        extras = [(extra.pitch, self._session.place_of(extra.time_s)) for extra in result.extras]
        self._view.show_report(
            result, extras, self._history.entries(plan.piece),
            self._device_delay_ms(result) if plan.how.way == "clock" else None,
        )
        first, last = result.piece.notes[0].bar, result.piece.notes[-1].bar
        bars = f"Bar {first}" if first == last else f"Bars {first}–{last}"
        self._view.set_progress(f"{bars}: {result.share_played:.0%} played", 1.0)

    def forget(self) -> None:
        """Nothing is shown any more."""
        self.result = None

    @property
    def loops(self) -> list[tuple[int, int]]:
        """The worst bars, as stretches, the worst first."""
        return [] if self.result is None else self.result.loops()

    def go_to_fault(self, step: int) -> None:
        """Goes to the next note that was not right (1), or to the one before (-1)."""
        if self.result is not None and self._view.roll.go_to_fault(step):
            self._view.score.go_to(self._view.roll.fault_s or 0.0)

    def _device_delay_ms(self, result: PracticeResult) -> float | None:
        """What is rather the device's delay, all of it; None where nothing says so."""
        offs = result.offs_ms()
        if len(offs) < _FEWEST or statistics.pstdev(offs) > _EVEN_MS:
            return None
        late_ms = statistics.median(offs)
        return self._delays.delay_ms + late_ms if abs(late_ms) >= _DELAY_MS else None

    def _take_delay(self) -> None:
        if self.result is not None and (late_ms := self._device_delay_ms(self.result)):
            self._delays.set_delay(late_ms)
            self._view.report.delay.hide()

    def _show_bar(self, bar: int) -> None:
        if self.result is not None:
            self._view.roll.show_moment(self.result.piece.bar_s(bar))
