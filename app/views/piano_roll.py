"""The notes as bars, and the lines of the pitch axis beneath them: one item that paints all."""

from __future__ import annotations

import math
from functools import cache

import pyqtgraph as pg
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QBrush, QColor, QFont, QFontMetricsF, QPainter, QPen
from PySide6.QtWidgets import QGraphicsItem, QStyleOptionGraphicsItem, QWidget

from app import theme as themes
from app.theme import Theme
from app.views.axes import HIGHEST, LOWEST, Axes
from app.views.note_track import Bar, NoteTrack
from model.pitch import is_black_key, note_name

# Rows lower than this are too narrow for lines between all keys, and for names upon the bars.
_ROW_FOR_LINES_PX = 9.0
_ROW_FOR_NAMES_PX = 9.0
_GLOW_PX = 5.0
_STRENGTH_STEPS = 8


def mix(back: QColor, front: QColor, share: float) -> QColor:
    """`front` laid over `back` with an opacity of `share`."""
    def between(one: float, other: float) -> float:
        return one + (other - one) * share

    return QColor.fromRgbF(
        between(back.redF(), front.redF()),
        between(back.greenF(), front.greenF()),
        between(back.blueF(), front.blueF()),
    )


class _Scale:
    """From seconds and pitches to the pixels of a view, for the length of one painting.

    Attributes:
        start_s: time at the left edge.
        x, y: pixels of a second and of a semitone.
        thick, radius: height of a bar, and how round its corners are.
    """

    def __init__(self, axes: Axes, width: float, height: float) -> None:
        self.start_s = axes.start_s
        self.x, self.y = width / axes.span_s, height / (axes.high - axes.low)
        self.thick = max(3.0, min(self.y * 0.86, self.y - 1.5)) + 1
        self.radius = min(4.0, self.thick / 2)
        self._high = axes.high
        self._right = width + 20.0

    def box(self, bar: Bar, head_s: float) -> QRectF:
        """Where a bar is drawn; one that sounds on reaches to `head_s`."""
        end_s = max(head_s, bar.onset_s) if bar.is_open else bar.offset_s
        # Far beyond the view, a bar ends a little beyond it.
        left = max((bar.onset_s - self.start_s) * self.x, -20.0) - 0.5
        right = min((end_s - self.start_s) * self.x, self._right) - 0.5
        middle = round((self._high - bar.pitch) * self.y * 2) / 2
        return QRectF(left, middle - self.thick / 2, max(right - left, 3.0), self.thick)


