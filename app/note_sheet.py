"""Decoded notes, what a hand put in their place, and the way back."""

from __future__ import annotations

import contextlib
import itertools
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from app.history import History
from app.twins import Twins
from model.notes import Note

# The decoded notes that a hand note was made of; none for a note that was added.
Origins = tuple[Note, ...]


@dataclass(frozen=True)
class _Step:
    """One change to what the hand did, to be done and undone.

    Attributes:
        before, after: hand notes that it takes away, and those that it puts in their place.
        deleted: decoded notes that it adds to the deleted ones.
    """

    before: tuple[tuple[Note, Origins], ...]
    after: tuple[tuple[Note, Origins], ...]
    deleted: Origins


class NoteSheet:
    """Decoded notes and what a hand has changed in them. Plain Python, for one thread.

    `EditedNotes` adds the operations. `set_decoded` brings the notes of another decoding at any
    time. It never touches what a hand has changed, and is no step. Which of the new notes are
    shown:

    - A changed note keeps the decoded notes that it was made of, and a deleted one is remembered.
      A newly decoded note that is the twin of one of those (see `Twins`) stays hidden.
    - A decoded note is hidden while a note that a hand has added or changed has the same pitch,
      overlaps it and begins within 50 ms of it: the two are one.
    """

    def __init__(self, changed: Callable[[], None] | None = None) -> None:
        """Args: `changed` is called after every change of `notes` or of what can be undone."""
        self._changed = changed
        self._decoded: list[Note] = []
        self._hand: dict[Note, Origins] = {}
        # An ordered set.
        self._deleted: dict[Note, None] = {}
        self._history = History(self._do_step, self._undo_step)
        # Made of these by need.
        self._twins: Twins | None = None
        self._hidden_now: set[int] | None = None
        self._notes: list[Note] | None = []

    # What there is.

    @property
    def notes(self) -> list[Note]:
        """All notes that are shown and exported, in order of onset, then pitch."""
        if self._notes is None:
            hidden = self._hidden()
            shown = [note for index, note in enumerate(self._decoded) if index not in hidden]
            self._notes = sorted([*shown, *self._hand], key=_order)
        return list(self._notes)

    @property
    def decoded(self) -> list[Note]:
        """What was decoded last, hidden notes among it."""
        return list(self._decoded)

    @property
    def hand_notes(self) -> list[tuple[Note, Origins]]:
        """Every note that a hand added or changed, and the decoded notes it was made of."""
        return list(self._hand.items())

    @property
    def deleted(self) -> list[Note]:
        """The decoded notes that a hand deleted."""
        return list(self._deleted)

    def is_by_hand(self, note: Note) -> bool:
        """Whether a hand added or changed this note."""
        return note in self._hand

    def restore(
        self,
        decoded: Iterable[Note],
        hand_notes: Iterable[tuple[Note, Origins]] = (),
        deleted: Iterable[Note] = (),
    ) -> None:
        """Begins with other notes, as saved ones are; nothing can be undone."""
        self._hand = dict(hand_notes)
        self._deleted = dict.fromkeys(deleted)
        self._history.clear()
        self.set_decoded(decoded)

    def set_decoded(self, notes: Iterable[Note]) -> None:
        """Takes the notes of another decoding in place of the ones before."""
        self._decoded = list(dict.fromkeys(notes))
        self._twins = None
        self._tell()

    def extend_decoded(self, notes: Iterable[Note]) -> None:
        """Takes further notes of the decoding that goes on."""
        self._decoded += notes
        self._twins = None
        self._tell()

    @contextlib.contextmanager
    def together(self, label: str) -> Iterator[None]:
        """Makes all operations within one single step to undo, named `label`."""
        is_outermost = not self._history.is_grouping
        try:
            with self._history.together(label):
                yield
        finally:
            if is_outermost:
                self._tell()

    # Undo and redo.

    @property
    def undo_label(self) -> str | None:
        """What `undo` would undo, such as "Move"; None when there is nothing."""
        return self._history.undo_label

    @property
    def redo_label(self) -> str | None:
        """What `redo` would do again; None when there is nothing."""
        return self._history.redo_label

    def undo(self) -> None:
        """Takes the last step back, if there is one."""
        if self._history.undo():
            self._tell()

    def redo(self) -> None:
        """Does again what was undone last, if nothing else was done since."""
        if self._history.redo():
            self._tell()

    @property
    def state(self) -> object:
        """Stands for the hand's changes as they are now, to be given to `mark_saved`."""
        return self._history.state

    def mark_saved(self, state: object) -> None:
        """What there was in a state was written to a file; see `is_saved`."""
        self._history.mark_saved(state)

    @property
    def is_saved(self) -> bool:
        """Whether the hand's changes are those at `mark_saved` (at first: at `restore`)."""
        return self._history.is_saved

    # Within.

    def _present(self, notes: Iterable[Note]) -> list[Note]:
        """Those that are shown, each once, in the order given."""
        return [note for note in dict.fromkeys(notes) if self._is_shown(note)]

    def _is_shown(self, note: Note) -> bool:
        if note in self._hand:
            return True
        index = self._found().index(note)
        return index is not None and index not in self._hidden()

    def _change(self, label: str, changes: Sequence[tuple[Origins, tuple[Note, ...]]]) -> None:
        """Puts notes in the place of others: each change is (the old ones, the new ones)."""
        before: dict[Note, Origins] = {}
        after: dict[Note, Origins] = {}
        deleted: dict[Note, None] = {}
        for old, _ in changes:
            before.update((note, self._hand[note]) for note in old if note in self._hand)
        for old, new in changes:
            origins = _unique(*(self._hand.get(note, (note,)) for note in old))
            if not new:
                deleted.update(dict.fromkeys(origins))
            for note in new:
                standing = self._hand.get(note)
                if standing is not None and note not in before:
                    # An equal note stands there already: the two become one.
                    before[note] = standing
                    origins = _unique(origins, standing)
                after[note] = _unique(after.get(note, ()), origins)
        if not changes:
            return
        step = _Step(
            tuple(before.items()),
            tuple(after.items()),
            tuple(note for note in deleted if note not in self._deleted),
        )
        self._do_step(step)
        self._history.remember(label, step)
        self._tell()

    def _do_step(self, step: _Step) -> None:
        for note, _ in step.before:
            del self._hand[note]
        self._hand.update(step.after)
        self._deleted.update(dict.fromkeys(step.deleted))

    def _undo_step(self, step: _Step) -> None:
        for note, _ in step.after:
            del self._hand[note]
        self._hand.update(step.before)
        for note in step.deleted:
            del self._deleted[note]

    def _found(self) -> Twins:
        if self._twins is None:
            self._twins = Twins(self._decoded)
        return self._twins

    def _hidden(self) -> set[int]:
        """Indices of the decoded notes that the hand's notes take the place of."""
        if self._hidden_now is None:
            self._hidden_now = set()
            for earlier in itertools.chain(self._deleted, *self._hand.values()):
                self._hidden_now.update(self._found().twins(earlier))
            for note in self._hand:
                self._hidden_now.update(self._found().beside(note))
        return self._hidden_now

    def _tell(self) -> None:
        self._notes = self._hidden_now = None
        if self._changed is not None and not self._history.is_grouping:
            self._changed()


def _order(note: Note) -> tuple[float, int, float, int, float]:
    return note.onset_s, note.pitch, note.offset_s, note.velocity, note.confidence


def _unique(*groups: Origins) -> Origins:
    return tuple(dict.fromkeys(itertools.chain(*groups)))
