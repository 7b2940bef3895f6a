"""Noteglow's window: it builds the parts and connects them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtGui import QCloseEvent
from PySide6.QtWidgets import QHBoxLayout, QStackedWidget, QVBoxLayout, QWidget

from app.audio.devices.device_list_refresh import DeviceListRefresh
from app.audio.playback.player import OpenOutput
from app.live.input_settings import InputSettings
from app.live.midi_port_choice import MidiPortChoice
from app.live.session import LiveSession
from app.live.session_archive import SessionArchive
from app.live.tuner_worker import Tuner
from app.midi.midi_output import MidiOutput, midi_ports
from app.settings.display_settings import DisplaySettings
from app.settings.settings import Settings
from app.song.song import Song
from app.style import apply_theme as themes
from app.style.focus_ring import FocusRings
from app.style.theme_colours import Theme
from app.takes.recovery_offer import RecoveryOffer
from app.transcription.lazy_transcriber import TranscriberLike
from app.transcription.sensitivity import Sensitivity
from app.views.bars.notice_bar import NoticeBar
from app.views.bars.status_line import StatusLine
from app.views.bars.top_bar import TopBar
from app.views.dialogs import messages as dialogs
from app.views.file_drop import DropWindow
from app.views.plain_text import title_text
from app.views.shortcuts.keyboard_focus import KeyboardFocus
from app.views.shortcuts.score_shortcuts import make_score_actions
from app.views.shortcuts.song_shortcuts import make_song_actions
from app.views.shortcuts.window_shortcuts import make_actions
from app.views.stage.stage import Stage
from app.views.welcome_page import Welcome
from app.views.window_geometry import restore_geometry
from app.window.command_keys import connect_commands
from app.window.commands import Commands
from app.window.file_commands import FileCommands
from app.window.live.live_commands import LiveCommands
from app.window.live.live_display import show_live
from app.window.live.recent_playing import RecentPlaying
from app.window.live.tuning_readout import TuningReadout
from app.window.menus import MidiMenu, fill_menus
from app.window.notices import Notices
from app.window.practice.difference_keys import DifferenceKeys
from app.window.practice.practice_controller import PracticeController
from app.window.score.score_desk import ScoreDesk
from app.window.setting_panels import SettingPanels
from app.window.settings.changed_settings import ChangedSettings
from app.window.settings.key_following import KeyFollowing
from app.window.settings.tuning_commands import TuningCommands
from app.window.song.comparison_commands import ComparisonCommands
from app.window.song.song_commands import SongCommands
from app.window.song.song_controller import SongController
from app.window.stage_display import follow_display
from app.window.stage_view.stage_view_commands import StageViewCommands
from app.window.theme_choice import ThemeChoice
from app.window.unavailable_keys import UnavailableKeys
from app.window.view_commands import ViewCommands


class MainWindow(DropWindow):
    """The one window.

    Attributes:
        act: every command of the menus and buttons.
        commands: what they do.
        display, input, midi, tuner, tuning: what is set by hand, and measures beside the playing.
        song_controller: all that there is for a recording.
        score: all that there is for the score of what is on the stage.
        stage, welcome, bar, status, notice, panels: the parts that are seen.
    """

    def __init__(
        self,
        song: Song,
        live: LiveSession,
        transcriber: TranscriberLike,
        settings: Settings,
        *,
        inputs: DeviceListRefresh | None = None,
        midi_out: MidiOutput | None = None,
        list_ports: Callable[[], list[str]] = midi_ports,
        open_output: OpenOutput | None = None,
    ) -> None:
        """Args: `transcriber` is what song and live use; the others take the system's place."""
        super().__init__()
        self._settings = settings
        features, network = transcriber.features, transcriber.network_config
        early, settled = transcriber.decoder, transcriber.settled_decoder
        theme = themes.theme_of(settings.theme)
        self.setWindowTitle("Noteglow[*]")

        self.stage = Stage(features, theme, network=network, decoder=settled)
        self.act = make_actions(self, self.stage)
        song_act = make_song_actions(self, self.stage)
        self.display = DisplaySettings(settings, self)
        follow_display(self.stage, self.display)
        score_act = make_score_actions(self, self.stage)
        self.input = InputSettings(live, settings, inputs, self)
        self.midi = MidiPortChoice(live, settings, features, network, midi_out, list_ports, self)
        self.tuner = Tuner(self)
        self._offer = RecoveryOffer(self)
        self._archive = SessionArchive(settings, self)
        sensitivity = Sensitivity(
            settled, self, early=early, monophonic=self.display.monophonic
        )
        self.display.monophonic_changed.connect(sensitivity.set_monophonic)
        sensitivity.moved.connect(
            lambda _: self.display.show_monophonic(sensitivity.is_monophonic)
        )
        self.commands = Commands(
            SongCommands(song, self.stage, sensitivity, self),
            LiveCommands(
                live, self.stage, self.input, self.midi, sensitivity, self._archive, settings, self
            ),
            self.stage, sensitivity, self,
        )
        self._detail = TuningReadout(live, self.stage, self.tuner, self.display, self)
        self.bar = TopBar(self.act, theme)
        self.welcome = Welcome(self.act, theme)
        self.notice = NoticeBar(theme)
        self.status = StatusLine(self.act)
        # Before the commands are connected: what one of them says comes after.
        say = self.status.say
        keys = UnavailableKeys(self, self.act, song_act, score_act, self.commands, say)
        self.panels = SettingPanels(
            self.act, self.input, self.display, self.midi, settings, theme, self
        )
        self._themes = ThemeChoice(self.act, self.panels.display, settings, self)
        self.song_controller = SongController(
            song, self.stage, self.commands, song_act, self.act, self.display, settings,
            self.notice, self.status.set_hover, theme, self,
        )
        self.practice = PracticeController(
            live, transcriber, song, self.commands, self.song_controller, self.input, self.display,
            settings, self.notice, self.panels.input, self.act, theme, self, open_output,
        )
        keys.add(self.practice.act.all(), self.practice.why_not)
        DifferenceKeys(self.practice, ComparisonCommands(
            song, self.commands, self.stage, song_act, settings, transcriber, self.notice, self
        ))  # fmt: skip
        menus = fill_menus(self.menuBar(), self.act, song_act, self.practice.act, score_act)
        self.score = ScoreDesk(
            score_act, self.stage, self.commands, self.song_controller, song.rhythm,
            self.display, theme, self,
        )
        self._files = FileCommands(
            self, self.act, menus.recent, self.welcome.files, self.commands, settings
        )
        self._recent_playing = RecentPlaying(
            self._archive, menus.playing, self.welcome.playing, self.act.forget_sessions, self
        )
        self._midi_menu = MidiMenu(menus.midi, self.act.midi, self.midi)
        self.tuning = TuningCommands(
            song, self.commands, self.display, self.tuner, self.act, self.panels.display,
            self.notice, self,
        )
        KeyFollowing(song, self.stage, self.commands, self.display, self)
        ChangedSettings(
            self.status.chips.show_chips, self.commands, self.song_controller.playback,
            self.display, self.input, self,
        )
        self._lay_out()
        self._notices = Notices(
            self.notice, self.commands, live, self.input, self.midi, self._offer, self._archive,
            self.stage, self,
        )
        self._files.picture_saved.connect(self._notices.tell_saved)
        self.score.printing.printed.connect(self._notices.tell_printed)
        self._connect_commands()
        self._connect_view()
        ViewCommands(self.act, self.stage, settings, self)
        self._stage_view = StageViewCommands(
            self.act.stage_view, self.stage, self.commands, self.display, theme, self
        )
        self._themes.changed.connect(self._set_theme)
        self.midi.changed.connect(lambda: self.status.set_midi(self.midi.port_text))
        for meter in (self.bar.meter, self.panels.input.meter):
            live.level.connect(meter.set_level)
        # Sound may be lost while no note comes.
        live.level.connect(self._show_facts)
        self._themes.apply()
        restore_geometry(self, settings.geometry)
        self.act.full_screen.setChecked(self.isFullScreen())
        self.panels.open(settings.panel)
        self.midi.restore()
        self._focus = KeyboardFocus(self, lambda: self._page)
        FocusRings((self.stage, self.score.pane.view, self.welcome), self)
        self._show_state()

    def _lay_out(self) -> None:
        # From the window inwards: what gets another parent is styled anew with all that is in it.
        middle = QWidget(self)
        self.setCentralWidget(middle)
        column = QVBoxLayout(middle)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.bar)
        column.addWidget(self.song_controller.bar)
        row = QHBoxLayout()
        row.setSpacing(0)
        column.addLayout(row, 1)
        self._pages = QStackedWidget(middle)
        row.addWidget(self._pages, 1)
        for page in (self.welcome, self.score.panes, self.practice.view):
            self._pages.addWidget(page)
        for panel in self.panels.all:
            row.addWidget(panel)
        self.notice.float_over(self._pages)
        self.setStatusBar(self.status)

    def _connect_commands(self) -> None:
        act, commands = self.act, self.commands
        act.quit.triggered.connect(self.close)
        self.dropped.connect(self.open)
        connect_commands(commands, act, self.bar)
        commands.changed.connect(self._show_state)
        for refused in (commands.live.keeping.refused, self.song_controller.refused):
            refused.connect(self.status.say)
        commands.live.saved.connect(lambda path, _: self._files.remember(path))
        self.song_controller.files.opened.connect(self._files.remember)
        self.practice.changed.connect(self._show_state)
        for part in (commands, self._files, self.practice):
            part.failed.connect(lambda sentence: dialogs.show_error(self, sentence))

    def _connect_view(self) -> None:
        act, stage = self.act, self.stage
        act.picture.triggered.connect(lambda: self._files.save_picture(stage.plot.picture))
        stage.frozen_changed.connect(self._show_frozen)
        stage.advanced.connect(self._show_time)
        stage.notes_changed.connect(self._show_facts)

    # Showing.

    @property
    def _page(self) -> QWidget:
        if self.practice.is_shown:
            return self.practice.view
        return self.score.panes if self.commands.has_stage else self.welcome

    def focusNextPrevChild(self, forward: bool) -> bool:
        # Qt asks for the next one also when who has the focus is hidden or disabled.
        return self._focus.leave_what_is_gone() or super().focusNextPrevChild(forward)

    def _show_state(self) -> None:
        commands, act = self.commands, self.act
        song, live = commands.song, commands.live
        page, is_idle = self._page, not song.is_transcribing
        is_other = self._pages.currentWidget() is not page
        if is_idle if page is self.welcome else is_other:
            self._pages.setCurrentWidget(page)
            page.setFocus()
            # Not over what a piece is practised with.
            over = self.practice.view.roll if page is self.practice.view else self._pages
            self.notice.float_over(over)
        act.export.setEnabled(commands.can_export)
        for action in (act.picture, *act.of_view):
            action.setEnabled(commands.has_stage)
        for action in (act.play, act.to_start):
            action.setEnabled(song.is_open and not self.practice.is_on)
        for action in (act.back, act.forward):
            action.setEnabled(commands.has_stage and not live.is_listening)
        # Esc is the page's own there.
        act.cancel.setEnabled(song.is_transcribing and not self.practice.is_shown)
        for action in (act.more_notes, act.fewer_notes, act.own_notes):
            action.setEnabled(commands.hears)
        self.bar.sensitivity.setEnabled(commands.hears)
        act.show_playing(song.is_playing, self._themes.theme)
        meters = self.bar.meter, self.panels.input.meter
        show_live(commands, act, self.bar, meters, self._themes.theme)
        self.status.set_progress(song.progress if song.is_transcribing else None)
        self.stage.names.set_hint(commands.hint)
        # Qt wants the place of its mark even while nothing is marked.
        title = f"{title_text(commands.title)}[*] – Noteglow" if commands.title else "Noteglow[*]"
        self.setWindowTitle(title)
        self._show_facts()
        self._show_time()

    def _show_facts(self) -> None:
        commands = self.commands
        self.status.set_facts(
            self.practice.doing or commands.source, commands.note_count, commands.overflows,
            commands.dropped_pictures,
        )

    def _show_time(self) -> None:
        self.bar.set_time(self.stage.cursor_s, self.commands.song.duration_s)

    def _show_frozen(self, frozen: bool) -> None:
        self.act.show_frozen(frozen, self._themes.theme)

    def _set_theme(self, theme: Theme) -> None:
        for part in (
            self.bar, self.stage, self.score, self.welcome, self.notice, self.panels,
            self.song_controller, self.practice, self._stage_view,
        ):
            part.set_theme(theme)

    # Opening, and the end.

    def open(self, path: Path) -> None:
        """Opens a recording."""
        self.commands.open(path)

    def look_for_takes(self) -> None:
        """Offers takes that were not ended, and changes that were not saved, if there are any."""
        self.song_controller.files.look_for_unsaved()
        self._offer.look(self.commands.live.folder, self._settings.folders)
        self._archive.look()

    def closeEvent(self, event: QCloseEvent) -> None:
        if self.song_controller.files.must_ask:
            event.ignore()
            self.song_controller.files.leave(self.close)
            return
        self._settings.geometry = self.saveGeometry()
        self.practice.close()
        self.score.close()
        self.song_controller.close()
        self.commands.close()
        self.tuning.close()
        self.tuner.close()
        self._offer.close()
        event.accept()
