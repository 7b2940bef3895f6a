"""Scores of notes and beats of any kind: every bar is full, and every note is there."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.random import Generator

from app.exports.score.score_layout import notate
from app.music.bar_rhythm import rhythm_of_bars
from app.music.quantise import GRIDS, quantise
from model.beats.beat_evidence import USUAL_METRES, FoundBeat
from model.notes import Note


def any_beats(rng: Generator) -> list[FoundBeat]:
    """Uneven beats, some bars too short, other time signatures in between."""
    time_s, period_s = rng.uniform(0, 1), rng.uniform(0.25, 1.2)
    metre = USUAL_METRES[rng.integers(len(USUAL_METRES))]
    place = int(rng.integers(metre.beats))
    beats = []
    for _ in range(rng.integers(2, 30)):
        beats.append(FoundBeat(time_s, place, metre))
        time_s += period_s * rng.uniform(0.7, 1.3)
        place += 1
        if place >= metre.beats or rng.random() < 0.1:
            place = 0
            if rng.random() < 0.3:
                metre = USUAL_METRES[rng.integers(len(USUAL_METRES))]
    return beats


@pytest.mark.parametrize("seed", range(10))
def test_bars_are_full_and_every_note_is_written_once(seed: int) -> None:
    rng = np.random.default_rng(seed)
    for _ in range(20):
        beats = any_beats(rng)
        rhythm = rhythm_of_bars(beats)
        begins_s = rng.uniform(0, beats[-1].time_s, rng.integers(1, 80))
        notes = sorted(
            Note(begin_s, begin_s + rng.exponential(0.3) + 0.02, int(rng.integers(30, 90)), 80)
            for begin_s in begins_s.tolist()
        )
        placed = quantise(notes, rhythm, GRIDS[rng.integers(len(GRIDS))])
        staves = notate(placed, rhythm, None, two_hands=bool(rng.integers(2)))
        bars = [bar for staff in staves for bar in staff.bars]
        voices = [(bar, voice) for bar in bars for voice in bar.voices]
        assert all(sum(sign.value.length for sign in voice) == bar.length for bar, voice in voices)
        signs = [sign for _, voice in voices for sign in voice if not sign.continues]
        assert sum(len(sign.pitches) for sign in signs) == len(placed)


def test_beats_in_which_no_bar_begins_are_a_rhythm() -> None:
    metre = next(metre for metre in USUAL_METRES if metre.name == "3/2")
    rhythm = rhythm_of_bars([FoundBeat(0.5, 1, metre), FoundBeat(1.0, 2, metre)])
    assert rhythm.quarters_at(1.0) - rhythm.quarters_at(0.5) == pytest.approx(2.0)
