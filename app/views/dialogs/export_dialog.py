"""What notes are exported as, and how."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QDialog,
    QDialogButtonBox,
    QDoubleSpinBox,
    QFormLayout,
    QLabel,
    QLineEdit,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from app.exports.export_file import FORMATS, SCORES
from app.midi.midi_file_tempo import MidiFileTempo
from app.music.fretting import FRETTED, FrettedInstrument
from app.music.instruments import ANY, INSTRUMENTS
from app.music.key_finding import Key
from app.music.quantise import AUTO, GRIDS
from app.music.rhythm import METERS, Meter
from app.views.dialogs.export_choice import ExportChoice
from app.views.dialogs.kind_boxes import KindBoxes

_WIDTH = 500
# What a hand's border may be: from low to high on a keyboard.
_SPLITS = range(48, 73)
_USUAL_SPLIT = 60
_AS_PLAYED, _TEMPO_MAP, _GRID = "as played", "tempo map", "grid"
_FILE, _HEARD, _STEADY = "file", "heard", "steady"
_BY_NOTES = "Told by the notes"
_ONE_HAND, _TWO_HANDS = "one hand", "two hands"

_ABOUT = {
    ".mid": "For every sequencer, notation program and instrument.",
    ".musicxml": "A score that MuseScore and other notation programs open.",
    ".pdf": "The same score, engraved on pages to print.",
    ".csv": "start_s, end_s, midi_pitch and velocity of every note, one a line.",
    ".json": "All that is known of every note, for programs.",
    ".png": "A picture of the piano roll.",
    ".svg": "A drawing of the piano roll that stays sharp at any size.",
    ".wav": "The notes as the built-in instrument plays them.",
}


class ExportDialog(QDialog):
    """Shows the options that the chosen kinds of files have, and no others."""

    def __init__(
        self, parent: QWidget, parts: Sequence[tuple[str, str]], title: str, *,
        can_hear: bool, name: Callable[[int], str], choice: ExportChoice,
        file: MidiFileTempo | None = None, fretted: Mapping[str, FrettedInstrument] = FRETTED,
    ) -> None:
        """Args:
            parts: which notes can be exported, those first that are meant: what they are, and how
                many, both in words.
            can_hear: whether there is a recording to find beats in.
            name: how a MIDI pitch is called.
            choice: what was chosen last.
            file: the beats of the opened MIDI file.
            fretted: instruments with tablature, as they are tuned.
        """
        super().__init__(parent)
        self.setWindowTitle("Export notes")
        self.setAccessibleName("Export notes")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setFixedWidth(_WIDTH)
        self.part_of_notes = _box(
            ((text, index) for index, (text, _) in enumerate(parts)), "Which notes are exported"
        )
        self._counts = [count for _, count in parts]
        self.kinds = KindBoxes(FORMATS, _ABOUT)
        self.about = QLabel()
        self.about.setObjectName("dialogNote")
        self.about.setWordWrap(True)
        self.timing = _box(
            (("As played", _AS_PLAYED), ("As played, bars follow the beats", _TEMPO_MAP),
             ("Moved to the beats (quantised)", _GRID)),
            "As played keeps every moment to a millisecond; moved to the beats is easier to read",
        )
        self.beats = _box(
            ((("As in the file", _FILE),) if file is not None else ())
            + ((("Heard in the recording", _HEARD),) if can_hear else ())
            + (("A steady tempo", _STEADY),), "Where the beats come from",
        )
        self.bpm = QDoubleSpinBox()
        self.bpm.setRange(20, 300)
        self.bpm.setDecimals(1)
        self.bpm.setSuffix(" quarter notes a minute")
        self.bpm.setAccessibleName("Tempo")
        self.bpm.lineEdit().setTextMargins(6, 0, 0, 0)
        self.meter = _box(
            ((_BY_NOTES, None), *((str(meter), meter) for meter in METERS)),
            "Time signature",
        )
        self.grid = _box(
            (("As the piece has them" if grid == AUTO else grid.name, grid) for grid in GRIDS),
            "The shortest notes that are written; T stands for triplets",
        )
        keys = [Key(fifths, is_minor) for is_minor in (False, True) for fifths in range(-6, 7)]
        self.key = _box(
            ((_BY_NOTES, None), *((_key_text(key), key) for key in keys)), "Key"
        )
        self.split = _box(
            ((_BY_NOTES, None), ("One hand", _ONE_HAND), ("Two, told by the notes", _TWO_HANDS),
             *((f"Two, the right from {name(pitch)}", pitch) for pitch in _SPLITS)),
            "Two hands get two tracks, in a score two staves; told by the notes, a score gets the "
            "second staff where they reach far to both sides of middle C",
        )
        self.tab = _box(
            (("None", None), *((f"For {name}", one) for name, one in fretted.items())),
            "Tablature below the notes of an instrument, on one staff, fretted so that the hand "
            "moves least; the strip above a score (V) tunes it and sets its capo",
        )
        self.part = _box(
            (("Concert pitch", ANY), *((one.name, one) for one in INSTRUMENTS
                                       if one.transposition or one.is_monophonic)),
            "Write the notes as they stand in this instrument’s part",
        )
        self.bends = _box(
            (("Off", "off"), ("One channel, for one note at a time", "channel"),
             ("A channel for each note (MPE)", "mpe")),
            "Whether notes are bent as they sound; on one channel, notes that overlap are all bent "
            "as the one that began last, by 2 semitones at most",
        )
        self.velocity = QCheckBox("&Velocities as heard")
        self.velocity.setToolTip("Otherwise every note is as loud as the others")
        self.pedal = QCheckBox("&Sustain pedal for notes that ring together")
        self.chords = QCheckBox("Ch&ords")
        self.chords.setToolTip("As harmony in a score, as markers in MIDI, as a list in JSON")
        self.title = QLineEdit(title)
        self.title.setAccessibleName("Title")
        self._file = file
        self._column = QVBoxLayout(self)
        self._form = QFormLayout()
        self._buttons = QDialogButtonBox()
        self._build()
        self._take(choice)
        self.kinds.changed.connect(self._show)
        for box in (self.part_of_notes, self.timing, self.beats, self.tab):
            box.currentIndexChanged.connect(self._show)
        self._show()

    def _build(self) -> None:
        form = self._form
        form.setHorizontalSpacing(18)
        form.setVerticalSpacing(6)
        form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        form.addRow("N&otes", self.part_of_notes)
        form.setRowVisible(self.part_of_notes, len(self._counts) > 1)
        form.addRow("Kinds", self.kinds)
        form.addRow("", self.about)
        for text, field in (
            ("&Timing", self.timing), ("&Beats", self.beats), ("T&empo", self.bpm),
            ("Time si&gnature", self.meter), ("S&hortest notes", self.grid), ("Ke&y", self.key),
            ("H&ands", self.split), ("Tab&lature", self.tab), ("Pa&rt for", self.part),
            ("T&itle", self.title),
            ("&Pitch bends", self.bends), ("", self.velocity), ("", self.pedal),
            ("", self.chords),
        ):
            form.addRow(text, field)
        self._export = self._buttons.addButton("", QDialogButtonBox.ButtonRole.AcceptRole)
        self._export.setDefault(True)
        self._buttons.addButton("Cancel", QDialogButtonBox.ButtonRole.RejectRole)
        self._buttons.accepted.connect(self.accept)
        self._buttons.rejected.connect(self.reject)
        column = self._column
        column.setContentsMargins(24, 16, 24, 14)
        column.setSpacing(14)
        column.addLayout(form)
        column.addWidget(self._buttons)

    def _take(self, choice: ExportChoice) -> None:
        timing = _GRID if choice.moves and choice.has_rhythm else (
            _TEMPO_MAP if choice.has_rhythm else _AS_PLAYED
        )
        has_beats = choice.has_rhythm or not set(choice.kinds).isdisjoint(SCORES)
        is_own = has_beats and not choice.follows_file
        beats = _STEADY if is_own and not choice.hears_beats else _HEARD
        if self._file is not None and not is_own:
            beats = _FILE
        for box, value in (
            (self.part, choice.part), (self.timing, timing), (self.beats, beats),
            (self.meter, choice.meter), (self.grid, choice.grid or AUTO),
            (self.key, choice.key), (self.tab, choice.tab), (self.bends, choice.bends),
            (self.split, _ONE_HAND if choice.one_hand else
             _TWO_HANDS if choice.two_hands else choice.split),
        ):
            for index in range(box.count()):
                if box.itemData(index) == value:
                    box.setCurrentIndex(index)
        self.kinds.check(choice.kinds)
        self.bpm.setValue(choice.bpm)
        self.velocity.setChecked(choice.velocity)
        self.pedal.setChecked(choice.pedal)
        self.chords.setChecked(choice.chords)

    def _show(self) -> None:
        kinds = self.kinds.kinds
        self.about.setText(
            _ABOUT[kinds[0]] if len(kinds) == 1 else
            "Each kind is a file of its own, all of one name." if kinds else
            "Choose a kind of file, or several."
        )
        self._export.setEnabled(bool(kinds))
        self._export.setText(f"Export {self._counts[self.part_index]}…")
        is_midi, is_score = ".mid" in kinds, not set(kinds).isdisjoint(SCORES)
        timing, has_tab = self.timing.currentData(), self.tab.currentData() is not None
        has_rhythm = is_score or (is_midi and timing != _AS_PLAYED)
        is_steady = has_rhythm and self.beats.currentData() == _STEADY
        for part, is_shown in (
            (self.timing, is_midi), (self.beats, has_rhythm), (self.bpm, is_steady),
            (self.meter, has_rhythm), (self.grid, is_score or (is_midi and timing == _GRID)),
            (self.key, has_rhythm), (self.title, is_score),
            (self.velocity, is_midi), (self.pedal, is_midi), (self.bends, is_midi),
            (self.chords, is_midi or is_score or ".json" in kinds),
            (self.tab, is_score), (self.split, is_midi or (is_score and not has_tab)),
            (self.part, is_score and not has_tab),
        ):
            self._form.setRowVisible(part, is_shown)
        if self._file is None or self.beats.currentData() != _FILE:
            meter = key = _BY_NOTES
        else:
            meter = "As in the file" if self._file.meter else f"Usual ({Meter()})"
            key = "As in the file" if self._file.key else _BY_NOTES
        self.meter.setItemText(0, meter)
        self.key.setItemText(0, key)
        self._column.activate()
        self.adjustSize()

    @property
    def part_index(self) -> int:
        """Which of the parts is exported."""
        return self.part_of_notes.currentIndex()

    @property
    def choice(self) -> ExportChoice:
        """What is chosen now."""
        kinds, timing = self.kinds.kinds, self.timing.currentData()
        hands, is_score = self.split.currentData(), not set(kinds).isdisjoint(SCORES)
        in_midi = ".mid" in kinds and timing != _AS_PLAYED
        moves = in_midi and timing == _GRID
        has_beats = is_score or in_midi
        return ExportChoice(
            kinds=kinds,
            has_rhythm=in_midi,
            follows_file=has_beats and self.beats.currentData() == _FILE,
            hears_beats=has_beats and self.beats.currentData() == _HEARD,
            bpm=self.bpm.value(),
            meter=self.meter.currentData(),
            moves=moves,
            grid=self.grid.currentData() if is_score or moves else None,
            key=self.key.currentData() if has_beats else None,
            velocity=self.velocity.isChecked(),
            pedal=self.pedal.isChecked(),
            bends=self.bends.currentData(),
            tab=self.tab.currentData() if is_score else None,
            part=self.part.currentData() if is_score else ANY,
            split=None if hands in (_ONE_HAND, _TWO_HANDS) else hands,
            one_hand=hands == _ONE_HAND,
            two_hands=hands == _TWO_HANDS,
            title=self.title.text().strip(),
            chords=self.chords.isChecked(),
        )


def _box(entries: object, tip: str) -> QComboBox:
    box = QComboBox()
    for text, value in entries:  # type: ignore[attr-defined]
        box.addItem(text, value)
    box.setToolTip(tip)
    box.setAccessibleName(tip)
    box.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
    return box


def _key_text(key: Key) -> str:
    name = key.name.removesuffix("m").replace("#", "♯").replace("b", "♭")
    return f"{name} {'minor' if key.is_minor else 'major'}"
