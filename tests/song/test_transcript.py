"""The kept probabilities: why a note is there, and where a drawn one goes."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from app.song.transcript import Transcript
from model.config import DecoderConfig
from model.notes import Note, Probabilities
from model.transcriber import Transcriber

DECODER = DecoderConfig(onset_bias_ms=10.0)
# With the tiny checkpoint's delay of two frames, frame t speaks about (t - 1.5) * 20 ms - bias.
BEFORE_S = 0.03 + 0.01


@pytest.fixture
def transcript(tiny_checkpoint: Path) -> Transcript:
    """Ten seconds; at 60 a weak onset in frame 100 and a strong one in 103, sounding to 150."""
    onset, frame, velocity = (np.zeros((500, 88), np.float32) for _ in range(3))
    onset[100, 39], onset[103, 39] = 0.3, 0.8
    frame[103:150, 39] = 0.9
    velocity[103, 39] = 0.5
    transcript = Transcript(Transcriber.load(tiny_checkpoint))
    for first in range(0, 500, 60):
        part = slice(first, first + 60)
        transcript.add(Probabilities(onset[part], frame[part], velocity[part]))
    return transcript


def test_what_was_added_is_there_in_one_piece(transcript: Transcript) -> None:
    kept = transcript.probabilities()
    assert len(transcript) == len(kept) == 500
    assert np.argwhere(kept.onset > 0.5).tolist() == [[103, 39]]
    assert len(transcript.probabilities(480)) == 20
    assert transcript.heard_s() == pytest.approx(10.0 - 0.03)
    assert transcript.share_of(20.0) == 0.5
    assert transcript.share_of(1.0) == transcript.share_of(0.0) == 1.0


def test_growing_keeps_what_was_given_out(transcript: Transcript) -> None:
    before = transcript.probabilities()
    copy = before.onset.copy()
    transcript.reserve(60.0)
    more = np.ones((1000, 88), np.float32)
    transcript.add(Probabilities(more, more, more))
    np.testing.assert_array_equal(before.onset, copy)
    np.testing.assert_array_equal(transcript.probabilities().onset[:500], copy)
    assert (transcript.probabilities().onset[500:] == 1).all()


def test_why_is_a_curve_around_the_moment(transcript: Transcript) -> None:
    why = transcript.why(2.0, 60, DECODER, 0.5)
    assert why is not None
    assert why.times_s[0] == pytest.approx(1.5, abs=0.021)
    assert why.times_s[-1] == pytest.approx(2.5, abs=0.021)
    assert np.diff(why.times_s) == pytest.approx(0.02)
    assert why.times_s[np.argmax(why.onset)] == pytest.approx(103 * 0.02 - BEFORE_S)
    assert len(why.onset) == len(why.frame) == len(why.times_s)
    assert (why.onset_threshold, why.frame_threshold) == (0.5, 0.4)


def test_why_at_the_edges(transcript: Transcript) -> None:
    start = transcript.why(0.0, 21, DECODER, 0.5)
    assert start is not None
    assert len(start.onset) == pytest.approx(27, abs=1)
    assert transcript.why(60.0, 60, DECODER, 0.5) is None
    assert transcript.why(-5.0, 60, DECODER, 0.5) is None
    assert transcript.why(2.0, 20, DECODER, 0.5) is None
    assert transcript.why(2.0, 109, DECODER, 0.5) is None


def test_a_drawn_note_goes_to_the_strongest_onset_nearby(transcript: Transcript) -> None:
    onset_s = 103 * 0.02 - BEFORE_S
    for drawn_s in (onset_s - 0.09, onset_s, onset_s + 0.09):
        assert transcript.note_at(drawn_s, 2.7, 60, DECODER) == Note(
            pytest.approx(onset_s), 2.7, 60, 64, 1.0
        )


def test_a_drawn_note_begins_where_the_decoder_would_let_it_begin(transcript: Transcript) -> None:
    onset_s = 103 * 0.02 - BEFORE_S
    # Nothing was heard on the two frames before this one, much before the other.
    late = replace(DECODER, onset_rise_ms=(6.0, 20.0, 50.0))
    drawn = transcript.note_at(onset_s, 2.7, 60, late)
    assert (drawn.onset_s, drawn.velocity) == (pytest.approx(onset_s - 0.006), 64)
    heard = np.zeros((20, 88), np.float32)
    heard[4:7, 10] = 0.2, 0.4, 0.9
    transcript.add(Probabilities(heard, heard, heard))
    drawn = transcript.note_at(506 * 0.02 - BEFORE_S, 10.5, 31, late)
    assert drawn.onset_s == pytest.approx(506 * 0.02 - BEFORE_S - (6 + 20 * 0.4 + 50 * 0.2) / 1000)


def test_without_an_offset_it_lasts_as_long_as_the_pitch_sounds(transcript: Transcript) -> None:
    note = transcript.note_at(2.0, None, 60, DECODER)
    assert note.offset_s == pytest.approx(150 * 0.02 - BEFORE_S)


def test_where_there_is_no_onset_it_stays_where_it_was_drawn(transcript: Transcript) -> None:
    assert transcript.note_at(5.0, 5.5, 60, DECODER) == Note(5.0, 5.5, 60, 80)
    assert transcript.note_at(5.0, None, 60, DECODER) == Note(5.0, 5.25, 60, 80)
    assert transcript.note_at(90.0, None, 12, DECODER) == Note(90.0, 90.25, 12, 80)
    assert transcript.note_at(-1.0, 0.5, 60, DECODER) == Note(0.0, 0.5, 60, 80)


def test_a_very_short_drawn_note_does_not_turn_round(transcript: Transcript) -> None:
    """An onset behind its end is not for it."""
    note = transcript.note_at(1.95, 1.99, 60, DECODER)
    assert (note.onset_s, note.offset_s) == (1.95, 1.99)
