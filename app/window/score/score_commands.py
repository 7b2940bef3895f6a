"""The score of what is on the stage: engraved when it is looked at, and followed."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

from PySide6.QtCore import QObject, QTimer

from app.exports.export_options import ExportOptions
from app.exports.score.engraving import Paper
from app.exports.score.page_engraver import PageEngraver
from app.settings.display_settings import DisplaySettings
from app.song.rhythm.song_rhythm import SongRhythm
from app.views.score.score_pane import ScorePane, StageAndScore
from app.views.shortcuts.score_shortcuts import ScoreActions
from app.views.stage.stage import Stage
from app.window.commands import Commands
from app.window.song.loop_speed_mix import LoopSpeedMix
from app.window.song.selection_editing import SelectionEditing
from model.notes import Note

# Changes that come in quick turns are engraved together.
_DEBOUNCE_MS = 350


class ScoreCommands(QObject):
    """Shows the score beside the stage or in its place, and keeps it that of the notes there.

    Attributes:
        act: the commands.
        view: the pages.
    """

    def __init__(
        self, act: ScoreActions, pane: ScorePane, panes: StageAndScore, commands: Commands,
        editing: SelectionEditing, playback: LoopSpeedMix, stage: Stage,
        rhythm: SongRhythm, display: DisplaySettings,
        engraver: PageEngraver | None = None, parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self.act, self.view = act, pane.view
        self._panes, self._commands, self._stage = panes, commands, stage
        self._editing, self._playback = editing, playback
        self._rhythm, self._display, self._score = rhythm, display, display.score
        self._engraver = engraver or PageEngraver(self)
        # What is shown, or on its way.
        self._asked: tuple[Sequence[Note], ExportOptions, Paper] | None = None
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self._engrave)
        # What moves the view of the roll works there as well.
        self.view.addActions(stage.actions())
        panes.show_parts(self._parts)
        self._connect()
        self._show_actions()

    def _connect(self) -> None:
        act, view, score, stage = self.act, self.view, self._score, self._stage
        act.next_view.triggered.connect(score.show_next)
        act.next_staves.triggered.connect(score.next_staves)
        act.next_page.triggered.connect(lambda: view.turn(1))
        act.previous_page.triggered.connect(lambda: view.turn(-1))
        act.larger.triggered.connect(lambda: score.zoom_by(1))
        act.smaller.triggered.connect(lambda: score.zoom_by(-1))
        score.shown.connect(self.show)
        score.zoomed.connect(lambda: view.set_zoom(score.zoom))
        view.set_zoom(score.zoom)
        view.larger_asked.connect(score.zoom_by)
        view.note_pointed.connect(self._point)
        view.page_shown.connect(self._show_actions)
        for changed in (
            score.changed, view.paper_changed, stage.notes_changed, self._commands.changed,
            self._rhythm.changed, self._display.changed,
        ):
            changed.connect(self.look)
        stage.advanced.connect(self._show_moment)
        self._commands.changed.connect(lambda: self._show_moment(stage.cursor_s))
        self._commands.song.begun.connect(self._clear)
        self._commands.live.begun.connect(self._clear)
        self._editing.changed.connect(lambda: view.set_chosen(self._editing.chosen))
        self._engraver.page.connect(view.add_page)
        self._engraver.ended.connect(view.end)
        self._engraver.failed.connect(self._failed)

    @property
    def is_shown(self) -> bool:
        """Whether there is a score to be seen, or soon."""
        return self._parts != "roll"

    @property
    def _parts(self) -> str:
        """What is shown; while notes still come, that is the roll."""
        return self._score.parts if self._commands.can_export else "roll"

    @property
    def options(self) -> ExportOptions:
        """How the score is written."""
        beats, annotations = self._commands.file_beats, self._commands.annotations
        key = annotations.key or (None if beats is None else beats.key)
        rhythm = None if self._commands.has_take else self._rhythm.rhythm
        if rhythm is None and beats is not None:
            rhythm = beats.rhythm()
        # As on the stage: chords that are hidden there stand in no score.
        chords = self._commands.chords() if self._display.chords else ()
        return dataclasses.replace(
            self._score.options, rhythm=rhythm, key=key, markers=annotations.markers,
            chords=chords,
        )

    def show(self) -> None:
        """Shows the stage, the score, or both, as it is set, and gives them the keys."""
        self._panes.show_parts(self._parts)
        if self.is_shown:
            self.look()
        else:
            self.close()
            self._asked = None
        self._panes.setFocus()
        self._show_actions()

    def close(self) -> None:
        """Ends what runs."""
        self._timer.stop()
        self._engraver.close()

    # Within.

    def _show_actions(self) -> None:
        self.act.next_staves.setEnabled(self.is_shown)
        for action in self.act.of_notes:
            action.setEnabled(self._commands.can_export)
        for action in self.act.on_pages:
            action.setEnabled(self.is_shown and self.view.count > 0)

    def look(self) -> None:
        """Something of what the score is written from may be different."""
        if self._panes.parts != self._parts:
            self.show()
            return
        self._show_actions()
        if self.is_shown and not self._timer.isActive():
            self._timer.start(_DEBOUNCE_MS if self._asked else 0)

    def _engrave(self) -> None:
        if not self.is_shown:
            return
        notes = sorted(self._commands.notes, key=lambda note: note.onset_s)
        asked = notes, self.options, self.view.paper
        if asked != self._asked:
            self._asked = asked
            self.view.begin(self._engraver.engrave(*asked), notes)

    def _clear(self, sentence: str = "") -> None:
        self._asked = None
        self.view.clear(sentence)

    def _failed(self, sentence: str) -> None:
        # Until something changes, it would fail again.
        self.view.clear(sentence)

    def _show_moment(self, seconds: float) -> None:
        self.view.follows = self._stage.follows
        self.view.show_moment(seconds)

    def _point(self, note: Note) -> None:
        self._commands.seek(note.onset_s)
        if self._editing.is_on:
            self._editing.choose([note])
        else:
            # Seen on the roll, without being what keys would change.
            self._stage.selection.set_chosen([note])
            self.view.set_chosen([note])
        song = self._commands.song
        if song.is_open and not song.is_playing:
            self._playback.solo(note)
