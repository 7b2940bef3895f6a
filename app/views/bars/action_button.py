"""The buttons of the bars: each shows one command."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QToolButton


class _ActionButton(QToolButton):
    """As wide for each of its texts as for the widest, so that nothing moves when they change."""

    def __init__(self, texts: Sequence[str]) -> None:
        super().__init__()
        self._texts = texts

    def sizeHint(self) -> QSize:
        hint = super().sizeHint()
        if self._texts and self.toolButtonStyle() != Qt.ToolButtonStyle.ToolButtonIconOnly:
            width = self.fontMetrics().horizontalAdvance
            hint.setWidth(hint.width() + max(map(width, self._texts)) - width(self.text()))
        return hint


def action_button(
    action: QAction,
    name: str,
    accessible_name: str,
    style: Qt.ToolButtonStyle = Qt.ToolButtonStyle.ToolButtonIconOnly,
    texts: Sequence[str] = (),
) -> QToolButton:
    """A button for a command.

    Args:
        name: how the style sheet knows it.
        texts: what stands on it at times, where that changes.
    """
    button = _ActionButton(texts)
    button.setObjectName(name)
    button.setDefaultAction(action)
    button.setToolButtonStyle(style)
    button.setIconSize(QSize(20, 20))
    button.setAccessibleName(accessible_name)
    button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
    return button
