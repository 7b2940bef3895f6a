"""How a piece went from time to time: the share of its notes that was played, as a curve."""

from __future__ import annotations

import datetime
from collections.abc import Sequence

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QWidget

from app.practice.practice_history import HistoryEntry
from app.style import apply_theme as themes
from app.style.theme_colours import Theme

_MOST_SHOWN = 40
_LEFT, _BELOW = 38.0, 18.0


class HistoryCurve(QWidget):
    """The last forty times, the newest at the right."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._entries: list[HistoryEntry] = []
        self.setFixedHeight(104)
        self.set_entries(())

    def set_theme(self, theme: Theme) -> None:
        self._theme = theme
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(280, 104)

    def set_entries(self, entries: Sequence[HistoryEntry]) -> None:
        """Shows these, the oldest first."""
        self._entries = list(entries)[-_MOST_SHOWN:]
        shares = ", ".join(f"{entry.share_played:.0%}" for entry in self._entries[-5:])
        self.setAccessibleName(f"History of this piece, the last times: {shares or 'none'}")
        if self._entries:
            first, last = self._entries[0], self._entries[-1]
            self.setToolTip(
                f"{len(self._entries)} times from {_date(first.when)} to {_date(last.when)}; "
                f"{last.share_played:.0%} played the last time"
            )
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        room = QRectF(_LEFT, 6, self.width() - _LEFT - 8, self.height() - 6 - _BELOW)
        theme = self._theme
        with QPainter(self) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setFont(themes.font(8))
            for share in (0.0, 0.5, 1.0):
                y = room.bottom() - share * room.height()
                painter.setPen(QColor(theme.line))
                painter.drawLine(QPointF(room.left(), y), QPointF(room.right(), y))
                painter.setPen(QColor(theme.faint))
                painter.drawText(
                    QRectF(0, y - 8, _LEFT - 6, 16),
                    Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, f"{share:.0%}",
                )
            if not self._entries:
                return
            steps = max(1, len(self._entries) - 1)
            points = [
                QPointF(
                    room.left() + room.width() * (index / steps if steps > 1 or index else 0.5),
                    room.bottom() - entry.share_played * room.height(),
                )
                for index, entry in enumerate(self._entries)
            ]
            painter.setPen(QPen(QColor(theme.accent), 2))
            painter.drawPolyline(QPolygonF(points))
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(theme.accent))
            for point in points:
                painter.drawEllipse(point, 3, 3)
            painter.setPen(QColor(theme.faint))
            below = QRectF(room.left(), room.bottom() + 3, room.width(), _BELOW - 3)
            painter.drawText(below, Qt.AlignmentFlag.AlignLeft, _date(self._entries[0].when))
            if len(self._entries) > 1:
                last = _date(self._entries[-1].when)
                painter.drawText(below, Qt.AlignmentFlag.AlignRight, last)


def _date(when: float) -> str:
    try:
        return datetime.datetime.fromtimestamp(when).astimezone().date().isoformat()
    except (OverflowError, OSError, ValueError):
        return "?"
