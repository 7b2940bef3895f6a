"""What the window shows while nothing is open: how to begin, and what there is to go on with."""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFont, QKeySequence, QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import (
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QSizePolicy,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from app.style import apply_theme as themes
from app.style.theme_colours import Theme
from app.views.bars.action_button import action_button
from app.views.recent_files_list import RecentFilesList
from app.views.recent_playing_list import RecentPlayingList
from app.views.shortcuts.window_shortcuts import Actions

# The commands that one begins with, and what they are good for.
STARTS = (
    ("live", "Play, and watch the notes light up as you go"),
    ("record", "Record what you play, sound and notes"),
    ("open", "See the notes of a recording: drop it anywhere on this window"),
    ("practise", "Play a piece along, and be told what was right"),
    ("demo", "Half a minute of Pachelbel’s Canon, and its notes"),
    ("guide", "What can be done, and how"),
)
_LEAST_FOR_FIGURE = 560
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
    """The program's name, a figure, how to begin, and what there is to go on with.

    Attributes:
        buttons: how to begin, from above to below.
        files, playing: the recordings opened, and the sessions played before.
    """

    def __init__(self, actions: Actions, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAutoFillBackground(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName("Welcome")
        self._figure = _Figure(theme)
        self._title = QLabel("Noteglow")
        self._title.setFont(themes.font(30, weight=QFont.Weight.Light))
        self.buttons: list[QToolButton] = []
        self._texts: list[QLabel] = []
        starts = QGridLayout()
        starts.setHorizontalSpacing(20)
        starts.setVerticalSpacing(10)
        for row, (name, text) in enumerate(STARTS):
            action = getattr(actions, name)
            button = action_button(
                action, "start", action.text().rstrip("…"),
                Qt.ToolButtonStyle.ToolButtonTextBesideIcon,
            )
            button.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
            self.buttons.append(button)
            native = QKeySequence.SequenceFormat.NativeText
            for column, part in enumerate((text, action.shortcut().toString(native)), start=1):
                label = QLabel(part)
                label.setFont(themes.font(12))
                starts.addWidget(label, row, column)
                self._texts.append(label)
            starts.addWidget(button, row, 0)
        self.files, self.playing = RecentFilesList(theme), RecentPlayingList(theme)
        lists = QHBoxLayout()
        lists.setSpacing(48)
        lists.addStretch(1)
        for part in (self.files, self.playing):
            lists.addWidget(part, 0, Qt.AlignmentFlag.AlignTop)
        lists.addStretch(1)

        page = QVBoxLayout(self)
        centre = Qt.AlignmentFlag.AlignHCenter
        page.addStretch(4)
        page.addWidget(self._figure, 0, centre)
        page.addSpacing(6)
        page.addWidget(self._title, 0, centre)
        page.addSpacing(22)
        row_box = QHBoxLayout()
        row_box.addStretch(1)
        row_box.addLayout(starts)
        row_box.addStretch(1)
        page.addLayout(row_box)
        page.addSpacing(26)
        page.addLayout(lists)
        page.addStretch(5)
        self.set_theme(theme)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        # In a small window what can be done comes first.
        self._figure.setVisible(event.size().height() >= _LEAST_FOR_FIGURE)

    def set_theme(self, theme: Theme) -> None:
        palette = self.palette()
        palette.setColor(self.backgroundRole(), QColor(theme.stage))
        self.setPalette(palette)
        for part in (self._figure, self.files, self.playing):
            part.set_theme(theme)
        self._title.setStyleSheet(f"color: {theme.text};")
        for text in self._texts:
            text.setStyleSheet(f"color: {theme.faint};")
