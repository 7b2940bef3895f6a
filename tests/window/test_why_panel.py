"""Why there is a note, or none: the sentence above the curves."""

from __future__ import annotations

import numpy as np
import pytest

from app.song.transcript import Why
from app.views.panels.why_panel import at_line, verdict
from model.notes import Note

HERE = Note(1.0, 2.0, 60)


@pytest.mark.parametrize(
    ("onset", "frame", "time_s", "note", "expected"),
    [
        (0.8, 0.9, 1.0, HERE, "A note begins here."),
        (0.8, 0.9, 1.0, None, "A note would begin here, or was taken away."),
        (0.8, 0.9, 1.5, HERE, "The note that began at 0:01.00 sounds on here."),
        (0.5, 0.9, 1.0, HERE, "A note begins here: faintly, but it sounds on surely."),
        (0.5, 0.9, 1.0, None, "It sounds, but no beginning is sure enough here."),
        (0.1, 0.9, 1.0, HERE,
         "A note begins here: no attack, but it is held on."),
        (0.1, 0.9, 1.0, None, "It sounds, but no beginning is sure enough here."),
        (0.5, 0.1, 1.0, None, "Neither a beginning nor a sound is sure enough here."),
    ],
)
def test_the_sentence_says_what_decided(
    onset: float, frame: float, time_s: float, note: Note | None, expected: str
) -> None:
    times_s = np.arange(0, 3, 0.02)
    near = np.abs(times_s - 1.0) < 0.03
    why = Why(
        times_s, np.where(near, onset, 0.0).astype(np.float32),
        np.where(times_s >= 1.0, frame, 0.0).astype(np.float32), 0.75, 0.5,
    )
    assert verdict(why, time_s, note) == expected


def peaked(at_s: float, height: float) -> Why:
    """A beginning of this probability at a moment, and nothing before or after it."""
    times_s = np.arange(0, 3, 0.02)
    onset = np.where(np.abs(times_s - at_s) < 0.01, height, 0.0).astype(np.float32)
    return Why(times_s, onset, np.full(len(times_s), 0.9, np.float32), 0.75, 0.5)


def test_the_percentages_are_those_at_the_line() -> None:
    why = peaked(1.0, 0.8)
    assert at_line(why, why.onset, 1.0) == pytest.approx(0.8, abs=1e-6)
    # Half-way down the curve, and beside it.
    assert at_line(why, why.onset, 1.01) == pytest.approx(0.4, abs=1e-6)
    assert at_line(why, why.onset, 1.06) == 0.0
    assert at_line(why, why.frame, 1.06) == pytest.approx(0.9, abs=1e-6)


@pytest.mark.parametrize(
    ("note", "expected"),
    [(HERE, "A note begins at 0:01.00."),
     (None, "A note would begin at 0:01.00, or was taken away.")],
)
def test_a_beginning_beside_the_line_is_said_where_it_is(
    note: Note | None, expected: str
) -> None:
    assert verdict(peaked(1.0, 0.8), 1.06, note) == expected
