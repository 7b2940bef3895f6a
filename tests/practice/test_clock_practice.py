"""Marks against a clock."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest

from app.practice.clock_practice import ClockPractice
from app.practice.judging.schedule import Clock
from app.practice.marks import Extra, Mark, Marked
from app.practice.piece import Piece
from app.practice.tolerances import Tolerances
from model.notes import Note
from tests.practice.heard_piece import FEATURES, NETWORK, heard_of
from tests.practice.small_pieces import scale_piece

PIECE = scale_piece(60, 62, 64, 65, 67, 67)


def played(piece: Piece = PIECE) -> list[Note]:
    return [Note(note.onset_s + 1.0, note.offset_s + 1.0, note.pitch) for note in piece.notes]


def practised(
    early: Sequence[Note], settled: Sequence[Note] | None = None, *,
    tolerances: Tolerances | None = None, faint: dict[Note, float] | None = None,
    accompaniment: Piece | None = None,
) -> tuple[list[Mark | None], list[Extra], list[tuple[float, Marked]]]:
    """The marks, the extra notes, and when each mark was told."""
    practice = ClockPractice(
        PIECE, Clock.steady(1.0), FEATURES, NETWORK, tolerances, accompaniment
    )
    told = []
    for now_s, heard in heard_of(early, settled, faint=faint):
        told += [(now_s, event) for event in practice.push(heard, now_s)]
    practice.finish()
    return (
        practice.marks,
        practice.extras,
        [(at_s, event) for at_s, event in told if isinstance(event, Marked)],
    )


def kinds(marks: Sequence[Mark | None]) -> list[str | None]:
    return [None if mark is None else mark.kind for mark in marks]


def test_a_perfect_performance_is_right_throughout() -> None:
    marks, extras, _ = practised(played())
    assert kinds(marks) == ["right"] * 6
    assert not extras
    assert all(mark is not None and mark.is_final for mark in marks)
    assert all(mark is not None and abs(mark.off_ms or 0) < 30 for mark in marks)


def test_the_first_mark_comes_at_once_and_the_last_within_three_tenths_of_it() -> None:
    _, _, told = practised(played())
    for index, note in enumerate(PIECE.notes):
        times = [at_s - note.onset_s - 1.0 for at_s, event in told if event.note == index]
        assert times[0] <= 0.1
        assert times[-1] - times[0] <= 0.3


def test_early_and_late_notes_are_told_by_how_much() -> None:
    notes = played()
    notes[1] = replace(notes[1], onset_s=notes[1].onset_s - 0.14)
    notes[3] = replace(notes[3], onset_s=notes[3].onset_s + 0.2)
    marks, _, _ = practised(notes)
    assert kinds(marks) == ["right", "early", "right", "late", "right", "right"]
    assert marks[1] is not None
    assert marks[1].off_ms == pytest.approx(-140, abs=25)
    assert marks[3] is not None
    assert marks[3].off_ms == pytest.approx(200, abs=25)


def test_a_wrong_pitch_is_told_with_what_was_heard_and_is_no_extra_note() -> None:
    notes = played()
    notes[2] = replace(notes[2], pitch=63)
    marks, extras, _ = practised(notes)
    assert kinds(marks) == ["right", "right", "wrong", "right", "right", "right"]
    assert marks[2] is not None
    assert marks[2].heard_pitch == 63
    assert not extras


def test_what_is_not_played_is_missed_and_what_is_not_written_extra() -> None:
    notes = played()
    del notes[1]
    notes.append(Note(3.2, 3.4, 80))
    marks, extras, _ = practised(notes)
    assert kinds(marks) == ["right", "missed", "right", "right", "right", "right"]
    assert [extra.pitch for extra in extras] == [80]


def test_a_repeated_note_that_sounds_on_was_not_played_again() -> None:
    notes = played()[:5]
    notes[4] = replace(notes[4], offset_s=notes[4].offset_s + 1.0)
    marks, _, _ = practised(notes)
    assert kinds(marks)[4:] == ["right", "missed"]


def test_a_note_that_is_due_needs_less_evidence_and_doubt_is_no_mistake() -> None:
    notes = played()
    # Neither reaches the decoder's threshold.
    faint = {notes[1]: 0.5, notes[3]: 0.25}
    marks, _, _ = practised(notes, faint=faint)
    assert kinds(marks) == ["right", "right", "right", "unsure", "right", "right"]


def test_the_settled_answer_corrects_what_the_early_one_said() -> None:
    early, settled = played(), played()
    settled[2] = replace(settled[2], pitch=63)
    marks, _, told = practised(early, settled)
    kinds_told = [event.mark.kind for _, event in told if event.note == 2]
    assert kinds_told[0] == "right"
    assert kinds_told[-1] == "wrong"
    assert kinds(marks)[2] == "wrong"


def test_what_the_accompaniment_plays_does_not_count() -> None:
    beside = scale_piece(48, 50)
    notes = [*played(), Note(1.0, 1.4, 48), Note(1.5, 1.9, 50)]
    _, extras, _ = practised(notes, accompaniment=beside)
    assert not extras
    _, extras, _ = practised(notes)
    assert len(extras) == 2


def test_bends_and_octaves_are_let_pass_where_that_is_set() -> None:
    notes = played()
    notes[2] = replace(notes[2], pitch=63)
    notes[4] = replace(notes[4], pitch=79)
    marks, _, _ = practised(notes, tolerances=Tolerances(neighbour=1))
    assert kinds(marks)[2] == "right"
    assert kinds(marks)[4] == "unsure"
    marks, _, _ = practised(notes, tolerances=Tolerances(octave=False))
    assert kinds(marks)[2] == "wrong"
    assert kinds(marks)[4] == "missed"


def test_tolerances_that_make_no_sense_are_refused() -> None:
    with pytest.raises(ValueError, match="on_time_ms must be from 10 to 500, not 2"):
        Tolerances(on_time_ms=2)
    with pytest.raises(ValueError, match="reach_ms must be on_time_ms"):
        Tolerances(on_time_ms=400)
