"""How late what is played with the clicks is heard: measured once for each device."""

from __future__ import annotations

import statistics
from collections.abc import Callable

from PySide6.QtCore import QObject, QTimer, Signal

from app.audio.devices.device_list import AudioDeviceError
from app.live.session import LiveSession
from app.practice.session.practice_sound import PracticeSound
from app.practice.session.sound_link import SoundLink
from app.practice.session.tap_times import TapTimes
from model.config import FeatureConfig
from model.heard import Heard

N_CLICKS = 12
_INTERVAL_S, _LEAD_S = 0.6, 1.2
# A tap belongs to a click if it is so near to it.
_BEFORE_S, _AFTER_S = 0.18, 0.42
_FEWEST = 6
# Taps that lie farther apart than this tell nothing.
_MOST_SPREAD_MS = 60.0
_POLL_MS = 20
# The network has caught up with the sound when it is no farther behind.
_BEHIND_S = 0.15


class DelayCalibration(QObject):
    """Plays clicks and listens for taps with them.

    Signals:
        tapped(int): so many taps were heard.
        measured(float): how late they were, in ms; it is over.
        failed(str): it cannot be told; one sentence; it is over.
    """

    tapped = Signal(int)
    measured = Signal(float)
    failed = Signal(str)

    def __init__(
        self, live: LiveSession, listen: Callable[[], None], sound: PracticeSound,
        features: FeatureConfig, parent: QObject | None = None,
    ) -> None:
        """Args: `listen` begins a live session, or tells why not."""
        super().__init__(parent)
        self._live, self._listen, self._sound = live, listen, sound
        self._features = features
        self._is_on = self._sounds = False
        self._poll = QTimer(self, interval=_POLL_MS)
        self._poll.timeout.connect(self._look)
        live.heard.connect(self._hear)
        live.stopped.connect(self.cancel)

    @property
    def is_on(self) -> bool:
        """Whether it is measured just now."""
        return self._is_on

    def start(self) -> None:
        """Begins to measure."""
        self._taps: list[float] = []
        self._finder, self._link = TapTimes(self._features), SoundLink()
        self._is_on, self._sounds = True, False
        self._listen()
        if not self._live.is_listening:
            self._end()
            self.failed.emit("The sound input cannot be listened to.")

    def cancel(self) -> None:
        """Ends it without a result."""
        if self._is_on:
            self._end()

    def _hear(self, heard: Heard) -> None:
        if not self._is_on:
            return
        if not self._sounds:
            # The network was loaded meanwhile, and hears up to what was played in that time.
            if self._live.behind_s > _BEHIND_S:
                return
            self._sounds = True
            try:
                self._sound.begin_clicks(_INTERVAL_S, N_CLICKS, _LEAD_S)
            except AudioDeviceError as error:
                self._end()
                self.failed.emit(str(error))
                return
            self._poll.start()
        taps = self._finder.push(heard)
        if taps:
            self._taps += taps
            self.tapped.emit(min(len(self._taps), N_CLICKS))

    def _look(self) -> None:
        played_s = self._sound.position_s
        if played_s is not None:
            self._link.look(self._live.heard_s, played_s)
        if played_s is None or played_s > _LEAD_S + _INTERVAL_S * N_CLICKS + 0.4:
            self._finish()

    def _finish(self) -> None:
        self._end()
        found = late_ms(self._taps, self._link) if self._link.is_known else []
        if len(found) < _FEWEST:
            self.failed.emit(
                f"Only {len(found)} taps were heard with the clicks, which is too few to tell."
            )
        elif statistics.pstdev(found) > _MOST_SPREAD_MS:
            self.failed.emit(
                f"The taps were {statistics.pstdev(found):.0f} ms apart from each other, which is "
                "too uneven to tell."
            )
        else:
            self.measured.emit(round(statistics.median(found), 1))

    def _end(self) -> None:
        self._is_on = False
        self._poll.stop()
        self._sound.end()


def late_ms(taps: list[float], link: SoundLink) -> list[float]:
    """By how much each tap that goes with a click is later."""
    clicks = [link.heard_s(_LEAD_S + number * _INTERVAL_S) for number in range(N_CLICKS)]
    return [
        1000 * (tap - click)
        for click in clicks for tap in taps if -_BEFORE_S <= tap - click < _AFTER_S
    ]
