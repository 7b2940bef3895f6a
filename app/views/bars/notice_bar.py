"""A line over the top of the page that tells something and offers what can be done about it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from PySide6.QtCore import QEvent, QObject, QRect, QSize, Qt, Signal
from PySide6.QtGui import QAccessible, QAccessibleEvent
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QSizePolicy,
    QToolButton,
    QWidget,
)

from app.style import icons
from app.style.theme_colours import Theme

# What is left of the page beside it and above it.
_MARGIN = 10
# It lies at the right, where the large names do not reach, and takes more of the page's width only
# where it would be higher than the head of the page.
_SHARES = (0.5, 0.7)
_HIGHEST = 76


@dataclass(frozen=True)
class Notice:
    """What the line tells.

    Attributes:
        about: a word for its subject; a later notice about it takes this one's place.
        text: one or two sentences.
        choices: what can be done: the text of a button, and what it calls.
        is_warning: whether something is wrong.
        stays: whether it is shown again once a later one is closed: it waits for a decision, or is
            true until it is settled. Warnings stay; other news is old by then.
    """

    about: str
    text: str
    choices: Sequence[tuple[str, Callable[[], None]]] = ()
    is_warning: bool = False
    stays: bool = False


class NoticeBar(QFrame):
    """Shows the newest notice that was neither closed nor settled; hidden when there is none.

    It floats over the head of a page, so that nothing moves when it comes and goes.

    Signals:
        told(str): another text is shown, or none any more.
    """

    told = Signal(str)

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._page: QWidget | None = None
        self.setObjectName("notice")
        self.setAccessibleName("Notice")
        self._notices: list[Notice] = []
        self._buttons: list[QPushButton] = []
        self._light = QFrame()
        self._light.setObjectName("noticeLight")
        self._light.setFixedWidth(4)
        self._text = QLabel()
        self._text.setWordWrap(True)
        self._text.setTextFormat(Qt.TextFormat.PlainText)
        self._text.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self._text.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        self._close = QToolButton()
        self._close.setObjectName("closeNotice")
        self._close.setIconSize(QSize(16, 16))
        self._close.setAccessibleName("Close this notice")
        self._close.setToolTip("Close this notice")
        self._close.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self._close.clicked.connect(self._close_current)
        self._row = QHBoxLayout(self)
        self._row.setContentsMargins(0, 0, 10, 0)
        self._row.setSpacing(10)
        self._row.addWidget(self._light)
        self._row.addWidget(self._text, 1)
        self._row.addWidget(self._close)
        self.set_theme(theme)
        self.hide()

    @property
    def text(self) -> str:
        """What is told now; empty for nothing."""
        return self._notices[-1].text if self._notices else ""

    @property
    def buttons(self) -> Sequence[QPushButton]:
        """What can be done about it."""
        return self._buttons

    def set_theme(self, theme: Theme) -> None:
        self._close.setIcon(icons.icon("close", theme.faint, theme.octave))

    def float_over(self, page: QWidget) -> None:
        """Lies over the top of this page from now on."""
        if page is self._page:
            return
        # Another parent hides it.
        is_hidden = self.isHidden()
        if self._page is not None:
            self._page.removeEventFilter(self)
        self._page = page
        self.setParent(page.parentWidget())
        page.installEventFilter(self)
        if not is_hidden:
            self.show()
            self._place()
            self.raise_()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() in (QEvent.Type.Resize, QEvent.Type.Move):
            self._place()
        return False

    def _place(self) -> None:
        if self._page is None or self.isHidden():
            return
        room = self._page.geometry().adjusted(_MARGIN, _MARGIN, -_MARGIN, 0)
        self.ensurePolished()
        width = next(
            (width for share in _SHARES
             if self.heightForWidth(width := int(share * room.width())) <= _HIGHEST),
            room.width(),
        )
        left = room.right() + 1 - width
        self.setGeometry(QRect(left, room.top(), width, self.heightForWidth(width)))
        self.raise_()

    def tell(self, notice: Notice) -> None:
        """Shows a notice, in place of one about the same, and of news that it makes old."""
        self._notices = [
            other for other in self._notices
            if other.about != notice.about and (other.stays or other.is_warning)
        ]
        self._notices.append(notice)
        self._show()

    def settle(self, about: str) -> None:
        """Takes back what was told about something."""
        if self._drop(about):
            self._show()

    def _drop(self, about: str) -> bool:
        count = len(self._notices)
        self._notices = [notice for notice in self._notices if notice.about != about]
        return len(self._notices) != count

    def _close_current(self) -> None:
        if self._notices:
            self._notices.pop()
            self._show()

    def _show(self) -> None:
        for button in self._buttons:
            self._row.removeWidget(button)
            button.hide()
            button.deleteLater()
        self._buttons = []
        self.setVisible(bool(self._notices))
        if self._notices:
            notice = self._notices[-1]
            self._text.setText(notice.text)
            self.setAccessibleDescription(notice.text)
            QAccessible.updateAccessibility(QAccessibleEvent(self, QAccessible.Event.Alert))
            self._light.setProperty("warns", notice.is_warning)
            # A style sheet looks at properties only when it is applied.
            self._light.style().polish(self._light)
            for text, act in notice.choices:
                self._add_button(text, notice.about, act)
            for button in self._buttons:
                # A layout leaves no room for what it will show by itself a moment later.
                button.show()
                button.ensurePolished()
            self._place()
        self.told.emit(self.text)

    def _add_button(self, text: str, about: str, act: Callable[[], None]) -> None:
        button = QPushButton(text)
        button.setFocusPolicy(Qt.FocusPolicy.TabFocus)

        def choose() -> None:
            self.settle(about)
            act()

        button.clicked.connect(choose)
        self._row.insertWidget(self._row.count() - 1, button)
        self._buttons.append(button)
