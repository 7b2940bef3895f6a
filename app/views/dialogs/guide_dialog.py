"""The user's guide in a box of its own, beside which the window goes on."""

from __future__ import annotations

import re
from pathlib import Path

from PySide6.QtCore import Qt, QUrl
from PySide6.QtGui import QDesktopServices, QImage, QTextDocument
from PySide6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QFrame,
    QMainWindow,
    QTextBrowser,
    QVBoxLayout,
)

from app.style import apply_theme as themes

_SIZE = 860, 720
# The box leaves this much of the window's height free.
_MARGIN = 60


class GuideDialog(QDialog):
    """Shows a Markdown file with its pictures; links lead to its headings, or out of the program.

    It deletes itself when it is closed.
    """

    def __init__(self, guide: Path, window: QMainWindow) -> None:
        super().__init__(window)
        self.setWindowTitle("User’s guide")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.page = _Page(guide)
        buttons = QDialogButtonBox()
        buttons.addButton("Close", QDialogButtonBox.ButtonRole.RejectRole)
        buttons.rejected.connect(self.close)
        buttons.setContentsMargins(0, 8, 16, 12)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self.page, 1)
        column.addWidget(buttons)
        width, height = _SIZE
        self.resize(min(width, window.width()), min(height, window.height() - _MARGIN))
        self.page.setFocus()


class _Page(QTextBrowser):
    def __init__(self, guide: Path) -> None:
        super().__init__()
        self.setAccessibleName("User’s guide")
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setOpenLinks(False)
        self.setFont(themes.font(11))
        self.document().setDocumentMargin(24)
        self.anchorClicked.connect(self._follow)
        self.setSource(
            QUrl.fromLocalFile(str(guide)), QTextDocument.ResourceType.MarkdownResource
        )

    def loadResource(self, kind: int, name: QUrl | str) -> object:
        if kind != QTextDocument.ResourceType.ImageResource.value:
            return super().loadResource(kind, name)
        # Pictures are as wide as the window that they were taken of.
        image = QImage(self.source().resolved(QUrl(name)).toLocalFile())
        room = _SIZE[0] - 90
        smooth = Qt.TransformationMode.SmoothTransformation
        return image if image.width() <= room else image.scaledToWidth(room, smooth)

    def _follow(self, link: QUrl) -> None:
        if link.scheme() in ("http", "https"):
            QDesktopServices.openUrl(link)
        elif link.hasFragment():
            self.show_heading(link.fragment())

    def show_heading(self, anchor: str) -> None:
        """Goes to the heading that has this anchor on web pages, such as "playing-live"."""
        block = self.document().begin()
        while block.isValid():
            if block.blockFormat().headingLevel() and _anchor(block.text()) == anchor:
                top = self.document().documentLayout().blockBoundingRect(block).top()
                self.verticalScrollBar().setValue(int(top))
                return
            block = block.next()


def _anchor(heading: str) -> str:
    return re.sub(r"[^\w\- ]", "", heading.strip().lower()).replace(" ", "-")
