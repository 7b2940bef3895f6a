"""Chords of what is played live, from the notes that have settled."""

from __future__ import annotations

import logging

import numpy as np
from PySide6.QtCore import QObject, Signal

from app.music.chords.chord_finding import ChordSpan
from app.music.chords.live_chords import WINDOW_S, LiveChords
from app.views.stage.stage import Stage
from app.window.commands import Commands
from model.beats.note_features import NoteArrays
from model.checkpoint_header import CheckpointError

# Notes settle about a quarter of a second after they sounded.
_BEHIND_S = 0.5

_log = logging.getLogger(__name__)


class LiveChordFeed(QObject):
    """Looks twice a second, while somebody wants to see them.

    Signals:
        changed(): `spans` are others.
    """

    changed = Signal()

    def __init__(self, commands: Commands, stage: Stage, parent: QObject) -> None:
        super().__init__(parent)
        self._commands, self._stage = commands, stage
        self._chords = LiveChords()
        self.is_on = True
        commands.live.begun.connect(self._begin)
        stage.advanced.connect(self._look)

    @property
    def spans(self) -> list[ChordSpan]:
        """The chords of the live take so far, one after the other."""
        return self._chords.spans

    def _begin(self) -> None:
        self._chords.begin()
        self.changed.emit()

    def _look(self, moment_s: float) -> None:
        until_s = moment_s - _BEHIND_S
        if not self.is_on or not self._commands.live.is_listening or until_s <= 0:
            return
        if not self._chords.is_due(until_s):
            return
        columns = self._stage.roll.track.columns_between(until_s - WINDOW_S, until_s)
        notes = NoteArrays(
            columns.onset_s.astype(np.float64), np.minimum(columns.offset_s, until_s),
            columns.pitch.astype(np.int64), columns.velocity.astype(np.float64),
        )
        try:
            if self._chords.update(notes, until_s):
                self.changed.emit()
        except CheckpointError as error:
            self.is_on = False
            _log.warning("%s", error)
