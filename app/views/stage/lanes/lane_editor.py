"""A line of text written over a lane."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QEvent, QRect, Qt
from PySide6.QtGui import QFocusEvent, QKeyEvent
from PySide6.QtWidgets import QLineEdit, QWidget

_LEAST_WIDTH = 150
_MARGIN = 2
_LEAVE = (Qt.Key.Key_Escape, Qt.Key.Key_Return, Qt.Key.Key_Enter)


class LaneEditor(QLineEdit):
    """Open while something is named: Enter or a click elsewhere takes the text, Esc leaves it."""

    def __init__(self, parent: QWidget) -> None:
        """Args: `parent` is what the lane lies in."""
        super().__init__(parent)
        self._within = parent
        self.setObjectName("laneEditor")
        self._take: Callable[[str], bool] = lambda _: True
        self._back: Callable[[], object] = lambda: None
        self.hide()

    def ask(
        self, place: QRect, name: str, text: str, take: Callable[[str], bool],
        back: Callable[[], object], placeholder: str = "",
    ) -> None:
        """Lets a text be written.

        Args:
            place: where in the parent.
            name: what is asked for, for screen readers.
            take: gets the text; False when it cannot be so, and the writing goes on.
            back: called when it is closed, to give the keys back.
        """
        self._take, self._back = take, back
        self.setAccessibleName(name)
        self.setPlaceholderText(placeholder)
        width = max(place.width(), _LEAST_WIDTH)
        right = self._within.width() - width - _MARGIN
        height = max(place.height(), self.sizeHint().height())
        self.setGeometry(max(0, min(place.left(), right)), place.top(), width, height)
        self.setText(text)
        self.selectAll()
        self.show()
        self.raise_()
        self.setFocus(Qt.FocusReason.OtherFocusReason)

    def event(self, event: QEvent) -> bool:
        # Enter and Esc are meant for the text, not for a command of the window.
        is_override = event.type() == QEvent.Type.ShortcutOverride
        if is_override and isinstance(event, QKeyEvent) and event.key() in _LEAVE:
            event.accept()
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self._close()
        elif event.key() in _LEAVE:
            if self._take(self.text()):
                self._close()
        else:
            super().keyPressEvent(event)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        if self.isVisible() and event.reason() != Qt.FocusReason.PopupFocusReason:
            self._take(self.text())
            self._close()

    def _close(self) -> None:
        if self.isVisible():
            self.hide()
            self._back()
