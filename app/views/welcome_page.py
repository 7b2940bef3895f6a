"""What the window shows while nothing is open: three lines that say how to begin."""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFont, QPainter, QPaintEvent
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QLabel, QVBoxLayout, QWidget

from app.style import apply_theme as themes
from app.style.theme_colours import Theme
from app.views.recent_playing_list import RecentPlayingList

LINES = (
    ("L", "Play, and watch the notes light up as you go; R records you."),
    ("Ctrl O", "Open a recording, or drop one anywhere on this window."),
    ("Ctrl E", "Take the notes away as MIDI or as a score."),
)
# A short phrase as bars: onset, length, pitch. The figure has 16 steps and 13 pitches.
_FIGURE = (
    (0, 7, 60), (1, 2, 64), (3, 2, 67), (5, 3, 72), (8, 8, 57), (8, 3, 69), (11, 2, 67),
    (13, 3, 64),
)


class _Figure(QWidget):
    """A few glowing bars."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme

    def sizeHint(self) -> QSize:
        return QSize(320, 132)

    def set_theme(self, theme: Theme) -> None:
        self._theme = theme
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        with QPainter(self) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setPen(Qt.PenStyle.NoPen)
            margin = 14.0
            step = (self.width() - 2 * margin) / 16
            row = (self.height() - 2 * margin) / 16
            for onset, length, pitch in _FIGURE:
                colour = self._theme.pitch_colour(pitch)
                box = QRectF(margin + onset * step, margin + (72 - pitch) * row,
                             length * step - 4, row * 1.25)
                for reach in (12, 8, 4):
                    colour.setAlphaF(0.05)
                    painter.setBrush(colour)
                    painter.drawRoundedRect(
                        box.adjusted(-reach, -reach, reach, reach), 4 + reach, 4 + reach
                    )
                colour.setAlphaF(1)
                painter.setBrush(colour)
                painter.drawRoundedRect(box, 4, 4)


class Welcome(QWidget):
    """The program's name, a figure, three lines, and what was played lately.

    Attributes:
        playing: the list of it.
    """

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAutoFillBackground(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self._figure = _Figure(theme)
        self._title = QLabel("Noteglow")
        self._title.setFont(themes.font(30, weight=QFont.Weight.Light))
        self._keys: list[QLabel] = []
        self._texts: list[QLabel] = []

        lines = QGridLayout()
        lines.setHorizontalSpacing(18)
        lines.setVerticalSpacing(16)
        for row, (key, text) in enumerate(LINES):
            cap, line = QLabel(key), QLabel(text)
            cap.setFont(themes.font(11, weight=QFont.Weight.DemiBold))
            cap.setAlignment(Qt.AlignmentFlag.AlignCenter)
            line.setFont(themes.font(13))
            lines.addWidget(cap, row, 0)
            lines.addWidget(line, row, 1)
            self._keys.append(cap)
            self._texts.append(line)

        column = QVBoxLayout(self)
        centre = Qt.AlignmentFlag.AlignHCenter
        column.addStretch(4)
        column.addWidget(self._figure, 0, centre)
        column.addSpacing(10)
        column.addWidget(self._title, 0, centre)
        column.addSpacing(30)
        row_box = QHBoxLayout()
        row_box.addStretch(1)
        row_box.addLayout(lines)
        row_box.addStretch(1)
        column.addLayout(row_box)
        self.playing = RecentPlayingList(theme)
        column.addWidget(self.playing, 0, centre)
        column.addStretch(5)
        self.set_theme(theme)

    def set_theme(self, theme: Theme) -> None:
        palette = self.palette()
        palette.setColor(self.backgroundRole(), QColor(theme.stage))
        self.setPalette(palette)
        self._figure.set_theme(theme)
        self.playing.set_theme(theme)
        self._title.setStyleSheet(f"color: {theme.text};")
        for cap in self._keys:
            cap.setStyleSheet(
                f"color: {theme.text}; background: {theme.raised}; padding: 5px 11px;"
                f"border: 1px solid {theme.line}; border-bottom-width: 2px; border-radius: 6px;"
            )
        for text in self._texts:
            text.setStyleSheet(f"color: {theme.faint};")
