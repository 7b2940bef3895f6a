"""How notes are shown: their names, range, tuning; as set by hand and remembered."""

from __future__ import annotations

import dataclasses
from typing import Any

from PySide6.QtCore import QObject, Signal

from app.music.instruments import Instrument, instrument_named
from app.music.note_naming import ACCIDENTALS, STYLES, Accidentals, NoteNaming, Style
from app.settings.metronome_settings import MetronomeSettings
from app.settings.score_settings import ScoreSettings
from app.settings.settings import Settings
from model.pitch import A4_HZ, STANDARD_A4


class DisplaySettings(QObject):
    """Keeps what is set in the settings, but for A4, and tells of every change.

    A4 is that of what is on the stage: it belongs to the recording, or to this playing.

    Attributes:
        metronome: how beats are heard, with a signal of its own.

    Attributes:
        score: how scores and the necks of fretted instruments are shown.

    Signals:
        changed(): something is set differently; after the signal that says what.
        naming_changed(), instrument_changed(), only_names_changed(bool), unsure_changed(bool),
            pitch_lines_changed(bool): this is.
        monophonic_changed(bool): whether one note sounds at a time is different.
        tuned(float): A4 is another one, in Hz.
    """

    changed = Signal()
    naming_changed = Signal()
    instrument_changed = Signal()
    only_names_changed = Signal(bool)
    unsure_changed = Signal(bool)
    pitch_lines_changed = Signal(bool)
    monophonic_changed = Signal(bool)
    tuned = Signal(float)

    def __init__(self, settings: Settings, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._settings = settings
        self.score = ScoreSettings(settings, self)
        self.metronome = MetronomeSettings(settings, self)
        self._a4 = STANDARD_A4
        self._heard_key: int | None = None
        self._monophonic = settings.monophonic

    # What is set.

    @property
    def naming(self) -> NoteNaming:
        """How notes are called: in the key that was heard, where none was chosen."""
        naming = self._settings.naming
        if naming.key is None and self._heard_key is not None:
            # The key of what is read: a semitone up is seven fifths up.
            fifths = (self._heard_key + 7 * naming.transposition + 5) % 12 - 5
            return dataclasses.replace(naming, key=fifths)
        return naming

    @property
    def key(self) -> int | None:
        """The key that was chosen, in fifths; None is the one that is heard."""
        return self._settings.naming.key

    @property
    def instrument(self) -> Instrument:
        return instrument_named(self._settings.instrument)

    @property
    def monophonic(self) -> bool:
        """Whether one note sounds at a time."""
        return self._monophonic

    @property
    def only_names(self) -> bool:
        return self._settings.only_names

    @property
    def detail(self) -> bool:
        """Whether Hz and cents of single notes are shown."""
        return self._settings.detail

    @property
    def unsure(self) -> bool:
        return self._settings.unsure

    @property
    def pitch_lines(self) -> bool:
        """Whether the pitch curves of notes are drawn over their bars."""
        return self._settings.pitch_lines

    @property
    def bars(self) -> bool:
        """Whether beats and bars of a recording are shown."""
        return self._settings.bars

    @property
    def chords(self) -> bool:
        """Whether the row of chords is shown."""
        return self._settings.chords

    @property
    def heard_key(self) -> int | None:
        """The key that is heard, in fifths; None while it is not known."""
        return self._heard_key

    @property
    def a4(self) -> float:
        """The tuning in Hz of what is on the stage."""
        return self._a4

    # To set it.

    def set_style(self, style: Style) -> None:
        self._change(style=style)

    def next_style(self) -> None:
        """Letters, solfege, German, and letters again."""
        self.set_style(STYLES[(STYLES.index(self.naming.style) + 1) % len(STYLES)])

    def set_accidentals(self, accidentals: Accidentals) -> None:
        self._change(accidentals=accidentals)

    def next_accidentals(self) -> None:
        """Sharps, flats, by key, and sharps again."""
        place = ACCIDENTALS.index(self.naming.accidentals)
        self.set_accidentals(ACCIDENTALS[(place + 1) % len(ACCIDENTALS)])

    def set_key(self, fifths: int | None) -> None:
        """The key that names are spelled in when they follow one; None is the one heard."""
        self._change(key=fifths)

    def hear_key(self, fifths: int | None) -> None:
        """This is the key of what is on the stage; None while it is not known."""
        if fifths != self._heard_key:
            self._heard_key = fifths
            self.naming_changed.emit()
            self.changed.emit()

    def set_transposition(self, semitones: int) -> None:
        """Moves the names so far up from what sounds."""
        self._change(transposition=semitones)

    def set_instrument(self, name: str) -> None:
        """Shows the pitches of this instrument, calls them as its players do, and lets one note
        sound at a time where it plays no more."""
        instrument = instrument_named(name)
        self._settings.instrument = instrument.name
        self.instrument_changed.emit()
        self.set_monophonic(instrument.is_monophonic)
        self._change(transposition=instrument.transposition)

    def set_monophonic(self, monophonic: bool) -> None:
        """Lets one note sound at a time, or many."""
        self._settings.monophonic = monophonic
        self.show_monophonic(monophonic)

    def show_monophonic(self, monophonic: bool) -> None:
        """What is on the stage was heard so; it is not remembered."""
        if monophonic != self._monophonic:
            self._monophonic = monophonic
            self.monophonic_changed.emit(monophonic)
            self.changed.emit()

    def set_only_names(self, only: bool) -> None:
        """Shows twelve names without octaves in the read-out."""
        self._settings.only_names = only
        self.only_names_changed.emit(only)
        self.changed.emit()

    def set_detail(self, detail: bool) -> None:
        """Shows Hz and cents of single notes."""
        self._settings.detail = detail
        self.changed.emit()

    def set_unsure(self, unsure: bool) -> None:
        """Shows notes that were nearly taken for notes."""
        self._settings.unsure = unsure
        self.unsure_changed.emit(unsure)
        self.changed.emit()

    def set_pitch_lines(self, shown: bool) -> None:
        """Draws the pitch curves of notes over their bars."""
        self._settings.pitch_lines = shown
        self.pitch_lines_changed.emit(shown)
        self.changed.emit()

    def set_bars(self, shown: bool) -> None:
        """Shows beats and bars of a recording."""
        if shown != self._settings.bars:
            self._settings.bars = shown
            self.changed.emit()

    def set_chords(self, chords: bool) -> None:
        """Shows the row of chords."""
        self._settings.chords = chords
        self.changed.emit()

    def set_a4(self, a4: float) -> None:
        """The tuning in Hz; beyond what is possible it stops there."""
        a4 = min(max(round(a4, 1), A4_HZ[0]), A4_HZ[1])
        if a4 != self.a4:
            self._a4 = a4
            self.tuned.emit(a4)
            self.changed.emit()

    def _change(self, **parts: Any) -> None:
        self._settings.naming = dataclasses.replace(self._settings.naming, **parts)
        self.naming_changed.emit()
        self.changed.emit()
