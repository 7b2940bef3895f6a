"""Decoded notes, what a hand put in their place, and the way back."""

from __future__ import annotations

import contextlib
import itertools
import operator
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from app.song.annotations import Annotations
from app.song.note_matching import NoteMatcher
from app.song.undo_history import UndoHistory
from model.notes import Note

# The decoded notes that a hand note was made of; none for a note that was added.
Origins = tuple[Note, ...]
_ORDER = operator.attrgetter("onset_s", "pitch", "offset_s", "velocity", "confidence")


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


@dataclass(frozen=True)
class _Annotated:
    """Other annotations took the place of those before."""

    before: Annotations
    after: Annotations


class NoteTable:
    """Decoded notes and what a hand has changed in them. Plain Python, for one thread.

    `EditedNotes` adds the operations. `set_decoded` brings the notes of another decoding at any
    time. It never touches what a hand has changed, and is no step. Which of the new notes are
    shown:

    - A changed note keeps the decoded notes that it was made of, and a deleted one is remembered.
      A newly decoded note that is the twin of one of those (see `NoteMatcher`) stays hidden.
    - A decoded note is hidden while a note that a hand has added or changed has the same pitch,
      overlaps it and begins within 50 ms of it: the two are one.

    What a hand writes beside the notes, its `annotations`, has the same history.
    """

    def __init__(self, changed: Callable[[], None] | None = None) -> None:
        """Args: `changed` is called after every change of `notes` or of what can be undone."""
        self._changed = changed
        self._is_quiet = False
        self._decoded: list[Note] = []
        self._hand: dict[Note, Origins] = {}
        # An ordered set.
        self._deleted: dict[Note, None] = {}
        self._annotations = Annotations()
        self._history: UndoHistory[_Step | _Annotated] = UndoHistory(
            self._do_step, self._undo_step
        )
        # Made of these by need.
        self._twins: NoteMatcher | None = None
        self._hidden_now: set[int] | None = None
        self._notes: list[Note] | None = []

    @contextlib.contextmanager
    def quietly(self) -> Iterator[None]:
        """Within, changes are not told."""
        self._is_quiet = True
        try:
            yield
        finally:
            self._is_quiet = False

    # What there is.

    @property
    def notes(self) -> list[Note]:
        """All notes that are shown and exported, in order of onset, then pitch."""
        if self._notes is None:
            hidden = self._hidden()
            shown = [note for index, note in enumerate(self._decoded) if index not in hidden]
            self._notes = sorted([*shown, *self._hand], key=_ORDER)
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

    @property
    def annotations(self) -> Annotations:
        """What a hand wrote beside the notes."""
        return self._annotations

    def annotate(self, label: str, annotations: Annotations) -> None:
        """Puts these in the place of the annotations so far: a step to undo, named `label`."""
        if annotations != self._annotations:
            step = _Annotated(self._annotations, annotations)
            self._do_step(step)
            self._history.remember(label, step)
            self._tell()

    def is_by_hand(self, note: Note) -> bool:
        """Whether a hand added or changed this note."""
        return note in self._hand

    def present(self, notes: Iterable[Note]) -> list[Note]:
        """Those of some notes that are shown, each once, in the order given."""
        hand, hidden, indices = self._hand, self._hidden(), self._found().indices
        return [
            note for note in dict.fromkeys(notes)
            if note in hand or ((index := indices.get(note)) is not None and index not in hidden)
        ]  # fmt: skip

    def restore(
        self,
        decoded: Iterable[Note],
        hand_notes: Iterable[tuple[Note, Origins]] = (),
        deleted: Iterable[Note] = (),
        annotations: Annotations = Annotations(),  # noqa: B008
    ) -> None:
        """Begins with other notes, as saved ones are; nothing can be undone."""
        self._annotations = annotations
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

    def _change(self, label: str, changes: Sequence[tuple[Origins, tuple[Note, ...]]]) -> None:
        """Puts notes in the place of others: each change is (the old ones, the new ones)."""
        before: dict[Note, Origins] = {}
        after: dict[Note, Origins] = {}
        deleted: dict[Note, None] = {}
        # Tens of thousands of notes may change at once: every look-up counts.
        hand = self._hand
        all_origins: list[Origins] = []
        for old, _ in changes:
            parts: list[Origins] = []
            for note in old:
                made_of = hand.get(note)
                if made_of is None:
                    made_of = (note,)
                else:
                    before[note] = made_of
                parts.append(made_of)
            all_origins.append(_unique(parts))
        for (_, new), origins in zip(changes, all_origins, strict=True):
            if not new:
                deleted.update(dict.fromkeys(origins))
            for note in new:
                standing = hand.get(note)
                if standing is not None and note not in before:
                    # An equal note stands there already: the two become one.
                    before[note] = standing
                    origins = _unique([origins, standing])
                if note in after:
                    origins = _unique([after[note], origins])
                after[note] = origins
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

    def _do_step(self, step: _Step | _Annotated) -> None:
        if isinstance(step, _Annotated):
            self._annotations = step.after
            return
        for note, _ in step.before:
            del self._hand[note]
        self._hand.update(step.after)
        self._deleted.update(dict.fromkeys(step.deleted))

    def _undo_step(self, step: _Step | _Annotated) -> None:
        if isinstance(step, _Annotated):
            self._annotations = step.before
            return
        for note, _ in step.after:
            del self._hand[note]
        self._hand.update(step.before)
        for note in step.deleted:
            del self._deleted[note]

    def _found(self) -> NoteMatcher:
        if self._twins is None:
            self._twins = NoteMatcher(self._decoded)
        return self._twins

    def _hidden(self) -> set[int]:
        """Indices of the decoded notes that the hand's notes take the place of."""
        if self._hidden_now is None:
            found = self._found()
            hidden = found.beside(self._hand) if self._hand else set()
            for earlier in itertools.chain(self._deleted, *self._hand.values()):
                index = found.indices.get(earlier)
                if index is None:
                    hidden.update(found.twins(earlier))
                else:
                    hidden.add(index)
            self._hidden_now = hidden
        return self._hidden_now

    def _tell(self) -> None:
        self._notes = self._hidden_now = None
        if self._changed is not None and not (self._is_quiet or self._history.is_grouping):
            self._changed()


def _unique(groups: Sequence[Origins]) -> Origins:
    return groups[0] if len(groups) == 1 else tuple(dict.fromkeys(itertools.chain(*groups)))
