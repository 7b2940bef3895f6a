"""The piece waits for the player."""

from __future__ import annotations

from collections.abc import Sequence

from app.practice.marks import Marked, PracticeEvent
from app.practice.piece import Piece, piece_of_notes
from app.practice.waiting_practice import WaitingPractice
from model.notes import Note
from tests.practice.heard_piece import FEATURES, NETWORK, heard_of
from tests.practice.small_pieces import scale_piece, walking_piece


def heard_by(
    piece: Piece, notes: Sequence[Note], end_s: float | None = None
) -> tuple[WaitingPractice, list[PracticeEvent]]:
    practice = WaitingPractice(piece, FEATURES, NETWORK)
    told: list[PracticeEvent] = []
    for now_s, heard in heard_of(notes, end_s=end_s):
        told += practice.push(heard, now_s)
    return practice, told


def kinds(practice: WaitingPractice) -> list[str | None]:
    return [None if mark is None else mark.kind for mark in practice.marks]


def test_it_stands_until_the_next_note_is_heard_however_late() -> None:
    piece = scale_piece(60, 62, 64)
    practice, _ = heard_by(piece, [Note(0.5, 0.8, 60)], end_s=9.0)
    assert practice.chord == 1
    practice, _ = heard_by(piece, [
        Note(0.5, 0.8, 60), Note(5.0, 5.3, 62), Note(5.5, 5.8, 64)
    ])  # fmt: skip
    assert practice.is_over
    assert kinds(practice) == ["right"] * 3


def test_a_repeated_note_needs_a_new_attack() -> None:
    piece = scale_piece(60, 60, 62)
    practice, _ = heard_by(piece, [Note(0.5, 3.0, 60)])
    assert practice.chord == 1
    practice, _ = heard_by(piece, [Note(0.5, 0.9, 60), Note(1.2, 1.6, 60)])
    assert practice.chord == 2


def test_the_notes_of_a_chord_must_come_together() -> None:
    chord = [Note(0.0, 1.0, pitch) for pitch in (60, 64, 67)]
    piece = piece_of_notes([*chord, Note(1.0, 2.0, 72)], "chord")
    together = [Note(0.5 + late_s, 1.5, note.pitch)
                for note, late_s in zip(chord, (0.0, 0.06, 0.12), strict=True)]
    practice, _ = heard_by(piece, together)
    assert practice.chord == 1
    apart = [Note(0.5 + late_s, 0.5 + late_s + 0.4, note.pitch)
             for note, late_s in zip(chord, (0.0, 0.5, 1.0), strict=True)]
    practice, _ = heard_by(piece, apart)
    assert practice.chord == 0


def test_a_wrong_first_try_is_told_though_the_right_note_came_then() -> None:
    piece = scale_piece(60, 64, 67)
    practice, _ = heard_by(piece, [
        Note(0.5, 0.8, 60), Note(1.0, 1.3, 65), Note(2.0, 2.3, 64), Note(2.6, 2.9, 67)
    ])  # fmt: skip
    assert practice.is_over
    assert kinds(practice) == ["right", "wrong", "right"]
    assert practice.marks[1] is not None
    assert practice.marks[1].heard_pitch == 65


def test_it_goes_along_with_a_player_who_goes_on() -> None:
    piece = walking_piece(bars=4)
    notes = [Note(note.onset_s + 0.5, note.offset_s + 0.5, note.pitch) for note in piece.notes]
    lost = notes.pop(20)
    practice, _ = heard_by(piece, notes)
    practice.finish()
    assert practice.is_over
    missed = [index for index, kind in enumerate(kinds(practice)) if kind == "missed"]
    assert [piece.notes[index].pitch for index in missed] == [lost.pitch]
    assert kinds(practice).count("right") == len(piece.notes) - 1


def test_a_key_skips_the_next_chord() -> None:
    practice = WaitingPractice(scale_piece(60, 62), FEATURES, NETWORK)
    events = practice.skip(1.0)
    assert practice.chord == 1
    assert [event.mark.kind for event in events if isinstance(event, Marked)] == ["missed"]
    practice.skip(2.0)
    assert practice.is_over
    assert practice.skip(3.0) == []


def test_what_was_not_reached_is_missed_at_the_end() -> None:
    practice, _ = heard_by(scale_piece(60, 62, 64), [Note(0.5, 0.8, 60)])
    practice.finish()
    assert kinds(practice) == ["right", "missed", "missed"]
