"""Every command of practising with its shortcut and its explanation."""

from __future__ import annotations

from dataclasses import dataclass, fields
from functools import partial

from PySide6.QtGui import QAction
from PySide6.QtWidgets import QWidget

from app.views.shortcuts.window_shortcuts import make_action


@dataclass(frozen=True)
class PracticeActions:
    """The commands of practising. Texts, keys and tool tips are set; nothing is connected."""

    skip: QAction
    again: QAction
    worst: QAction
    end: QAction
    next_fault: QAction
    previous_fault: QAction
    direction: QAction
    score: QAction
    delay: QAction

    def all(self) -> list[QAction]:
        """The commands in the order above."""
        return [getattr(self, field.name) for field in fields(self)]


def make_practice_actions(window: QWidget, view: QWidget) -> PracticeActions:
    """All commands of practising; those that need a piece are disabled.

    Args:
        view: what some keys belong to alone.
    """
    action = partial(make_action, window, view)
    made = PracticeActions(
        skip=action("Skip", ["Return", "Enter"], "Pass the notes that are waited for",
                    on_stage=True),
        again=action("Again", ["Return", "Enter"], "Practise the same once more", on_stage=True),
        worst=action("The worst bars, slower", "F8",
                     "Practise the bars with the most mistakes at 80 %"),
        end=action("End practising", "Esc", "End it, and see how it went; once more: go back",
                   on_stage=True),
        next_fault=action("Next difference", "F7",
                          "Go to the next note that was not right, or is not in both"),
        previous_fault=action("Previous difference", "Shift+F7",
                              "Go to the one before"),
        direction=action("Notes fall", "F9",
                         "Let the notes fall onto a keyboard, or move sideways", checkable=True),
        score=action("Score", "Q", "Show the score of the piece, too, and turn its pages",
                     checkable=True, on_stage=True),
        delay=action("Measure the delay of this device…", "Shift+F6",
                     "Clap with the clicks once, so that early and late mean what they say"),
    )
    for one in (made.skip, made.again, made.worst, made.end, made.next_fault,
                made.previous_fault):
        one.setEnabled(False)
    return made
