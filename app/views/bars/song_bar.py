"""The slim bar of a recording: editing, loop, speed, pitch, mix, shortest note, dragging notes out.
"""

from __future__ import annotations

from PySide6.QtCore import QSignalBlocker, QSize, Qt, Signal
from PySide6.QtGui import QAction, QResizeEvent
from PySide6.QtWidgets import (
    QDoubleSpinBox,
    QFrame,
    QHBoxLayout,
    QLabel,
    QSlider,
    QSpinBox,
    QToolButton,
    QWidget,
)

from app.style import apply_theme as themes
from app.style import icons
from app.style.theme_colours import Theme
from app.views.bars.action_button import action_button
from app.views.bars.default_slider import DefaultSlider
from app.views.bars.fact_label import FactLabel
from app.views.bars.midi_drag_handle import MidiHandle
from app.views.shortcuts.song_shortcuts import SongActions

# Per cent of the recording's speed.
SLOWEST, NORMAL, FASTEST = 10, 100, 150
SPEED_STEP = 5
# Of playback at another pitch.
HIGHEST_CENTS = 1200
# The mix: the recording alone, both, the notes alone.
ONLY_RECORDING, BOTH, ONLY_NOTES = 0, 50, 100
_HEIGHT = 40
# A bar that is narrower leaves texts out.
_NARROW = 1160
LONGEST_SHORTEST_MS = 500
_BESIDE = Qt.ToolButtonStyle.ToolButtonTextBesideIcon
_ALONE = Qt.ToolButtonStyle.ToolButtonIconOnly


