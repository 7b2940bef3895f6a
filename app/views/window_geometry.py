"""Place and size of the window: as it was left, or as it fits the screen."""

from __future__ import annotations

from PySide6.QtCore import QByteArray, QSize
from PySide6.QtWidgets import QMainWindow

SMALLEST = QSize(900, 560)
USUAL = QSize(1280, 800)
# What a desktop lays around a window.
_FRAME = QSize(16, 48)


def restore_geometry(window: QMainWindow, geometry: QByteArray | None) -> None:
    """Puts a window where it was; None is for one that was never open."""
    window.setMinimumSize(SMALLEST)
    if geometry is None or not window.restoreGeometry(geometry):
        # With its frame it fits on the screen of a small laptop.
        room = window.screen().availableSize() - _FRAME
        window.resize(USUAL.boundedTo(room).expandedTo(SMALLEST))
