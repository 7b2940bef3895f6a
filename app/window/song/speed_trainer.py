"""A loop that begins slowly and gets faster with every pass."""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal

from app.song.song import Song
from app.views.bars.song_bar import NORMAL, SPEED_STEP
from app.views.stage.stage import Stage
from app.window.song.loop_speed_mix import LoopSpeedMix

# Where it begins, unless a slower speed is set already.
BEGINS_AT = 60


class SpeedTrainer(QObject):
    """While it is on, every pass of the loop is 5 % faster, up to the recording's own speed.

    Signals:
        changed(): it was turned on or off.
        told(str): what it does now; one sentence.
    """

    changed = Signal()
    told = Signal(str)

    def __init__(
        self, song: Song, stage: Stage, playback: LoopSpeedMix, parent: QObject
    ) -> None:
        super().__init__(parent)
        self._song, self._playback = song, playback
        self.is_on = False
        self._turns = 0
        stage.advanced.connect(lambda _: self._look())
        playback.changed.connect(self._follow)
        song.opened.connect(lambda _: self.set_on(False))

    def set_on(self, is_on: bool) -> None:
        """Begins to loop, at 60 % or the slower speed that is set; or leaves the speed as it is."""
        if is_on == self.is_on:
            return
        self.is_on, self._turns = is_on, self._song.player.turns
        if is_on:
            playback = self._playback
            playback.set_loops(True)
            if playback.speed >= NORMAL:
                playback.set_speed(BEGINS_AT)
            self.told.emit(
                f"Speed trainer: {playback.speed} %, and {SPEED_STEP} % more with every pass, up "
                f"to {NORMAL} %."
            )
        self.changed.emit()

    def _look(self) -> None:
        turns = self._song.player.turns
        has_turned, self._turns = turns > self._turns, turns
        if has_turned and self.is_on and self._playback.speed < NORMAL:
            self._playback.set_speed(min(self._playback.speed + SPEED_STEP, NORMAL))
            self.told.emit(f"Speed trainer: {self._playback.speed} %.")

    def _follow(self) -> None:
        if self.is_on and not self._playback.loops:
            self.set_on(False)
