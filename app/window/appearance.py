"""How the stage shows notes: their names, range, tuning; as set by hand and remembered."""

from __future__ import annotations

import dataclasses

from PySide6.QtCore import QObject, Signal

from app.music.instruments import PRESETS, TRANSPOSITIONS, Preset, preset_named
from app.music.note_naming import ACCIDENTALS, STYLES, Accidentals, Naming, Style
from app.settings.settings import A4_HZ, Settings
from app.views.stage.stage import Stage

STYLE_TEXTS: dict[Style, str] = {
    "letters": "C  D  E  …  A  B", "solfege": "Do  Re  Mi  …  La  Si",
    "german": "C  D  E  …  A  H  (German)",
}
ACCIDENTAL_TEXTS: dict[Accidentals, str] = {
    "sharps": "Sharps ♯", "flats": "Flats ♭", "key": "By key",
}
# By the signature in fifths, from seven flats on.
KEY_TEXTS: dict[int, str] = {
    -7: "C♭ major, A♭ minor", -6: "G♭ major, E♭ minor", -5: "D♭ major, B♭ minor",
    -4: "A♭ major, F minor", -3: "E♭ major, C minor", -2: "B♭ major, G minor",
    -1: "F major, D minor", 0: "C major, A minor", 1: "G major, E minor",
    2: "D major, B minor", 3: "A major, F♯ minor", 4: "E major, C♯ minor",
    5: "B major, G♯ minor", 6: "F♯ major, D♯ minor", 7: "C♯ major, A♯ minor",
}


def transposition_texts() -> dict[int, str]:
    """What the display can be moved by, in semitones, and how that is called."""
    texts = {semitones: name for name, semitones in TRANSPOSITIONS}
    for preset in PRESETS:
        octaves, rest = divmod(preset.transposition, 12)
        if preset.transposition not in texts and octaves == 1:
            texts[preset.transposition] = f"{texts[rest]}, an octave higher"
    return texts


class Appearance(QObject):
    """Brings what is set to the stage, and into the settings.

    Signals:
        changed(): something is set differently.
        tuned(float): A4 is another one, in Hz.
    """

    changed = Signal()
    tuned = Signal(float)

    def __init__(self, settings: Settings, stage: Stage, parent: QObject | None = None) -> None:
        """Shows the stage as the settings say."""
        super().__init__(parent)
        self._settings, self._stage = settings, stage
        stage.set_naming(settings.naming)
        stage.names.set_note_names_only(settings.only_names)
        stage.set_unsure_visible(settings.unsure)
        stage.set_range(self.instrument.lowest, self.instrument.highest)

    # What is set.

    @property
    def naming(self) -> Naming:
        return self._settings.naming

    @property
    def instrument(self) -> Preset:
        return preset_named(self._settings.instrument)

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
    def a4(self) -> float:
        return self._settings.a4

    # To set it.

    def set_style(self, style: Style) -> None:
        self._set_naming(dataclasses.replace(self.naming, style=style))

    def next_style(self) -> None:
        """Letters, solfege, German, and letters again."""
        self.set_style(STYLES[(STYLES.index(self.naming.style) + 1) % len(STYLES)])

    def set_accidentals(self, accidentals: Accidentals) -> None:
        self._set_naming(dataclasses.replace(self.naming, accidentals=accidentals))

    def next_accidentals(self) -> None:
        """Sharps, flats, by key, and sharps again."""
        place = ACCIDENTALS.index(self.naming.accidentals)
        self.set_accidentals(ACCIDENTALS[(place + 1) % len(ACCIDENTALS)])

    def set_key(self, fifths: int) -> None:
        """The key that names are spelled in when they follow one."""
        self._set_naming(dataclasses.replace(self.naming, key=fifths))

    def set_transposition(self, semitones: int) -> None:
        """Moves the names so far up from what sounds."""
        self._set_naming(dataclasses.replace(self.naming, transposition=semitones))

    def set_instrument(self, name: str) -> None:
        """Shows the pitches of this preset, and calls them as its players do."""
        preset = preset_named(name)
        self._settings.instrument = preset.name
        self._stage.set_range(preset.lowest, preset.highest)
        self._set_naming(dataclasses.replace(self.naming, transposition=preset.transposition))

    def set_only_names(self, only: bool) -> None:
        """Shows twelve names without octaves in the read-out."""
        self._settings.only_names = only
        self._stage.names.set_note_names_only(only)
        self.changed.emit()

    def set_detail(self, detail: bool) -> None:
        """Shows Hz and cents of single notes."""
        self._settings.detail = detail
        self.changed.emit()

    def set_unsure(self, unsure: bool) -> None:
        """Shows notes that were nearly taken for notes."""
        self._settings.unsure = unsure
        self._stage.set_unsure_visible(unsure)
        self.changed.emit()

    def set_a4(self, a4: float) -> None:
        """The tuning in Hz; beyond what is possible it stops there."""
        a4 = min(max(round(a4, 1), A4_HZ[0]), A4_HZ[1])
        if a4 != self.a4:
            self._settings.a4 = a4
            self.tuned.emit(a4)
            self.changed.emit()

    def _set_naming(self, naming: Naming) -> None:
        self._settings.naming = naming
        self._stage.set_naming(naming)
        self.changed.emit()
