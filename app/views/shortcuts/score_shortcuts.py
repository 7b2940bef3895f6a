"""Every command for scores with its shortcut and its explanation."""

from __future__ import annotations

from dataclasses import dataclass, fields
from functools import partial

from PySide6.QtGui import QAction
from PySide6.QtWidgets import QWidget

from app.views.shortcuts.window_shortcuts import make_action


@dataclass(frozen=True)
class ScoreActions:
    """The commands for scores. Texts, keys and tool tips are set; nothing is connected."""

    next_view: QAction
    next_staves: QAction
    next_page: QAction
    previous_page: QAction
    larger: QAction
    smaller: QAction
    print_score: QAction
    save_pdf: QAction
    next_fretboard: QAction

    def all(self) -> list[QAction]:
        """The commands in the order above."""
        return [getattr(self, field.name) for field in fields(self)]

    @property
    def on_pages(self) -> list[QAction]:
        """Those that need a score to be seen."""
        return [self.next_page, self.previous_page, self.larger, self.smaller]

    @property
    def of_notes(self) -> list[QAction]:
        """Those that need notes, whether their score is seen or not."""
        return [self.next_view, self.print_score, self.save_pdf]


def make_score_actions(window: QWidget, stage: QWidget) -> ScoreActions:
    """All commands for scores; disabled until there are notes, but for the fretboard."""
    action = partial(make_action, window, stage)
    actions = ScoreActions(
        next_view=action("Score", "V", "The roll, the score below it, the score alone, in turns"),
        next_staves=action("Other staves", "Shift+V",
                           "Staves as needed, two, one, tablature for guitar, bass, ukulele, in "
                           "turns"),
        next_page=action("Next page", "PgDown", "Turn to the next page of the score"),
        previous_page=action("Previous page", "PgUp", "Turn back to the page before"),
        larger=action("Larger staves", "O", "Show less of the score, larger"),
        smaller=action("Smaller staves", "Shift+O", "Show more of the score, smaller"),
        print_score=action("Print the score…", "Ctrl+P", "Print the score, engraved on pages"),
        save_pdf=action("Save the score as PDF…", "Ctrl+Alt+P",
                        "Write the score as a PDF file, engraved on pages of A4"),
        next_fretboard=action("Fretboard", "Ctrl+Shift+V",
                              "Show where the notes lie on a guitar, bass, ukulele, or on none, in "
                              "turns"),
    )
    for made in actions.all():
        made.setEnabled(made is actions.next_fretboard)
    return actions
