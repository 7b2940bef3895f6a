"""What is practised and how, asked in one small sheet: Return starts with what it shows."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QDialog,
    QDialogButtonBox,
    QFormLayout,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QSpinBox,
    QVBoxLayout,
    QWidget,
)

from app.music.instruments import INSTRUMENTS, instrument_named
from app.practice.piece import Piece, PieceError
from app.practice.session.piece_choice import PieceChoice, fitting_octave
from app.practice.session.practice_plan import (
    FASTEST,
    MOST_COUNT_IN,
    SLOWEST,
    PracticeWay,
    Sounding,
    Way,
)
from app.views.bars.fact_label import FactLabel
from app.views.panels.side_panel import ListBox
from app.views.practice.part_choice import PartChoice

_WIDTH = 480
_SPEED_STEP = 5
WAY_TEXTS: dict[Way, str] = {
    "clock": "With the clock", "wait": "It waits for me", "free": "Freely: it follows me",
}
SOUNDING_TEXTS: dict[Sounding, str] = {
    "metronome": "Metronome", "recording": "The recording", "others": "Metronome and the rest",
    "nothing": "Nothing",
}
_HEADPHONES = (
    "Wear headphones if something sounds with it: the microphone would hear it, too."
)


class PracticeSheet(QDialog):
    """Asks for a piece, what of it is played, and the way. It deletes itself when closed.

    Signals:
        source_chosen(object): another entry of the list of pieces.
        start_asked(): practising shall begin.
        delay_asked(): the device's delay shall be measured.
    """

    source_chosen = Signal(object)
    start_asked = Signal()
    delay_asked = Signal()

    def __init__(
        self, parent: QWidget, sources: Sequence[tuple[Hashable, str]], way: PracticeWay,
        instrument: str,
    ) -> None:
        """Args: `sources` are values and texts, the first is chosen; `instrument` a preset."""
        super().__init__(parent)
        self.setWindowTitle("Practise")
        self.setAccessibleName("Practise")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setFixedWidth(_WIDTH)
        self._piece: Piece | None = None
        self._can_play_recording = False
        self._was_moved = False
        self.source = _box(((text, value) for value, text in sources), "What is practised")
        self.part = PartChoice()
        self.first_bar, self.last_bar = _spin(0, 99_999), _spin(0, 99_999)
        self.instrument = _box(
            ((preset.name, preset.name) for preset in INSTRUMENTS),
            "Notes that it does not have are left out; the piece is moved by octaves to fit",
        )
        self.instrument.setCurrentIndex(max(0, self.instrument.findData(instrument)))
        self.moved = _spin(-48, 48, " semitones")
        self.way = _box(
            ((text, value) for value, text in WAY_TEXTS.items()),
            "The clock runs at a speed; or each note waits to be played; or you lead",
        )
        self.speed = _spin(SLOWEST, FASTEST, " %")
        self.speed.setSingleStep(_SPEED_STEP)
        self.sounding = _box(
            ((text, value) for value, text in SOUNDING_TEXTS.items()), "What is heard with it"
        )
        self.count_in = _spin(0, MOST_COUNT_IN, " bars")
        self.falls = QCheckBox("Notes &fall onto a keyboard")
        self.bends = QCheckBox("A semitone beside counts as &right, for bends and slides")
        self.octaves = QCheckBox("What is heard an &octave away is a mistake")
        self.octaves.setToolTip(
            "Ears mix octaves up, this one too: as a rule it is only unsure of them"
        )
        self.delay, self.measure = FactLabel("Delay of this device"), QPushButton("Measure…")
        self.measure.setAutoDefault(False)
        self.info = FactLabel("What is practised")
        self.info.setObjectName("dialogNote")
        self.info.setWordWrap(True)
        self.hint = QLabel(_HEADPHONES)
        self.hint.setObjectName("dialogNote")
        self.hint.setWordWrap(True)
        buttons = QDialogButtonBox()
        buttons.addButton("Cancel", QDialogButtonBox.ButtonRole.RejectRole)
        self.start = buttons.addButton("Start", QDialogButtonBox.ButtonRole.AcceptRole)
        self.start.setDefault(True)
        buttons.accepted.connect(self._start)
        buttons.rejected.connect(self.close)
        self._show_way(way)
        self._lay_out(buttons)
        self._connect()
        self.set_piece(None, "")

    def _lay_out(self, buttons: QDialogButtonBox) -> None:
        bars, count = QHBoxLayout(), QHBoxLayout()
        rows_of: list[tuple[QHBoxLayout, list[QWidget]]] = [
            (bars, [self.first_bar, QLabel("to"), self.last_bar]),
            (count, [self.delay, self.measure]),
        ]
        for row, beside in rows_of:
            row.setSpacing(10)
            for widget in beside:
                row.addWidget(widget)
            row.addStretch(1)
        form = QFormLayout()
        form.setVerticalSpacing(7)
        form.setHorizontalSpacing(16)
        bars_label = QLabel("&Bars")
        bars_label.setBuddy(self.first_bar)
        rows: list[tuple[str, QWidget]] = [
            ("&Piece", self.source), ("I play the p&art", self.part), ("", self.first_bar),
            ("&Instrument", self.instrument), ("&Moved by", self.moved), ("&Way", self.way),
            ("&Speed", self.speed), ("&Heard with it", self.sounding),
            ("&Counted in", self.count_in),
        ]
        for text, control in rows:
            if text:
                control.setAccessibleName(text.replace("&", ""))
                form.addRow(text, control)
            else:
                form.addRow(bars_label, bars)
        self.first_bar.setAccessibleName("First bar")
        self.last_bar.setAccessibleName("Last bar")
        form.addRow("Delay", count)
        self._column = column = QVBoxLayout(self)
        column.setContentsMargins(20, 16, 20, 14)
        column.setSpacing(8)
        column.addLayout(form)
        parts: list[QWidget] = [
            self.falls, self.bends, self.octaves, self.hint, self.info, buttons
        ]
        for part in parts:
            column.addWidget(part)

    def _connect(self) -> None:
        self.source.activated.connect(
            lambda _: self.source_chosen.emit(self.source.currentData())
        )
        self.measure.clicked.connect(self.delay_asked)
        self.instrument.currentIndexChanged.connect(self._fit)
        self.way.currentIndexChanged.connect(self._show)
        self.sounding.currentIndexChanged.connect(self._show)
        self.part.changed.connect(self._show)
        self.part.grown.connect(self._grow)
        for spin in (self.first_bar, self.last_bar, self.moved, self.count_in):
            spin.valueChanged.connect(self._show)
        self.moved.lineEdit().textEdited.connect(self._moved_by_hand)

    # What is chosen.

    @property
    def piece(self) -> Piece | None:
        """The whole of the piece; None while it is not there."""
        return self._piece

    @property
    def chosen(self) -> PieceChoice:
        """What of it is played."""
        bars = None
        if self._piece is not None:
            first, last = self.first_bar.value(), self.last_bar.value()
            if (first, last) != (self._piece.first_bar, self._piece.last_bar):
                bars = first, max(first, last)
        return PieceChoice(
            self.part.parts, self.part.hand, bars, self.moved.value(),
            instrument_named(self.instrument.currentData()),
        )

    @property
    def how(self) -> PracticeWay:
        """The way."""
        return PracticeWay(
            self.way.currentData(), self.speed.value(), self.sounding.currentData(),
            self.count_in.value(), self.bends.isChecked(), self.octaves.isChecked(),
            self.falls.isChecked(), self._score,
        )

    # What is told.

    def set_piece(
        self, piece: Piece | None, said: str, *, can_play_recording: bool = False
    ) -> None:
        """The piece of the chosen source.

        Args:
            piece: None while it is not there, or cannot be.
            said: why.
            can_play_recording: whether there is a recording of it to be heard.
        """
        self._piece, self._can_play_recording = piece, can_play_recording
        self._said = said
        self.part.set_piece(piece)
        for spin, value in (
            (self.first_bar, 1 if piece is None else piece.first_bar),
            (self.last_bar, 1 if piece is None else piece.last_bar),
        ):
            spin.blockSignals(True)
            if piece is not None:
                spin.setRange(piece.first_bar, max(piece.last_bar, piece.first_bar))
            spin.setValue(value)
            spin.blockSignals(False)
        self._was_moved = False
        self._fit()

    def set_bars(self, first: int, last: int) -> None:
        """Chooses bars."""
        self.first_bar.setValue(first)
        self.last_bar.setValue(last)

    def set_delay(self, text: str) -> None:
        """What is known of the device's delay."""
        self.delay.show_fact(text)

    def _show_way(self, way: PracticeWay) -> None:
        self._score = way.score
        self.way.setCurrentIndex(self.way.findData(way.way))
        self.sounding.setCurrentIndex(self.sounding.findData(way.sounding))
        self.speed.setValue(way.speed)
        self.count_in.setValue(way.count_in)
        for check, value in (
            (self.falls, way.falls), (self.bends, way.bends), (self.octaves, way.strict_octaves)
        ):
            check.setChecked(value)

    def _moved_by_hand(self) -> None:
        self._was_moved = True

    def _fit(self) -> None:
        instrument = instrument_named(self.instrument.currentData())
        if self._piece is not None and not self._was_moved:
            self.moved.setValue(fitting_octave(self._piece, instrument))
        self._show()

    def _show(self) -> None:
        has_clock = self.way.currentData() == "clock"
        for control in (self.speed, self.sounding, self.count_in):
            control.setEnabled(has_clock)
        self.hint.setVisible(has_clock)
        # What cannot sound is not offered.
        model = self.sounding.model()
        row = self.sounding.findData("recording")
        item = model.item(row)  # type: ignore[attr-defined]
        item.setEnabled(self._can_play_recording)
        if self.sounding.currentData() == "recording" and not self._can_play_recording:
            self.sounding.setCurrentIndex(self.sounding.findData("metronome"))
        said = self._said
        if self._piece is not None:
            try:
                count = len(self.chosen.of(self._piece).notes)
            except PieceError as error:
                said = f"{str(error)[0].upper()}{str(error)[1:]}."
                count = 0
            else:
                said = f"{count} note{'' if count == 1 else 's'}."
        else:
            count = 0
        self.count_in.setSuffix(" bar" if self.count_in.value() == 1 else " bars")
        self.info.show_fact(said)
        self.start.setEnabled(count > 0)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        # Only now all in it has the size that its style gives it.
        self.part.updateGeometry()
        self._grow()

    def _grow(self) -> None:
        self._column.activate()
        self.resize(_WIDTH, self._column.totalHeightForWidth(_WIDTH))

    def _start(self) -> None:
        if self.start.isEnabled():
            self.start_asked.emit()


def _box(entries: Iterable[tuple[str, Hashable]], tip: str) -> QComboBox:
    box = ListBox()
    for text, value in entries:
        box.addItem(text, value)
    box.setToolTip(tip)
    return box


def _spin(low: int, high: int, suffix: str = "") -> QSpinBox:
    spin = QSpinBox()
    spin.setRange(low, high)
    spin.setSuffix(suffix)
    spin.setFixedWidth(130)
    spin.lineEdit().setTextMargins(6, 0, 0, 0)
    return spin
