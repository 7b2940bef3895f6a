"""A4 of what is on the stage: measured, set, and told, also where no panel is open."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import QObject, QTimer, Signal

from app.live.tuner_worker import Tuner
from app.settings.display_settings import DisplaySettings
from app.song.file_tuning import FileTuning
from app.song.song import Song, SongInfo
from app.views.bars.notice_bar import Notice, NoticeBar
from app.views.panels.display_panel import DisplayPanel
from app.views.shortcuts.window_shortcuts import Actions
from app.window.commands import Commands
from model.pitch import STANDARD_A4, pitch_from_hz

_Choice = tuple[str, Callable[[], None]]
_ABOUT = "A4"
# After a change by hand, a recording is heard anew when so much time has passed.
_HEAR_ANEW_MS = 500


class TuningCommands(QObject):
    """Keeps `DisplaySettings.a4` that of the recording on the stage, or of what is played.

    Signals:
        live_tuned(float): what is played is to be heard with this A4 in Hz.
    """

    live_tuned = Signal(float)

    def __init__(
        self, song: Song, commands: Commands, display: DisplaySettings, tuner: Tuner,
        act: Actions, panel: DisplayPanel, notices: NoticeBar, parent: QObject,
    ) -> None:
        super().__init__(parent)
        self._song, self._commands, self._display, self._tuner = song, commands, display, tuner
        self._measure_action, self._panel, self._notices = act.measure_a4, panel, notices
        self._live_a4 = STANDARD_A4
        # Whether the tuning that comes next is the one a recording was opened with.
        self._is_opening = False
        self._file = FileTuning(self)
        self._hear_anew = QTimer(self, singleShot=True, interval=_HEAR_ANEW_MS)
        self._hear_anew.timeout.connect(lambda: song.set_a4(display.a4))
        song.opened.connect(self._song_opened)
        song.tuned.connect(self._song_tuned)
        commands.live.begun.connect(self._song_gone)
        commands.song.ended.connect(self._song_gone)
        display.tuned.connect(self._set)
        act.measure_a4.triggered.connect(self.measure)
        for measured in (tuner.a4_measured, self._file.measured):
            measured.connect(self._measured)
        self._file.failed.connect(self._tell)

    def measure(self) -> None:
        """Measures the tuning of the recording on the stage, or of what was played last."""
        info = self._song.info
        if self._has_song and info is not None and info.is_midi:
            self._tell("A MIDI file has no sound whose tuning could be measured.")
        elif self._has_song and info is not None:
            self._begin()
            self._file.measure(info.path, self._display.a4)
        elif not self._tuner.sound.sample_rate:
            self._tell("Nothing was heard yet. Press L and play, or open a recording, then A.")
        else:
            self._begin()
            self._tuner.measure_a4(self._display.a4)

    def reset(self) -> None:
        """Goes back to 440 Hz."""
        self._notices.settle(_ABOUT)
        self._display.set_a4(STANDARD_A4)

    def close(self) -> None:
        """Ends what is being measured."""
        self._hear_anew.stop()
        self._file.close()

    @property
    def _has_song(self) -> bool:
        return self._commands.song.is_open and not self._commands.has_take

    def _begin(self) -> None:
        self._measure_action.setEnabled(False)
        self._tell("Measuring…")

    def _tell(self, text: str, choices: Sequence[_Choice] = ()) -> None:
        self._panel.say_measured(text)
        self._notices.tell(Notice(_ABOUT, text, choices))

    # What is told.

    def _measured(self, a4: float | None) -> None:
        self._measure_action.setEnabled(True)
        if a4 is None and self._has_song:
            self._tell("No clear tuning was heard in this recording.")
        elif a4 is None:
            self._tell("No clear tuning was heard in the last 15 seconds. Play some notes, then "
                       "try again.")
        else:
            is_other = round(a4, 1) != self._display.a4
            self._display.set_a4(a4)
            if not is_other:
                what = "So it was set already."
            elif self._has_song:
                what = "The recording is listened to again with it."
            else:
                what = "What you play is heard with it from now on."
            self._tell(f"Measured: {_a4_text(a4)}. {what}", self._way_back)

    @property
    def _way_back(self) -> list[_Choice]:
        return [("Use 440 Hz", self.reset)] if self._display.a4 != STANDARD_A4 else []

    def _song_opened(self, info: SongInfo) -> None:
        self._close_measuring()
        self._is_opening = not info.is_midi and self._song.opened_project is None
        self._display.set_a4(self._song.a4)

    def _song_tuned(self, a4: float) -> None:
        self._display.set_a4(a4)
        if self._is_opening and a4 == self._song.opened_a4 != STANDARD_A4:
            text = f"This recording is tuned to {_a4_text(a4)}: its notes are found with that."
            self._notices.tell(Notice(_ABOUT, text, self._way_back))
        self._is_opening = False

    def _song_gone(self) -> None:
        self._close_measuring()
        self._display.set_a4(self._live_a4)

    def _close_measuring(self) -> None:
        """What was measured or set is of no interest any more."""
        self.close()
        self._measure_action.setEnabled(True)
        self._notices.settle(_ABOUT)
        self._panel.say_measured("")

    def _set(self, a4: float) -> None:
        if not self._has_song:
            self._live_a4 = a4
            self.live_tuned.emit(a4)
        elif a4 == self._song.a4:
            self._hear_anew.stop()
        else:
            self._hear_anew.start()


def _a4_text(a4: float) -> str:
    """Such as "A4 = 442.0 Hz, 8 cents above 440"."""
    cents = round(100 * (pitch_from_hz(a4) - pitch_from_hz(STANDARD_A4)))
    way = f", {abs(cents)} cents {'above' if cents > 0 else 'below'} 440" if cents else ""
    return f"A4 = {a4:.1f} Hz{way}"
