"""The metronome: over a recording on its beats, steady while one plays live."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QObject, Qt, QTimer, Signal

from app.audio.devices.device_list import AudioDeviceError
from app.audio.playback.clicks import CountIn
from app.audio.playback.player import Player
from app.settings.metronome_settings import MetronomeSettings
from app.song.song import Song
from app.views.shortcuts.bar_shortcuts import BarActions
from app.window.commands import Commands

# The longest that one plays live to the same clicks.
_LONGEST_S = 12 * 3600.0


class MetronomeCommands(QObject):
    """Lets the clicks follow what is on the stage; they go to the output alone, never into a take.

    Attributes:
        live: plays the clicks of a live session.

    Signals:
        refused(str): why a command does nothing; one sentence.
    """

    refused = Signal(str)

    def __init__(
        self, song: Song, commands: Commands, metronome: MetronomeSettings, act: BarActions,
        parent: QObject,
    ) -> None:
        super().__init__(parent)
        self._song, self._commands, self._act = song, commands, act
        self._metronome = metronome
        self.live = Player(song.player.output.open_device)
        # A take begins when it was counted in.
        self._counting = QTimer(self, singleShot=True, timerType=Qt.TimerType.PreciseTimer)
        self._counting.timeout.connect(self._counted)
        act.metronome.triggered.connect(self._set_on)
        act.count_in.triggered.connect(metronome.set_counts_in)
        commands.song.count_in = self._count_in
        commands.count_in = self.count_in_take
        for changed in (metronome.changed, song.rhythm.changed):
            changed.connect(self._show)
        commands.changed.connect(self._follow_live)
        self._show()

    def close(self) -> None:
        """Falls silent."""
        self._counting.stop()
        self.live.close()

    @property
    def is_counting(self) -> bool:
        """Whether a take is being counted in."""
        return self._counting.isActive()

    def _set_on(self, is_on: bool) -> None:
        if is_on and self._commands.song.is_open and self._song.rhythm.grid is None:
            self.refused.emit("Metronome: no beats are known here yet, Alt+Y sets a tempo.")
        self._metronome.set_on(is_on)

    def _show(self) -> None:
        metronome, grid = self._metronome, self._song.rhythm.grid
        self._act.metronome.setChecked(metronome.is_on)
        self._act.count_in.setChecked(metronome.counts_in)
        clicks = self._song.player.clicks
        if metronome.is_on and grid is not None:
            firsts = np.zeros(len(grid.beats_s), bool)
            firsts[[bar.beat for bar in grid.bars]] = True
            clicks.set_beats(grid.beats_s, firsts)
        else:
            clicks.set_beats((), ())
        for one in (clicks, self.live.clicks):
            # Loudness is heard as its square, about.
            one.level = (metronome.level / 100) ** 2
        self._set_live_beats()
        self._follow_live()

    def _count_in(self, at_s: float) -> CountIn:
        """What is clicked before a recording plays from a moment on."""
        grid = self._song.rhythm.grid
        if not self._metronome.counts_in or grid is None:
            return ()
        speed = self._song.player.speed
        return [(before_s / speed, is_first) for before_s, is_first in grid.count_in(at_s)]

    # While one plays live.

    def count_in_take(self) -> bool:
        """Clicks a bar, and lets the take begin then; False where none is counted in, or no more.
        """
        if self.is_counting:
            self._counting.stop()
            self._follow_live()
            return True
        commands, metronome = self._commands, self._metronome
        if not metronome.counts_in or commands.live.is_listening:
            return False
        lead_s = metronome.meter.beats * 60 / metronome.bpm
        if not self._play_live(lead_s):
            return False
        self._counting.start(round(lead_s * 1000))
        return True

    def _counted(self) -> None:
        self._commands.record_now()
        self._follow_live()

    def _follow_live(self) -> None:
        is_wanted = self._commands.live.is_listening and self._metronome.is_on
        if is_wanted and not self.live.is_playing:
            self._play_live(0.0)
        elif not (is_wanted or self.is_counting):
            self.live.pause()

    def _play_live(self, lead_s: float) -> bool:
        """Clicks from now on, after some time or at once; False where nothing can sound."""
        metronome, live = self._metronome, self.live
        interval_s = 60 / metronome.bpm
        beats = metronome.meter.beats
        if live.duration_s == 0:
            live.load_silence(_LONGEST_S)
        live.pause()
        live.seek(0.0)
        self._set_live_beats()
        live.clicks.count_in([
            (number * interval_s, -number % beats == 0)
            for number in range(round(lead_s / interval_s), 0, -1)
        ])
        try:
            live.play()
        except AudioDeviceError as error:
            self.refused.emit(f"Metronome: {error}")
            return False
        return True

    def _set_live_beats(self) -> None:
        metronome = self._metronome
        count = int(_LONGEST_S * metronome.bpm / 60) if metronome.is_on else 0
        beats = np.arange(count)
        self.live.clicks.set_beats(beats * 60 / metronome.bpm, beats % metronome.meter.beats == 0)
