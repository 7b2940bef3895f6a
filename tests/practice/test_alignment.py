"""The clock of a performance."""

from __future__ import annotations

import pytest

from app.practice.alignment import clock_of
from app.practice.judging.evidence import Attack
from tests.practice.small_pieces import BEAT_S, walking_piece

PIECE = walking_piece(bars=12)


def test_beginning_and_tempo_are_found_though_notes_are_wrong_and_missing() -> None:
    attacks = [
        Attack(note.pitch + (index % 9 == 0), 3.0 + 1.25 * note.onset_s, 0.9)
        for index, note in enumerate(PIECE.notes) if index % 7
    ]
    clock = clock_of(PIECE, attacks)
    assert len(clock.piece_s) == 2
    assert clock.due_s(0.0) == pytest.approx(3.0, abs=0.02)
    assert clock.due_s(20.0) == pytest.approx(28.0, abs=0.02)
    assert clock.place_s(28.0) == pytest.approx(20.0, abs=0.02)


def test_rubato_is_followed_where_no_steady_tempo_fits() -> None:
    def played_s(piece_s: float) -> float:
        return piece_s + 0.04 * piece_s**2

    attacks = [Attack(note.pitch, played_s(note.onset_s), 0.9) for note in PIECE.notes]
    clock = clock_of(PIECE, attacks)
    for piece_s in (2.0, 10.0, 20.0):
        assert clock.due_s(piece_s) == pytest.approx(played_s(piece_s), abs=0.08)


def test_what_is_another_piece_gets_the_tempo_as_written() -> None:
    clock = clock_of(PIECE, [Attack(21, 1.5, 0.9)])
    assert clock.due_s(BEAT_S) - clock.due_s(0.0) == BEAT_S
    assert clock_of(PIECE, []).due_s(0.0) == 0.0
