"""The bar of controls above the stage."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QColor, QFontMetrics, QResizeEvent
from PySide6.QtWidgets import (
    QFrame,
    QGraphicsDropShadowEffect,
    QHBoxLayout,
    QLabel,
    QWidget,
)

from app.style import apply_theme as themes
from app.style.theme_colours import Theme
from app.system.clock_text import clock_text
from app.transcription.sensitivity import MIDDLE, STEPS
from app.views.bars.action_button import action_button
from app.views.bars.default_slider import DefaultSlider
from app.views.bars.fact_label import FactLabel
from app.views.panels.level_meter import LevelMeter
from app.views.shortcuts.window_shortcuts import FREEZE_TEXTS, RECORD_TEXTS, Actions

_HEIGHT = 60
# A bar that is narrower leaves texts out.
_NARROW = 1120
# One that is narrower has no room for a text more, or not even for a symbol more.
_WIDE, _TIGHT = 1320, 980
_BESIDE = Qt.ToolButtonStyle.ToolButtonTextBesideIcon
_ALONE = Qt.ToolButtonStyle.ToolButtonIconOnly


class TopBar(QFrame):
    """Open; playback, or for a live take freeze and, once it has ended, keep; time; sensitivity;
    panels; level; Record; Live.

    Where it is narrow, only the most important buttons keep their texts.

    Signals:
        sensitivity_changed(int): the slider was moved, 0 to 100.
    """

    sensitivity_changed = Signal(int)

    def __init__(self, actions: Actions, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("topBar")
        self.setFixedHeight(_HEIGHT)
        self.open = action_button(actions.open, "open", "Open", _BESIDE)
        self.to_start = action_button(actions.to_start, "toStart", "Back to start")
        self.play = action_button(actions.play, "play", "Play")
        self.freeze = action_button(
            actions.freeze, "freeze", "Freeze the view", _BESIDE, FREEZE_TEXTS
        )
        self.keep = action_button(actions.keep, "keep", "Keep what I just played", _BESIDE)
        self.display = action_button(actions.display_panel, "display", "Display settings")
        self.practise = action_button(actions.practise, "practise", "Practise", _BESIDE)
        self.export = action_button(actions.export, "export", "Export notes", _BESIDE)
        self.input = action_button(actions.input_panel, "input", "Input settings")
        self.record = action_button(actions.record, "record", "Record", _BESIDE, RECORD_TEXTS)
        self.live = action_button(actions.live, "live", "Live", _BESIDE)
        self.meter = LevelMeter(theme)

        self.time = FactLabel("Position")
        self.time.setObjectName("time")
        self.time.setFont(themes.font(12))
        self.time.setToolTip("Position of the cursor, and length of the recording")
        widest = QFontMetrics(self.time.font()).horizontalAdvance("00:00.0 / 00:00")
        self._time_width = widest + 6
        self.set_time(0.0, 0.0)

        self.sensitivity = DefaultSlider(0, STEPS, MIDDLE)
        self.sensitivity.setPageStep(10)
        self.sensitivity.setMinimumWidth(72)
        self.sensitivity.setMaximumWidth(168)
        self.sensitivity.setAccessibleName("Sensitivity")
        self.sensitivity.setToolTip(
            "Sensitivity (Ctrl+Up, Ctrl+Down; Ctrl+0 or a double click for the default)\n"
            "Higher finds more notes: quieter and less certain ones too.\n"
            "Lower keeps only the certain ones. Nothing is listened to again."
        )
        self.sensitivity.valueChanged.connect(self.sensitivity_changed)
        self.sensitivity.valueChanged.connect(self._show_sensitivity)
        self._label = QLabel("Sensitivity")
        self._label.setBuddy(self.sensitivity)
        self.sensitivity_text = FactLabel("Sensitivity from 0 to 100")

        # The glow of a running session. Qt owns the effect.
        self._glow = QGraphicsDropShadowEffect(self.live)
        self._glow.setOffset(0, 0)
        self._glow.setBlurRadius(26)
        self._glow.setEnabled(False)
        self.live.setGraphicsEffect(self._glow)
        self._lay_out()
        self.show_live(False)
        self.set_theme(theme)

    def _lay_out(self) -> None:
        row = QHBoxLayout(self)
        row.setContentsMargins(10, 0, 16, 0)
        row.setSpacing(8)
        row.addWidget(self.open)
        row.addWidget(_separator())
        row.addWidget(self.to_start)
        row.addWidget(self.play)
        row.addWidget(self.freeze)
        row.addWidget(self.keep)
        row.addSpacing(4)
        row.addWidget(self.time)
        row.addStretch(1)
        row.addWidget(self._label)
        row.addWidget(self.sensitivity, 2)
        row.addWidget(self.sensitivity_text)
        row.addSpacing(4)
        row.addWidget(self.display)
        row.addWidget(self.practise)
        row.addWidget(self.export)
        row.addWidget(_separator())
        row.addSpacing(4)
        row.addWidget(self.meter)
        row.addWidget(self.input)
        row.addWidget(self.record)
        row.addWidget(self.live)

    def set_theme(self, theme: Theme) -> None:
        self.meter.set_theme(theme)
        self._glow.setColor(QColor(theme.live))

    def set_time(self, position_s: float, duration_s: float) -> None:
        """Shows where the cursor is; a length of 0 stands for no recording."""
        text = clock_text(position_s, 1)
        faint = f" / {clock_text(duration_s)}" if duration_s else ""
        # While it plays, a screen reader is told every second, not sixty times in it.
        is_other_length = len(text + faint) != len(self.time.text())
        self.time.show_fact(text + faint, clock_text(int(position_s)) + faint)
        if is_other_length:
            self._fit_time()

    def _fit_time(self) -> None:
        """Gives the position a fixed room: else each new digit would have the window laid out."""
        wanted = self.time.sizeHint().width()
        self.time.setFixedSize(max(wanted, self._time_width), _HEIGHT)

    def set_sensitivity(self, sensitivity: int) -> None:
        """Moves the slider without saying so."""
        self.sensitivity.blockSignals(True)
        self.sensitivity.setValue(sensitivity)
        self.sensitivity.blockSignals(False)
        self._show_sensitivity()

    def _show_sensitivity(self) -> None:
        value, is_narrow = self.sensitivity.value(), self.width() < _NARROW
        text = f"{value}, default" if value == MIDDLE else f"{value}, default {MIDDLE}"
        self.sensitivity_text.show_fact(f"{value}" if is_narrow else text)
        longest = f"{STEPS}" if is_narrow else f"{STEPS}, default {MIDDLE}"
        width = self.sensitivity_text.fontMetrics().horizontalAdvance(longest)
        self.sensitivity_text.setFixedWidth(width + 4)

    def show_live(self, is_take: bool, *, can_keep: bool = False) -> None:
        """Offers what a live take needs, or else what a recording needs.

        Args:
            can_keep: the take has ended, and is no recording yet.
        """
        self.to_start.setVisible(not is_take)
        self.play.setVisible(not is_take)
        self.freeze.setVisible(is_take and not can_keep)
        self.keep.setVisible(can_keep)

    def set_listening(self, is_listening: bool) -> None:
        self._glow.setEnabled(is_listening)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        is_narrow = event.size().width() < _NARROW
        for button in (self.open, self.export, self.record, self.freeze):
            button.setToolButtonStyle(_ALONE if is_narrow else _BESIDE)
        # The menu has it as well.
        is_wide = event.size().width() >= _WIDE
        self.practise.setToolButtonStyle(_BESIDE if is_wide else _ALONE)
        self.practise.setVisible(event.size().width() >= _TIGHT)
        self.meter.set_length(72 if is_narrow else 112)
        self._show_sensitivity()


def _separator() -> QWidget:
    line = QFrame()
    line.setObjectName("separator")
    line.setFixedSize(1, 26)
    return line
