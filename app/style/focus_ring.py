"""A ring around what has the keyboard, the same for every kind of control and in every window."""

from __future__ import annotations

from collections.abc import Collection

from PySide6.QtCore import QEvent, QObject, QRectF, Qt
from PySide6.QtGui import QFocusEvent, QPainter, QPaintEvent, QPalette, QPen, QRegion
from PySide6.QtWidgets import QApplication, QWidget
from shiboken6 import isValid

_WIDTH, _AWAY, _RADIUS = 2, 3, 9.0
# Who is nearly square and no larger than this is round: the button for Play.
_ROUND = 40
_BY_KEY = (Qt.FocusReason.TabFocusReason, Qt.FocusReason.BacktabFocusReason)


class FocusRing(QWidget):
    """Lies around a widget, a little away from it where there is room, for as long as it lives."""

    def __init__(self, around: QWidget) -> None:
        parent = around.parentWidget() or around
        super().__init__(parent)
        self.around, self._parent = around, parent
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        around.installEventFilter(self)
        self._place()
        self.show()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() in (QEvent.Type.Move, QEvent.Type.Resize):
            self._place()
        return False

    def _place(self) -> None:
        box = self.around.geometry().adjusted(-_AWAY, -_AWAY, _AWAY, _AWAY)
        self.setGeometry(box & self._parent.rect())
        # What lies within is painted as if there were no ring.
        inner = self.rect().adjusted(*[_WIDTH + 1] * 2, *[-_WIDTH - 1] * 2)
        corners = QRegion(self.rect()) - QRegion(inner.adjusted(0, 9, 0, -9))
        self.setMask(corners - QRegion(inner.adjusted(9, 0, -9, 0)))
        self.raise_()

    def paintEvent(self, event: QPaintEvent) -> None:
        width, height = self.width(), self.height()
        is_round = abs(width - height) <= _WIDTH and width <= _ROUND + 2 * _AWAY
        radius = height / 2 if is_round else min(_RADIUS, height / 2)
        with QPainter(self) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setPen(QPen(self.palette().color(QPalette.ColorRole.Accent), _WIDTH))
            half = _WIDTH / 2
            box = QRectF(self.rect()).adjusted(half, half, -half, -half)
            painter.drawRoundedRect(box, radius - half, radius - half)


class FocusRings(QObject):
    """Shows a ring around whatever has the keyboard focus, in any window of the program."""

    def __init__(self, pages: Collection[QWidget], parent: QObject) -> None:
        """Args: `pages` have the focus nearly always, and get a ring only when it came by Tab."""
        super().__init__(parent)
        self._pages, self._came_by_key = pages, False
        self._ring: FocusRing | None = None
        self._watched: list[QWidget] = []
        for page in pages:
            page.installEventFilter(self)
        application = QApplication.instance()
        if isinstance(application, QApplication):
            application.focusChanged.connect(self._go)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if isinstance(event, QFocusEvent) and event.gotFocus():
            self._came_by_key = event.reason() in _BY_KEY
        elif event.type() == QEvent.Type.MouseButtonPress:
            self._end()
        return False

    def _go(self, old: QWidget | None, new: QWidget | None) -> None:
        self._end()
        if new is None or new.isWindow() or new.window().windowType() == Qt.WindowType.Popup:
            return
        if new not in self._pages:
            self._ring = FocusRing(new)
        elif self._came_by_key:
            self._ring = FocusRing(new)
            # Who goes on with the mouse needs it no more.
            self._watched = new.findChildren(QWidget)
            for part in self._watched:
                part.installEventFilter(self)

    def _end(self) -> None:
        for part in self._watched:
            if isValid(part):
                part.removeEventFilter(self)
        self._watched = []
        # It goes with the window that it is in.
        if self._ring is not None and isValid(self._ring):
            self._ring.hide()
            self._ring.deleteLater()
        self._ring = None
