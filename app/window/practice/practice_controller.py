"""All that the window has for practising, built and connected."""

from __future__ import annotations

import dataclasses

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QMainWindow

from app.audio.playback.player import OpenOutput
from app.exports.score.page_engraver import PageEngraver
from app.live.input_settings import InputSettings
from app.live.session import LiveSession
from app.practice.practice_history import PracticeHistory
from app.practice.practice_report import PracticeResult
from app.practice.session.practice_plan import PracticePlan, PracticeWay
from app.practice.session.practice_session import PracticeSession
from app.practice.session.practice_sound import PracticeSound
from app.settings.display_settings import DisplaySettings
from app.settings.settings import Settings
from app.song.song import Song
from app.style.theme_colours import Theme
from app.transcription.lazy_transcriber import TranscriberLike
from app.views.bars.notice_bar import Notice, NoticeBar
from app.views.panels.input_panel import InputPanel
from app.views.practice.practice_view import PracticeView
from app.views.shortcuts.practice_shortcuts import make_practice_actions
from app.views.shortcuts.window_shortcuts import Actions
from app.window.commands import Commands
from app.window.practice.delay_measuring import DelayMeasuring
from app.window.practice.piece_display import PieceDisplay
from app.window.practice.piece_sources import PieceSources
from app.window.practice.practice_score import PracticeScore
from app.window.practice.practice_starting import PracticeStarting
from app.window.practice.result_display import ResultDisplay
from app.window.song.song_controller import SongController

_SOUND = "practice sound"
# The worst bars are offered at this share of the speed, in per cent.
_SLOWER = 80


