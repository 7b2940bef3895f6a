"""Names, chord and keyboard over the whole window, to be read from afar."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent
from PySide6.QtWidgets import QVBoxLayout, QWidget

from app.style.theme_colours import Theme
from app.views.stage.stage import Stage
from app.views.stage_view.wide_keyboard import WideKeyboard

# How much of the height each has.
_NAMES, _KEYS = 70, 30


class StageView(QWidget):
    """Lies over the window while it is open, and takes the stage's read-out into it.

    Attributes:
        keyboard: beneath the names.
    """

    def __init__(self, stage: Stage, theme: Theme, window: QWidget) -> None:
        super().__init__(window)
        self._stage, self._theme = stage, theme
        self.setAccessibleName("Stage view")
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.keyboard = WideKeyboard(theme)
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(0)
        self._column.addWidget(self.keyboard, _KEYS)
        # Told whenever other keys light up.
        stage.keyboard.described.connect(lambda _: self._light())
        window.installEventFilter(self)
        self.hide()

    def set_theme(self, theme: Theme) -> None:
        self._theme = theme
        self.keyboard.set_theme(theme)
        self.update()

    def open(self) -> None:
        """Covers the window."""
        names = self._stage.names
        names.set_filling(True)
        self._column.insertWidget(0, names, _NAMES)
        names.show()
        self._cover()
        self.show()
        self.raise_()
        self._light()

    def leave(self) -> None:
        """Gives the read-out back to the stage, and uncovers the window."""
        names = self._stage.names
        names.set_filling(False)
        self._stage.take_back_names()
        self.hide()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Resize and self.isVisible():
            self._cover()
        return False

    def paintEvent(self, event: QPaintEvent) -> None:
        with QPainter(self) as painter:
            painter.fillRect(self.rect(), QColor(self._theme.window))

    def _cover(self) -> None:
        self.setGeometry(self.window().rect())

    def _light(self) -> None:
        if self.isVisible():
            self.keyboard.light(self._stage.keyboard.lit)
