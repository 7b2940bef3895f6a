"""The line about a single note beside its name: what the tuner says of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject

from app.live.session import LiveSession
from app.live.tuner_worker import Tuner
from app.settings.display_settings import DisplaySettings
from app.views.stage.stage import Stage

if TYPE_CHECKING:
    # scipy's part of it takes a moment to load.
    from app.music.tuning.hz_and_cents import PitchMeasurement


class TuningReadout(QObject):
    """Has the tuner measure the note that sounds alone in a live take, and shows what it says."""

    def __init__(
        self,
        live: LiveSession,
        stage: Stage,
        tuner: Tuner,
        display: DisplaySettings,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._live, self._stage, self._tuner = live, stage, tuner
        self._display = display
        self._pitch: int | None = None
        self._is_on = False
        live.overhear(tuner.sound.add)
        live.started.connect(self._follow)
        live.stopped.connect(self._follow)
        display.changed.connect(self._follow)
        display.tuned.connect(tuner.set_a4)
        stage.advanced.connect(self._look)
        tuner.measured.connect(self._show)

    def _follow(self) -> None:
        """Measures while there is a session and the line is wanted."""
        is_on = self._live.is_listening and self._display.detail
        if is_on == self._is_on:
            return
        self._is_on = is_on
        self._pitch = None
        self._stage.names.show_detail("")
        if is_on:
            self._tuner.begin(self._display.a4)
        else:
            self._tuner.end()

    def _look(self) -> None:
        """Looks at what sounds in this frame."""
        if not self._is_on:
            return
        sounding = self._stage.roll.sounding
        pitch = next(iter(sounding)) if len(sounding) == 1 else None
        # What was said of a note stays while its name fades.
        if sounding and pitch != self._pitch:
            self._stage.names.show_detail("")
            self._pitch = pitch
        elif not sounding and not self._stage.names.is_fading:
            self._stage.names.show_detail("")
            self._pitch = None
        self._tuner.set_pitch(pitch)

    def _show(self, pitch: int, found: PitchMeasurement | None) -> None:
        # A moment without a clear answer is no reason to take the last one away.
        if self._is_on and pitch == self._pitch and found is not None:
            self._stage.names.show_detail(found.text, found.cents)
