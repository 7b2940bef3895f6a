"""All that the window has for scores, built and connected."""

from __future__ import annotations

from PySide6.QtWidgets import QWidget

from app.settings.display_settings import DisplaySettings
from app.song.rhythm.song_rhythm import SongRhythm
from app.style.theme_colours import Theme
from app.views.score.score_pane import ScorePane, StageAndScore
from app.views.shortcuts.score_shortcuts import ScoreActions
from app.views.stage.stage import Stage
from app.window.commands import Commands
from app.window.score.score_commands import ScoreCommands
from app.window.score.score_printing import ScorePrinting
from app.window.song.song_controller import SongController


class ScoreDesk:
    """Attributes:
        act: the commands.
        settings: how scores are shown and written.
        pane, panes: the score, and what lays it beside the stage.
        commands, printing: what is done with it.
    """

    def __init__(
        self, act: ScoreActions, stage: Stage, commands: Commands, song: SongController,
        rhythm: SongRhythm, display: DisplaySettings, theme: Theme, window: QWidget,
    ) -> None:
        self.act = act
        self.settings = display.score
        self.pane = ScorePane(act, self.settings, theme)
        self.panes = StageAndScore(stage, self.pane, self.settings.share)
        self.panes.shared.connect(self.settings.set_share)
        self.commands = ScoreCommands(
            act, self.pane, self.panes, commands, song.editing, song.playback, stage, rhythm,
            display, parent=window,
        )
        song.chords.changed.connect(self.commands.look)
        self.printing = ScorePrinting(
            commands, song.parts, lambda: self.commands.options, window
        )
        self.printing.failed.connect(commands.failed)
        self._stage, self._refuse = stage, song.refused.emit
        act.next_fretboard.triggered.connect(self._show_next_neck)
        act.print_score.triggered.connect(self.printing.ask)
        act.save_pdf.triggered.connect(lambda: song.exporting.ask_paper(self.settings.options))

    def _show_next_neck(self) -> None:
        self.settings.next_fretboard()
        neck = self._stage.fretboard
        if neck.instrument is not None and not neck.isVisible() and self._stage.isVisible():
            self._refuse(
                f"Fretboard of the {neck.instrument.name}: the roll is too low for it, make it "
                "higher."
            )

    def set_theme(self, theme: Theme) -> None:
        self.pane.set_theme(theme)

    def close(self) -> None:
        """Ends what runs."""
        self.commands.close()
        self.printing.close()
