"""The space bar belongs to the control that has the focus, and only then to the whole window."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QAbstractButton, QComboBox, QWidget


class _SpaceForControl(QObject):
    """Claims Space for whatever has the focus, before it becomes a shortcut of the window."""

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent):
            is_plain = event.modifiers() == Qt.KeyboardModifier.NoModifier
            if event.key() == Qt.Key.Key_Space and is_plain:
                event.accept()
                return True
        return False


def leave_keys_to_controls(window: QWidget) -> None:
    """Lets Space press the buttons of a window, tick its boxes and open its lists."""
    keys = _SpaceForControl(window)
    for control in window.findChildren(QWidget):
        if isinstance(control, QAbstractButton | QComboBox):
            control.installEventFilter(keys)
