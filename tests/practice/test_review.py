"""What a report says of a performance, once all of it was heard."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest

from app.practice.alignment import Alignment, clock_of
from app.practice.judging.evidence import Evidence
from app.practice.judging.review import Reviewed, review
from app.practice.judging.schedule import Schedule
from app.practice.piece import Piece
from app.practice.tolerances import Tolerances
from app.practice.waiting_practice import WaitingPractice
from model.notes import Note
from tests.practice.heard_piece import FEATURES, NETWORK, heard_of
from tests.practice.small_pieces import scale_piece, walking_piece

PIECE = walking_piece(bars=4)
# A note in the middle that has no chord beside it.
INDEX = next(
    index for index, note in enumerate(PIECE.notes)
    if note.onset_s > 3 and sum(abs(one.onset_s - note.onset_s) < 0.01 for one in PIECE.notes) == 1
)


def played(piece: Piece = PIECE) -> list[Note]:
    return [Note(note.onset_s + 1.0, note.offset_s + 1.0, note.pitch) for note in piece.notes]


def reviewed(notes: Sequence[Note], faint: dict[Note, float] | None = None) -> Reviewed:
    evidence, tolerances = Evidence(FEATURES, NETWORK), Tolerances()
    for _, heard in heard_of(notes, faint=faint):
        evidence.push(heard)
    schedule = Schedule(PIECE, clock_of(PIECE, evidence.attacks), tolerances.reach_ms / 1000)
    return review(schedule, evidence, tolerances)


def waited(piece: Piece, notes: Sequence[Note]) -> WaitingPractice:
    practice = WaitingPractice(piece, FEATURES, NETWORK)
    for now_s, heard in heard_of(notes):
        practice.push(heard, now_s)
    practice.finish()
    return practice


def kinds(found: Reviewed | WaitingPractice) -> dict[int, str]:
    """The marks that are not "right", by note."""
    marks = enumerate(found.marks)
    return {number: mark.kind for number, mark in marks if mark and mark.kind != "right"}


def test_what_is_played_as_written_is_right() -> None:
    found = reviewed(played())
    assert not kinds(found)
    assert not found.extras


@pytest.mark.parametrize("semitones", [-2, -1, 1, 2])
def test_a_neighbour_in_place_of_a_note_is_wrong(semitones: int) -> None:
    notes = played()
    notes[INDEX] = replace(notes[INDEX], pitch=notes[INDEX].pitch + semitones)
    found = reviewed(notes)
    assert kinds(found) == {INDEX: "wrong"}
    assert found.marks[INDEX].heard_pitch == notes[INDEX].pitch
    assert not found.extras


def test_a_neighbour_that_is_held_counts_though_the_note_itself_began() -> None:
    """A singer who slides from the right pitch to another sang the other."""
    notes = played()
    right = notes[INDEX]
    notes[INDEX] = replace(right, offset_s=right.onset_s + 0.04)
    notes.append(replace(right, onset_s=right.onset_s + 0.04, pitch=right.pitch + 1))
    found = reviewed(notes, {notes[INDEX]: 0.5})
    assert kinds(found) == {INDEX: "wrong"}
    assert found.marks[INDEX].heard_pitch == right.pitch + 1


def test_a_note_stays_right_beside_a_faint_neighbour() -> None:
    notes = played()
    ghost = replace(notes[INDEX], pitch=notes[INDEX].pitch + 1)
    assert not kinds(reviewed([*notes, ghost], {ghost: 0.4}))


def test_what_is_heard_faintly_is_no_mistake() -> None:
    notes = played()
    found = reviewed(notes, {notes[INDEX]: 0.3})
    assert kinds(found).get(INDEX, "right") in ("right", "unsure")


def test_who_pauses_keeps_the_notes_after_it() -> None:
    notes = [
        replace(note, onset_s=note.onset_s + 3.0, offset_s=note.offset_s + 3.0)
        if note.onset_s > 4.9 else note
        for note in played()
    ]
    found = reviewed(notes)
    assert not kinds(found).keys() & {
        number for number, note in enumerate(notes) if note.onset_s > 9.0
    }


def test_what_is_played_before_and_after_the_piece_is_no_extra_note() -> None:
    notes = played()
    end_s = max(note.offset_s for note in notes)
    within = Note(notes[INDEX].onset_s + 0.1, notes[INDEX].onset_s + 0.3, 95)
    found = reviewed([Note(0.1, 0.4, 95), *notes, within, Note(end_s + 1.5, end_s + 2.0, 96)])
    assert [extra.pitch for extra in found.extras] == [95]
    assert found.extras[0].time_s == pytest.approx(within.onset_s, abs=0.05)


def test_a_piece_that_waits_tells_a_mistake_though_the_pitch_was_heard_later() -> None:
    pitch = PIECE.notes[INDEX].pitch + 1
    changed = replace(PIECE, notes=tuple(
        replace(note, pitch=pitch) if number == INDEX else note
        for number, note in enumerate(PIECE.notes)
    ))
    practice = waited(changed, played())
    assert kinds(practice) == {INDEX: "wrong"}
    mark = practice.marks[INDEX]
    assert mark is not None
    assert mark.heard_pitch == PIECE.notes[INDEX].pitch


def test_a_note_of_the_piece_is_no_wrong_try_at_the_one_before() -> None:
    """The second note is left out: the piece waits, and hears the fourth for it, the third for a
    try at it. The report corrects what was shown then."""
    piece = scale_piece(60, 62, 64, 62, 67, 65, 69, 67, 72, 71)
    practice = WaitingPractice(piece, FEATURES, NETWORK)
    notes = played(piece)
    for now_s, heard in heard_of([notes[0], *notes[2:]]):
        practice.push(heard, now_s)
    shown = practice.marks[1]
    assert shown is not None
    assert (shown.kind, shown.heard_pitch) == ("wrong", 64)
    practice.finish()
    assert kinds(practice) == {1: "missed"}
    assert not practice.extras


@pytest.mark.parametrize(("settled", "kinds_there"), [([], {1: "missed"}), ([62], {})])
def test_what_was_skipped_is_missed_unless_the_settled_answer_heard_it(
    settled: list[int], kinds_there: dict[int, str]
) -> None:
    """The ear's early answer misses notes: who plays one in vain and skips it did play it."""
    piece = scale_piece(60, 62, 64, 65)
    practice = WaitingPractice(piece, FEATURES, NETWORK)
    early = [Note(0.5, 0.8, 60), Note(3.0, 3.3, 64), Note(3.5, 3.8, 65)]
    heard_too = [Note(1.0, 1.4, pitch) for pitch in settled]
    for now_s, heard in heard_of(early, [*early, *heard_too]):
        practice.push(heard, now_s)
        if now_s > 2.0 and practice.chord == 1:
            practice.skip(now_s)
            assert practice.marks[1] is not None
            assert practice.marks[1].kind == "missed"
    practice.finish()
    assert kinds(practice) == kinds_there


@pytest.mark.parametrize("waits", [False, True])
def test_a_clock_is_the_same_whether_a_performance_was_followed_or_is_laid_down(
    waits: bool
) -> None:
    """It is followed while it is played: the report of ten minutes would take seconds else."""
    evidence = Evidence(FEATURES, NETWORK)
    followed, laid_down = Alignment(PIECE, waits=waits), Alignment(PIECE, waits=waits)
    for _, heard in heard_of(played()):
        evidence.push(heard)
        followed.follow(evidence)
    assert followed._n_heard > len(evidence.attacks) / 2
    laid_down.take(evidence.attacks, evidence.settled_s)
    assert followed.clock() == laid_down.clock()
