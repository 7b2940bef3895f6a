"""A small handle that drags the notes out of the window as a MIDI file."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QMimeData, QPoint, QSize, Qt, QUrl, Signal
from PySide6.QtGui import QDrag, QEnterEvent, QMouseEvent
from PySide6.QtWidgets import QApplication, QToolButton, QWidget


class MidiHandle(QToolButton):
    """Asks for the file when it is pressed, and begins to drag once it is there.

    Signals:
        wanted(): the notes should be written; `offer` tells where they are.
        pointed(): the pointer is here; `show_notes` tells which notes would be dragged.
    """

    wanted = Signal()
    pointed = Signal()

    def __init__(
        self, parent: QWidget | None = None,
        *, start: Callable[[QDrag], object] = lambda drag: drag.exec(Qt.DropAction.CopyAction),
    ) -> None:
        """Args: `start` begins a drag and returns when it is over."""
        super().__init__(parent)
        self._start = start
        self._pressed: QPoint | None = None
        self._file: Path | None = None
        self._is_pulled = False
        self.setObjectName("songButton")
        self.setText("\u2002Drag MIDI")
        self.setIconSize(QSize(18, 18))
        self.setCursor(Qt.CursorShape.OpenHandCursor)
        self.setAccessibleName("Drag the notes out as a MIDI file")
        self.show_notes("notes")
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)

    def show_notes(self, notes: str) -> None:
        """Says which notes would be dragged, such as "37 of 225 notes"."""
        self.setToolTip(
            f"Drag this into another program: it gets a MIDI file of these {notes}\n"
            "Chosen notes or a selected part go alone; with Alt held as you press, all go."
        )

    def enterEvent(self, event: QEnterEvent) -> None:
        self.pointed.emit()
        super().enterEvent(event)

    def offer(self, file: Path) -> None:
        """The notes are in this file."""
        self._file = file
        self._go()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton and self.isEnabled():
            self._pressed, self._file, self._is_pulled = event.position().toPoint(), None, False
            self.wanted.emit()
        event.accept()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self._pressed is not None:
            way = event.position().toPoint() - self._pressed
            self._is_pulled |= way.manhattanLength() >= QApplication.startDragDistance()
            self._go()
        event.accept()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        self._pressed = None
        event.accept()

    def _go(self) -> None:
        if self._pressed is None or self._file is None or not self._is_pulled:
            return
        self._pressed = None
        data = QMimeData()
        data.setUrls([QUrl.fromLocalFile(str(self._file))])
        drag = QDrag(self)
        drag.setMimeData(data)
        drag.setPixmap(self.icon().pixmap(24))
        self._start(drag)
