"""Pages of a score as pictures of their ink, made when they are wanted or about to be."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence

from PySide6.QtCore import QByteArray, QObject, QSize, QSizeF, Qt, QTimer
from PySide6.QtGui import QColor, QFontDatabase, QPainter, QPixmap
from PySide6.QtSvg import QSvgRenderer

from app.exports.score.engraving import font_files

# The page that is seen, those beside it, and a few that one may come back to.
_MOST_KEPT = 6


def fitted(aspect: float, room: QSize) -> QSizeF:
    """How large a page of this height by its width is in a room, as a whole."""
    width = min(float(room.width()), room.height() / aspect)
    return QSizeF(width, width * aspect)


class PagePictures(QObject):
    """Keeps the last few pages that were seen, and those beside, as transparent pictures.

    Reading a page and drawing it take about 15 ms each. Of pages that are not yet seen both are
    done when nothing else is to be done, one after the other.
    """

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        for file in font_files():
            QFontDatabase.addApplicationFont(str(file))
        self._svgs: list[bytes] = []
        self._room, self._ratio, self._ink = QSize(), 1.0, QColor(Qt.GlobalColor.black)
        self._kept: OrderedDict[int, QPixmap] = OrderedDict()
        self._renderers: dict[int, QSvgRenderer] = {}
        self._wanted: list[int] = []
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self._prepare)

    def set_pages(self, svgs: Sequence[bytes]) -> None:
        """Other pages; pictures of those that are the same stay."""
        stays = {index for index, svg in enumerate(svgs) if self._svgs[index : index + 1] == [svg]}
        self._svgs = list(svgs)
        for index in self._kept.keys() - stays:
            del self._kept[index]
        self._renderers.clear()

    def set_look(self, room: QSize, ratio: float, ink: QColor) -> None:
        """The room for a page in logical pixels, on a screen of this ratio, and its ink."""
        if (room, ratio, ink) != (self._room, self._ratio, self._ink):
            self._room, self._ratio, self._ink = room, ratio, ink
            self._kept.clear()

    def picture(self, index: int) -> QPixmap:
        """The ink of a page."""
        if index not in self._kept:
            self._draw(index)
        self._kept.move_to_end(index)
        return self._kept[index]

    def want(self, indices: Sequence[int]) -> None:
        """These will be asked for soon."""
        self._wanted = [index for index in indices
                        if 0 <= index < len(self._svgs) and index not in self._kept]
        if self._wanted:
            self._timer.start(0)

    def rest(self) -> None:
        """Prepares nothing."""
        self._timer.stop()

    @property
    def kept(self) -> Sequence[int]:
        """The pages whose pictures are there, the one seen last at the end."""
        return list(self._kept)

    def _prepare(self) -> None:
        if not self._wanted:
            return
        index = self._wanted[0]
        if index >= len(self._svgs) or index in self._kept:
            self._wanted.pop(0)
        elif index not in self._renderers:
            self._renderers[index] = QSvgRenderer(QByteArray(self._svgs[index]))
        else:
            self._draw(index)
        self._timer.start(0)

    def _draw(self, index: int) -> None:
        renderer = self._renderers.pop(index, None) or QSvgRenderer(
            QByteArray(self._svgs[index])
        )
        drawing = renderer.defaultSize()
        size = fitted(drawing.height() / max(drawing.width(), 1), self._room).toSize()
        picture = QPixmap(size * self._ratio)
        picture.setDevicePixelRatio(self._ratio)
        picture.fill(Qt.GlobalColor.transparent)
        with QPainter(picture) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            renderer.render(painter)
            painter.setCompositionMode(QPainter.CompositionMode.CompositionMode_SourceIn)
            painter.fillRect(picture.rect(), self._ink)
        self._kept[index] = picture
        while len(self._kept) > _MOST_KEPT:
            self._kept.popitem(last=False)
