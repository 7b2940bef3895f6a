"""What is higher than its room, to be scrolled up and down."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QScrollArea, QWidget


def panel_scroll(content: QWidget) -> QScrollArea:
    """Lays `content` into an area that scrolls up and down alone, as panels and lists look."""
    content.setObjectName("panelContent")
    scroll = QScrollArea()
    scroll.setObjectName("panelScroll")
    scroll.setWidget(content)
    scroll.setWidgetResizable(True)
    scroll.setFrameShape(QFrame.Shape.NoFrame)
    scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
    return scroll
