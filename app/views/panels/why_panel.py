"""A small panel at the pointer: what the network said of one pitch around one moment."""

from __future__ import annotations

import numpy as np
import pyqtgraph as pg
from numpy.typing import NDArray
from PySide6.QtCore import QPoint, QPointF, QRect, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QWidget

from app.song.transcript import Why
from app.style import apply_theme as themes
from app.style.theme_colours import Theme
from app.system.clock_text import clock_text
from app.views.plot import Plot, PlotCurve, PlotLine
from model.notes import Note

_WIDTH, _HEIGHT = 324, 176
_AWAY_PX = 18
# Onset probabilities as near to the pointer as this decide about a note there.
_NEAR_S = 0.1
# And what is as near is the place itself.
_HERE_S = 0.021
# A note that sounds on surely may have begun with this share of the probability asked for.
_FAINT = 0.5


def verdict(why: Why, time_s: float, note: Note | None) -> str:
    """Why there is a note, or none, in one short sentence.

    Args:
        note: the one that sounds at this moment, if there is one.
    """
    if note is not None and time_s > note.onset_s + _NEAR_S:
        return f"The note that began at {clock_text(note.onset_s, 2)} sounds on here."
    near = np.flatnonzero(np.abs(why.times_s - time_s) <= _NEAR_S)
    if not len(near):
        return ""
    strongest = near[why.onset[near].argmax()]
    onset = float(why.onset[strongest])
    sounds = float(why.frame[near].max()) >= why.frame_threshold
    # The percentages are those at the line: elsewhere is said where.
    begins_s = float(why.times_s[strongest])
    here = "here" if abs(begins_s - time_s) <= _HERE_S else f"at {clock_text(begins_s, 2)}"
    if onset >= why.onset_threshold and note:
        return f"A note begins {here}."
    if onset >= why.onset_threshold:
        return f"A note would begin {here}, or was taken away."
    if note and sounds and onset >= _FAINT * why.onset_threshold:
        return f"A note begins {here}: faintly, but it sounds on surely."
    if note and sounds:
        return "A note begins here: no attack, but it is held on."
    if sounds:
        return "It sounds, but no beginning is sure enough here."
    return "Neither a beginning nor a sound is sure enough here."


def at_line(why: Why, values: NDArray[np.float32], time_s: float) -> float:
    """Where the line of a moment crosses a curve."""
    return float(np.interp(time_s, why.times_s, values))


class WhyPanel(QWidget):
    """Two curves over time, each with the line that it has to reach; hidden at first."""

    def __init__(self, theme: Theme, parent: QWidget) -> None:
        super().__init__(parent)
        self._theme = theme
        self._why: Why | None = None
        self._time_s = 0.0
        self.title = self.verdict = ""
        # Built when it is wanted first: many never ask why.
        self._curves: _Curves | None = None
        self.setFixedSize(_WIDTH, _HEIGHT)
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.setAccessibleName("Why a note is there")
        self.hide()

    def set_theme(self, theme: Theme) -> None:
        self._theme = theme
        if self._curves is not None:
            self._curves.set_theme(theme)
        self.update()

    def show_why(
        self, why: Why, time_s: float, note: Note | None, title: str, at: QPoint, room: QRect
    ) -> None:
        """Shows the probabilities around a moment.

        Args:
            note: the one that sounds at this moment, if there is one.
            at, room: the place beside which the panel lies, and what it stays within.
        """
        self._why, self._time_s, self.title = why, time_s, title
        self.verdict = verdict(why, time_s, note)
        self.setAccessibleDescription(f"{title}: {self.verdict}")
        if self._curves is None:
            self._curves = _Curves(self._theme, self)
        self._curves.set_why(why, time_s)
        x = at.x() + _AWAY_PX
        if x + _WIDTH > room.right():
            x = at.x() - _AWAY_PX - _WIDTH
        lowest = max(room.bottom() - _HEIGHT - 4, room.top() + 4)
        y = min(max(at.y() - _HEIGHT // 2, room.top() + 4), lowest)
        self.move(max(x, room.left() + 4), y)
        self.show()
        self.raise_()
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        why = self._why
        if why is None:
            return
        theme = self._theme
        with QPainter(self) as painter:
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
            self._paint_legend(painter, why)

    def _paint_legend(self, painter: QPainter, why: Why) -> None:
        for left, name, values, threshold, colour in (
            (12.0, "begins", why.onset, why.onset_threshold, self._theme.warn),
            (_WIDTH / 2 + 4, "sounds", why.frame, why.frame_threshold, self._theme.accent),
        ):
            painter.setPen(QPen(QColor(colour), 3))
            painter.drawLine(QPointF(left, _HEIGHT - 21), QPointF(left + 10, _HEIGHT - 21))
            painter.setPen(QColor(self._theme.text))
            share = at_line(why, values, self._time_s)
            text = f"{name} {share:.0%}, needs {threshold:.0%}"
            painter.drawText(QPointF(left + 15, _HEIGHT - 17), text)


class _Curves(Plot):
    """The probabilities over time, what they have to reach, and the moment that is meant."""

    def __init__(self, theme: Theme, parent: QWidget) -> None:
        super().__init__(parent)
        self.setGeometry(12, 52, _WIDTH - 24, 84)
        self._box = pg.ViewBox(enableMouse=False, enableMenu=False, defaultPadding=0.0)
        self._box.disableAutoRange()
        self.centralLayout.addItem(self._box, 0, 0)
        self._curves = [PlotCurve() for _ in range(2)]
        self._thresholds = [PlotLine(angle=0) for _ in range(2)]
        self._here = PlotLine()
        for item in (*self._thresholds, *self._curves, self._here):
            self._box.addItem(item, ignoreBounds=True)
        self.set_theme(theme)

    def set_theme(self, theme: Theme) -> None:
        self.setBackground(theme.stage)
        for curve, line, colour in zip(
            self._curves, self._thresholds, (theme.warn, theme.accent), strict=True
        ):
            curve.setPen(pg.mkPen(colour, width=2))
            faint = QColor(colour)
            faint.setAlphaF(0.75)
            line.setPen(pg.mkPen(faint, style=Qt.PenStyle.DashLine))
        self._here.setPen(pg.mkPen(theme.cursor))

    def set_why(self, why: Why, time_s: float) -> None:
        """Shows these curves, and this moment."""
        self._box.setRange(xRange=(why.times_s[0], why.times_s[-1]), yRange=(0.0, 1.0))
        for curve, line, values, threshold in zip(
            self._curves, self._thresholds, (why.onset, why.frame),
            (why.onset_threshold, why.frame_threshold), strict=True,
        ):
            curve.setData(why.times_s, values)
            line.setPos(threshold)
        self._here.setPos(time_s)
        self.show()
