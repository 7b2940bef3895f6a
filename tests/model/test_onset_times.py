"""When a note began, by what was heard of it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from model.config import DecoderConfig, FeatureConfig, NetworkConfig, from_json, to_json
from model.decoding.decoder import Decoder
from model.notes import Note, NoteOn, Probabilities, notes_from_events
from model.pitch import LOWEST_PITCH, N_PITCHES
from model.transcriber import Transcriber
from training.tuning.timing import timed

FEATURES = FeatureConfig()
NETWORK = NetworkConfig(delay_frames=2)
HOP_S = 0.02
# A sure onset rose so many whole samples before.
SAMPLE_S = 1 / FEATURES.sample_rate
DECODER = DecoderConfig(
    onset_threshold=0.7, late_threshold=0.4, late_confirm_threshold=0.8, late_frames=2,
    held_frames=8, frame_threshold=0.5, release_frames=1, min_note_ms=20.0,
)  # fmt: skip
RIGHT = replace(
    DECODER, onset_bias_ms=4.0, onset_rise_ms=(-6.0, 30.0, 15.0), late_bias_ms=25.0,
    held_bias_ms=70.0,
)  # fmt: skip


class Stub(Transcriber):
    """Decodes what it is given."""

    def __init__(self) -> None:
        self.features, self.network_config, self.decoder = FEATURES, NETWORK, DECODER


def time_of(frame: int) -> float:
    return (frame + 0.5 - 2) * HOP_S


def silence(n_frames: int) -> Probabilities:
    return Probabilities(*np.zeros((3, n_frames, N_PITCHES), np.float32))


def begun(heard: Probabilities, decoder: DecoderConfig) -> list[NoteOn]:
    events = Decoder(decoder, FEATURES, NETWORK).push(heard, len(heard) * HOP_S)
    return [event for event in events if isinstance(event, NoteOn)]


def test_a_sure_onset_that_was_half_heard_before_began_before() -> None:
    heard = silence(60)
    heard.onset[20:23, 0] = 0.2, 0.4, 0.9
    heard.onset[40, 1] = 0.9
    half, sudden = begun(heard, RIGHT)
    rise_s = (-6 + 30 * 0.4 + 15 * 0.2) / 1000
    assert half.onset_s == pytest.approx(time_of(22) - 0.004 - rise_s, abs=SAMPLE_S)
    assert sudden.onset_s == pytest.approx(time_of(40) - 0.004 + 0.006, abs=SAMPLE_S)


def test_a_surer_onset_may_lie_further_back() -> None:
    heard = silence(60)
    heard.onset[19:21, 0] = 0.4, 0.8
    heard.onset[39:41, 1] = 0.4, 1.0
    first, second = begun(heard, replace(RIGHT, onset_rise_ms=(-6.0, 30.0, 15.0, 50.0)))
    for note, frame, onset in ((first, 20, 0.8), (second, 40, 1.0)):
        rise_s = (-6 + 30 * 0.4 + 50 * onset) / 1000
        assert note.onset_s == pytest.approx(time_of(frame) - 0.004 - rise_s, abs=SAMPLE_S)


def test_late_and_held_notes_have_their_own_bias() -> None:
    heard = silence(60)
    heard.onset[19, 0] = 0.5
    heard.frame[20:40, 0] = 0.9
    heard.frame[30:50, 1] = 0.9
    late, held = begun(heard, RIGHT)
    assert late.onset_s == pytest.approx(time_of(20) - 0.004 - 0.025)
    assert held.onset_s == pytest.approx(time_of(30) - 0.004 - 0.070)


def test_a_note_never_begins_before_the_one_before_it_has_ended() -> None:
    heard = silence(60)
    heard.onset[20:23, 0] = 0.9, 0.1, 0.9
    heard.frame[20:22, 0] = 0.9
    late = replace(RIGHT, onset_rise_ms=(100.0, 0.0, 0.0))
    events = Decoder(late, FEATURES, NETWORK).push(heard, 1.2)
    first, second = notes_from_events(events)
    assert first.offset_s <= second.onset_s
    # What is struck again ends what sounds, there and then.
    heard.frame[20:24, 0] = 0.9
    events = Decoder(RIGHT, FEATURES, NETWORK).push(heard, 1.2)
    first, second = notes_from_events(events)
    assert first.offset_s == second.onset_s
    rise_s = (-6 + 3 + 13.5) / 1000
    assert second.onset_s == pytest.approx(time_of(22) - 0.004 - rise_s, abs=SAMPLE_S)


def test_what_each_kind_is_heard_late_by_is_found_from_labels() -> None:
    rng = np.random.default_rng(5)
    heard, labelled = silence(4000), []
    for number in range(120):
        first, pitch = 20 + 32 * number, number % N_PITCHES
        heard.frame[first : first + 16, pitch] = 0.9
        if number % 4 < 2:
            before = rng.uniform(0, 0.6, 2)
            heard.onset[first - 2 : first, pitch] = before
            heard.onset[first, pitch] = 0.9
            late_ms = -2 + 15 * before[0] + 30 * before[1]
        elif number % 4 == 2:
            heard.onset[first, pitch] = 0.5
            late_ms = 29
        else:
            late_ms = 74
        # Labels are never exact.
        onset_s = time_of(first) - (late_ms + rng.normal(0, 1)) / 1000
        labelled.append(Note(onset_s, time_of(first + 16), pitch + LOWEST_PITCH, 80))
    found = timed([("one", labelled, heard)], Stub(), DECODER)
    base, one_before, two_before, own = found.onset_rise_ms
    assert found.onset_bias_ms + base == pytest.approx(-2, abs=2)
    assert (one_before, two_before, own) == pytest.approx((30, 15, 0), abs=4)
    assert found.onset_bias_ms + found.late_bias_ms == pytest.approx(29, abs=2)
    assert found.onset_bias_ms + found.held_bias_ms == pytest.approx(74, abs=2)
    # Nothing else is touched, and what was there before does not matter.
    assert replace(found, onset_bias_ms=4.0, onset_rise_ms=RIGHT.onset_rise_ms,
                   late_bias_ms=25.0, held_bias_ms=70.0) == RIGHT  # fmt: skip
    assert timed([("one", labelled, heard)], Stub(), RIGHT) == found


def test_nothing_found_moves_nothing() -> None:
    labelled = [Note(0.5, 1.0, 60, 80)]
    assert timed([("one", labelled, silence(100))], Stub(), RIGHT) == DECODER


def test_times_are_kept_in_the_configuration_and_bad_ones_refused() -> None:
    assert from_json(DecoderConfig, to_json(RIGHT)) == RIGHT
    own = replace(RIGHT, onset_rise_ms=(-6.0, 30.0, 15.0, 50.0))
    assert from_json(DecoderConfig, to_json(own)) == own
    for text, message in (('{"onset_rise_ms": [1, 2, 3, 4, 5]}', "at most 4"),
                          ('{"onset_rise_ms": [1, 2]}', "onset_rise_ms must be three or four"),
                          ('{"onset_rise_ms": [1, 2, "soon"]}', "soon")):  # fmt: skip
        with pytest.raises(ValueError, match=message):
            from_json(DecoderConfig, text)


def test_last_digits_of_a_probability_move_no_onset() -> None:
    """Long blocks and single hops compute them in another order."""
    config = DecoderConfig(onset_rise_ms=(3.0, 40.0, 15.0))
    rng = np.random.default_rng(8)
    for _ in range(200):
        onset = np.zeros((6, 88), np.float32)
        onset[1:4, 40] = rng.uniform(0.1, 0.45), rng.uniform(0.1, 0.45), 0.9
        frame = np.full((6, 88), 0.9, np.float32)
        times = {
            event.onset_s
            for nudge in (0.0, 1e-7, -1e-7)
            for event in Decoder(config, FeatureConfig(), NetworkConfig()).push(
                Probabilities(onset + np.float32(nudge), frame, frame), 1.0
            )
        }
        assert len(times) == 1
