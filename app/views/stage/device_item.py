"""Items that paint in the pixels of the screen, so that lines and corners are sharp everywhere."""

from __future__ import annotations

import math

import pyqtgraph as pg
from PySide6.QtCore import QRectF
from PySide6.QtGui import QPainter, QTransform
from PySide6.QtWidgets import QStyleOptionGraphicsItem, QWidget

from app.views.stage.view_scale import ViewScale


def keep_with_pixels(item: pg.GraphicsObject, painter: QPainter) -> None:
    """Moves what an item paints as far as a `DeviceItem` rounds the beginning of the view.

    Without it, a line would tremble by a pixel against the notes while the view scrolls.
    """
    box = item.getViewBox()
    start_s, end_s = box.viewRange()[0]
    origin, ratio = start_s * box.width() / (end_s - start_s), painter.device().devicePixelRatioF()
    place = QTransform.fromTranslate(origin - round(origin * ratio) / ratio, 0)
    painter.setWorldTransform(painter.worldTransform() * place)


class DeviceItem(pg.GraphicsObject):
    """Covers its view box and paints in pixels from that one's upper left corner.

    The painted view begins at a whole pixel of the device, so that nothing flickers while it
    scrolls. Exporters that draw larger than the screen get the same picture in more dots.
    """

    def __init__(self) -> None:
        super().__init__()
        # Pixels of a second, kept while it is but rounded another way from moment to moment.
        self._x = 1.0

    def boundingRect(self) -> QRectF:
        return self.viewRect() or QRectF()

    def viewTransformChanged(self) -> None:
        self.prepareGeometryChange()
        super().viewTransformChanged()

    def paint(
        self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None
    ) -> None:
        box = self.getViewBox()
        (start_s, end_s), (low, high) = box.viewRange()
        width, height = box.width(), box.height()
        if width < 1 or height < 1:
            return
        on_device = painter.worldTransform().mapRect(self.viewRect())
        # One but for an export.
        zoom = on_device.width() / width
        if math.isclose(zoom, 1.0, rel_tol=1e-6):
            zoom = 1.0
        place = QTransform.fromTranslate(on_device.left(), on_device.top())
        if zoom == 1.0:
            place = QTransform.fromTranslate(round(on_device.left()), round(on_device.top()))
        painter.setWorldTransform(place.scale(zoom, zoom))
        ratio = painter.device().devicePixelRatioF() * zoom
        x = width / (end_s - start_s)
        if not math.isclose(x, self._x, rel_tol=1e-9):
            self._x = x
        x = self._x
        origin = round(start_s * x * ratio) / ratio
        self.draw(painter, ViewScale(origin / x, x, low, high, width, height), ratio)

    def draw(self, painter: QPainter, scale: ViewScale, ratio: float) -> None:
        """Paints the view of `scale`; the device has `ratio` dots in each pixel."""
        raise NotImplementedError