class PracticeController(QObject):
    """Keeps the page, the session and the commands of practising in step.

    Attributes:
        act: the commands.
        view: the page.
        session, starting, delays: what plays, asks and measures.
        piece, report: what shows the piece, and how it went.

    Signals:
        changed(): the page comes or goes, or what is said in the status line is other.
        failed(str): something did not work; one sentence.
    """

    changed = Signal()
    failed = Signal(str)

    def __init__(
        self, live: LiveSession, transcriber: TranscriberLike, song: Song, commands: Commands,
        song_controller: SongController, input_settings: InputSettings, display: DisplaySettings,
        settings: Settings, notices: NoticeBar, panel: InputPanel, window_act: Actions,
        theme: Theme, window: QMainWindow, open_output: OpenOutput | None = None, *,
        history: PracticeHistory | None = None, engraver: PageEngraver | None = None,
    ) -> None:
        """Args: `history` takes the place of the user's own, `engraver` of a process."""
        super().__init__(window)
        self._live, self._song, self._commands = live, song, commands
        self._input, self._display, self._notices = input_settings, display, notices
        view = self.view = PracticeView(theme, window)
        act = self.act = make_practice_actions(window, view)
        self._plan: PracticePlan | None = None
        self._is_shown = False
        sound = PracticeSound(open_output, lambda: settings.click_level / 100)
        self.session = PracticeSession(live, transcriber, sound, self)
        self.delays = DelayMeasuring(
            live, self._borrow, self._give_back, sound, transcriber.features, input_settings,
            settings, window,
        )
        self.delays.show_in(panel.delay, panel.measure)
        self.score = PracticeScore(view.score, theme, engraver, self)
        self.piece = PieceDisplay(view, self.score, self.session, display, self)
        self.report = ResultDisplay(
            view, self.session, self.delays, history or PracticeHistory(), self
        )
        sources = PieceSources(
            commands, song, lambda: song_controller.editing.chosen,
            lambda: song_controller.playback.span,
        )
        self.starting = PracticeStarting(sources, transcriber, display, settings, window)
        self._settings = settings
        self._connect(window_act)
        view.offer(act)
        self._show()

    def _connect(self, window_act: Actions) -> None:
        act, session, starting = self.act, self.session, self.starting
        window_act.practise.triggered.connect(self.ask)
        act.skip.triggered.connect(session.skip)
        act.again.triggered.connect(self.again)
        act.worst.triggered.connect(self.practise_worst)
        act.end.triggered.connect(self.end)
        act.direction.triggered.connect(lambda falls: self._set_looks(falls=falls))
        act.score.triggered.connect(lambda score: self._set_looks(score=score))
        act.delay.triggered.connect(self.delays.ask)
        self._show_looks(starting.way)
        starting.planned.connect(self.begin)
        starting.delay_asked.connect(self.delays.ask)
        self.delays.changed.connect(self._delay_changed)
        self.delays.failed.connect(self.failed)
        self.piece.changed.connect(self.changed)
        session.ended.connect(self._ended)
        session.silent.connect(self._silent)
        self.view.report.loop_asked.connect(self.practise_bars)
        self.report.failed.connect(self.failed)
        # What comes on the stage is to be seen.
        self._commands.song.begun.connect(self.leave)
        self._commands.live.begun.connect(self.leave)

    def set_theme(self, theme: Theme) -> None:
        """Dresses all of it."""
        self.view.set_theme(theme)
        self.score.set_theme(theme)

    def close(self) -> None:
        """Ends what runs."""
        self._is_shown = False
        self.session.end()
        self.delays.close()
        self.score.close()
        self.starting.close()

    # What the window shows.

    @property
    def is_shown(self) -> bool:
        """Whether the page of practising is to be seen."""
        return self._is_shown

    @property
    def is_on(self) -> bool:
        """Whether a piece is played just now."""
        return self.session.is_on

    @property
    def doing(self) -> str:
        """What is going on, for the status line; empty while nothing is."""
        return self.piece.doing

    def why_not(self, action: QAction) -> str:
        """Why one of the commands does nothing, as half a sentence."""
        if self.session.is_on:
            waits = "" if action is not self.act.skip else "nothing is waited for"
            return waits or "Esc ends practising first"
        if action in (self.act.next_fault, self.act.previous_fault):
            return "nothing differs" if self.has_faults else "nothing is compared, Ctrl+M does so"
        return "" if action in (self.act.end, self.act.again) else "F6 practises a piece"

    @property
    def has_faults(self) -> bool:
        """Whether there is a report to go through."""
        return self._is_shown and self.report.result is not None and not self.session.is_on

    # Commands.

    def ask(self) -> None:
        """Asks what is to be practised."""
        if self.session.is_on:
            self.again()
        elif self._commands.live.is_recording:
            self.failed.emit("A take is being recorded: end it before you practise.")
        else:
            self.starting.ask(self.delays.text)

    def begin(self, plan: PracticePlan) -> None:
        """Begins to practise."""
        self._commands.song.rest()
        self.session.end()
        self._plan = plan
        self.report.forget()
        self._is_shown = True
        self._show_looks(plan.how)
        self.piece.begin(plan)
        recording = None
        if plan.how.sounding == "recording" and plan.recording_from_s is not None:
            recording = self._song.player.recording
        self._borrow()
        self.session.start(
            plan, self._input.start, delay_s=self.delays.delay_ms / 1000, recording=recording,
            a4=self._display.a4,
        )
        if not self.session.is_on:
            # Why was told over the page.
            self._give_back()
            self._is_shown = False
        self.piece.run()
        self._show()
        self.changed.emit()

    def again(self) -> None:
        """The same once more."""
        if self._plan is not None:
            plan, self._plan = self._plan, None
            self.session.end()
            self.begin(plan)

    def practise_worst(self) -> None:
        """The worst bars, slower."""
        if self.report.loops:
            self.practise_bars(*self.report.loops[0])

    def practise_bars(self, first: int, last: int) -> None:
        """Some bars of the piece, slower than before."""
        if self._plan is None:
            return
        plan = self._plan
        speed = max(10, round(plan.how.speed * _SLOWER / 100 / 5) * 5)
        how = dataclasses.replace(plan.how, speed=speed)
        self.begin(dataclasses.replace(
            plan, piece=plan.piece.of_bars(first, last), others=plan.others.of_bars(first, last),
            how=how,
        ))  # fmt: skip

    def end(self) -> None:
        """Ends it; of a report, goes back to the stage."""
        if self.session.is_on:
            self.session.end()
        else:
            self.leave()

    def leave(self) -> None:
        """Goes back to the stage."""
        if self._is_shown:
            self._is_shown = False
            self._plan = None
            self.report.forget()
            self.session.end()
            self._show()
            self.changed.emit()

    # Within.

    def _borrow(self) -> None:
        """The live session is this one's from now on."""
        self._live.stop()
        self._commands.live.is_lent = True

    def _give_back(self) -> None:
        self._live.stop()
        self._commands.live.is_lent = False
        self._commands.changed.emit()

    def _ended(self, result: PracticeResult | None) -> None:
        self._give_back()
        plan = self._plan
        if plan is None or not self._is_shown:
            return
        if result is None:
            self.leave()
            return
        self.report.show(plan, result)
        self.score.set_piece(result.piece)
        self.score.show_marks(result.marks)
        self.piece.show_counts()
        self._show()
        self.changed.emit()

    def _delay_changed(self) -> None:
        if self.starting.sheet is not None:
            self.starting.sheet.set_delay(self.delays.text)

    def _silent(self, sentence: str) -> None:
        self._notices.tell(Notice(_SOUND, sentence, is_warning=True))

    def _set_looks(self, **looks: bool) -> None:
        way = dataclasses.replace(self.starting.way, **looks)  # type: ignore[arg-type]
        self._settings.practice = way.as_json()
        self._show_looks(way)
        if self._plan is not None:
            how = dataclasses.replace(self._plan.how, falls=way.falls, score=way.score)
            self._plan = dataclasses.replace(self._plan, how=how)

    def _show_looks(self, way: PracticeWay) -> None:
        self.act.direction.setChecked(way.falls)
        self.act.score.setChecked(way.score)
        self.view.roll.set_falls(way.falls)
        self.score.want(way.score)

    def _show(self) -> None:
        act, is_on = self.act, self.session.is_on
        waits = self._plan is not None and self._plan.how.way == "wait"
        act.skip.setEnabled(is_on and waits)
        act.again.setEnabled(self._is_shown and not is_on)
        act.worst.setEnabled(self.has_faults and bool(self.report.loops))
        act.end.setEnabled(self._is_shown)
        act.end.setText("End" if is_on else "Back")
