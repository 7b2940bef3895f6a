"""pyqtgraph as this program uses it: its options, and the view that every plot stands in."""

from __future__ import annotations

from typing import Any

import pyqtgraph as pg
from PySide6.QtCore import Qt
from PySide6.QtGui import QPainter, QPen
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


class PlotBox(pg.ViewBox):
    """A view box that moves its items at once when another part of them comes into view.

    pyqtgraph leaves that to the next painting, in which what moves asks for another one.
    """

    def updateViewRange(self, *args: Any, **options: Any) -> None:
        super().updateViewRange(*args, **options)
        if self._matrixNeedsUpdate:
            self.updateMatrix()


class PlotLine(pg.InfiniteLine):
    """A line whose pen is as wide on screens with more dots."""

    def setPen(self, *args: Any, **options: Any) -> None:
        super().setPen(*args, **options)
        self._width = self.pen.widthF()

    def paint(self, painter: QPainter, *args: Any) -> None:
        self.currentPen.setWidthF(self._width * _dots(self, painter))
        super().paint(painter, *args)


class PlotCurve(pg.PlotCurveItem):
    """A smooth curve whose pen is as wide on screens with more dots."""

    def __init__(self) -> None:
        super().__init__(antialias=True)

    def setPen(self, pen: QPen) -> None:
        super().setPen(pen)
        self._width = pen.widthF()

    def paint(self, painter: QPainter, *args: Any) -> None:
        self.opts["pen"].setWidthF(self._width * _dots(self, painter))
        super().paint(painter, *args)


def _dots(item: pg.GraphicsObject, painter: QPainter) -> float:
    """In each pixel: pyqtgraph's pens are as many of them wide as they say."""
    export = item._exportOpts or {}
    return float(painter.device().devicePixelRatioF() * export.get("resolutionScale", 1.0))
