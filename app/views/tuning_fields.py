"""Fields for how a fretted instrument is tuned, and where its capo lies."""

from __future__ import annotations

from PySide6.QtWidgets import QHBoxLayout, QLabel, QLineEdit, QSpinBox, QVBoxLayout, QWidget

from app.music.fretting import FRETTED, GUITAR, MOST_CAPO, FrettedInstrument
from app.settings.score_settings import ScoreSettings
from model.pitch import note_name

_TIP = (
    "The open strings, the lowest first, such as D2 A2 D3 G3 B3 E4; empty for the usual ones"
)


class TuningFields(QWidget):
    """Shows one instrument, and tunes it in the settings; what is no tuning is refused in words."""

    def __init__(
        self, score: ScoreSettings, parent: QWidget | None = None, *, narrow: bool = False
    ) -> None:
        """Args: `narrow` is for a panel: one field below the other."""
        super().__init__(parent)
        self._score = score
        self._instrument = GUITAR
        self.strings = QLineEdit()
        self.strings.setAccessibleName("Open strings")
        self.strings.setToolTip(_TIP)
        self.strings.setMinimumWidth(150)
        self.strings.setTextMargins(4, 0, 0, 0)
        self.capo = QSpinBox()
        self.capo.setRange(0, MOST_CAPO)
        self.capo.setAccessibleName("Capo")
        self.capo.setToolTip("The fret at which a capo lies; frets are counted from there")
        self.capo.setSpecialValueText("None")
        self.capo.setKeyboardTracking(False)
        self.capo.lineEdit().setTextMargins(4, 0, 0, 0)
        row = QVBoxLayout(self) if narrow else QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(6)
        for text, field in (("Strings", self.strings), ("Capo", self.capo)):
            label = QLabel(text)
            label.setBuddy(field)
            row.addWidget(label)
            row.addWidget(field)
        self.strings.editingFinished.connect(self._tune)
        # What is entered leaves the keys to the page.
        self.strings.returnPressed.connect(self.strings.clearFocus)
        score.strung.connect(self._follow)
        self.capo.valueChanged.connect(self._move_capo)

    def show_instrument(self, instrument: FrettedInstrument) -> None:
        """Shows how this one is tuned."""
        self._instrument = instrument
        self.strings.setText(" ".join(note_name(pitch) for pitch in instrument.strings[::-1]))
        self._say("")
        self.capo.blockSignals(True)
        self.capo.setValue(instrument.capo)
        self.capo.blockSignals(False)

    def _follow(self) -> None:
        """It may have been tuned elsewhere."""
        self.show_instrument(self._score.fretted(self._instrument.name))

    def _tune(self) -> None:
        text = self.strings.text().strip()
        usual = FRETTED[self._instrument.name].with_capo(self._instrument.capo)
        try:
            tuned = self._instrument.tuned(text) if text else usual
        except ValueError as error:
            self._say(str(error))
            return
        self._say("")
        if tuned != self._instrument:
            self._instrument = tuned
            self._score.tune(tuned)
        else:
            self.show_instrument(tuned)

    def _move_capo(self, fret: int) -> None:
        self._instrument = self._instrument.with_capo(fret)
        self._score.tune(self._instrument)

    def _say(self, trouble: str) -> None:
        """What is wrong stands at the field, whose text stays to be mended."""
        self.strings.setToolTip(f"{trouble[:1].upper()}{trouble[1:]}." if trouble else _TIP)
        self.strings.setProperty("troubles", bool(trouble))
        self.strings.style().polish(self.strings)
