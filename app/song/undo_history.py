"""What was done, to be undone and done again, without end."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Generic, TypeVar

Step = TypeVar("Step")


@dataclass(frozen=True, eq=False)
class _Entry(Generic[Step]):
    """What one `undo` takes back, compared by identity."""

    label: str
    steps: list[Step]


class UndoHistory(Generic[Step]):
    """Steps that were done already, remembered in order; what they mean is up to the owner."""

    def __init__(self, do: Callable[[Step], None], undo: Callable[[Step], None]) -> None:
        """Args: `do` and `undo` carry out one step and take it back."""
        self._do, self._undo_step = do, undo
        self.clear()

    def clear(self) -> None:
        """Forgets everything; what there is now counts as saved."""
        self._done: list[_Entry[Step]] = []
        self._undone: list[_Entry[Step]] = []
        self._group: list[Step] | None = None
        self._saved: object = None

    def remember(self, label: str, step: Step) -> None:
        """A step was done; what had been undone before cannot be done again."""
        if self._group is not None:
            self._group.append(step)
        else:
            self._done.append(_Entry(label, [step]))
            self._undone.clear()

    @contextlib.contextmanager
    def together(self, label: str) -> Iterator[None]:
        """Makes all steps within one single entry; within another such group it does nothing."""
        if self._group is not None:
            yield
            return
        self._group = []
        try:
            yield
        finally:
            steps, self._group = self._group, None
            if steps:
                self._done.append(_Entry(label, steps))
                self._undone.clear()

    @property
    def is_grouping(self) -> bool:
        """Whether a group of steps is not complete yet; nothing can be undone meanwhile."""
        return self._group is not None

    def undo(self) -> bool:
        """Takes the last entry back; returns whether there was one."""
        if not self._done or self.is_grouping:
            return False
        entry = self._done.pop()
        for step in reversed(entry.steps):
            self._undo_step(step)
        self._undone.append(entry)
        return True

    def redo(self) -> bool:
        """Does again what was undone last; returns whether there was anything."""
        if not self._undone or self.is_grouping:
            return False
        entry = self._undone.pop()
        for step in entry.steps:
            self._do(step)
        self._done.append(entry)
        return True

    @property
    def undo_label(self) -> str | None:
        """The name of what `undo` would take back."""
        return self._done[-1].label if self._done else None

    @property
    def redo_label(self) -> str | None:
        """The name of what `redo` would do again."""
        return self._undone[-1].label if self._undone else None

    @property
    def state(self) -> object:
        """Stands for what there is now, to be given to `mark_saved`."""
        return self._done[-1] if self._done else None

    def mark_saved(self, state: object) -> None:
        """What there was in a state was written to a file."""
        self._saved = state

    @property
    def is_saved(self) -> bool:
        """Whether there is again what there was at `mark_saved`, or at first."""
        return self._saved is self.state
