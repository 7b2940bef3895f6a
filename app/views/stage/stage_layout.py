"""The parts of the stage side by side on shared axes, and how they are dressed."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import BinaryIO

from PySide6.QtGui import QColor
from PySide6.QtWidgets import QGridLayout, QWidget

from app.music.note_naming import NoteNaming
from app.style.theme_colours import Theme
from app.views.note_names.note_names import NoteNames
from app.views.stage.axes import Axes
from app.views.stage.canvas import Canvas
from app.views.stage.keyboard import Keyboard
from app.views.stage.overview import Overview
from app.views.stage.piano_roll import PianoRoll
from app.views.stage.spectrogram_renderer import Spectrogram
from app.views.stage.time_axis import TimeRuler
from model.config import FeatureConfig, NetworkConfig
from model.pitch import N_NOTE_NAMES, NOTE_NAME_OCTAVE


class StageLayout(QWidget):
    """Read-out, ruler, keyboard, spectrogram with roll, and overview.

    Attributes:
        axes: the time and pitch in view.
        names, ruler, keyboard, canvas, overview: the widgets.
        spectrogram, roll: what the canvas shows.
    """

    def __init__(
        self, features: FeatureConfig, network: NetworkConfig, theme: Theme,
        open_file: Callable[[], BinaryIO], parent: QWidget | None,
    ) -> None:
        super().__init__(parent)
        self._only_names = network.only_note_names
        self.axes = Axes(self)
        self.names = NoteNames(theme)
        self.ruler = TimeRuler(self.axes, theme)
        self.keyboard = Keyboard(self.axes, theme)
        self.spectrogram = Spectrogram(
            features, only_note_names=self._only_names, open_file=open_file
        )
        self.roll = PianoRoll(theme)
        self.canvas = Canvas(self.axes, self.spectrogram, self.roll, theme)
        self.overview = Overview(self.axes, self.roll.track, theme)
        self._corners = [QWidget(), QWidget()]
        self._lay_out()
        self.names.set_note_names_only(self._only_names)
        self.set_naming(NoteNaming())
        self.set_theme(theme)

    def _lay_out(self) -> None:
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setSpacing(0)
        grid.addWidget(self.names, 0, 0, 1, 2)
        grid.addWidget(self._corners[0], 1, 0)
        grid.addWidget(self.ruler, 1, 1)
        grid.addWidget(self.keyboard, 2, 0)
        grid.addWidget(self.canvas, 2, 1)
        grid.addWidget(self._corners[1], 3, 0)
        grid.addWidget(self.overview, 3, 1)
        grid.setRowStretch(2, 1)
        grid.setColumnStretch(1, 1)

    def set_theme(self, theme: Theme) -> None:
        self.roll.set_theme(theme)
        for part in (self.names, self.ruler, self.keyboard, self.canvas, self.overview):
            part.set_theme(theme)
        for corner in self._corners:
            corner.setAutoFillBackground(True)
            palette = corner.palette()
            palette.setColor(corner.backgroundRole(), QColor(theme.panel))
            corner.setPalette(palette)

    def set_naming(self, naming: NoteNaming) -> None:
        """Calls notes so everywhere; where only their names are heard, without octaves."""
        if self._only_names:
            naming = dataclasses.replace(naming, octaves=False)
        self.names.set_naming(naming)
        self.keyboard.set_naming(naming)
        self.roll.set_naming(naming)
        self.canvas.forget_notes()

    def set_range(self, lowest: int, highest: int) -> None:
        """Shows only these MIDI pitches, of the keys as of the notes, until another range is set.

        Where only the names of notes are heard, all twelve are shown.
        """
        if self._only_names:
            lowest, highest = NOTE_NAME_OCTAVE, NOTE_NAME_OCTAVE + N_NOTE_NAMES - 1
        self.roll.set_range(lowest, highest)
        self.axes.set_range(lowest, highest)
        self.canvas.forget_notes()

    def set_unsure_visible(self, visible: bool) -> None:
        """Shows faint bars of notes that were nearly taken for notes, or hides them."""
        self.roll.unsure_visible = visible
        self.canvas.forget_notes()
