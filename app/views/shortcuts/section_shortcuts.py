"""Every command that finds one's way in a recording: sections, the loop's edges, speed and pitch of
practising."""

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
    loop_from: QAction
    loop_to: QAction
    trainer: QAction
    lower: QAction
    higher: QAction
    flatter: QAction
    sharper: QAction
    own_pitch: QAction
    numbered: tuple[QAction, ...]
    menu: QMenu

    def all(self) -> list[QAction]:
        """The commands in the order above."""
        return [self.add, self.next, self.previous, *self.on_section, self.loop_from,
                self.loop_to, self.trainer, *self.of_pitch, *self.numbered]

    @property
    def of_pitch(self) -> list[QAction]:
        """Those that play at another pitch."""
        return [self.lower, self.higher, self.flatter, self.sharper, self.own_pitch]

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
        loop_from=action("Begin the loop here", "[", "Let the selected part begin at the cursor"),
        loop_to=action("End the loop here", "]", "Let the selected part end at the cursor"),
        trainer=action("Speed trainer", "F4",
                       "Loop at 60 % (or the slower speed that is set), 5 % faster with every "
                       "pass, up to the recording’s own speed", checkable=True),
        lower=action("A semitone lower", "Shift+,",
                     "Play recording and notes a semitone lower, at the same speed"),
        higher=action("A semitone higher", "Shift+.",
                      "Play recording and notes a semitone higher, at the same speed"),
        flatter=action("10 cents lower", "Alt+,", "Play a tenth of a semitone lower"),
        sharper=action("10 cents higher", "Alt+.", "Play a tenth of a semitone higher"),
        own_pitch=action("Original pitch", "Ctrl+,", "Play at the pitch that was recorded"),
        numbered=tuple(
            action(f"Section {number}", str(number), f"Go to section {number}")
            for number in range(1, N_NUMBERED + 1)
        ),
        menu=QMenu("Sections", window),
    )
