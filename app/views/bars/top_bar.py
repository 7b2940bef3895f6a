"""The bar of controls above the stage, and the line of facts below it."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QAction, QColor, QFontMetrics, QResizeEvent
from PySide6.QtWidgets import (
    QFrame,
    QGraphicsDropShadowEffect,
    QHBoxLayout,
    QLabel,
    QProgressBar,
    QSizePolicy,
    QSlider,
    QStatusBar,
    QToolButton,
    QWidget,
)

from app.style import theme as themes
from app.style.theme_colours import Theme
from app.system.clock_text import clock_text
from app.transcription.sensitivity import MIDDLE, STEPS
from app.views.panels.level_meter import LevelMeter
from app.views.shortcuts.window_shortcuts import Actions

_HEIGHT = 60
# A bar that is narrower leaves texts out.
_NARROW = 1120
_BESIDE = Qt.ToolButtonStyle.ToolButtonTextBesideIcon
_ALONE = Qt.ToolButtonStyle.ToolButtonIconOnly


class TopBar(QFrame):
    """Open; playback, or freeze for a live take; time; sensitivity; panels; level; Record; Live.

    Where it is narrow, only the most important buttons keep their texts.

    Signals:
        sensitivity_changed(int): the slider was moved, 0 to 100.
    """

    sensitivity_changed = Signal(int)

    def __init__(self, actions: Actions, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("topBar")
        self.setFixedHeight(_HEIGHT)
        self.open = _button(actions.open, "open", "Open", _BESIDE)
        self.to_start = _button(actions.to_start, "toStart", "Back to start")
        self.play = _button(actions.play, "play", "Play")
        self.freeze = _button(actions.freeze, "freeze", "Freeze the view", _BESIDE)
        self.display = _button(actions.display_panel, "display", "Display settings")
        self.export = _button(actions.export, "export", "Export notes", _BESIDE)
        self.input = _button(actions.input_panel, "input", "Input settings")
        self.record = _button(actions.record, "record", "Record", _BESIDE)
        self.live = _button(actions.live, "live", "Live", _BESIDE)
        self.meter = LevelMeter(theme)

        self.time = QLabel()
        self.time.setObjectName("time")
        self.time.setFont(themes.font(12))
        self.time.setAccessibleName("Position")
        self.time.setToolTip("Position of the cursor, and length of the recording")
        widest = QFontMetrics(self.time.font()).horizontalAdvance("00:00.0 / 00:00")
        self.time.setMinimumWidth(widest + 6)
        self.set_time(0.0, 0.0)

        self.sensitivity = QSlider(Qt.Orientation.Horizontal)
        self.sensitivity.setRange(0, STEPS)
        self.sensitivity.setValue(MIDDLE)
        self.sensitivity.setPageStep(10)
        self.sensitivity.setMinimumWidth(72)
        self.sensitivity.setMaximumWidth(168)
        self.sensitivity.setAccessibleName("Sensitivity")
        self.sensitivity.setToolTip(
            "Sensitivity (Ctrl+Up, Ctrl+Down; Ctrl+0 for the default)\n"
            "Higher finds more notes: quieter and less certain ones too.\n"
            "Lower keeps only the certain ones. Nothing is listened to again."
        )
        self.sensitivity.valueChanged.connect(self.sensitivity_changed)
        self._label = QLabel("Sensitivity")
        self._label.setBuddy(self.sensitivity)

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
        row.addSpacing(4)
        row.addWidget(self.time)
        row.addStretch(1)
        row.addWidget(self._label)
        row.addWidget(self.sensitivity, 2)
        row.addSpacing(4)
        row.addWidget(self.display)
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
        self.time.setText(text + faint)

    def set_sensitivity(self, sensitivity: int) -> None:
        """Moves the slider without saying so."""
        self.sensitivity.blockSignals(True)
        self.sensitivity.setValue(sensitivity)
        self.sensitivity.blockSignals(False)

    def show_live(self, is_take: bool) -> None:
        """Offers what a live take needs, or else what a recording needs."""
        self.to_start.setVisible(not is_take)
        self.play.setVisible(not is_take)
        self.freeze.setVisible(is_take)

    def set_listening(self, is_listening: bool) -> None:
        self._glow.setEnabled(is_listening)
        if not is_listening:
            self.meter.clear()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        is_narrow = event.size().width() < _NARROW
        for button in (self.open, self.export, self.record):
            button.setToolButtonStyle(_ALONE if is_narrow else _BESIDE)
        self.meter.set_length(72 if is_narrow else 112)


class StatusLine(QStatusBar):
    """What is on the stage; progress with a way to cancel; how many notes; lost sound."""

    def __init__(self, actions: Actions, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setSizeGripEnabled(False)
        self.setContentsMargins(12, 0, 12, 0)
        self.source = _ElidedLabel()
        self.source.setAccessibleName("On the stage")
        self.doing = QLabel()
        self.bar = QProgressBar()
        self.bar.setRange(0, 1000)
        self.bar.setTextVisible(False)
        self.bar.setFixedWidth(160)
        self.bar.setAccessibleName("Progress of the transcription")
        self.cancel = _button(actions.cancel, "cancel", "Cancel transcription",
                              Qt.ToolButtonStyle.ToolButtonTextOnly)
        self.doing.setAccessibleName("What is being done")
        self.notes = QLabel()
        self.notes.setAccessibleName("Notes")
        self.lost = QLabel()
        self.lost.setAccessibleName("Lost sound")
        self.lost.setToolTip("How often this computer was too busy to take the sound in time")
        self.skipped = QLabel()
        self.skipped.setAccessibleName("Pictures left out")
        self.skipped.setToolTip(
            "How many pictures were left out because this computer was too busy.\n"
            "No sound was: the notes are complete."
        )
        self.midi = QLabel()
        self.midi.setAccessibleName("MIDI out")
        self.midi.setToolTip("Where the notes are sent while you play (M turns it off)")
        self.addWidget(self.source, 1)
        for widget in (self.doing, self.bar, self.cancel, self.midi, self.skipped, self.lost,
                       self.notes):
            self.addPermanentWidget(widget)
        self.setFixedHeight(32)
        self._facts: tuple[str, int, int, int] | None = None
        self._source = self._hover = ""
        self.set_progress(None)
        self.set_midi("")

    def set_progress(self, share: float | None) -> None:
        """Shows the share that is done, 0 to 1; None when nothing is being done."""
        for widget in (self.doing, self.bar, self.cancel):
            widget.setVisible(share is not None)
        if share is not None:
            self.bar.setValue(round(share * 1000))
            self.doing.setText(f"Transcribing  {share:4.0%}")

    def set_hover(self, text: str) -> None:
        """Shows what is under the pointer in place of what is on the stage; empty for nothing."""
        if text != self._hover:
            self._hover = text
            self.source.set_text(text or self._source)

    def set_midi(self, port: str) -> None:
        """Shows where notes are sent; empty for nowhere."""
        self.midi.setText(f"MIDI to {port}")
        self.midi.setVisible(bool(port))

    def set_facts(self, source: str, notes: int, lost: int, skipped: int) -> None:
        """Shows what is on the stage, and how many notes there are.

        Args:
            lost: how often sound was lost.
            skipped: how many pictures were left out.
        """
        if (source, notes, lost, skipped) == self._facts:
            return
        self._facts = (source, notes, lost, skipped)
        self._source = source
        self.source.set_text(self._hover or source)
        self.notes.setText(f"{notes} note{'' if notes == 1 else 's'}")
        self.lost.setText(f"sound lost {lost}×")
        self.lost.setVisible(lost > 0)
        self.skipped.setText(f"{skipped} picture{'' if skipped == 1 else 's'} left out")
        self.skipped.setVisible(skipped > 0)


class _ElidedLabel(QLabel):
    """A line of text that is shortened in its middle where there is no room."""

    def __init__(self) -> None:
        super().__init__()
        self._text = ""
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)

    def set_text(self, text: str) -> None:
        self._text = text
        self.setToolTip(text)
        self._elide()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._elide()

    def _elide(self) -> None:
        room = self.width() - 16
        middle = Qt.TextElideMode.ElideMiddle
        self.setText(self.fontMetrics().elidedText(self._text, middle, room))


def _button(
    action: QAction,
    name: str,
    accessible_name: str,
    style: Qt.ToolButtonStyle = _ALONE,
) -> QToolButton:
    button = QToolButton()
    button.setObjectName(name)
    button.setDefaultAction(action)
    button.setToolButtonStyle(style)
    button.setIconSize(QSize(20, 20))
    button.setAccessibleName(accessible_name)
    button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
    return button


def _separator() -> QWidget:
    line = QFrame()
    line.setObjectName("separator")
    line.setFixedSize(1, 26)
    return line
