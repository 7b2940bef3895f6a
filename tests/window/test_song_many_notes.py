"""Many notes changed at once: quickly, and as few of them would be."""

from __future__ import annotations

import random
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from types import FrameType

import pytest

from app.song.note_edits import EditedNotes
from app.song.note_matching import SAME_ONSET_S, NoteMatcher
from app.window.song.selection_editing import SelectionEditing
from model.notes import Note
from tests.leaks import nothing_left, only_new_objects  # noqa: F401
from tests.window.song_bench import editing, recording  # noqa: F401
from tests.window.window_bench import Bench, bench, make  # noqa: F401

# Fixtures are imported, and arguments of the same name get them.
# ruff: noqa: F811

# A change of twenty thousand notes stays below an eighth of a second with so few calls a note.
MOST_CALLS = 25


def many(count: int, seed: int = 1) -> list[Note]:
    """Notes of which those of a pitch do not overlap, as decoded ones are."""
    draw = random.Random(seed)
    free_from = [0.0] * 128
    notes = []
    for number in range(count):
        onset_s = number * 0.05
        pitch = draw.choice([p for p in range(30, 100) if free_from[p] <= onset_s])
        free_from[pitch] = onset_s + draw.uniform(0.1, 0.9)
        notes.append(Note(onset_s, free_from[pitch], pitch, draw.randint(20, 100), 0.8))
    return notes


def calls(act: Callable[[], object]) -> int:
    """How many Python functions are called within; unlike the time it takes, always the same."""
    count = 0

    def called(frame: FrameType, event: str, _: object) -> None:
        nonlocal count
        count += event == "call"

    before = sys.getprofile()
    sys.setprofile(called)
    try:
        act()
    finally:
        sys.setprofile(before)
    return count


CHANGES: list[Callable[[SelectionEditing], object]] = [
    lambda hand: hand.louder(1),
    lambda hand: hand.move(semitones=1),
    lambda hand: hand.move(seconds=0.01),
    lambda hand: hand.stretch(offset_by_s=0.01),
    lambda hand: hand.delete(),
]
NAMES = ["louder", "pitch", "time", "length", "delete"]


@pytest.mark.parametrize("change", CHANGES, ids=NAMES)
def test_the_work_for_each_note_is_small(
    bench: Bench, recording: Path, change: Callable[[SelectionEditing], object]
) -> None:
    count = 2000
    editing(bench, recording, many(count))
    hand = bench.window.song_controller.editing
    hand.choose_all()
    # What is called once, whatever the number, is far less than this.
    for act in (lambda: change(hand), hand.undo, hand.redo):
        assert calls(act) < count * MOST_CALLS
    if change is not CHANGES[-1]:
        hand.choose_all()
        assert calls(lambda: change(hand)) < count * MOST_CALLS


OPERATIONS: dict[str, Callable[[EditedNotes, Sequence[Note]], object]] = {
    "louder": lambda edits, notes: edits.change_velocity(notes, 5),
    "pitch": lambda edits, notes: edits.set_pitch(notes, 100),
    "time": lambda edits, notes: edits.move(notes, seconds=0.01),
    "length": lambda edits, notes: edits.stretch(notes, offset_by_s=0.01),
    "delete": lambda edits, notes: edits.delete(notes),
}


@pytest.mark.parametrize("name", NAMES)
def test_many_notes_become_what_each_alone_becomes(name: str) -> None:
    operation = OPERATIONS[name]
    notes = many(60)
    together, alone = EditedNotes(), EditedNotes()
    for edits in (together, alone):
        edits.restore(notes)
    operation(together, notes)
    for note in notes:
        operation(alone, [note])
    assert together.notes == alone.notes
    assert together.hand_notes == alone.hand_notes
    assert together.deleted == alone.deleted
    together.undo()
    assert together.notes == notes
    together.redo()
    assert together.notes == alone.notes


def beside(decoded: Sequence[Note], notes: Sequence[Note]) -> set[int]:
    """The rule, note by note."""
    return {
        index for index, one in enumerate(decoded) for other in notes
        if one.pitch == other.pitch and abs(one.onset_s - other.onset_s) <= SAME_ONSET_S
        and one.onset_s < other.offset_s and one.offset_s > other.onset_s
    }  # fmt: skip


@pytest.mark.parametrize("seed", range(5))
def test_what_lies_beside_many_notes_is_found(seed: int) -> None:
    draw = random.Random(seed)

    def some(count: int) -> list[Note]:
        # Onsets on a grid of a hundredth: many lie right at the limit of 50 ms.
        onsets = [draw.randrange(400) / 100 for _ in range(count)]
        lengths = [0.01, 0.04, 0.3, 2.0]
        return [Note(onset_s, onset_s + draw.choice(lengths), draw.choice([0, 1, 127]))
                for onset_s in onsets]

    decoded, notes = some(300), some(80)
    assert NoteMatcher(decoded).beside(notes) == beside(decoded, notes)
    assert NoteMatcher(decoded).beside([]) == set()
    assert NoteMatcher([]).beside(notes) == set()


def test_equal_notes_are_known_by_the_first() -> None:
    one, other = Note(1.0, 2.0, 60), Note(1.0, 2.0, 61)
    assert NoteMatcher([other, one, one]).indices == {other: 0, one: 1}


def test_what_was_chosen_stays_chosen_through_a_change(bench: Bench, recording: Path) -> None:
    notes = many(50)
    editing(bench, recording, notes)
    hand, seen = bench.window.song_controller.editing, []
    hand.choose(notes[:30])
    bench.song.notes_changed.connect(lambda: seen.append(len(hand.chosen)))
    hand.louder(1)
    assert [note.velocity for note in hand.chosen] == [note.velocity + 5 for note in notes[:30]]
    # One that cannot change is as chosen afterwards.
    hand.choose(bench.song.edits.set_velocity([hand.chosen[0]], 127))
    hand.louder(1)
    assert [note.velocity for note in hand.chosen] == [127]
    assert hand.only_chosen == hand.chosen[0]
    hand.delete()
    assert not hand.has_chosen
    assert hand.only_chosen is None


def test_what_undo_brings_back_is_chosen(bench: Bench, recording: Path) -> None:
    notes = many(20)
    editing(bench, recording, notes)
    hand = bench.window.song_controller.editing
    hand.choose(notes[3:6])
    hand.louder(1)
    louder = hand.chosen
    hand.undo()
    assert hand.chosen == notes[3:6]
    hand.redo()
    assert hand.chosen == louder
    hand.undo()
    hand.delete()
    hand.undo()
    assert hand.chosen == notes[3:6]
    # Where nothing comes back, what is there stays chosen.
    added = hand.add(0.5, 101)
    hand.choose([notes[0], added])
    hand.undo()
    assert hand.chosen == [notes[0]]
    # While nothing is edited, nothing is chosen.
    hand.choose(notes[:1])
    hand.louder(1)
    bench.window.song_controller.act.edit.trigger()
    hand.undo()
    assert not hand.has_chosen
