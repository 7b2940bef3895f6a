"""The line of facts below the stage: what is on it, what is set, progress, notes, lost sound."""

from __future__ import annotations

from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QAccessible, QAccessibleEvent, QResizeEvent
from PySide6.QtWidgets import QProgressBar, QSizePolicy, QStatusBar, QWidget

from app.views.bars.action_button import action_button
from app.views.bars.fact_label import FactLabel
from app.views.bars.setting_chips import SettingChips
from app.views.plain_text import plain_tip
from app.views.shortcuts.window_shortcuts import Actions

# How long an answer stays.
_SAY_MS = 7000


class StatusLine(QStatusBar):
    """What is on the stage; progress with a way to cancel; how many notes; lost sound.

    Attributes:
        chips: which settings are not as usual.
    """

    def __init__(self, actions: Actions, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setSizeGripEnabled(False)
        self.setContentsMargins(12, 0, 12, 0)
        self.source = _ElidedLabel("On the stage")
        self.doing = FactLabel("What is being done")
        self.bar = QProgressBar()
        self.bar.setRange(0, 1000)
        self.bar.setTextVisible(False)
        self.bar.setFixedWidth(160)
        self.bar.setAccessibleName("Progress of the transcription")
        self.cancel = action_button(actions.cancel, "cancel", "Cancel transcription",
                                    Qt.ToolButtonStyle.ToolButtonTextOnly)
        self.notes = FactLabel("Notes")
        self.lost = FactLabel("Lost sound")
        self.lost.setToolTip("How often this computer was too busy to take the sound in time")
        self.skipped = FactLabel("Pictures left out")
        self.skipped.setToolTip(
            "How many pictures were left out because this computer was too busy.\n"
            "No sound was: the notes are complete."
        )
        self.midi = FactLabel("MIDI out")
        self.midi.setToolTip("Where the notes are sent while you play (M turns it off)")
        self.addWidget(self.source, 1)
        self.chips = SettingChips()
        for widget in (self.chips, self.doing, self.bar, self.cancel, self.midi, self.skipped,
                       self.lost, self.notes):
            self.addPermanentWidget(widget)
        self.setFixedHeight(32)
        self._facts: tuple[str, int, int, int] | None = None
        self._source = self._hover = self._said = ""
        self._saying = QTimer(self, interval=_SAY_MS, singleShot=True)
        self._saying.timeout.connect(lambda: self.say(""))
        self.set_progress(None)
        self.set_midi("")

    def set_progress(self, share: float | None) -> None:
        """Shows the share that is done, 0 to 1; None when nothing is being done."""
        for widget in (self.doing, self.bar, self.cancel):
            widget.setVisible(share is not None)
        if share is not None:
            self.bar.setValue(round(share * 1000))
            self.doing.show_fact(f"Transcribing  {share:4.0%}")

    def set_hover(self, text: str) -> None:
        """Shows what is under the pointer in place of what is on the stage; empty for nothing."""
        if text != self._hover:
            self._hover = text
            self._show_text()

    def say(self, text: str) -> None:
        """Answers a key that does nothing, for some seconds, before anything else."""
        self._said = text
        self._saying.stop()
        if text:
            self._saying.start()
            self.source.setAccessibleDescription(text)
            QAccessible.updateAccessibility(
                QAccessibleEvent(self.source, QAccessible.Event.Alert)
            )
        self.source.setProperty("says", bool(text))
        # A style sheet looks at properties only when it is applied.
        self.source.style().polish(self.source)
        self._show_text()

    def _show_text(self) -> None:
        self.source.set_text(self._said or self._hover or self._source)

    def set_midi(self, port: str) -> None:
        """Shows where notes are sent; empty for nowhere."""
        self.midi.show_fact(f"MIDI to {port}" if port else "")
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
        if source != self._source:
            # What was said was of before.
            self._said = ""
        self._source = source
        self._show_text()
        self.notes.show_fact(f"{notes} note{'' if notes == 1 else 's'}")
        self.lost.show_fact(f"sound lost {lost}×")
        self.lost.setVisible(lost > 0)
        self.skipped.show_fact(f"{skipped} picture{'' if skipped == 1 else 's'} left out")
        self.skipped.setVisible(skipped > 0)


class _ElidedLabel(FactLabel):
    """A line of text that is shortened in its middle where there is no room."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self._text = ""
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)

    def set_text(self, text: str) -> None:
        self._text = text
        self.setToolTip(plain_tip(text))
        self._elide()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._elide()

    def _elide(self) -> None:
        room = self.width() - 16
        middle = Qt.TextElideMode.ElideMiddle
        self.show_fact(self.fontMetrics().elidedText(self._text, middle, room), self._text)
