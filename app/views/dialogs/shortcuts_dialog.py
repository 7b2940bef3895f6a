"""Every key of the menus, and what the mouse does, in one box."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QMainWindow,
    QMenu,
    QVBoxLayout,
    QWidget,
)

from app.views.panels.panel_scroll import panel_scroll

# What keys do, by the keys; under the title of their menu.
Group = tuple[str, list[tuple[str, str]]]

_MOUSE: Group = ("Mouse on the stage", [
    ("Wheel", "Zoom in and out of time, at the pointer"),
    ("Ctrl + wheel", "Zoom in and out of pitch, at the pointer"),
    ("Shift + wheel", "Scroll in time"),
    ("Drag", "Move the view"),
    ("Click", "Go to this moment, and hear the note there"),
    ("Double click", "Fit to window; add a note while editing, longer if you hold and drag"),
    ("Shift + drag", "Select a part of a recording, as a drag on the ruler does"),
    ("Ctrl held", "See why there is a note, or none, at the pointer"),
])  # fmt: skip
_MOUSE_ON_SCORE: Group = ("Mouse on the score", [
    ("Wheel", "Turn the pages"),
    ("Ctrl + wheel", "Larger or smaller staves"),
    ("Click", "Go to this note, and hear it alone"),
])  # fmt: skip
_COLUMNS = 2
# The box leaves this much of the window's height free.
_MARGIN = 80


class ShortcutsDialog(QDialog):
    """Lists the keys by menu; the window behind it goes on. It deletes itself when closed."""

    def __init__(self, window: QMainWindow) -> None:
        super().__init__(window)
        self.setWindowTitle("Keys and mouse")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        content = QWidget()
        row = QHBoxLayout(content)
        row.setContentsMargins(24, 18, 24, 12)
        row.setSpacing(40)
        for column in _columns([*_groups(window), _MOUSE, _MOUSE_ON_SCORE]):
            row.addWidget(column, 0, Qt.AlignmentFlag.AlignTop)
        scroll = panel_scroll(content)
        scroll.setAccessibleName("Keys and mouse")
        buttons = QDialogButtonBox()
        buttons.addButton("Close", QDialogButtonBox.ButtonRole.RejectRole)
        buttons.rejected.connect(self.close)
        buttons.setContentsMargins(0, 8, 16, 12)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.addWidget(scroll, 1)
        outer.addWidget(buttons)
        wanted = content.sizeHint()
        height = wanted.height() + buttons.sizeHint().height() + 20
        self.resize(wanted.width() + 14, min(height, window.height() - _MARGIN))

    @property
    def text(self) -> str:
        """All that it says."""
        return "\n".join(label.text() for label in self.findChildren(QLabel))


def _groups(window: QMainWindow) -> list[Group]:
    groups = []
    for entry in window.menuBar().actions():
        menu = entry.menu()
        if isinstance(menu, QMenu):
            rows = [(_keys(action), action.whatsThis()) for action in _actions(menu)]
            groups.append((menu.title().replace("&", ""), rows))
    return groups


def _actions(menu: QMenu) -> list[QAction]:
    """The commands of a menu and of those within it that have a key, and something to do."""
    found = []
    for action in menu.actions():
        inner = action.menu()
        if isinstance(inner, QMenu):
            found += _actions(inner)
        elif action.isVisible() and not action.shortcut().isEmpty():
            found.append(action)
    return found


def _keys(action: QAction) -> str:
    native = QKeySequence.SequenceFormat.NativeText
    return "  or  ".join(key.toString(native) for key in action.shortcuts())


def _columns(groups: Sequence[Group]) -> list[QWidget]:
    """The groups in columns of about the same height, in their order."""
    lengths = [len(rows) + 2 for _, rows in groups]
    columns: list[QWidget] = []
    grids: list[QGridLayout] = []
    used = 0
    for group, length in zip(groups, lengths, strict=True):
        place = min(int(_COLUMNS * (used + length / 2) / sum(lengths)), _COLUMNS - 1)
        while len(columns) <= place:
            column = QWidget()
            grid = QGridLayout(column)
            grid.setContentsMargins(0, 0, 0, 0)
            grid.setHorizontalSpacing(18)
            grid.setVerticalSpacing(5)
            columns.append(column)
            grids.append(grid)
        _fill(grids[place], group)
        used += length
    return columns


def _fill(grid: QGridLayout, group: Group) -> None:
    title, rows = group
    heading = QLabel(title)
    heading.setObjectName("keysTitle")
    heading.setIndent(0)
    first = grid.rowCount()
    grid.addWidget(heading, first, 0, 1, 2)
    for number, (keys, text) in enumerate(rows, start=first + 1):
        name = QLabel(keys)
        name.setObjectName("keysName")
        grid.addWidget(name, number, 0, Qt.AlignmentFlag.AlignTop)
        says = QLabel(text)
        says.setWordWrap(True)
        says.setMinimumWidth(270)
        grid.addWidget(says, number, 1)
    grid.setRowMinimumHeight(grid.rowCount(), 12)
