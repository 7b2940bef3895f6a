"""Every command about beats and bars: shown, corrected, heard."""

from __future__ import annotations

from dataclasses import dataclass, fields
from functools import partial

from PySide6.QtGui import QAction
from PySide6.QtWidgets import QWidget

from app.views.shortcuts.window_shortcuts import make_action


@dataclass(frozen=True)
class BarActions:
    """Texts, keys and tool tips are set; nothing is connected."""

    show: QAction
    tap: QAction
    begin_bar: QAction
    next_meter: QAction
    halve: QAction
    double: QAction
    tempo: QAction
    reset: QAction
    metronome: QAction
    count_in: QAction

    def all(self) -> list[QAction]:
        """Those for a recording, in the order above."""
        values = [getattr(self, field.name) for field in fields(self)]
        return [action for action in values if action not in self.everywhere]

    @property
    def everywhere(self) -> list[QAction]:
        """Those that need no recording."""
        return [self.show, self.metronome, self.count_in]

    @property
    def on_grid(self) -> list[QAction]:
        """Those that need beats that were found."""
        return [self.begin_bar, self.halve, self.double]


def make_bar_actions(window: QWidget, stage: QWidget) -> BarActions:
    """All of them."""
    action = partial(make_action, window, stage)
    return BarActions(
        show=action("Bars and beats", "B",
                    "Show bar lines with their numbers, and snap to them while editing",
                    checkable=True),
        tap=action("Tap a beat", "Shift+B",
                   "Say where beats are: tap along while it plays, or set one at the cursor"),
        begin_bar=action("A bar begins here", "Ctrl+B",
                         "Let a bar begin at the beat that is nearest to the cursor"),
        next_meter=action("Other time signature", "Alt+B",
                          "2/4, 3/4, 4/4, 6/8, in turns; the menu of the bars has all"),
        halve=action("Half as many beats", "Ctrl+Shift+B",
                     "Take every second beat for one: half the tempo"),
        double=action("Twice as many beats", "Ctrl+Alt+B",
                      "Put a beat between every two: twice the tempo"),
        tempo=action("Set the tempo…", "Alt+Y", "Say how many beats there are in a minute"),
        metronome=action("Metronome", "Y",
                         "Click on every beat, of a recording or while you play (headphones!)",
                         checkable=True),
        count_in=action("Count in", "Shift+Y",
                        "Click a bar before a recording plays, or a take begins",
                        checkable=True),
        reset=action("Forget beats set by hand", "Alt+Shift+B",
                     "Have beats and bars as they were found"),
    )
