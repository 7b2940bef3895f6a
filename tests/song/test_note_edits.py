"""Notes corrected by hand: the operations, undo without end, and what decoding anew may change."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import replace

import pytest

from app.song.note_edits import SHORTEST_NOTE_S, EditedNotes
from model.notes import Note

A = Note(1.0, 2.0, 60, 70, 0.8)
B = Note(2.0, 3.0, 60, 90, 0.6)
C = Note(1.5, 2.5, 64, 80, 0.9)


def sheet(*notes: Note) -> EditedNotes:
    edits = EditedNotes()
    edits.restore(notes)
    return edits


def by_hand(note: Note, **changes: float) -> Note:
    return replace(note, confidence=1.0, **changes)  # type: ignore[arg-type]


def places(edits: EditedNotes) -> list[tuple[float, float, int]]:
    return [(note.onset_s, note.offset_s, note.pitch) for note in edits.notes]


def test_decoded_notes_are_shown_in_order_of_onset_then_pitch() -> None:
    assert sheet(B, C, A, replace(A, pitch=50)).notes == [replace(A, pitch=50), A, C, B]


def test_delete_and_undo() -> None:
    edits = sheet(A, B, C)
    edits.delete([A, C])
    assert edits.notes == [B]
    assert edits.undo_label == "Delete"
    edits.undo()
    assert edits.notes == [A, C, B]
    assert (edits.undo_label, edits.redo_label) == (None, "Delete")
    edits.redo()
    assert edits.notes == [B]


def test_an_added_note_is_sure() -> None:
    edits = sheet(A)
    added = edits.add(Note(4.0, 4.5, 70, 33, 0.2))
    assert added == Note(4.0, 4.5, 70, 33, 1.0)
    assert edits.notes == [A, added]
    assert edits.is_by_hand(added)
    assert not edits.is_by_hand(A)
    edits.add(added)
    edits.undo()
    assert edits.notes == [A], "adding it again was no step"


def test_a_selection_moves_as_one_step_and_stays_in_its_bounds() -> None:
    edits = sheet(A, C, replace(A, onset_s=0.25, pitch=126))
    moved = edits.move([C, replace(A, onset_s=0.25, pitch=126)], seconds=-1.0, semitones=5)
    assert moved == [by_hand(C, onset_s=1.25, offset_s=2.25, pitch=65),
                     by_hand(A, onset_s=0.0, offset_s=1.75, pitch=127)]  # fmt: skip
    assert set(edits.notes) == {A, *moved}
    edits.undo()
    assert edits.undo_label is None
    assert len(edits.notes) == 3


def test_a_selection_can_move_onto_its_own_places() -> None:
    edits = sheet(A, B)
    first = edits.move([A, B], seconds=1.0)
    assert places(edits) == [(2.0, 3.0, 60), (3.0, 4.0, 60)]
    edits.move(first, seconds=1.0)
    assert places(edits) == [(3.0, 4.0, 60), (4.0, 5.0, 60)]
    edits.undo()
    edits.undo()
    assert edits.notes == [A, B]


@pytest.mark.parametrize(
    ("onset_by_s", "offset_by_s", "expected"),
    [
        (0.0, 0.5, (1.0, 2.5)),
        (-0.5, 0.0, (0.5, 2.0)),
        (-3.0, 0.0, (0.0, 2.0)),
        (5.0, 0.0, (2.0 - SHORTEST_NOTE_S, 2.0)),
        (0.0, -5.0, (1.0, 1.0 + SHORTEST_NOTE_S)),
    ],
)
def test_stretching_either_end(
    onset_by_s: float, offset_by_s: float, expected: tuple[float, float]
) -> None:
    edits = sheet(A)
    (note,) = edits.stretch([A], onset_by_s=onset_by_s, offset_by_s=offset_by_s)
    assert (note.onset_s, note.offset_s) == pytest.approx(expected)
    assert edits.notes == [note]


def test_pitch_and_velocity_are_set_and_kept_in_their_bounds() -> None:
    edits = sheet(A, C)
    assert edits.set_velocity([A, C], 500) == [by_hand(A, velocity=127), by_hand(C, velocity=127)]
    assert edits.set_velocity(edits.notes, 0)[0].velocity == 1
    (note,) = edits.set_pitch([edits.notes[0]], 61)
    assert note.pitch == 61
    for _ in range(3):
        edits.undo()
    assert edits.notes == [A, C]


def test_what_changes_nothing_is_no_step() -> None:
    edits = sheet(A)
    assert edits.set_velocity([A], A.velocity) == [A]
    assert edits.move([A]) == [A]
    edits.split([A], 5.0)
    edits.join([A])
    edits.delete([])
    assert edits.undo_label is None
    assert edits.notes == [A]


def test_split_and_join_are_each_others_way_back() -> None:
    edits = sheet(A, C)
    parts = edits.split([A, C], 1.75)
    assert places(edits) == [(1.0, 1.75, 60), (1.5, 1.75, 64), (1.75, 2.0, 60), (1.75, 2.5, 64)]
    joined = edits.join(parts)
    assert [(note.onset_s, note.offset_s, note.pitch) for note in joined] == [
        (1.0, 2.0, 60), (1.5, 2.5, 64),
    ]  # fmt: skip
    assert edits.notes == joined
    edits.undo()
    edits.undo()
    assert edits.notes == [A, C]


def test_a_pitch_curve_goes_with_its_note() -> None:
    note = Note(1.0, 2.0, 60, cents=tuple(float(value) for value in range(50)))
    edits = EditedNotes()
    edits.restore([note])
    (moved,) = edits.move([note], seconds=0.25, semitones=1)
    assert moved.cents == note.cents
    (louder,) = edits.set_velocity([moved], 100)
    assert louder.cents == note.cents
    first, second = edits.split([louder], 1.75)
    assert (first.cents, second.cents) == (note.cents[:25], note.cents[25:])
    assert edits.join([first, second])[0].cents == note.cents
    (shorter,) = edits.stretch(edits.notes, offset_by_s=-0.5)
    assert shorter.cents == note.cents[:25]


def test_join_spans_gaps_and_keeps_the_first_velocity() -> None:
    late = Note(5.0, 6.0, 60, 20)
    edits = sheet(A, late, C)
    assert edits.join([late, A, C]) == [Note(1.0, 6.0, 60, A.velocity, 1.0)]


def test_notes_that_are_gone_are_passed_over() -> None:
    edits = sheet(A, B)
    edits.delete([A])
    assert edits.move([A, B], seconds=1.0) == [by_hand(B, onset_s=3.0, offset_s=4.0)]
    edits.delete([A, Note(0.0, 1.0, 12)])
    assert len(edits.notes) == 1


def test_several_operations_together_are_one_step() -> None:
    told: list[int] = []
    edits = EditedNotes(lambda: told.append(len(edits.notes)))
    edits.restore([A, B])
    told.clear()
    with edits.together("Tidy up"):
        edits.delete([A])
        with edits.together("Something within"):
            edits.add(Note(8.0, 9.0, 80))
            edits.add(Note(9.0, 9.5, 80))
    assert told == [3]
    assert edits.undo_label == "Tidy up"
    edits.undo()
    assert edits.notes == [A, B]


def test_a_new_step_ends_what_could_be_done_again() -> None:
    edits = sheet(A, B)
    edits.delete([A])
    edits.undo()
    edits.delete([B])
    assert edits.redo_label is None
    edits.redo()
    assert edits.notes == [A]


def test_saved_means_the_same_changes_again() -> None:
    edits = sheet(A, B)
    assert edits.is_saved
    edits.delete([A])
    assert not edits.is_saved
    edits.mark_saved(edits.state)
    assert edits.is_saved
    edits.undo()
    assert not edits.is_saved
    edits.redo()
    assert edits.is_saved


# Decoding anew.


def test_a_deleted_note_does_not_come_back() -> None:
    edits = sheet(A, C)
    edits.delete([A])
    # Found a little earlier, softer and longer than before, as another threshold does.
    edits.set_decoded([Note(0.96, 2.1, 60, 66, 0.4), C])
    assert edits.notes == [C]
    # In two pieces.
    edits.set_decoded([Note(1.02, 1.5, 60), Note(1.5, 2.0, 60), C])
    assert edits.notes == [C]
    edits.undo()
    assert edits.notes == [Note(1.02, 1.5, 60), Note(1.5, 2.0, 60), C]


def test_a_changed_note_stays_without_a_twin() -> None:
    edits = sheet(A, B)
    (moved,) = edits.move([A], seconds=0.3, semitones=12)
    edits.set_decoded([replace(A, onset_s=1.04, velocity=30), B])
    assert edits.notes == [moved, B]
    edits.set_decoded([])
    assert edits.notes == [moved]


def test_a_note_found_where_one_was_moved_or_added_is_the_same_note() -> None:
    edits = sheet(A)
    (moved,) = edits.move([A], semitones=12)
    added = edits.add(Note(6.0, 7.0, 40))
    edits.set_decoded([A, replace(A, pitch=72, onset_s=1.03), Note(5.98, 6.4, 40, 1)])
    assert edits.notes == [moved, added]
    edits.delete([added])
    assert edits.notes == [moved, Note(5.98, 6.4, 40, 1)], "nobody deleted the decoded one"


def test_other_notes_of_the_pitch_follow_the_decoding() -> None:
    """A short repetition that was deleted does not take the long note around it along."""
    short = Note(2.0, 2.1, 60)
    edits = sheet(A, short)
    edits.delete([short])
    long = Note(1.0, 3.0, 60)
    edits.set_decoded([long, C])
    assert edits.notes == [long, C]


def test_a_note_added_into_a_long_one_leaves_it() -> None:
    edits = sheet(Note(1.0, 5.0, 60))
    added = edits.add(Note(3.0, 5.0, 60))
    assert edits.notes == [Note(1.0, 5.0, 60), added]


def test_neighbours_that_are_very_close_are_no_twins_of_each_other() -> None:
    """Two notes of one decoding, struck again within 50 ms; and two voices in unison."""
    first, second = Note(1.0, 1.04, 60), Note(1.04, 2.0, 60)
    edits = sheet(first, second)
    edits.delete([first])
    assert edits.notes == [second]
    unison = sheet(A, replace(A, velocity=20))
    unison.delete([A])
    assert unison.notes == [replace(A, velocity=20)]


def test_parts_of_a_split_note_keep_its_twin_away_even_when_one_is_deleted() -> None:
    edits = sheet(A)
    first, second = edits.split([A], 1.5)
    edits.delete([first])
    edits.set_decoded([replace(A, onset_s=1.01)])
    assert edits.notes == [second]
    edits.delete([second])
    assert edits.notes == []
    for _ in range(3):
        edits.undo()
    assert edits.notes == [replace(A, onset_s=1.01)]


def test_notes_that_are_still_being_heard_join_in() -> None:
    edits = sheet(A)
    edits.delete([A])
    edits.extend_decoded([C, B])
    assert edits.notes == [C, B]


def test_all_of_it_can_be_restored() -> None:
    edits = sheet(A, B, C)
    edits.split([B], 2.5)
    edits.delete([A])
    edits.add(Note(7.0, 8.0, 30))
    again = EditedNotes()
    again.restore(edits.decoded, edits.hand_notes, edits.deleted)
    assert again.notes == edits.notes
    assert again.undo_label is None
    again.set_decoded([replace(A, onset_s=1.01), B, C])
    edits.set_decoded([replace(A, onset_s=1.01), B, C])
    assert again.notes == edits.notes


# Random operations.


def random_notes(rng: random.Random, count: int) -> list[Note]:
    """As a decoder makes them: without overlaps in a pitch, on a grid of frames."""
    notes = []
    for pitch in range(58, 63):
        frame = 0
        for _ in range(count):
            frame += rng.randrange(0, 8)
            length = rng.randrange(2, 20)
            notes.append(Note(frame * 0.02, (frame + length) * 0.02, pitch, rng.randrange(1, 128),
                              rng.random()))  # fmt: skip
            frame += length
    return notes


def operations(rng: random.Random, edits: EditedNotes) -> list[Callable[[], object]]:
    notes = edits.notes
    some = rng.sample(notes, min(len(notes), rng.randrange(1, 6)))
    start = rng.uniform(0, 3)

    def several() -> None:
        with edits.together("Several"):
            edits.move(some, seconds=0.02)
            edits.delete(edits.notes[:1])

    return [
        lambda: edits.delete(some),
        lambda: edits.add(Note(start, start + rng.uniform(0.02, 1), rng.randrange(58, 63))),
        lambda: edits.move(some, seconds=rng.choice([0, 0.02, -0.5, rng.uniform(-1, 1)]),
                           semitones=rng.randrange(-2, 3)),
        lambda: edits.stretch(some, onset_by_s=rng.uniform(-0.3, 0.3),
                              offset_by_s=rng.uniform(-0.3, 0.3)),
        lambda: edits.split(notes, start),
        lambda: edits.join(some),
        lambda: edits.set_pitch(some, rng.randrange(58, 63)),
        lambda: edits.set_velocity(some, rng.randrange(1, 128)),
        several,
    ]  # fmt: skip


def state(edits: EditedNotes) -> tuple[list[Note], set[object], set[Note]]:
    return edits.notes, set(edits.hand_notes), set(edits.deleted)


@pytest.mark.parametrize("seed", range(25))
def test_random_operations_are_all_undone_and_all_done_again(seed: int) -> None:
    rng = random.Random(seed)
    edits = sheet(*random_notes(rng, 8))
    states = [state(edits)]
    for _ in range(60):
        before = edits.undo_label, len(states)
        rng.choice(operations(rng, edits))()
        now = state(edits)
        if now != states[-1]:
            states.append(now)
        assert before[0] is None or edits.undo_label is not None
        if rng.random() < 0.2 and len(states) > 1:
            edits.undo()
            assert state(edits) == states[-2]
            edits.redo()
            assert state(edits) == states[-1]
    for expected in reversed(states[:-1]):
        edits.undo()
        assert state(edits) == expected
    assert edits.undo_label is None
    for expected in states[1:]:
        edits.redo()
        assert state(edits) == expected
    assert edits.redo_label is None


@pytest.mark.parametrize("seed", range(25))
def test_random_decodings_in_between_never_touch_what_a_hand_did(seed: int) -> None:
    rng = random.Random(seed)
    edits = sheet(*random_notes(rng, 8))
    for _ in range(40):
        rng.choice(operations(rng, edits))()
        hand, deleted = edits.hand_notes, edits.deleted
        edits.set_decoded(random_notes(rng, 8))
        assert (edits.hand_notes, edits.deleted) == (hand, deleted)
        shown = set(edits.notes)
        assert shown >= {note for note, _ in hand}
        untouched = set(edits.decoded)
        assert shown <= untouched | {note for note, _ in hand}
        again = EditedNotes()
        again.restore(edits.decoded, hand, deleted)
        assert again.notes == edits.notes
    last = edits.decoded
    while edits.undo_label:
        edits.undo()
    assert set(edits.notes) == set(last)
    assert (edits.hand_notes, edits.deleted) == ([], [])
