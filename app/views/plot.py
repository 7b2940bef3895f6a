"""pyqtgraph as this program uses it: its options, and the view that every plot stands in."""

from __future__ import annotations

import pyqtgraph as pg
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QGraphicsScene, QGraphicsView, QWidget

# Images are (rows, columns); lines stay sharp, items that need it smooth their own edges; drawing
# in software is the same on every machine. The mouse is followed as often as the system tells.
pg.setConfigOptions(
    imageAxisOrder="row-major", antialias=False, useOpenGL=False, mouseRateLimit=-1
)


class Plot(pg.GraphicsView):
    """A scene of pyqtgraph items that is drawn anew as a whole, on a background of one colour.

    What moves here moves everywhere: to look for the parts that are different would cost more
    than it saves.
    """

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent, background=None)
        self.setCacheMode(QGraphicsView.CacheModeFlag.CacheNone)
        self.setViewportUpdateMode(QGraphicsView.ViewportUpdateMode.FullViewportUpdate)
        self.setOptimizationFlags(QGraphicsView.OptimizationFlag.DontAdjustForAntialiasing)
        self.scene().setItemIndexMethod(QGraphicsScene.ItemIndexMethod.NoIndex)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.centralLayout.setContentsMargins(0, 0, 0, 0)
        self.centralLayout.setSpacing(0)
