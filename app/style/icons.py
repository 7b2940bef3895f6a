"""The symbols on the buttons, drawn from outlines in the theme's colours."""

from __future__ import annotations

from PySide6.QtCore import QByteArray, QPointF, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QIcon, QIconEngine, QPainter, QPixmap
from PySide6.QtSvg import QSvgRenderer

# Outlines on a field of 24 x 24; `{c}` is the colour.
_STROKE = 'fill="none" stroke="{c}" stroke-width="1.8" stroke-linecap="round"' \
    ' stroke-linejoin="round"'
_OUTLINES = {
    "open": f'<path {_STROKE} d="M3 18V6.5A1.5 1.5 0 0 1 4.5 5H9l2.2 2.5h7.3A1.5 1.5 0 0 1 20 9v1'
    'M3 18.2 5.7 11a1.6 1.6 0 0 1 1.5-1h13.3a1 1 0 0 1 .95 1.35L19.2 18a1.6 1.6 0 0 1-1.5 1'
    'H3.8a.8.8 0 0 1-.8-.8Z"/>',
    "play": '<path fill="{c}" d="M8 5.6v12.8a.9.9 0 0 0 1.37.77l10.3-6.4a.9.9 0 0 0 0-1.54'
    'L9.37 4.83A.9.9 0 0 0 8 5.6Z"/>',
    "pause": '<rect fill="{c}" x="6.5" y="5" width="4" height="14" rx="1.2"/>'
    '<rect fill="{c}" x="13.5" y="5" width="4" height="14" rx="1.2"/>',
    "to-start": '<path fill="{c}" d="M18.5 6.4v11.2a.8.8 0 0 1-1.24.67l-8.4-5.6a.8.8 0 0 1 0-1.34'
    'l8.4-5.6a.8.8 0 0 1 1.24.67Z"/><rect fill="{c}" x="5" y="5.5" width="2.2" height="13"'
    ' rx="1.1"/>',
    "live": f'<rect {_STROKE} x="9" y="3.5" width="6" height="10.5" rx="3"/>'
    f'<path {_STROKE} d="M5.5 11.5a6.5 6.5 0 0 0 13 0M12 18v3"/>',
    "record": '<circle fill="{c}" cx="12" cy="12" r="6.2"/>',
    "stop": '<rect fill="{c}" x="6.2" y="6.2" width="11.6" height="11.6" rx="2"/>',
    "to-end": '<path fill="{c}" d="M5.5 6.4v11.2a.8.8 0 0 0 1.24.67l8.4-5.6a.8.8 0 0 0 0-1.34'
    'l-8.4-5.6a.8.8 0 0 0-1.24.67Z"/><rect fill="{c}" x="16.8" y="5.5" width="2.2" height="13"'
    ' rx="1.1"/>',
    "input": f'<path {_STROKE} d="M4 7h8.5M17.5 7H20M4 17h2.5M11.5 17H20"/>'
    f'<circle {_STROKE} cx="15" cy="7" r="2.5"/><circle {_STROKE} cx="9" cy="17" r="2.5"/>',
    "display": f'<path {_STROKE} d="M2.5 17.5 7 6l4.5 11.5M4.2 13.5h5.6"/>'
    f'<circle {_STROKE} cx="17" cy="14.5" r="3.2"/><path {_STROKE} d="M20.3 11.2v6.4"/>',
    "close": f'<path {_STROKE} d="M6.5 6.5l11 11M17.5 6.5l-11 11"/>',
    "refresh": f'<path {_STROKE} d="M19 12a7 7 0 1 1-2.2-5.1M19.2 4v3.6h-3.6"/>',
    "edit": f'<path {_STROKE} d="M4 20l1-4.2L15.8 5a1.8 1.8 0 0 1 2.6 0l.6.6a1.8 1.8 0 0 1 0 2.6'
    'L8.2 19Z M13.8 7l3.2 3.2"/>',
    "undo": f'<path {_STROKE} d="M8.5 5 4.5 9l4 4M5 9h9a5 5 0 0 1 0 10h-3"/>',
    "redo": f'<path {_STROKE} d="M15.5 5l4 4-4 4M19 9h-9a5 5 0 0 0 0 10h3"/>',
    "loop": f'<path {_STROKE} d="M17 3.5 20 6.5l-3 3M4 11.5v-1a4 4 0 0 1 4-4h12M7 20.5l-3-3 3-3'
    'M20 12.5v1a4 4 0 0 1-4 4H4"/>',
    "trainer": f'<path {_STROKE} d="M4 18.5h4v-4h4v-4h4v-4h4M15.5 3.5 20 6.5l-3.5 3.5"/>',
    "why": f'<path {_STROKE} d="M3.5 18.5c3.5 0 4-12 7-12s2.5 9 5 9 2-4 5-4"/>'
    f'<path {_STROKE} stroke-dasharray="1.5 3" d="M3.5 11.5h17"/>',
    "drag": f'<path {_STROKE} d="M12 3v10M8.5 9.5 12 13l3.5-3.5M4.5 15v3.5A1.5 1.5 0 0 0 6 20h12'
    'a1.5 1.5 0 0 0 1.5-1.5V15"/>',
    "demo": f'<circle {_STROKE} cx="12" cy="12" r="8.5"/>'
    '<path fill="{c}" d="M10 8.6v6.8a.6.6 0 0 0 .92.5l5.2-3.4a.6.6 0 0 0 0-1l-5.2-3.4'
    'a.6.6 0 0 0-.92.5Z"/>',
    "practise": f'<path {_STROKE} d="M3.5 19.5h17M9 16V6l9-2v10"/>'
    f'<circle {_STROKE} cx="7" cy="16" r="2"/><circle {_STROKE} cx="16" cy="14" r="2"/>',
    "guide": f'<path {_STROKE} d="M12 6.5C9.5 4.8 6.5 4.5 3.5 5v13c3-.5 6-.2 8.5 1.5'
    ' 2.5-1.7 5.5-2 8.5-1.5V5c-3-.5-6-.2-8.5 1.5ZM12 6.5v13"/>',
    "export": f'<path {_STROKE} d="M12 15V4M8 7.6 12 3.6l4 4M4.5 14v4.5A1.5 1.5 0 0 0 6 20h12'
    'a1.5 1.5 0 0 0 1.5-1.5V14"/>',
}


