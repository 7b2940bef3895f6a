"""The buttons of the bars: each shows one command."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QToolButton


def action_button(
    action: QAction,
    name: str,
    accessible_name: str,
    style: Qt.ToolButtonStyle = Qt.ToolButtonStyle.ToolButtonIconOnly,
) -> QToolButton:
    """A button for a command; the style sheet knows it by `name`."""
    button = QToolButton()
    button.setObjectName(name)
    button.setDefaultAction(action)
    button.setToolButtonStyle(style)
    button.setIconSize(QSize(20, 20))
    button.setAccessibleName(accessible_name)
    button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
    return button
