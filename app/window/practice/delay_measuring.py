"""The delay of the player's own device: measured once, and remembered by device."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QPushButton, QWidget

from app.live.input_settings import InputSettings
from app.live.session import LiveSession
from app.practice.session.delay_calibration import N_CLICKS, DelayCalibration
from app.practice.session.practice_sound import PracticeSound
from app.settings.setting_types import MOST_DELAY_MS
from app.settings.settings import Settings
from app.views.bars.fact_label import FactLabel
from app.views.practice.delay_sheet import DelaySheet
from model.config import FeatureConfig


class DelayMeasuring(QObject):
    """Asks for claps in a sheet, and keeps what came of them.

    Signals:
        changed(): the delay is another.
        failed(str): it cannot be measured now; one sentence.
    """

    changed = Signal()
    failed = Signal(str)

    def __init__(
        self, live: LiveSession, borrow: Callable[[], None], give_back: Callable[[], None],
        sound: PracticeSound, features: FeatureConfig, input_settings: InputSettings,
        settings: Settings, window: QWidget,
    ) -> None:
        """Args: `borrow` and `give_back` frame the use of the live session."""
        super().__init__(window)
        self._borrow, self._give_back = borrow, give_back
        self._input, self._settings, self._window = input_settings, settings, window
        self._live = live
        self._sheet: DelaySheet | None = None
        self._calibration = DelayCalibration(live, input_settings.start, sound, features, self)
        self._calibration.tapped.connect(self._tapped)
        self._calibration.measured.connect(self._measured)
        self._calibration.failed.connect(self._missed)

    @property
    def sheet(self) -> DelaySheet | None:
        """The sheet while it is open."""
        return self._sheet

    @property
    def delay_ms(self) -> float:
        """That of the chosen input; 0 where it was not measured."""
        return self._settings.practice_delays.get(self._device, 0.0)

    @property
    def text(self) -> str:
        """What is known of it, in words."""
        if self._device not in self._settings.practice_delays:
            return "not measured"
        return f"{self.delay_ms:.0f} ms"

    def set_delay(self, ms: float) -> None:
        """Keeps the delay of the chosen input."""
        ms = min(max(ms, -MOST_DELAY_MS), MOST_DELAY_MS)
        delays = self._settings.practice_delays
        self._settings.practice_delays = {**delays, self._device: round(ms, 1)}
        self.changed.emit()

    def ask(self) -> None:
        """Opens the sheet."""
        if self._live.is_recording:
            self.failed.emit("A take is being recorded: end it first.")
            return
        if self._sheet is None:
            self._sheet = DelaySheet(self._window, N_CLICKS)
            self._sheet.begin_asked.connect(self._begin)
            self._sheet.ended.connect(self._closed)
            self._sheet.open()

    def show_in(self, label: FactLabel, button: QPushButton) -> None:
        """Says there what is known of it; the button measures it."""
        def show() -> None:
            label.show_fact(self.text)

        self.changed.connect(show)
        self._input.changed.connect(show)
        button.clicked.connect(self.ask)
        show()

    def close(self) -> None:
        """Ends what runs."""
        self._calibration.cancel()

    @property
    def _device(self) -> str:
        return self._input.choice.name or ""

    def _begin(self) -> None:
        self._borrow()
        self._calibration.start()

    def _tapped(self, count: int) -> None:
        if self._sheet is not None:
            self._sheet.show_taps(count)

    def _measured(self, ms: float) -> None:
        self._give_back()
        self.set_delay(ms)
        if self._sheet is not None:
            self._sheet.show_result(f"This device is {ms:.0f} ms late. That is allowed for now.")

    def _missed(self, sentence: str) -> None:
        self._give_back()
        if self._sheet is not None:
            self._sheet.show_result(sentence)

    def _closed(self) -> None:
        self._sheet = None
        if self._calibration.is_on:
            self._calibration.cancel()
            self._give_back()
