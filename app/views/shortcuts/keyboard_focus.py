"""Who gets the keys: the page, but for a control that was reached with them."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractSlider,
    QAbstractSpinBox,
    QComboBox,
    QLineEdit,
    QMainWindow,
    QScrollBar,
    QWidget,
)

_LEAVE = (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Escape)


class KeyboardFocus(QObject):
    """Lets Tab go through the controls of a window, and the mouse use them without their getting
    the keys: Space, Left and Right stay what they are on the page.

    A text is typed into where it was clicked, until it is entered or left with Esc. A control that
    is hidden or disabled while it has the keys leaves them to the page, and to no other control.
    """

    def __init__(self, window: QMainWindow, page: Callable[[], QWidget]) -> None:
        """Args: `page` says what the keys belong to; all controls that stay are there already."""
        super().__init__(window)
        self._window, self._page = window, page
        window.installEventFilter(self)
        for control in window.findChildren(QWidget):
            if isinstance(control, QAbstractButton | QAbstractSlider | QComboBox):
                if not isinstance(control, QScrollBar) and control.focusPolicy():
                    control.setFocusPolicy(Qt.FocusPolicy.TabFocus)
            elif isinstance(control, QAbstractSpinBox):
                control.setFocusPolicy(Qt.FocusPolicy.TabFocus)
                control.lineEdit().installEventFilter(self)
                control.installEventFilter(self)

    def leave_what_is_gone(self) -> bool:
        """Gives the keys to the page if who has them cannot be used any more; says whether."""
        control = self._window.focusWidget()
        if control is None or (control.isVisibleTo(self._window) and control.isEnabled()):
            return False
        self._page().setFocus()
        return True

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        kind = event.type()
        if watched is self._window:
            if kind == QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent):
                return self._claim_space(event)
            if kind == QEvent.Type.WindowActivate:
                self.leave_what_is_gone()
        elif kind == QEvent.Type.MouseButtonPress and isinstance(watched, QLineEdit):
            watched.setFocus(Qt.FocusReason.MouseFocusReason)
        elif kind == QEvent.Type.KeyPress and isinstance(event, QKeyEvent):
            return isinstance(watched, QAbstractSpinBox) and self._leave_text(watched, event.key())
        return False

    def _leave_text(self, text: QAbstractSpinBox, key: int) -> bool:
        if key in _LEAVE:
            text.interpretText()
            self._page().setFocus()
        # Esc would close the panel that it is in, too.
        return key == Qt.Key.Key_Escape

    def _claim_space(self, event: QKeyEvent) -> bool:
        """Space presses the control that has the focus, before it is a shortcut of the window."""
        is_plain = event.modifiers() == Qt.KeyboardModifier.NoModifier
        is_control = isinstance(self._window.focusWidget(), QAbstractButton | QComboBox)
        if event.key() == Qt.Key.Key_Space and is_plain and is_control:
            event.accept()
            return True
        return False
