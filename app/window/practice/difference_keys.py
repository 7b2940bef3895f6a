"""One key goes to the next difference: of the report that is shown, or of two files compared."""

from __future__ import annotations

from PySide6.QtCore import QObject

from app.window.practice.practice_controller import PracticeController
from app.window.song.comparison_commands import ComparisonCommands


class DifferenceKeys(QObject):
    """Decides whose the key is."""

    def __init__(self, practice: PracticeController, comparison: ComparisonCommands) -> None:
        super().__init__(practice)
        act = self._act = practice.act
        self._practice, self._comparison = practice, comparison
        act.next_fault.triggered.connect(lambda: self._go(1))
        act.previous_fault.triggered.connect(lambda: self._go(-1))
        for part in (practice, comparison):
            part.changed.connect(self._show)
        self._show()

    def _go(self, step: int) -> None:
        if self._practice.has_faults:
            self._practice.report.go_to_fault(step)
        else:
            self._comparison.go_to_difference(step)

    def _show(self) -> None:
        practice = self._practice
        can_go = practice.has_faults or (
            self._comparison.has_differences and not practice.is_shown
        )
        for action in (self._act.next_fault, self._act.previous_fault):
            action.setEnabled(can_go)
