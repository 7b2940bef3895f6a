"""A panel beside the stage: a title, a way to close it, and rows of controls that can scroll."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent, QPaintEvent
from PySide6.QtWidgets import (
    QAbstractSlider,
    QAbstractSpinBox,
    QComboBox,
    QFrame,
    QHBoxLayout,
    QLabel,
    QSlider,
    QStyle,
    QStyleOptionComboBox,
    QStylePainter,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from app.style import icons
from app.style.theme_colours import Theme
from app.views.panels.panel_scroll import panel_scroll

WIDTH = 304


class _NoAccident(QObject):
    """Lets the wheel scroll the panel, and not change the controls that it passes over."""

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        is_idle = isinstance(watched, QWidget) and not watched.hasFocus()
        if event.type() == QEvent.Type.Wheel and is_idle:
            event.ignore()
            return True
        return False


class SidePanel(QFrame):
    """The base of the panels.

    Signals:
        closed(): the user wants it closed.
    """

    closed = Signal()

    def __init__(self, title: str, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("sidePanel")
        self.setAccessibleName(title)
        self.setFixedWidth(WIDTH)
        self._accidents = _NoAccident(self)
        heading = QLabel(title)
        heading.setObjectName("panelTitle")
        self._close = QToolButton()
        self._close.setObjectName("closePanel")
        self._close.setIconSize(QSize(16, 16))
        self._close.setAccessibleName(f"Close {title.lower()}")
        self._close.setToolTip(f"Close {title.lower()} (Esc)")
        self._close.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self._close.clicked.connect(self.closed)
        top = QHBoxLayout()
        top.setContentsMargins(18, 12, 10, 6)
        top.addWidget(heading, 1)
        top.addWidget(self._close)

        content = QWidget()
        self._rows = QVBoxLayout(content)
        self._rows.setContentsMargins(18, 2, 18, 16)
        self._rows.setSpacing(5)
        scroll = panel_scroll(content)
        scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(top)
        column.addWidget(scroll, 1)
        self._scroll = scroll
        self._show_symbols(theme)

    def set_theme(self, theme: Theme) -> None:
        self._show_symbols(theme)

    def _show_symbols(self, theme: Theme) -> None:
        self._close.setIcon(icons.icon("close", theme.faint, theme.octave))

    # Rows, from above to below.

    def _section(self, title: str) -> None:
        if self._rows.count():
            self._rows.addSpacing(10)
        label = QLabel(title)
        label.setObjectName("panelSection")
        self._rows.addWidget(label)
        self._rows.addSpacing(2)

    def _add(self, widget: QWidget) -> None:
        self._guard(widget)
        self._rows.addWidget(widget)

    def _labelled(self, text: str, control: QWidget, beside: QWidget | None = None) -> QLabel:
        """A control beneath its name (with an & before its key), something small beside it."""
        label = QLabel(text)
        label.setBuddy(control)
        control.setAccessibleName(text.replace("&", ""))
        self._rows.addSpacing(4)
        self._rows.addWidget(label)
        self._guard(control)
        if beside is None:
            self._rows.addWidget(control)
        else:
            row = QHBoxLayout()
            row.setSpacing(6)
            row.addWidget(control, 1)
            row.addWidget(beside)
            self._rows.addLayout(row)
        return label

    def _finish(self) -> None:
        """After the last row."""
        self._rows.addStretch(1)

    def _guard(self, control: QWidget) -> None:
        if isinstance(control, QComboBox | QAbstractSlider | QAbstractSpinBox):
            control.installEventFilter(self._accidents)
        if isinstance(control, QComboBox):
            # A long entry must not make the panel wider.
            control.setMinimumContentsLength(8)
            control.setSizeAdjustPolicy(
                QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon
            )

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self.closed.emit()
        else:
            super().keyPressEvent(event)


class ListBox(QComboBox):
    """A list to choose from; a long entry is shortened where it is shown."""

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QStylePainter(self)
        with painter:
            option = QStyleOptionComboBox()
            self.initStyleOption(option)
            room = self.style().subControlRect(
                QStyle.ComplexControl.CC_ComboBox, option,
                QStyle.SubControl.SC_ComboBoxEditField, self,
            )
            right = Qt.TextElideMode.ElideRight
            option.currentText = self.fontMetrics().elidedText(
                self.currentText(), right, room.width() - 4
            )
            painter.drawComplexControl(QStyle.ComplexControl.CC_ComboBox, option)
            painter.drawControl(QStyle.ControlElement.CE_ComboBoxLabel, option)


def slider(low: int, high: int, tip: str) -> QSlider:
    """A slider of whole numbers."""
    made = QSlider(Qt.Orientation.Horizontal)
    made.setRange(low, high)
    made.setPageStep(6)
    made.setToolTip(tip)
    return made
