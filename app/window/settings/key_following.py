"""The key that names are spelled in follows what is on the stage."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QObject, QTimer

from app.music.heard_key import HeardKey
from app.settings.display_settings import DisplaySettings
from app.song.song import Song
from app.views.stage.stage import Stage
from app.window.commands import Commands

# While notes come, the key is looked for at most this often.
_LOOK_MS = 700
# Of a live take so much counts: who plays on may play another piece.
_LIVE_S = 60.0


class KeyFollowing(QObject):
    """Tells the display settings which key is heard, or was set by hand for the recording."""

    def __init__(
        self, song: Song, stage: Stage, commands: Commands, display: DisplaySettings,
        parent: QObject,
    ) -> None:
        super().__init__(parent)
        self._stage, self._commands, self._display = stage, commands, display
        self._heard = HeardKey()
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(_LOOK_MS)
        self._timer.timeout.connect(self._look)
        for begun in (commands.song.begun, commands.live.begun):
            begun.connect(self._begin)
        for changed in (stage.notes_changed, song.notes_changed, song.finished):
            changed.connect(self._come)

    def _begin(self) -> None:
        self._heard.clear()
        self._display.hear_key(None)

    def _come(self) -> None:
        if not self._timer.isActive():
            self._timer.start()

    def _look(self) -> None:
        key = self._commands.annotations.key
        if key is not None:
            self._display.hear_key(key.fifths)
            return
        notes = self._stage.roll.track.columns()
        if not len(notes.pitch):
            return
        first_s = 0.0
        if self._commands.has_take:
            first_s = self._commands.duration_s - _LIVE_S
        # A note that sounds on counts until now.
        ends_s = np.minimum(notes.offset_s, self._commands.duration_s)
        lengths_s = np.clip(ends_s - np.maximum(notes.onset_s, first_s), 0.0, None)
        seconds = np.bincount(notes.pitch % 12, lengths_s, minlength=12)
        self._heard.update(seconds.astype(np.float64))
        self._display.hear_key(self._heard.fifths)
