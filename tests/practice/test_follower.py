"""The place in the piece, from attacks alone."""

from __future__ import annotations

import random
from collections.abc import Sequence

import numpy as np
import pytest

from app.practice.follower import Follower
from app.practice.piece import Piece
from tests.practice.small_pieces import BAR_S, BEAT_S, scale_piece, walking_piece

# What the ear needs.
_HEARD_AFTER_S = 0.05


def errors_in_beats(
    piece: Piece, parts: Sequence[tuple[float, float]], slowness: float, *, lost: float = 0.0,
    wrong: float = 0.0,
) -> tuple[np.ndarray, list[float]]:
    """How far the followed place lies beside the true one, every 50 ms of playing some parts of
    the piece one after the other; and after how long each part was found.

    Args:
        slowness: seconds played for one of the piece.
        lost, wrong: share of notes that are not heard, and of those that are of another pitch.
    """
    draw = random.Random(5)
    attacks, begins_s = [], []
    played_s = 0.0
    for begin_s, end_s in parts:
        begins_s.append(played_s)
        for note in piece.between(begin_s, end_s).notes:
            chance = draw.random()
            if chance >= lost:
                pitch = note.pitch + (draw.choice((-2, -1, 1)) if chance < lost + wrong else 0)
                late_s = draw.uniform(-0.015, 0.015)
                attacks.append((played_s + (note.onset_s - begin_s) * slowness + late_s, pitch))
        played_s += (end_s - begin_s) * slowness
    attacks.sort()
    follower = Follower(piece.chords())
    errors, found_s = [], [np.inf] * len(parts)
    waiting = list(attacks)
    for now_s in np.arange(attacks[0][0] + 1.0, played_s, 0.05):
        while waiting and waiting[0][0] + _HEARD_AFTER_S <= now_s:
            onset_s, pitch = waiting.pop(0)
            follower.hear(pitch, onset_s)
        part = max(index for index, begin_s in enumerate(begins_s) if begin_s <= now_s)
        true_s = parts[part][0] + (now_s - begins_s[part]) / slowness
        place = follower.place(now_s)
        assert place is not None
        errors.append((place.piece_s - true_s) / BEAT_S)
        if abs(errors[-1]) <= 1 and now_s - begins_s[part] > 0.2:
            found_s[part] = min(found_s[part], now_s - begins_s[part])
    return np.array(errors), found_s


@pytest.mark.parametrize("slowness", [0.7, 1.0, 1.3, 2.0])
def test_any_tempo_is_followed(slowness: float) -> None:
    piece = walking_piece()
    errors, _ = errors_in_beats(piece, [(0.0, piece.end_s)], slowness, lost=0.1, wrong=0.05)
    assert np.mean(np.abs(errors) <= 1) >= 0.95
    assert abs(np.median(errors)) < 0.3


@pytest.mark.parametrize("slowness", [0.7, 1.3])
def test_bars_left_out_and_repeated_are_found_within_two_seconds(slowness: float) -> None:
    piece = walking_piece()
    bars = [(0, 6), (5, 9), (13, 18), (14, 20), (2, 7)]
    parts = [(first * BAR_S, last * BAR_S) for first, last in bars]
    errors, found_s = errors_in_beats(piece, parts, slowness, lost=0.05)
    assert max(found_s[1:]) <= 2.0
    assert np.mean(np.abs(errors) <= 1) >= 0.9


def test_a_repeated_note_is_told_from_the_next_by_a_new_attack() -> None:
    follower = Follower(scale_piece(60, 60, 60, 62).chords())
    for beat in range(3):
        follower.hear(60, beat * BEAT_S)
        place = follower.place(beat * BEAT_S)
        assert place is not None
        assert place.chord == beat


def test_it_waits_at_the_next_chord_until_that_is_heard() -> None:
    follower = Follower(scale_piece(60, 62, 64, 65).chords())
    follower.hear(60, 0.0)
    follower.hear(62, BEAT_S)
    place = follower.place(60.0)
    assert place is not None
    assert place.piece_s == 2 * BEAT_S


def test_nothing_is_known_before_the_first_note() -> None:
    assert Follower(scale_piece(60).chords()).place(1.0) is None
    empty = Follower([])
    empty.hear(60, 0.0)
    assert empty.place(1.0) is None


def test_who_begins_anywhere_is_found() -> None:
    piece = walking_piece()
    follower = Follower(piece.chords(), begins=None)
    for note in piece.between(8 * BAR_S, 9 * BAR_S).notes:
        follower.hear(note.pitch, note.onset_s - 8 * BAR_S)
    place = follower.place(BAR_S)
    assert place is not None
    assert place.piece_s == pytest.approx(9 * BAR_S, abs=BEAT_S)
    assert place.is_sure
