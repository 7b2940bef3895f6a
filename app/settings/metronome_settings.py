"""How the metronome clicks; as set by hand and remembered."""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal

from app.music.rhythm import Meter
from app.settings.settings import CLICK_BPM, Settings


class MetronomeSettings(QObject):
    """Keeps what is set in the settings, and tells of every change.

    Signals:
        changed(): something is set differently.
    """

    changed = Signal()

    def __init__(self, settings: Settings, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._settings = settings

    @property
    def is_on(self) -> bool:
        """Whether beats are clicked."""
        return self._settings.metronome

    @property
    def counts_in(self) -> bool:
        """Whether a bar is clicked before the music."""
        return self._settings.count_in

    @property
    def level(self) -> int:
        """How loud, in per cent."""
        return self._settings.click_level

    @property
    def bpm(self) -> float:
        """Beats a minute while one plays live."""
        return self._settings.click_bpm

    @property
    def meter(self) -> Meter:
        """The time signature while one plays live."""
        return Meter.parse(self._settings.click_meter)

    def set_on(self, is_on: bool) -> None:
        self._settings.metronome = is_on
        self.changed.emit()

    def set_counts_in(self, counts_in: bool) -> None:
        self._settings.count_in = counts_in
        self.changed.emit()

    def set_level(self, level: int) -> None:
        """In per cent; beyond 0 and 100 it stops there."""
        self._settings.click_level = min(max(level, 0), 100)
        self.changed.emit()

    def set_bpm(self, bpm: float) -> None:
        """Beats a minute; beyond what is possible it stops there."""
        self._settings.click_bpm = min(max(bpm, CLICK_BPM[0]), CLICK_BPM[1])
        self.changed.emit()

    def set_meter(self, meter: Meter) -> None:
        self._settings.click_meter = str(meter)
        self.changed.emit()
