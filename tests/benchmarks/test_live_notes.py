"""Played notes are found where they arrived, and events that differ are counted."""

from __future__ import annotations

import numpy as np
import pytest
import soxr

from tests.benchmarks.live_notes import RATE, arrivals, isolated_notes
from tests.benchmarks.live_take import different


def test_notes_are_found_whenever_the_player_began() -> None:
    played = isolated_notes(3)
    silence = np.zeros(12_345, np.float32)
    noise = 0.001 * np.random.default_rng(0).standard_normal(len(silence) + len(played.samples))
    captured = np.concatenate([silence, played.samples]) + noise.astype(np.float32)
    found = arrivals(captured, RATE, played)
    assert found == [(pitch, first + len(silence)) for pitch, first in played.notes]


def test_a_player_that_falters_moves_only_what_follows() -> None:
    played = isolated_notes(3)
    (_, first), (_, second), (_, third) = played.notes
    gap = np.zeros(2000, np.float32)
    captured = np.insert(played.samples, second - 4000, gap)
    assert [place for _, place in arrivals(captured, RATE, played)] == [
        first, second + 2000, third + 2000
    ]


def test_a_note_that_did_not_arrive_whole_is_none() -> None:
    played = isolated_notes(3)
    captured = played.samples.copy()
    second = played.notes[1][1]
    captured[second : second + 4000] = 0
    places = [place for _, place in arrivals(captured, RATE, played)]
    assert places == [played.notes[0][1], None, played.notes[2][1]]


def test_another_rate_is_converted() -> None:
    played = isolated_notes(2)
    captured = np.asarray(soxr.resample(played.samples, RATE, 48_000), np.float32)
    places = [place for _, place in arrivals(captured, 48_000.0, played)]
    assert places == pytest.approx([first * 48_000 / RATE for _, first in played.notes], abs=2)


def test_events_differ_by_what_the_note_is_not_by_when_it_was_said() -> None:
    event = {"event": "on", "pitch": 60, "velocity": 64, "onset_s": 1.0, "offset_s": None}
    said = [event | {"heard_s": 1.1, "confidence": 0.9}]
    assert different(said, [event | {"heard_s": 1.2, "confidence": 0.9}]) == 0
    assert different(said, [event | {"velocity": 65}]) == 2
    assert different(said, []) == 1
    assert different([*said, *said], said) == 1
