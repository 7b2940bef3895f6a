"""The read-out of what sounds above the plot of it, and how both are dressed."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import BinaryIO

from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QVBoxLayout, QWidget

from app.music.fretting import FrettedInstrument
from app.music.note_naming import NoteNaming
from app.style.theme_colours import Theme
from app.views.fretboard import Fretboard
from app.views.note_names.names_readout import NamesReadout
from app.views.stage.feed.live_curves import LiveCurves
from app.views.stage.piano_roll_item import PianoRollItem
from app.views.stage.spectrogram_renderer import Spectrogram
from app.views.stage.stage_plot import StagePlot
from model.config import FeatureConfig, NetworkConfig
from model.pitch import N_NOTE_NAMES, NOTE_NAME_OCTAVE

# Below this height the names leave their room to the roll, and the neck does where that had less.
_LEAST_WITH_NAMES_PX, _LEAST_PLOT_PX = 280, 220


class StageLayout(QWidget):
    """Builds the parts of the stage.

    Attributes:
        names: the read-out.
        fretboard: at the bottom, hidden until an instrument is set.
        plot: the scene beneath it; view_box, keyboard, time_axis, overview are its parts.
        spectrogram, roll, selection: what the scene shows.
    """

    def __init__(
        self, features: FeatureConfig, network: NetworkConfig, theme: Theme,
        open_file: Callable[[], BinaryIO], parent: QWidget | None,
    ) -> None:
        super().__init__(parent)
        self._only_names = network.only_note_names
        self.names = NamesReadout(theme)
        self.spectrogram = Spectrogram(
            features, only_note_names=self._only_names, open_file=open_file
        )
        self.roll = PianoRollItem(theme, LiveCurves(features))
        self.plot = StagePlot(self.spectrogram, self.roll, theme)
        self.view_box, self.time_axis = self.plot.view_box, self.plot.time_axis
        self.keyboard, self.overview = self.plot.keyboard, self.plot.overview
        self.selection = self.plot.selection
        self.fretboard = Fretboard(theme)
        self._column = column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.names)
        column.addWidget(self.plot, 1)
        column.addWidget(self.fretboard)
        # Told whenever other keys light up.
        self.keyboard.described.connect(lambda _: self.fretboard.light(self.keyboard.lit))
        self.names.set_note_names_only(self._only_names)
        self.set_naming(NoteNaming())

    def set_neck(self, instrument: FrettedInstrument | None) -> None:
        """Shows the neck of a fretted instrument at the bottom, where there is room, or none."""
        self.fretboard.set_instrument(instrument)
        self._make_room()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._make_room()

    def _make_room(self) -> None:
        """What the roll leaves no room for is hidden."""
        height = self.height()
        has_names = height >= _LEAST_WITH_NAMES_PX
        self.names.setVisible(has_names)
        left = height - self.fretboard.sizeHint().height()
        left -= self.names.minimumHeight() if has_names else 0
        has_neck = self.fretboard.instrument is not None
        self.fretboard.setVisible(has_neck and left >= _LEAST_PLOT_PX)

    def set_theme(self, theme: Theme) -> None:
        self.names.set_theme(theme)
        self.plot.set_theme(theme)
        self.fretboard.set_theme(theme)

    def take_back_names(self) -> None:
        """The read-out, which was shown elsewhere, is on top again."""
        self._column.insertWidget(0, self.names)
        self.names.show()

    def set_naming(self, naming: NoteNaming) -> None:
        """Calls notes so everywhere; where only their names are heard, without octaves."""
        if self._only_names:
            naming = dataclasses.replace(naming, octaves=False)
        self.names.set_naming(naming)
        self.keyboard.set_naming(naming)
        self.fretboard.set_naming(naming)
        self.roll.set_naming(naming)
        self.plot.redraw_notes()

    def set_range(self, lowest: int, highest: int) -> None:
        """Shows only these MIDI pitches until another range is set.

        Where only the names of notes are heard, all twelve are shown.
        """
        if self._only_names:
            lowest, highest = NOTE_NAME_OCTAVE, NOTE_NAME_OCTAVE + N_NOTE_NAMES - 1
        self.roll.set_range(lowest, highest)
        self.view_box.set_range(lowest, highest)
        self.plot.redraw_notes()

    def set_lines_visible(self, visible: bool) -> None:
        """Draws the pitch curves of notes over their bars, or does not."""
        self.roll.lines_visible = visible
        self.plot.redraw_notes()

    def set_unsure_visible(self, visible: bool) -> None:
        """Shows faint bars of notes that were nearly taken for notes, or hides them."""
        self.roll.unsure_visible = visible
        self.plot.redraw_notes()
