"""What is heard, on its way to the stage: waiting for the next frame, then picture and notes."""

from __future__ import annotations

import math
import tempfile
from collections.abc import Callable
from typing import BinaryIO

from PySide6.QtCore import QObject, Signal

from app.views.stage.feed.live_curves import LiveCurves
from app.views.stage.feed.live_notes import LiveNotes
from app.views.stage.feed.note_index import NoteIndex
from app.views.stage.feed.settling_notes import SettlingNotes
from app.views.stage.spectrogram_renderer import RECENT_S, Spectrogram
from model.config import DecoderConfig, FeatureConfig, NetworkConfig
from model.heard import Heard


class LiveQueue(QObject):
    """Fills spectrogram and note tracks; lives in the GUI thread.

    Attributes:
        is_take: whether this is a live take, else a recording.
        head_s: the moment up to which there is sound.

    Signals:
        grown(float, float): there is sound between these two moments, in seconds.
        note_ended(float, float, int): at this MIDI pitch, between these two moments.
        redecoded(): all notes may be different.
        history_lost(str): the temporary disk takes no more; one sentence, once for each sound.
    """

    grown = Signal(float, float)
    note_ended = Signal(float, float, int)
    redecoded = Signal()
    history_lost = Signal(str)

    def __init__(
        self,
        spectrogram: Spectrogram,
        track: NoteIndex,
        unsure: NoteIndex,
        features: FeatureConfig,
        network: NetworkConfig,
        decoder: DecoderConfig,
        settling: SettlingNotes,
        curves: LiveCurves,
        open_file: Callable[[], BinaryIO],
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._spectrogram, self._track, self._features = spectrogram, track, features
        self._curves = curves
        self._notes = LiveNotes(
            track, unsure, features, network, decoder,
            math.ceil(RECENT_S * features.frames_per_second), open_file, settling,
        )
        self.begin(is_take=False)

    def begin(self, *, is_take: bool) -> None:
        """Forgets everything: another sound begins."""
        self.is_take = is_take
        self.head_s = 0.0
        self._pending: list[Heard] = []
        self._has_warned = False
        self._notes.begin(is_take=is_take)
        self._curves.clear()
        self._spectrogram.begin()

    @property
    def is_redecoding(self) -> bool:
        """Whether `advance` has something to do."""
        return self._notes.is_redecoding

    def add(self, heard: Heard) -> None:
        """Keeps what was heard for `take_in`."""
        self._pending.append(heard)

    def take_in(self) -> set[int] | None:
        """Puts what is pending into the picture and the tracks.

        Returns:
            The pitches that began; None when nothing was pending.
        """
        if not self._pending:
            return None
        pitches: set[int] = set()
        for heard in self._pending:
            self.grown.emit(*self._spectrogram.append(heard.spectrum))
            if self.is_take:
                said = heard.probabilities
                self._curves.push(said.cents, len(said))
            for span in self._notes.add(heard):
                self.note_ended.emit(*span)
            pitches |= self._track.take_begun()
        if not self.is_take:
            self.head_s = self._features.frame_end_s(self._spectrogram.columns - 1)
        self._pending = []
        self._warn()
        return pitches

    def redecode(self, decoder: DecoderConfig, early: DecoderConfig) -> None:
        """Finds notes anew, as `LiveNotes.redecode`."""
        if self._notes.redecode(decoder, early):
            self.redecoded.emit()

    def advance(self) -> None:
        """One more piece of finding notes anew, if there is one."""
        if self._notes.advance():
            self.redecoded.emit()

    def end(self) -> None:
        """Nothing more will be heard."""
        self._notes.end(self.head_s)

    def _warn(self) -> None:
        failure = self._spectrogram.pyramid.failure or self._notes.spool.failure
        if failure is not None and not self._has_warned:
            self._has_warned = True
            self.history_lost.emit(
                f"The temporary folder {tempfile.gettempdir()} takes no more ({failure}): from "
                f"here on only the last {RECENT_S / 60:g} minutes can be looked at again."
            )
