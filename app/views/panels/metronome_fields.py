"""The metronome's part of the display panel."""

from __future__ import annotations

from PySide6.QtWidgets import QCheckBox, QDoubleSpinBox

from app.music.rhythm import METERS, Meter
from app.settings.metronome_settings import MetronomeSettings
from app.settings.settings import CLICK_BPM
from app.views.panels.side_panel import ListBox, slider


class MetronomeFields:
    """Shows and changes what `MetronomeSettings` hold; whoever owns it lays the controls out."""

    def __init__(self, metronome: MetronomeSettings) -> None:
        self._metronome = metronome
        self.is_on = QCheckBox("&Metronome")
        self.is_on.setToolTip(
            "Click on every beat, of a recording or while you play (Y)\n"
            "While you play, use headphones: the microphone would hear it."
        )
        self.counts_in = QCheckBox("&Count in")
        self.counts_in.setToolTip(
            "Click a bar before a recording plays, or a take begins (Shift+Y)"
        )
        self.level = slider(0, 100, "Higher makes the clicks louder")
        self.bpm = QDoubleSpinBox()
        self.bpm.setRange(*CLICK_BPM)
        self.bpm.setDecimals(1)
        self.bpm.setSuffix(" beats a minute")
        self.bpm.setKeyboardTracking(False)
        self.bpm.lineEdit().setTextMargins(6, 0, 0, 0)
        self.bpm.setToolTip("How fast it clicks while you play; a recording has its own beats")
        self.meter = ListBox()
        for meter in METERS:
            self.meter.addItem(str(meter), str(meter))
        self.meter.setToolTip("How many beats a bar has while you play")
        self.is_on.toggled.connect(metronome.set_on)
        self.counts_in.toggled.connect(metronome.set_counts_in)
        self.level.valueChanged.connect(metronome.set_level)
        self.bpm.valueChanged.connect(metronome.set_bpm)
        self.meter.activated.connect(
            lambda _: metronome.set_meter(Meter.parse(self.meter.currentData()))
        )
        metronome.changed.connect(self.show_values)
        self.show_values()

    def show_values(self) -> None:
        """Shows what is set."""
        metronome = self._metronome
        for control in (self.is_on, self.counts_in, self.level, self.bpm):
            control.blockSignals(True)
        self.is_on.setChecked(metronome.is_on)
        self.counts_in.setChecked(metronome.counts_in)
        self.level.setValue(metronome.level)
        self.bpm.setValue(metronome.bpm)
        self.meter.setCurrentIndex(self.meter.findData(str(metronome.meter)))
        for control in (self.is_on, self.counts_in, self.level, self.bpm):
            control.blockSignals(False)