class SongBar(QFrame):
    """Shown beneath the window's bar while there is a recording.

    Attributes:
        handle: what the notes are dragged out of the window by.

    Signals:
        speed_changed(int): per cent of the recording's speed.
        cents_changed(int): how much higher it is played than it was recorded.
        mix_changed(int): 0 for the recording alone to 100 for its notes alone.
        shortest_changed(int): milliseconds that a note lasts at least.
    """

    speed_changed = Signal(int)
    cents_changed = Signal(int)
    mix_changed = Signal(int)
    shortest_changed = Signal(int)

    def __init__(
        self, actions: SongActions, handle: MidiHandle, theme: Theme,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.setObjectName("songBar")
        self.setAccessibleName("Recording")
        self.setFixedHeight(_HEIGHT)
        self.handle = handle
        self.edit = _button(actions.edit, "Edit notes", _BESIDE)
        self.undo = _button(actions.undo, "Undo")
        self.redo = _button(actions.redo, "Redo")
        self.why = _button(actions.why, "Why is a note there", _BESIDE)
        self.loop = _button(actions.loop, "Loop")
        self.trainer = _button(actions.sections.trainer, "Speed trainer")
        self.speed = _slider(
            SLOWEST, FASTEST, NORMAL, "Speed",
            "Speed of playback (comma: slower, point: faster, Ctrl+. for the recording’s own)\n"
            "Higher plays faster, lower plays slower, always at the same pitch.",
        )
        self.speed.setSingleStep(SPEED_STEP)
        self.speed.setPageStep(25)
        self.speed_text = FactLabel("Speed in per cent")
        widest = self.fontMetrics().horizontalAdvance("100 % ↑")
        self.speed_text.setMinimumWidth(widest + 6)
        self.pitch = QDoubleSpinBox()
        self.pitch.setRange(-HIGHEST_CENTS / 100, HIGHEST_CENTS / 100)
        self.pitch.setDecimals(2)
        self.pitch.setKeyboardTracking(False)
        self.pitch.setAccessibleName("Pitch of playback in semitones")
        self.pitch.setFixedWidth(84)
        self.pitch.lineEdit().setTextMargins(4, 0, 0, 0)
        self.pitch.setToolTip(
            "How many semitones higher recording and notes are played; a hundredth is a cent\n"
            "(Shift+comma: a semitone lower, Shift+point: higher, with Alt by 10 cents, Ctrl+comma "
            "resets)"
        )
        self.mix = _slider(
            ONLY_RECORDING, ONLY_NOTES, ONLY_RECORDING, "Mix of recording and notes",
            "What is heard (X: recording, both, notes, in turns)\n"
            "Higher is more of the notes on a built-in instrument, lower more of the recording.",
        )
        self.shortest = QSpinBox()
        self.shortest.setRange(0, LONGEST_SHORTEST_MS)
        self.shortest.setSingleStep(10)
        self.shortest.setSuffix(" ms")
        self.shortest.setKeyboardTracking(False)
        self.shortest.setAccessibleName("Shortest note")
        self.shortest.setFixedWidth(92)
        self.shortest.lineEdit().setTextMargins(6, 0, 0, 0)
        self.shortest.setToolTip(
            "A note that sounds is not ended earlier than this after it began (Ctrl+0 resets)\n"
            "Higher makes very short notes longer. What you changed by hand stays as it is."
        )
        self._texts = [QLabel("Speed"), QLabel("Pitch"), QLabel("Recording"), QLabel("Notes"),
                       QLabel("Shortest note")]
        self._separators = [_separator() for _ in range(4)]
        self._lay_out()
        self._connect()
        self.set_theme(theme)

    def _lay_out(self) -> None:
        speed, pitch, recording, notes, shortest = self._texts
        for text, control in (
            (speed, self.speed), (pitch, self.pitch), (shortest, self.shortest)
        ):
            text.setBuddy(control)
        row = QHBoxLayout(self)
        row.setContentsMargins(10, 0, 16, 0)
        row.setSpacing(6)
        for part in (
            self.edit, self.undo, self.redo, self.why, self._separators[0], self.loop, self.trainer,
            speed, self.speed, self.speed_text, self._separators[1], pitch, self.pitch,
            self._separators[3], recording, self.mix, notes,
        ):
            row.addWidget(part)
        row.addStretch(1)
        for part in (shortest, self.shortest, self._separators[2], self.handle):
            row.addWidget(part)

    def _connect(self) -> None:
        self.speed.valueChanged.connect(self.speed_changed)
        self.pitch.valueChanged.connect(lambda value: self.cents_changed.emit(round(100 * value)))
        self.mix.valueChanged.connect(self.mix_changed)
        self.shortest.valueChanged.connect(self.shortest_changed)

    def set_theme(self, theme: Theme) -> None:
        self.handle.setIcon(icons.icon("drag", theme.text, theme.octave))

    def show_values(
        self, *, speed: int, is_rising: bool, cents: int, mix: int, can_mix: bool,
        shortest_ms: float,
    ) -> None:
        """Moves the controls without saying so; `is_rising` says that the speed gets higher."""
        for control, value in (
            (self.speed, speed), (self.mix, mix if can_mix else ONLY_NOTES),
            (self.shortest, round(shortest_ms)),
        ):
            with QSignalBlocker(control):
                control.setValue(value)
        with QSignalBlocker(self.pitch):
            self.pitch.setPrefix("+" if cents > 0 else "")
            self.pitch.setValue(cents / 100)
        self.mix.setEnabled(can_mix)
        self.speed_text.show_fact(f"{speed} %{' ↑' * is_rising}")

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        is_narrow = event.size().width() < _NARROW
        for button in (self.edit, self.why):
            button.setToolButtonStyle(_ALONE if is_narrow else _BESIDE)
        speed, pitch, _, _, shortest = self._texts
        for text in (speed, pitch, shortest):
            text.setVisible(not is_narrow)
        self.handle.setToolButtonStyle(_ALONE if is_narrow else _BESIDE)


def _slider(low: int, high: int, usual: int, name: str, tip: str) -> QSlider:
    slider = DefaultSlider(low, high, usual)
    slider.setAccessibleName(name)
    slider.setToolTip(tip)
    slider.setFixedWidth(96)
    return slider


def _button(
    action: QAction, accessible_name: str, style: Qt.ToolButtonStyle = _ALONE
) -> QToolButton:
    button = action_button(action, "songButton", accessible_name, style)
    button.setIconSize(QSize(18, 18))
    button.setFont(themes.font(10))
    return button


def _separator() -> QWidget:
    line = QFrame()
    line.setObjectName("separator")
    line.setFixedSize(1, 20)
    return line