def pixmap(name: str, colour: str, size: int, ratio: float) -> QPixmap:
    """A symbol of `size` x `size` logical pixels on a screen of this device pixel ratio."""
    markup = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 24 24">'
    markup += _OUTLINES[name].replace("{c}", colour) + "</svg>"
    result = QPixmap(QSize(size, size) * ratio)
    result.fill(Qt.GlobalColor.transparent)
    with QPainter(result) as painter:
        renderer = QSvgRenderer(QByteArray(markup.encode()))
        renderer.render(painter, QRectF(0, 0, size * ratio, size * ratio))
    result.setDevicePixelRatio(ratio)
    return result


def icon(name: str, colour: str, disabled: str, *, checked: str | None = None) -> QIcon:
    """A symbol for a button, in one colour for each state it can be in."""
    return QIcon(_SymbolEngine(name, colour, disabled, checked or colour))


class _SymbolEngine(QIconEngine):
    """Draws a symbol when it is first seen: most of a window's hundred never are."""

    def __init__(self, name: str, colour: str, disabled: str, checked: str) -> None:
        super().__init__()
        self._name, self._colour, self._disabled, self._checked = name, colour, disabled, checked
        self._drawn: dict[tuple[str, int, float], QPixmap] = {}

    def scaledPixmap(
        self, size: QSize, mode: QIcon.Mode, state: QIcon.State, scale: float
    ) -> QPixmap:
        if mode == QIcon.Mode.Disabled:
            colour = self._disabled
        else:
            colour = self._checked if state == QIcon.State.On else self._colour
        side = min(size.width(), size.height())
        key = colour, side, scale
        if key not in self._drawn:
            self._drawn[key] = pixmap(self._name, colour, side, scale)
        return self._drawn[key]

    def pixmap(self, size: QSize, mode: QIcon.Mode, state: QIcon.State) -> QPixmap:
        return self.scaledPixmap(size, mode, state, 1.0)

    def paint(
        self, painter: QPainter, rect: QRect, mode: QIcon.Mode, state: QIcon.State
    ) -> None:
        ratio = painter.device().devicePixelRatioF()
        picture = self.scaledPixmap(rect.size(), mode, state, ratio)
        place = QRectF(QPointF(), picture.deviceIndependentSize())
        place.moveCenter(QRectF(rect).center())
        painter.drawPixmap(place.topLeft(), picture)

    def clone(self) -> QIconEngine:
        return _SymbolEngine(self._name, self._colour, self._disabled, self._checked)
