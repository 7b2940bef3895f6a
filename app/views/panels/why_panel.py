"""A small panel at the pointer: what the network said of one pitch around one moment."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPoint, QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QPainter, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QWidget

from app.song.transcript import Why
from app.style import theme as themes
from app.style.theme_colours import Theme
from app.system.clock_text import clock_text
from model.notes import Note

_WIDTH, _HEIGHT = 324, 176
_AWAY_PX = 18
# Onset probabilities as near to the pointer as this decide about a note there.
_NEAR_S = 0.1
# A note that sounds on surely may have begun with this share of the probability asked for.
_FAINT = 0.5


def verdict(why: Why, time_s: float, note: Note | None) -> str:
    """Why there is a note, or none, in one short sentence.

    Args:
        note: the one that sounds at this moment, if there is one.
    """
    if note is not None and time_s > note.onset_s + _NEAR_S:
        return f"The note that began at {clock_text(note.onset_s, 2)} sounds on here."
    near = np.abs(why.times_s - time_s) <= _NEAR_S
    onset = float(why.onset[near].max(initial=0.0))
    sounds = float(why.frame[near].max(initial=0.0)) >= why.frame_threshold
    if onset >= why.onset_threshold:
        return "A note begins here." if note else "A note would begin here, or was taken away."
    if note and sounds and onset >= _FAINT * why.onset_threshold:
        return "A note begins here: faintly, but it sounds on surely."
    if note and sounds:
        return "A note begins here: no attack, but it is held on."
    if sounds:
        return "It sounds, but no beginning is sure enough here."
    return "Neither a beginning nor a sound is sure enough here."


class WhyPanel(QWidget):
    """Two curves over time, each with the line that it has to reach; hidden at first."""

    def __init__(self, theme: Theme, parent: QWidget) -> None:
        super().__init__(parent)
        self._parent = parent
        self._theme = theme
        self._why: Why | None = None
        self._time_s = 0.0
        self.title = self.verdict = ""
        self.setFixedSize(_WIDTH, _HEIGHT)
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.setAccessibleName("Why a note is there")
        self.hide()

    def set_theme(self, theme: Theme) -> None:
        self._theme = theme
        self.update()

    def show_why(
        self, why: Why, time_s: float, note: Note | None, title: str, at: QPoint
    ) -> None:
        """Shows the probabilities around a moment beside a place of the parent.

        Args:
            note: the one that sounds at this moment, if there is one.
        """
        self._why, self._time_s, self.title = why, time_s, title
        self.verdict = verdict(why, time_s, note)
        self.setAccessibleDescription(f"{title}: {self.verdict}")
        room = self._parent.rect()
        x = at.x() + _AWAY_PX
        if x + _WIDTH > room.right():
            x = at.x() - _AWAY_PX - _WIDTH
        y = min(max(at.y() - _HEIGHT // 2, 4), max(room.bottom() - _HEIGHT - 4, 4))
        self.move(max(x, 4), y)
        self.show()
        self.raise_()
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        why = self._why
        if why is None:
            return
        painter, theme = QPainter(self), self._theme
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        back = QColor(theme.panel)
        back.setAlphaF(0.96)
        painter.setPen(QPen(QColor(theme.octave), 1))
        painter.setBrush(back)
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5), 8, 8)
        painter.setFont(themes.font(10, weight=QFont.Weight.DemiBold))
        painter.setPen(QColor(theme.text))
        painter.drawText(QPointF(12, 22), self.title)
        painter.setFont(themes.font(8.5))
        painter.setPen(QColor(theme.faint))
        painter.drawText(QPointF(12, 40), self.verdict)
        self._paint_curves(painter, why, QRectF(12, 52, _WIDTH - 24, 84))
        self._paint_legend(painter, why)
        painter.end()

    def _paint_curves(self, painter: QPainter, why: Why, box: QRectF) -> None:
        theme = self._theme
        painter.fillRect(box, QColor(theme.stage))
        first_s, last_s = float(why.times_s[0]), float(why.times_s[-1])
        span_s = max(last_s - first_s, 1e-6)
        x = box.left() + (why.times_s - first_s) / span_s * box.width()

        def curve(values: NDArray[np.float32]) -> QPolygonF:
            y = box.bottom() - np.clip(values, 0, 1) * box.height()
            return QPolygonF([QPointF(*point) for point in zip(x, y, strict=True)])

        for values, threshold, colour in self._series(why):
            level = box.bottom() - threshold * box.height()
            faint = QColor(colour)
            faint.setAlphaF(0.75)
            painter.setPen(QPen(faint, 1, Qt.PenStyle.DashLine))
            painter.drawLine(QPointF(box.left(), level), QPointF(box.right(), level))
            painter.setPen(QPen(QColor(colour), 2))
            painter.drawPolyline(curve(values))
        here = box.left() + (self._time_s - first_s) / span_s * box.width()
        painter.setPen(QPen(QColor(theme.cursor), 1))
        if box.left() <= here <= box.right():
            painter.drawLine(QPointF(here, box.top()), QPointF(here, box.bottom()))

    def _paint_legend(self, painter: QPainter, why: Why) -> None:
        near = np.abs(why.times_s - self._time_s) <= _NEAR_S
        for left, name, (values, threshold, colour) in zip(
            (12.0, _WIDTH / 2 + 4), ("begins", "sounds"), self._series(why), strict=True
        ):
            painter.setPen(QPen(QColor(colour), 3))
            painter.drawLine(QPointF(left, _HEIGHT - 21), QPointF(left + 10, _HEIGHT - 21))
            painter.setPen(QColor(self._theme.text))
            text = f"{name} {values[near].max(initial=0.0):.0%}, needs {threshold:.0%}"
            painter.drawText(QPointF(left + 15, _HEIGHT - 17), text)

    def _series(self, why: Why) -> list[tuple[NDArray[np.float32], float, str]]:
        return [
            (why.onset, why.onset_threshold, self._theme.warn),
            (why.frame, why.frame_threshold, self._theme.accent),
        ]
