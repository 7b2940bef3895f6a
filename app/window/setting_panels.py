"""The panels beside the stage, and the commands that set the same things by a key."""

from __future__ import annotations

from PySide6.QtCore import QObject, Qt
from PySide6.QtWidgets import QWidget

from app.live.input_settings import GAIN_STEP_DB, InputSettings
from app.live.midi_port_choice import MidiPortChoice
from app.settings.display_settings import DisplaySettings
from app.settings.settings import Settings
from app.style.theme_colours import Theme
from app.views.panels.display_panel import DisplayPanel
from app.views.panels.input_panel import InputPanel
from app.views.panels.side_panel import SidePanel
from app.views.shortcuts.window_shortcuts import Actions


class SettingPanels(QObject):
    """Opens one panel at a time, and keeps panels, commands and what is set in step.

    Attributes:
        input, display: the panels, hidden at first.
    """

    def __init__(
        self,
        act: Actions,
        control: InputSettings,
        display: DisplaySettings,
        midi: MidiPortChoice,
        settings: Settings,
        theme: Theme,
        window: QWidget,
    ) -> None:
        super().__init__(window)
        self._act, self._control, self._display = act, control, display
        self._midi, self._settings = midi, settings
        self.input = InputPanel(control, act.refresh_inputs, theme)
        self.display = DisplayPanel(display, act.measure_a4, theme)
        self._panels: dict[str, SidePanel] = {"input": self.input, "display": self.display}
        self._toggles = {"input": act.input_panel, "display": act.display_panel}
        for name, panel in self._panels.items():
            panel.hide()
            panel.closed.connect(self.close)
            self._toggles[name].triggered.connect(
                lambda opens, name=name: self.open(name, take_focus=True)
                if opens
                else self.close()
            )
        self._connect_input()
        self._connect_display()
        for part in (control, display, midi):
            part.changed.connect(self._show)
        self._show()

    def _connect_input(self) -> None:
        act, control = self._act, self._control
        act.refresh_inputs.triggered.connect(control.refresh)
        act.louder.triggered.connect(lambda: control.set_gain(control.gain_db + GAIN_STEP_DB))
        act.quieter.triggered.connect(lambda: control.set_gain(control.gain_db - GAIN_STEP_DB))
        act.gate.triggered.connect(lambda on: control.set_gate(on, control.gate_db))
        act.midi.triggered.connect(
            lambda on: self._midi.turn_on() if on else self._midi.turn_off()
        )

    def _connect_display(self) -> None:
        act, display = self._act, self._display
        act.next_style.triggered.connect(display.next_style)
        act.next_accidentals.triggered.connect(display.next_accidentals)
        act.only_names.triggered.connect(display.set_only_names)
        act.detail.triggered.connect(display.set_detail)
        act.unsure.triggered.connect(display.set_unsure)
        act.pitch_lines.triggered.connect(display.set_pitch_lines)

    @property
    def all(self) -> list[SidePanel]:
        """Every panel."""
        return list(self._panels.values())

    def set_theme(self, theme: Theme) -> None:
        for panel in self.all:
            panel.set_theme(theme)

    def open(self, name: str, *, take_focus: bool = False) -> None:
        """Shows one panel, "input" or "display", and no other; none for an empty name."""
        for other, panel in self._panels.items():
            panel.setVisible(other == name)
            self._toggles[other].setChecked(other == name)
        self._settings.panel = name
        if name == "input":
            self._control.refresh()
        if take_focus and name:
            first = self.input.device if name == "input" else self.display.style_box
            first.setFocus(Qt.FocusReason.ShortcutFocusReason)

    def close(self) -> None:
        """Shows no panel."""
        self.open("")

    def _show(self) -> None:
        act, control, display = self._act, self._control, self._display
        act.gate.setChecked(control.gate_on)
        act.midi.setChecked(self._midi.is_on)
        act.only_names.setChecked(display.only_names)
        act.detail.setChecked(display.detail)
        act.unsure.setChecked(display.unsure)
        act.pitch_lines.setChecked(display.pitch_lines)
