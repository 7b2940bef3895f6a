"""The panel of how notes are shown: names, instrument, tuning, theme."""

from __future__ import annotations

from collections.abc import Hashable, Iterable

from PySide6.QtCore import Signal
from PySide6.QtGui import QAction
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QDoubleSpinBox,
    QPushButton,
    QWidget,
)

from app.music.fretting import FRETTED
from app.music.instruments import INSTRUMENTS, TRANSPOSITIONS
from app.music.note_naming import Accidentals, Style
from app.settings.display_settings import DisplaySettings
from app.settings.settings import THEMES
from app.style.theme_colours import Theme
from app.views.bars.fact_label import FactLabel
from app.views.panels.metronome_fields import MetronomeFields
from app.views.panels.side_panel import ListBox, SidePanel
from app.views.tuning_fields import TuningFields
from model.pitch import A4_HZ

_A4_STEP_HZ = 0.5
STYLE_TEXTS: dict[Style, str] = {
    "letters": "C  D  E  …  A  B", "solfege": "Do  Re  Mi  …  La  Si",
    "german": "C  D  E  …  A  H  (German)",
}
ACCIDENTAL_TEXTS: dict[Accidentals, str] = {
    "sharps": "Sharps ♯", "flats": "Flats ♭", "key": "By key",
}
_HEARD = "heard"
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
    for preset in INSTRUMENTS:
        octaves, rest = divmod(preset.transposition, 12)
        if preset.transposition not in texts and octaves == 1:
            texts[preset.transposition] = f"{texts[rest]}, an octave higher"
    return texts