class PianoRoll(pg.GraphicsObject):  # type: ignore[misc]
    """Paints the bars of a `NoteTrack` that are in view; notes have no items of their own.

    Attributes:
        track: the notes; `set_moment` or `update` after it has changed.
    """

    def __init__(self, axes: Axes, theme: Theme) -> None:
        super().__init__()
        self.track = NoteTrack()
        self._axes = axes
        # Until when bars that still sound are drawn, and the moment whose notes glow.
        self._head_s = 0.0
        self._moment_s = -1.0
        self._sounding: dict[int, float] = {}
        self._name_size = 0
        self._name_widths: dict[int, float] = {}
        self._name_font = themes.font(9, weight=QFont.Weight.DemiBold)
        self.setFlag(QGraphicsItem.GraphicsItemFlag.ItemUsesExtendedStyleOption)
        self.set_theme(theme)
        axes.changed.connect(self._view_changed)

    def set_theme(self, theme: Theme) -> None:
        self._theme = theme
        stage = QColor(theme.stage)

        @cache
        def fill(pitch_class: int, step: int) -> QBrush:
            share = 0.5 + 0.5 * step / _STRENGTH_STEPS
            return QBrush(mix(stage, theme.pitch_colour(pitch_class), share))

        self._fill = fill
        self.update()

    @property
    def sounding(self) -> dict[int, float]:
        """Strength (0..1) of every pitch that sounds at the moment set last."""
        return self._sounding

    def set_moment(self, moment_s: float, head_s: float) -> None:
        """Lights the bars that sound at `moment_s`; bars without an end reach to `head_s`."""
        touched = [*self.track.between(self._moment_s, math.nextafter(self._moment_s, math.inf))]
        before = self._sounding.keys()
        self._moment_s, self._head_s = moment_s, head_s
        self._sounding = self.track.sounding(moment_s)
        touched += self.track.between(moment_s, math.nextafter(moment_s, math.inf))
        margin_s = 2 * _GLOW_PX * self._axes.span_s / max(self._size()[0], 1.0)
        for bar in touched:
            end_s = head_s if bar.is_open else bar.offset_s
            self.update(
                QRectF(bar.onset_s - margin_s, bar.pitch - 1.5,
                       end_s - bar.onset_s + 2 * margin_s, 3)
            )
        for pitch in before ^ self._sounding.keys():
            self.update(QRectF(self._axes.start_s, pitch - 1, self._axes.span_s, 2))

    def boundingRect(self) -> QRectF:
        axes = self._axes
        return QRectF(axes.start_s, LOWEST, axes.span_s, HIGHEST - LOWEST)

    def paint(
        self,
        painter: QPainter,
        option: QStyleOptionGraphicsItem,
        widget: QWidget | None = None,
    ) -> None:
        exposed = option.exposedRect
        # All is drawn in pixels, so that corners stay round and lines sharp at every zoom.
        width, height = self._size()
        scale = _Scale(self._axes, width, height)
        painter.resetTransform()
        self._paint_rows(painter, width, height, scale.y)
        margin_s = 2 * _GLOW_PX / scale.x
        bars = [
            (bar, scale.box(bar, self._head_s))
            for bar in self.track.between(exposed.left() - margin_s, exposed.right() + margin_s)
        ]
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        self._paint_bars(painter, bars, scale)
        if scale.y >= _ROW_FOR_NAMES_PX:
            self._paint_names(painter, bars, scale.thick)

    def _paint_rows(
        self, painter: QPainter, width: float, height: float, scale_y: float
    ) -> None:
        theme, axes = self._theme, self._axes
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
        black_row = QColor(theme.black_row)
        black_row.setAlpha(96)
        grid, octave = QColor(theme.grid), QColor(theme.octave)
        grid.setAlpha(150)
        octave.setAlpha(190)
        for pitch in range(math.ceil(axes.low - 0.5), math.floor(axes.high + 0.5) + 1):
            top = round(axes.y(pitch + 0.5, height))
            bottom = round(axes.y(pitch - 0.5, height))
            row = QRectF(0, top, width, bottom - top)
            if is_black_key(pitch) and scale_y > 4:
                painter.fillRect(row, black_row)
            if pitch in self._sounding:
                band = self._theme.pitch_colour(pitch)
                band.setAlpha(round(14 + 16 * self._sounding[pitch]))
                painter.fillRect(row, band)
            if pitch % 12 == 0:
                painter.fillRect(QRectF(0, bottom, width, 1), octave)
            elif scale_y >= _ROW_FOR_LINES_PX:
                painter.fillRect(QRectF(0, bottom, width, 1), grid)

    def _paint_bars(
        self, painter: QPainter, bars: list[tuple[Bar, QRectF]], scale: _Scale
    ) -> None:
        # Hundreds of bars in each frame: what is the same for all stands before the loop.
        edge, moment_s, fill = QPen(QColor(self._theme.stage), 1), self._moment_s, self._fill
        painter.setPen(edge)
        for bar, box in bars:
            radius = min(scale.radius, box.width() / 2)
            sounds = bar.onset_s <= moment_s < bar.offset_s
            if sounds:
                self._paint_glow(painter, box, bar)
                painter.setPen(edge)
            painter.setBrush(fill(bar.pitch % 12, round(bar.strength * _STRENGTH_STEPS)))
            painter.drawRoundedRect(box, radius, radius)
            if sounds:
                self._paint_played(painter, box, radius, bar, scale)
                painter.setPen(edge)

    def _paint_glow(self, painter: QPainter, box: QRectF, bar: Bar) -> None:
        glow = self._theme.pitch_colour(bar.pitch)
        painter.setPen(Qt.PenStyle.NoPen)
        for reach in (_GLOW_PX, _GLOW_PX * 0.55):
            glow.setAlphaF(0.12 + 0.14 * bar.strength)
            painter.setBrush(glow)
            outer = box.adjusted(-reach, -reach, reach, reach)
            painter.drawRoundedRect(outer, 4 + reach, 4 + reach)

    def _paint_played(
        self, painter: QPainter, box: QRectF, radius: float, bar: Bar, scale: _Scale
    ) -> None:
        """The part of a sounding note that has been played shines."""
        theme = self._theme
        bright = mix(theme.pitch_colour(bar.pitch), QColor(theme.shine), theme.shine_share)
        played = (min(self._moment_s, self._head_s) - scale.start_s) * scale.x - box.left()
        inner = box.adjusted(0.5, 0.5, -0.5, -0.5)
        inner.setWidth(min(max(played, 2 * radius), inner.width()))
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(bright)
        painter.drawRoundedRect(inner, radius, radius)

    def _paint_names(
        self, painter: QPainter, bars: list[tuple[Bar, QRectF]], thick: float
    ) -> None:
        size = int(min(max(thick * 0.86, 9), 14))
        if size != self._name_size:
            self._name_size = size
            self._name_font.setPixelSize(size)
            self._name_widths = {}
        metrics = QFontMetricsF(self._name_font)
        drop = metrics.capHeight() / 2
        painter.setFont(self._name_font)
        painter.setPen(QColor(self._theme.bar_text))
        for bar, box in bars:
            right = box.right()
            # The name of a bar that began before the view stays readable at its left edge.
            left = max(box.left(), 0.0) + 5
            if right - left < size:
                continue
            name = note_name(bar.pitch)
            width = self._name_widths.get(bar.pitch)
            if width is None:
                width = self._name_widths[bar.pitch] = metrics.horizontalAdvance(name)
            if left + width + 4 <= right:
                painter.drawText(QPointF(left, box.center().y() + drop), name)

    def _view_changed(self) -> None:
        self.prepareGeometryChange()
        self.update()

    def _size(self) -> tuple[float, float]:
        """Width and height in pixels of the view that this item fills."""
        view = self.getViewWidget()
        if view is None:
            return 1.0, 1.0
        return float(view.viewport().width()), float(view.viewport().height())
