"""Every command that finds one's way in a recording: sections, the loop's edges, practice speed."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

from PySide6.QtGui import QAction
from PySide6.QtWidgets import QMenu, QWidget

from app.views.shortcuts.window_shortcuts import make_action

# Sections with a key of their own.
N_NUMBERED = 9


@dataclass(frozen=True)
class SectionActions:
    """Texts, keys and tool tips are set; nothing is connected.

    Attributes:
        numbered: go to the first section, the second, … the ninth.
        menu: the list of sections, still empty.
    """

    add: QAction
    next: QAction
    previous: QAction
    rename: QAction
    delete: QAction
    loop: QAction
    numbered: tuple[QAction, ...]
    menu: QMenu

    def all(self) -> list[QAction]:
        """The commands in the order above."""
        return [self.add, self.next, self.previous, *self.on_section, *self.numbered]

    @property
    def on_section(self) -> list[QAction]:
        """Those that need the cursor in a section."""
        return [self.rename, self.delete, self.loop]


def make_section_actions(window: QWidget, stage: QWidget) -> SectionActions:
    """All of them."""
    action = partial(make_action, window, stage)
    return SectionActions(
        add=action("Begin a section here", "Shift+H",
                   "Set a marker at the cursor; its section reaches to the next one"),
        next=action("Next section", "F3",
                    "Go to where the next section begins; 1 to 9 go to that one"),
        previous=action("Section before", "Shift+F3",
                        "Go to where this section begins, or to the one before"),
        rename=action("Rename the section…", "Ctrl+Shift+H",
                      "Give the section at the cursor another name"),
        delete=action("Delete the marker", "Shift+Delete",
                      "Take the marker away that the section at the cursor begins with"),
        loop=action("Loop this section", "Ctrl+F3",
                    "Play the section at the cursor again and again"),
        numbered=tuple(
            action(f"Section {number}", str(number), f"Go to section {number}")
            for number in range(1, N_NUMBERED + 1)
        ),
        menu=QMenu("Sections", window),
    )