class DisplayPanel(SidePanel):
    """Shows and changes what `DisplaySettings` hold, and the theme.

    Signals:
        theme_chosen(str): one of `THEMES`.
    """

    theme_chosen = Signal(str)

    def __init__(
        self,
        display: DisplaySettings,
        measure: QAction,
        theme: Theme,
        parent: QWidget | None = None,
    ) -> None:
        """Args: `measure` measures A4 from what was played."""
        super().__init__("Display", theme, parent)
        self._display = display
        self.style_box = _box(STYLE_TEXTS.items(), "How notes are called (N)")
        self.accidentals = _box(
            ACCIDENTAL_TEXTS.items(), "How black keys are called (Shift+N)"
        )
        self.key = _box(
            ((_HEARD, ""), *reversed(KEY_TEXTS.items())),
            "The key in which black keys are called as usual; as heard follows the music",
        )
        self.instrument = _box(
            ((preset.name, preset.name) for preset in INSTRUMENTS),
            "Show and find only the notes of this instrument, and call them as its players do",
        )
        self.transposition = _box(
            transposition_texts().items(), "Call notes as they stand in this instrument’s part"
        )
        self.theme_box = _box(
            ((name, name.capitalize()) for name in THEMES), "Colours of the window (Ctrl+T)"
        )
        self.fretboard = _box(
            (("", "None"), *((name, name.capitalize()) for name in FRETTED)),
            "Show below the roll where the notes lie on this instrument (Ctrl+Shift+V)",
        )
        self.strings = TuningFields(display.score, narrow=True)
        self.monophonic = QCheckBox("&One note at a time")
        self.monophonic.setToolTip(
            "For a singer, a wind instrument, a melody on a string: each note ends the one\n"
            "before, and what flashes up beside it is none. Choosing an instrument sets it.\n"
            "Without it, chords and double stops are heard."
        )
        self.only_names = QCheckBox("&Twelve notes without octaves")
        self.only_names.setToolTip("Twelve names that light up, whatever the octave (T)")
        self.detail = QCheckBox("&Hz and cents of single notes")
        self.detail.setToolTip("Frequency of a note that sounds alone, and how far it is off (C)")
        self.unsure = QCheckBox("&Unsure notes")
        self.unsure.setToolTip("Faint bars for notes that were nearly taken for notes (U)")
        self.pitch_lines = QCheckBox("&Pitch lines")
        self.pitch_lines.setToolTip(
            "How the pitch of each note moves, over its bar (P)\n"
            "A row is 100 cents high; low rows have no room for it, Ctrl++ makes them taller."
        )
        self.bars = QCheckBox("Bars and beat&s")
        self.bars.setToolTip("Bar lines of a recording, with their numbers (B)")
        self.metronome = MetronomeFields(display.metronome)
        self.chords = QCheckBox("&Chords")
        self.chords.setToolTip("A row of chords above the ruler, live and of recordings (H)")
        self.a4 = QDoubleSpinBox()
        self.a4.setRange(*A4_HZ)
        self.a4.setDecimals(1)
        self.a4.setSingleStep(_A4_STEP_HZ)
        self.a4.setSuffix(" Hz")
        self.a4.setKeyboardTracking(False)
        self.a4.lineEdit().setTextMargins(6, 0, 0, 0)
        self.a4.setToolTip(
            "The frequency of A4, the tuning of this recording, or of what you play\n"
            "Higher is for orchestras tuned to 442 Hz and more. What you play is heard with it at\n"
            "once; a recording is listened to again."
        )
        self.measure = QPushButton("Measure")
        self.measure.setAccessibleName("Measure A4 from playing")
        self.measure.setToolTip(measure.toolTip())
        self.measure.clicked.connect(measure.trigger)
        self.measured = FactLabel("What was measured")
        self.measured.setObjectName("panelNote")
        self.measured.setWordWrap(True)
        self._build()
        self._connect()
        display.changed.connect(self._show)
        display.score.strung.connect(self._show)
        self._show()

    def _build(self) -> None:
        self._labelled("&Note names", self.style_box)
        self._labelled("&Accidentals", self.accidentals)
        self._key_label = self._labelled("&Key", self.key)
        self._rows.addSpacing(6)
        for check in (
            self.only_names, self.detail, self.unsure, self.pitch_lines, self.bars, self.chords,
        ):
            check.setAccessibleName(check.text().replace("&", ""))
            self._add(check)
        self._section("Instrument and tuning")
        self._labelled("&Instrument", self.instrument)
        self.monophonic.setAccessibleName("One note at a time")
        self._add(self.monophonic)
        self._labelled("T&ransposing display", self.transposition)
        self._labelled("A&4", self.a4, self.measure)
        self._add(self.measured)
        self._section("Metronome")
        metronome = self.metronome
        for check in (metronome.is_on, metronome.counts_in):
            check.setAccessibleName(check.text().replace("&", ""))
            self._add(check)
        self._labelled("&Loudness of the clicks", metronome.level)
        self._labelled("Tempo &while you play", metronome.bpm)
        self._labelled("Time si&gnature while you play", metronome.meter)
        self._labelled("&Fretboard", self.fretboard)
        self._add(self.strings)
        self._section("Window")
        self._labelled("Th&eme", self.theme_box)
        self._finish()
        self.say_measured("")

    def _connect(self) -> None:
        display = self._display
        for box, choose in (
            (self.style_box, display.set_style),
            (self.accidentals, display.set_accidentals),
            (self.key, lambda key: display.set_key(None if key == _HEARD else key)),
            (self.instrument, display.set_instrument),
            (self.transposition, display.set_transposition),
            (self.theme_box, self.theme_chosen.emit),
            (self.fretboard, display.score.set_fretboard),
        ):
            box.activated.connect(lambda _, box=box, choose=choose: choose(box.currentData()))
        self.monophonic.toggled.connect(display.set_monophonic)
        self.only_names.toggled.connect(display.set_only_names)
        self.detail.toggled.connect(display.set_detail)
        self.unsure.toggled.connect(display.set_unsure)
        self.pitch_lines.toggled.connect(display.set_pitch_lines)
        self.bars.toggled.connect(display.set_bars)
        self.chords.toggled.connect(display.set_chords)
        self.a4.valueChanged.connect(display.set_a4)

    def show_theme(self, name: str) -> None:
        """Shows which theme was chosen."""
        self.theme_box.setCurrentIndex(self.theme_box.findData(name))

    def say_measured(self, text: str) -> None:
        """Says what came of measuring A4."""
        self.measured.show_fact(text)
        self.measured.setVisible(bool(text))

    def _show(self) -> None:
        display = self._display
        naming = display.naming
        _choose(self.style_box, naming.style)
        _choose(self.accidentals, naming.accidentals)
        heard = "As heard"
        if display.key is None and naming.key is not None:
            heard = f"{heard}: {KEY_TEXTS[naming.key]}"
        self.key.setItemText(0, heard)
        _choose(self.key, _HEARD if display.key is None else display.key)
        # Rows that say nothing now are out of the way.
        for part in (self.key, self._key_label):
            part.setVisible(naming.accidentals == "key")
        _choose(self.instrument, display.instrument.name)
        if self.transposition.findData(naming.transposition) < 0:
            self.transposition.addItem(
                f"{naming.transposition:+} semitones", naming.transposition
            )
        _choose(self.transposition, naming.transposition)
        for check, value in (
            (self.monophonic, display.monophonic),
            (self.only_names, display.only_names),
            (self.detail, display.detail),
            (self.unsure, display.unsure),
            (self.pitch_lines, display.pitch_lines),
            (self.bars, display.bars), (self.chords, display.chords),
        ):
            check.blockSignals(True)
            check.setChecked(value)
            check.blockSignals(False)
        neck = display.score.fretboard
        _choose(self.fretboard, "" if neck is None else neck.name)
        self.strings.setVisible(neck is not None)
        if neck is not None:
            self.strings.show_instrument(neck)
        self.a4.blockSignals(True)
        self.a4.setValue(display.a4)
        self.a4.blockSignals(False)


def _box(entries: Iterable[tuple[Hashable, str]], tip: str) -> QComboBox:
    """A box of texts, each for a value."""
    box = ListBox()
    for value, text in entries:
        box.addItem(text, value)
    box.setToolTip(tip)
    return box


def _choose(box: QComboBox, value: Hashable) -> None:
    box.setCurrentIndex(box.findData(value))
