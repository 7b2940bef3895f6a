"""What a tool of the stage must know to take the mouse before the view does."""

from __future__ import annotations

from typing import Protocol

from PySide6.QtCore import QPointF, Qt


class MouseTool(Protocol):
    """Takes the left button before the view does. Places are in pixels of the view box."""

    def pressed(self, place: QPointF, keys: Qt.KeyboardModifier, *, double: bool) -> bool:
        """Whether it wants this press, and all until the button is let go."""

    def moved(self, place: QPointF, keys: Qt.KeyboardModifier) -> None:
        """The pointer went on while the button is held."""

    def released(self, place: QPointF, keys: Qt.KeyboardModifier) -> None:
        """The button was let go."""
