"""Every command for chords with its shortcut and its explanation."""

from __future__ import annotations

from dataclasses import dataclass, fields
from functools import partial

from PySide6.QtGui import QAction
from PySide6.QtWidgets import QWidget

from app.views.shortcuts.window_shortcuts import make_action


@dataclass(frozen=True)
class ChordActions:
    """Texts, keys and tool tips are set; nothing is connected."""

    show: QAction
    name: QAction
    split: QAction
    merge: QAction
    as_found: QAction
    key: QAction
    copy: QAction
    export: QAction

    def all(self) -> list[QAction]:
        """Those that need something to be open, in the order above."""
        return [getattr(self, field.name) for field in fields(self)[1:]]

    @property
    def of_song(self) -> list[QAction]:
        """Those that a live take has no use for."""
        return [self.name, self.split, self.merge, self.as_found, self.key]

    @property
    def of_chords(self) -> list[QAction]:
        """Those that need chords to be there."""
        return [self.split, self.merge, self.as_found, self.copy, self.export]


def make_chord_actions(window: QWidget, stage: QWidget) -> ChordActions:
    """All of them."""
    action = partial(make_action, window, stage)
    return ChordActions(
        show=action("Chords", "H", "Show the row of chords above the ruler", checkable=True),
        name=action("Name the chord…", "Ctrl+H",
                    "Type what the chord at the cursor is called; N is no chord"),
        split=action("Split the chord", "Ctrl+Alt+H",
                     "Make two of the chord at the cursor, at the beat that is near"),
        merge=action("Merge with the next chord", "Ctrl+Alt+Shift+H",
                     "Let the chord at the cursor last through the next one as well"),
        as_found=action("Chord as found", "Alt+Delete",
                        "Take back what was typed for the chord at the cursor"),
        key=action("Key of the piece…", "Alt+Shift+H",
                   "Choose the key that chords are spelled in, or let the notes tell it"),
        copy=action("Copy chords as text", "Ctrl+Shift+C",
                    "Copy when each chord begins and its name, as lines of text"),
        export=action("Export chords…", "Ctrl+Shift+E",
                      "Write the chords as a table: start_s, end_s, chord"),
    )
