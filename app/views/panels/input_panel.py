"""The panel of the sound input: which device, how it is heard, and what is wrong with it."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt
from PySide6.QtGui import QAction
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QToolButton,
    QWidget,
)

from app.audio.devices.device_list import Device
from app.live.input_settings import InputSettings
from app.settings.settings import GAIN_DB, GATE_DB
from app.style.theme_colours import Theme
from app.views.bars.fact_label import FactLabel
from app.views.panels.level_meter import LevelMeter
from app.views.panels.side_panel import ListBox, SidePanel, slider
from app.views.plain_text import plain_tip

# Offered besides the device's own rate and the model's.
_RATES = (22_050, 44_100, 48_000, 88_200, 96_000, 192_000)
_DEFAULT = "The system’s input"
# How long, and how much, of what is played is kept.
_HOURS = {0: "Nothing", 1: "For an hour", 24: "For 24 hours", 168: "For 7 days"}
_GIGABYTES = (1, 2, 4, 8, 16, 32)


class InputPanel(SidePanel):
    """Shows and changes what an `InputSettings` holds.

    Attributes:
        meter: the level of the input; who has it brings it here.
    """

    def __init__(
        self, control: InputSettings, refresh: QAction, theme: Theme, parent: QWidget | None = None
    ) -> None:
        """Args: `refresh` looks for devices anew."""
        super().__init__("Sound input", theme, parent)
        self._control = control
        self._shown: list[Device | None] = []
        self.trouble = FactLabel("What is wrong with the input")
        self.trouble.setObjectName("trouble")
        self.trouble.setWordWrap(True)
        self.trouble.setTextFormat(Qt.TextFormat.PlainText)
        self.device = ListBox()
        self.refresh = QToolButton()
        self.refresh.setObjectName("refresh")
        self.refresh.setDefaultAction(refresh)
        self.refresh.setAccessibleName("Look for sound inputs")
        self.refresh.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.channel, self.rate = ListBox(), ListBox()
        self.meter = LevelMeter(theme)
        self.meter.set_length(None)
        self.gain = slider(
            round(GAIN_DB[0]), round(GAIN_DB[1]),
            "Gain (Ctrl+Shift+Up, Ctrl+Shift+Down)\n"
            "Higher makes the input louder before it is listened to and recorded: quiet notes are\n"
            "found more easily, until the light turns red. It cannot mend a device that clips.",
        )
        self.delay, self.measure = FactLabel("Delay of this device"), QPushButton("Measure…")
        self.measure.setAccessibleName("Measure the delay of this device")
        self.measure.setToolTip(
            "How late what is played with the sound is heard, for practising (Shift+F6)"
        )
        self.gate_on = QCheckBox("Noise &gate")
        self.gate = slider(
            round(GATE_DB[0]), round(GATE_DB[1]),
            "Threshold of the noise gate\n"
            "Higher takes louder noise for silence, and soft notes with it. The mark on the meter\n"
            "shows where it is: set it just above what the meter shows while nobody plays.",
        )
        self.keep_hours, self.keep_gb = ListBox(), ListBox()
        self._build()
        self._connect()
        control.changed.connect(self._show)
        self._show()

    def set_theme(self, theme: Theme) -> None:
        super().set_theme(theme)
        self.meter.set_theme(theme)

    def _build(self) -> None:
        self._add(self.trouble)
        self._labelled("&Device", self.device, self.refresh)
        self._labelled("&Channel", self.channel)
        self.channel.setToolTip("Listen to one channel of the device, or to all of them together")
        self._labelled("&Sample rate", self.rate)
        self.rate.setToolTip(
            "Samples in a second that are asked of the device\n"
            "Higher does not find more notes; choose one where the device refuses the others."
        )
        row = QHBoxLayout()
        row.addWidget(QLabel("Delay"))
        row.addWidget(self.delay, 1)
        row.addWidget(self.measure)
        self._rows.addSpacing(4)
        self._rows.addLayout(row)
        self._section("Level")
        self._add(self.meter)
        self._gain_text = self._value_row("&Gain", self.gain)
        self._rows.addSpacing(6)
        self.gate_on.setAccessibleName("Noise gate")
        self.gate_on.setToolTip("Take what is quieter than the gate for silence (G)")
        self._gate_text = QLabel()
        row = QHBoxLayout()
        row.addWidget(self.gate_on, 1)
        row.addWidget(self._gate_text)
        self._rows.addLayout(row)
        self.gate.setAccessibleName("Threshold of the noise gate")
        self._add(self.gate)
        self._section("Recent playing")
        self._labelled("&Keep what is played", self.keep_hours)
        self.keep_hours.setToolTip(
            "How long what you play live is kept without being recorded, to be found under\n"
            "File > Recent playing. “Nothing” also lets go of what is there, with the next Live."
        )
        self._labelled("At &most", self.keep_gb)
        self.keep_gb.setToolTip(
            "How much of the disk that may take; the oldest goes first.\n"
            "The disk’s last gigabyte is never taken. An hour is about 0.6 GB in stereo."
        )
        self._finish()

    def _value_row(self, text: str, control: QWidget) -> QLabel:
        """A control beneath its name and its value; returns the label of the value."""
        name, value = QLabel(text), QLabel()
        name.setBuddy(control)
        control.setAccessibleName(text.replace("&", ""))
        row = QHBoxLayout()
        row.addWidget(name, 1)
        row.addWidget(value)
        self._rows.addSpacing(6)
        self._rows.addLayout(row)
        self._add(control)
        return value

    def _connect(self) -> None:
        control = self._control
        self.device.activated.connect(self._choose_device)
        self.channel.activated.connect(
            lambda _: control.choose_channel(self.channel.currentData())
        )
        self.rate.activated.connect(lambda _: control.choose_rate(self.rate.currentData()))
        self.gain.valueChanged.connect(control.set_gain)
        self.gate.valueChanged.connect(lambda db: control.set_gate(self.gate_on.isChecked(), db))
        for box in (self.keep_hours, self.keep_gb):
            box.activated.connect(lambda _: control.set_keeping(
                self.keep_hours.currentData(), self.keep_gb.currentData()
            ))
        self.gate_on.toggled.connect(lambda on: control.set_gate(on, control.gate_db))

    def _choose_device(self, index: int) -> None:
        # What is not there cannot be chosen anew.
        if index == 0 or self._shown[index] is not None:
            self._control.choose_device(self._shown[index])
        self._show()

    # Showing.

    def _show(self) -> None:
        control = self._control
        self.trouble.show_fact(control.trouble)
        self.trouble.setVisible(bool(control.trouble))
        self._show_devices()
        self._show_channels()
        self._show_rates()
        _fill(self.keep_hours, _hours(control.keep_hours), control.keep_hours)
        gigabytes = sorted({*_GIGABYTES, control.keep_gb})
        _fill(self.keep_gb, [(f"{gb} GB", gb) for gb in gigabytes], control.keep_gb)
        self.keep_gb.setEnabled(control.keep_hours > 0)
        for box in (self.device, self.channel, self.rate):
            box.setEnabled(control.can_choose)
        where = "The device whose sound is listened to"
        if not control.can_choose:
            where = "A take is recorded from this device: end it first"
        chosen = self.device.currentText()
        self.device.setToolTip(plain_tip(f"{where}\n{chosen}"))
        for part, value in (
            (self.gain, control.gain_db), (self.gate, control.gate_db)
        ):
            part.blockSignals(True)
            part.setValue(round(value))
            part.blockSignals(False)
        self.gate_on.blockSignals(True)
        self.gate_on.setChecked(control.gate_on)
        self.gate_on.blockSignals(False)
        self.gate.setEnabled(control.gate_on)
        self._gain_text.setText(_decibels(control.gain_db))
        self._gate_text.setText(_decibels(control.gate_db) if control.gate_on else "off")
        self.meter.set_gate(control.gate_db if control.gate_on else None)

    def _show_devices(self) -> None:
        control, box = self._control, self.device
        texts, self._shown, chosen = [_DEFAULT], [None], 0
        for device in control.devices or ():
            kind = "Computer sound: " if device.is_monitor else ""
            texts.append(f"{kind}{device.name}  ·  {device.host_api}")
            self._shown.append(device)
            if device == control.device:
                chosen = len(texts) - 1
        choice = control.choice
        if choice.name is not None and chosen == 0:
            missing = "" if control.devices is None else "  (not there)"
            texts.append(f"{choice.name}{missing}")
            self._shown.append(None)
            chosen = len(texts) - 1
        if [box.itemText(index) for index in range(box.count())] != texts:
            box.clear()
            box.addItems(texts)
            for index, text in enumerate(texts):
                box.setItemData(index, text, Qt.ItemDataRole.ToolTipRole)
            wide = max(box.fontMetrics().horizontalAdvance(text) for text in texts) + 60
            box.view().setMinimumWidth(min(wide, 640))
        box.setCurrentIndex(chosen)

    def _show_channels(self) -> None:
        device, choice = self._control.device, self._control.choice
        most = device.channels if device else 2
        count = max(most, (choice.channel or 0) + 1)
        _fill(
            self.channel,
            [("Mix of all", None), *((f"Channel {number + 1}", number) for number in range(count))],
            choice.channel,
        )

    def _show_rates(self) -> None:
        device, choice = self._control.device, self._control.choice
        rates = set(_RATES) | {choice.sample_rate or _RATES[0]}
        if device is not None:
            rates.add(round(device.default_sample_rate))
        _fill(
            self.rate,
            [("Automatic", None), *((f"{rate / 1000:g} kHz", rate) for rate in sorted(rates))],
            choice.sample_rate,
        )


def _hours(chosen: int) -> list[tuple[str, int | None]]:
    """What can be chosen, what is set in the settings' file by hand among it."""
    return [(_HOURS.get(hours, f"For {hours} hours"), hours) for hours in sorted({*_HOURS, chosen})]


def _fill(
    box: QComboBox, entries: Sequence[tuple[str, int | None]], chosen: int | None
) -> None:
    """Offers these texts, each for a value, and shows the chosen one."""
    shown = [(box.itemText(index), box.itemData(index)) for index in range(box.count())]
    if shown != list(entries):
        box.clear()
        for text, value in entries:
            box.addItem(text, value)
    box.setCurrentIndex([value for _, value in entries].index(chosen))


def _decibels(db: float) -> str:
    return f"{'+' if db > 0 else '−' if db < 0 else ''}{abs(round(db))} dB"
