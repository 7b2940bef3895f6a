"""Each bar of what was played as a column: its marks, and whether it was rushed or dragged."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QToolTip, QWidget

from app.practice.practice_report import BarResult
from app.style import apply_theme as themes
from app.style.theme_colours import Theme
from app.views.practice.mark_style import NAMES, Shown, mark_colour

_TIMING_PX, _NUMBERS_PX = 34.0, 16.0
# So many ms reach the edge of the room for timing.
_MOST_MS = 100.0
_ORDER: tuple[Shown, ...] = ("right", "early", "late", "unsure", "missed", "wrong")


class BarResults(QWidget):
    """Columns of marks, and beneath them a line of how early (up) or late (down) each bar was.

    Signals:
        bar_chosen(int): the number of a bar that was clicked.
    """

    bar_chosen = Signal(int)

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._bars: list[BarResult] = []
        self.setFixedHeight(128)
        self.setMouseTracking(True)

    def set_theme(self, theme: Theme) -> None:
        self._theme = theme
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(280, 128)

    def set_bars(self, bars: Sequence[BarResult]) -> None:
        """Shows these."""
        self._bars = list(bars)
        faulty = [f"bar {bar.bar}: {bar.n_faults}" for bar in self._bars if bar.n_faults]
        self.setAccessibleName(f"Mistakes by bar: {', '.join(faulty) or 'none'}")
        self.update()

    def _column(self, index: int) -> QRectF:
        width = self.width() / max(1, len(self._bars))
        return QRectF(index * width, 0, width, self.height() - _TIMING_PX - _NUMBERS_PX)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        bar = self._bar_at(event.position().x())
        if bar is not None:
            self.bar_chosen.emit(bar.bar)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        bar = self._bar_at(event.position().x())
        if bar is not None:
            QToolTip.showText(event.globalPosition().toPoint(), bar_words(bar), self)

    def _bar_at(self, x: float) -> BarResult | None:
        index = int(x / (self.width() / max(1, len(self._bars))))
        return self._bars[index] if 0 <= index < len(self._bars) else None

    def paintEvent(self, event: QPaintEvent) -> None:
        if not self._bars:
            return
        most = max(sum(bar.counts.values()) + bar.n_extra for bar in self._bars)
        timing_y = self.height() - _NUMBERS_PX - _TIMING_PX / 2
        with QPainter(self) as painter:
            painter.setFont(themes.font(7.5))
            painter.setPen(QColor(self._theme.line))
            painter.drawLine(QPointF(0, timing_y), QPointF(self.width(), timing_y))
            last = -100.0
            for index, bar in enumerate(self._bars):
                column = self._column(index)
                self._paint_column(painter, column, bar, most)
                self._paint_timing(painter, column, bar, timing_y)
                if column.center().x() - last >= 22:
                    last = column.center().x()
                    painter.setPen(QColor(self._theme.faint))
                    box = QRectF(last - 20, self.height() - _NUMBERS_PX, 40, _NUMBERS_PX)
                    painter.drawText(box, Qt.AlignmentFlag.AlignHCenter, str(bar.bar))

    def _paint_column(
        self, painter: QPainter, column: QRectF, bar: BarResult, most: int
    ) -> None:
        painter.setPen(Qt.PenStyle.NoPen)
        bottom, gap = column.bottom(), min(2.0, column.width() * 0.15)
        counts: list[tuple[Shown, int]] = [(kind, bar.counts.get(kind, 0)) for kind in _ORDER]
        for kind, count in [*counts, ("extra", bar.n_extra)]:
            if not count:
                continue
            height = count / most * (column.height() - 4)
            box = QRectF(column.left() + gap, bottom - height, column.width() - 2 * gap, height)
            bottom -= height
            colour = mark_colour(kind, self._theme)
            if kind in ("missed", "extra"):
                # Hatched: they are told from each other without their colours.
                painter.fillRect(box, QColor(self._theme.stage))
                slant = Qt.BrushStyle.FDiagPattern
                painter.setBrush(Qt.BrushStyle.Dense4Pattern if kind == "extra" else slant)
                brush = painter.brush()
                brush.setColor(colour)
                painter.fillRect(box, brush)
            else:
                painter.fillRect(box, colour)

    def _paint_timing(
        self, painter: QPainter, column: QRectF, bar: BarResult, middle: float
    ) -> None:
        if bar.off_ms is None:
            return
        way = max(-1.0, min(1.0, bar.off_ms / _MOST_MS)) * (_TIMING_PX / 2 - 2)
        colour = mark_colour("late" if way > 0 else "early", self._theme)
        painter.setPen(QPen(colour, min(6.0, max(2.0, column.width() * 0.4))))
        painter.drawLine(
            QPointF(column.center().x(), middle), QPointF(column.center().x(), middle + way)
        )


def bar_words(bar: BarResult) -> str:
    """A bar in words."""
    counts: list[tuple[Shown, int]] = [(kind, bar.counts.get(kind, 0)) for kind in _ORDER]
    parts = [
        f"{count} {NAMES[kind]}" for kind, count in [*counts, ("extra", bar.n_extra)] if count
    ]
    text = f"Bar {bar.bar}: {', '.join(parts)}"
    if bar.off_ms is not None and abs(bar.off_ms) >= 1:
        side = "late" if bar.off_ms > 0 else "early"
        text += f"; {abs(bar.off_ms):.0f} ms {side} on average"
    return text
