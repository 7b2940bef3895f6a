"""How notes look: bars with names, the glow of those that sound, the rows beneath them."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from functools import cache

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QBrush, QColor, QFont, QFontMetricsF, QPainter, QPen, QPixmap

from app.music.note_naming import NoteNaming
from app.style import apply_theme as themes
from app.style.theme_colours import Theme
from app.views.stage import distant_notes
from app.views.stage.feed.note_index import Bar, Columns
from app.views.stage.view_scale import TAG_PX, ViewScale
from model.pitch import is_black_key

# Width of a tile of the stage, and of the picture of the rows that is laid into each. A multiple
# of four, so that tiles end between pixels on screens of 1.25 and 1.5 as well.
TILE_PX = 256
# Rows lower than this are too narrow for lines between all keys.
_ROW_FOR_LINES_PX = 9.0
# In rows lower than this, a name would cover too much.
_LEAST_ROW_FOR_NAMES_PX = 4.0
# The glow reaches so far beyond its bar.
GLOW_PX = 5.0
# Where a second is narrower than this, bars are too small for round corners and names.
_FAR_PX = 25.0
_STRENGTH_STEPS = 8
# Bars of unsure notes: height relative to the others, opacity of inside, edge, and from afar.
_UNSURE_THICK = 0.62
_UNSURE_FILL, _UNSURE_EDGE, _UNSURE_FAR = 0.16, 0.42, 0.3


def mix(back: QColor, front: QColor, share: float) -> QColor:
    """`front` laid over `back` with an opacity of `share`."""
    def between(one: float, other: float) -> float:
        return one + (other - one) * share

    red, green = between(back.redF(), front.redF()), between(back.greenF(), front.greenF())
    return QColor.fromRgbF(red, green, between(back.blueF(), front.blueF()))


class NoteBarRenderer:
    """Paints in pixels, so that corners stay round and lines sharp at every zoom."""

    def __init__(self, theme: Theme) -> None:
        self._naming = NoteNaming()
        self._names: dict[int, tuple[str, float]] = {}
        self._name_size = 0
        self._name_font = themes.font(9, weight=QFont.Weight.DemiBold)
        self.set_theme(theme)

    def set_theme(self, theme: Theme) -> None:
        self._theme = theme
        stage = QColor(theme.stage)

        @cache
        def fill(pitch_class: int, step: int) -> QBrush:
            share = 0.5 + 0.5 * step / _STRENGTH_STEPS
            return QBrush(mix(stage, theme.pitch_colour(pitch_class), share))

        @cache
        def faint(pitch_class: int, opacity: float) -> QColor:
            colour = theme.pitch_colour(pitch_class)
            colour.setAlphaF(opacity)
            return colour

        @cache
        def bright(pitch_class: int) -> QBrush:
            shine = QColor(theme.shine)
            return QBrush(mix(theme.pitch_colour(pitch_class), shine, theme.shine_share))

        self._fill, self._faint, self._bright = fill, faint, bright
        self._edge = QPen(stage, 1)
        self._rows: QPixmap | None = None
        self._rows_shape: tuple[float, ...] = ()
        steps = range(_STRENGTH_STEPS + 1)

        # There are hundreds, and most renderers never see a bar from afar.
        @cache
        def far(unsure: bool) -> NDArray[np.uint32]:
            return distant_notes.premultiplied([
                [faint(name, _UNSURE_FAR) if unsure else fill(name, step).color() for step in steps]
                for name in range(12)
            ])

        self._far = far

    def set_naming(self, naming: NoteNaming) -> None:
        """Calls notes so."""
        self._naming = naming
        self._names = {}

    def far_colours(self, pitches: range, *, unsure: bool = False) -> NDArray[np.uint32]:
        """Premultiplied ARGB for `distant_notes.painted`, (pitches, steps)."""
        classes = [pitch % 12 for pitch in pitches]
        return self._far(unsure)[classes]

    @staticmethod
    def is_far(scale: ViewScale) -> bool:
        """Whether bars are so small that `far` serves better."""
        return scale.x < _FAR_PX

    def far(
        self, painter: QPainter, sure: Columns, unsure: Columns | None, head_s: float,
        scale: ViewScale,
    ) -> None:
        """Paints any number of bars, without their details: the unsure ones behind the sure."""
        ratio = painter.device().devicePixelRatioF()
        pitches = range(math.ceil(scale.low - 0.5), math.floor(scale.high + 0.5) + 1)
        shape = len(pitches), round(scale.width * ratio)
        faint = np.zeros(shape, np.uint32)

        def painted(bars: Columns, colours: NDArray[np.uint32]) -> NDArray[np.uint32]:
            values = distant_notes.strengths(
                bars, head_s, scale.start_s, scale.x * ratio, shape[1], pitches
            )
            return distant_notes.painted(values, colours)

        bold = painted(sure, self.far_colours(pitches))
        if unsure is not None and len(unsure.pitch):
            faint = painted(unsure, self.far_colours(pitches, unsure=True))
        # A pixel row shows the middle of a pitch, the edge that only sure notes reach, or nothing.
        lines = np.concatenate([np.where(bold, bold, faint), bold, np.zeros_like(bold[:1])])
        middles = np.round((scale.high - np.array(pitches)) * scale.y * 2) / 2
        rows = (np.arange(round(scale.height * ratio)) + 0.5) / ratio
        nearest = np.rint(scale.high - rows / scale.y).astype(np.int64) - pitches.start
        nearest = nearest.clip(0, len(pitches) - 1)
        away, half = abs(rows - middles[nearest]), (scale.thick - 1) / 2
        line = np.where(away < half * _UNSURE_THICK, nearest, nearest + len(pitches))
        line[away >= half] = -1
        distant_notes.draw(painter, lines[line])

    def rows(self, painter: QPainter, scale: ViewScale) -> None:
        """The rows of black keys and the lines between the rows; at least `TILE_PX` wide."""
        if scale.width > TILE_PX:
            self._paint_rows(painter, scale, scale.width)
            return
        ratio = painter.device().devicePixelRatioF()
        # They are the same everywhere in a view, and in every frame.
        shape = (scale.low, scale.high, scale.height, ratio)
        if self._rows is None or shape != self._rows_shape:
            picture = QPixmap(round(TILE_PX * ratio), math.ceil(scale.height * ratio))
            picture.setDevicePixelRatio(ratio)
            picture.fill(Qt.GlobalColor.transparent)
            with QPainter(picture) as own:
                self._paint_rows(own, scale, TILE_PX)
            self._rows, self._rows_shape = picture, shape
        painter.drawPixmap(QPointF(0, 0), self._rows)

    def _paint_rows(self, painter: QPainter, scale: ViewScale, width: float) -> None:
        theme = self._theme
        black_row = QColor(theme.black_row)
        black_row.setAlpha(96)
        grid, octave = QColor(theme.grid), QColor(theme.octave)
        grid.setAlpha(150)
        octave.setAlpha(190)
        for pitch in range(math.ceil(scale.low - 0.5), math.floor(scale.high + 0.5) + 1):
            row = self._row(pitch, scale)
            row.setWidth(width)
            if is_black_key(pitch) and scale.y > 4:
                painter.fillRect(row, black_row)
            if pitch % 12 == 0:
                painter.fillRect(QRectF(0, row.bottom(), width, 1), octave)
            elif scale.y >= _ROW_FOR_LINES_PX:
                painter.fillRect(QRectF(0, row.bottom(), width, 1), grid)

    def lit_rows(
        self, painter: QPainter, strengths: Iterable[tuple[int, float]], scale: ViewScale
    ) -> None:
        """A band across the rows of pitches that sound, with their strength."""
        for pitch, strength in strengths:
            band = self._theme.pitch_colour(pitch)
            band.setAlpha(round(14 + 16 * strength))
            painter.fillRect(self._row(pitch, scale), band)

    def unsure(
        self, painter: QPainter, bars: Iterable[Bar], head_s: float, scale: ViewScale
    ) -> None:
        """Faint bars without names."""
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        inset = scale.thick * (1 - _UNSURE_THICK) / 2 + 0.5
        for bar in bars:
            box = scale.box(bar, head_s).adjusted(0, inset, 0, -inset)
            radius = min(scale.radius, box.width() / 2, box.height() / 2)
            painter.setPen(QPen(self._faint(bar.pitch % 12, _UNSURE_EDGE), 1))
            painter.setBrush(self._faint(bar.pitch % 12, _UNSURE_FILL))
            painter.drawRoundedRect(box, radius, radius)

    def bars(
        self, painter: QPainter, bars: Iterable[Bar], head_s: float, scale: ViewScale
    ) -> None:
        """Bars, later ones over earlier ones."""
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        # Hundreds of bars may come: what is the same for all stands before the loop.
        painter.setPen(self._edge)
        fill, most = self._fill, scale.radius
        for bar in bars:
            box = scale.box(bar, head_s)
            radius = min(most, box.width() / 2)
            painter.setBrush(fill(bar.pitch % 12, round(bar.strength * _STRENGTH_STEPS)))
            painter.drawRoundedRect(box, radius, radius)

    def sounding(
        self, painter: QPainter, bars: Iterable[Bar], moment_s: float, head_s: float,
        scale: ViewScale,
    ) -> None:
        """Bars with a glow about them; the part that has been played shines."""
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        for bar in bars:
            box = scale.box(bar, head_s)
            radius = min(scale.radius, box.width() / 2)
            self._glow(painter, box, bar)
            played = (min(moment_s, head_s) - scale.start_s) * scale.x - box.left()
            # As live: all of it has been played.
            is_whole = played >= box.width() - 1
            name, step = bar.pitch % 12, round(bar.strength * _STRENGTH_STEPS)
            painter.setPen(self._edge)
            painter.setBrush(self._bright(name) if is_whole else self._fill(name, step))
            painter.drawRoundedRect(box, radius, radius)
            if not is_whole:
                self._played(painter, box, radius, bar, played)

    def names(
        self, painter: QPainter, bars: Sequence[Bar], head_s: float, scale: ViewScale,
        *, stay: bool, between: Callable[[float, float], Iterable[Bar]],
    ) -> None:
        """The names upon those bars that have room for them.

        Args:
            stay: whether the name of a bar that began before the left edge stays readable there.
            between: all bars between two moments, in seconds.
        """
        if scale.y < _LEAST_ROW_FOR_NAMES_PX:
            return
        is_tight = scale.is_tight
        size = int(min(max(scale.thick * 0.86, 9), 14))
        if size != self._name_size:
            self._name_size = size
            self._name_font.setPixelSize(size)
            self._names = {}
        metrics = QFontMetricsF(self._name_font)
        drop = metrics.capHeight() / 2
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setFont(self._name_font)
        placed: list[tuple[Bar, QRectF]] = []
        for bar in bars:
            end_s = max(head_s, bar.onset_s) if bar.is_open else bar.offset_s
            left = scale.left(bar)
            right = left + max((end_s - bar.onset_s) * scale.x, 3.0)
            left = max(left, 0.0) if stay else left
            if right - left < size:
                continue
            if bar.pitch not in self._names:
                name = self._naming.name(bar.pitch)
                self._names[bar.pitch] = name, metrics.horizontalAdvance(name)
            width = self._names[bar.pitch][1] + 9
            if left + width <= right and left + width >= 0:
                placed.append((bar, QRectF(left, 0, width, TAG_PX)))
        if is_tight:
            placed = _with_room(placed, scale, between)
            painter.setPen(Qt.PenStyle.NoPen)
            for bar, tag in placed:
                tag.moveTop(scale.middle(bar.pitch) - TAG_PX / 2)
                painter.setBrush(self._fill(bar.pitch % 12, round(bar.strength * _STRENGTH_STEPS)))
                painter.drawRoundedRect(tag, 3, 3)
        painter.setPen(QColor(self._theme.bar_text))
        for bar, tag in placed:
            place = QPointF(tag.left() + 5, scale.middle(bar.pitch) + drop)
            painter.drawText(place, self._names[bar.pitch][0])

    def _glow(self, painter: QPainter, box: QRectF, bar: Bar) -> None:
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(self._faint(bar.pitch % 12, 0.12 + 0.14 * bar.strength))
        for reach in (GLOW_PX, GLOW_PX * 0.55):
            outer = box.adjusted(-reach, -reach, reach, reach)
            painter.drawRoundedRect(outer, 4 + reach, 4 + reach)

    def _played(
        self, painter: QPainter, box: QRectF, radius: float, bar: Bar, played_px: float
    ) -> None:
        inner = box.adjusted(0.5, 0.5, -0.5, -0.5)
        inner.setWidth(min(max(played_px, 2 * radius), inner.width()))
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(self._bright(bar.pitch % 12))
        painter.drawRoundedRect(inner, radius, radius)

    @staticmethod
    def _row(pitch: int, scale: ViewScale) -> QRectF:
        top = round((scale.high - pitch - 0.5) * scale.y)
        bottom = round((scale.high - pitch + 0.5) * scale.y)
        return QRectF(0, top, scale.width, bottom - top)


def _with_room(
    placed: list[tuple[Bar, QRectF]], scale: ViewScale,
    between: Callable[[float, float], Iterable[Bar]],
) -> list[tuple[Bar, QRectF]]:
    """Those names that may be higher than their rows, since no other bar lies there.

    Where the names of two bars would be in each other's way, the higher one has its name.
    """
    if not placed:
        return []
    by_pitch: dict[int, list[tuple[float, float]]] = {}
    edges = [(tag.left(), tag.right()) for _, tag in placed]
    for bar in between(
        scale.start_s + min(left for left, _ in edges) / scale.x,
        scale.start_s + max(right for _, right in edges) / scale.x,
    ):
        by_pitch.setdefault(bar.pitch, []).append((bar.onset_s, bar.offset_s))
    bars = range(1, math.ceil((TAG_PX + scale.thick - 1) / 2 / scale.y))
    names = range(1, math.ceil(TAG_PX / scale.y))
    away = {*bars, *names, *(-rows for rows in bars)}

    def has_room(bar: Bar, tag: QRectF) -> bool:
        start_s, end_s = (scale.start_s + x / scale.x for x in (tag.left(), tag.right()))
        return not any(
            onset_s < end_s and offset_s > start_s
            for rows in away for onset_s, offset_s in by_pitch.get(bar.pitch + rows, ())
        )

    return [(bar, tag) for bar, tag in placed if has_room(bar, tag)]
