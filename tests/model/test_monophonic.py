"""One note at a time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest

from model.config import ANSWERS, Answer, DecoderConfig, NetworkConfig, from_json, to_json
from model.decoding.decoder import Decoder
from model.notes import Note, NoteEvent, NoteOff, NoteOn, Probabilities, notes_from_events
from tests.model.test_decoder import DECODER, FEATURES, HOP_S, probabilities, random_probabilities

NETWORK = NetworkConfig(delay_frames=2)
VOICE = replace(DECODER, monophonic=True)
C4, D4, E4, C5 = 60, 62, 64, 72


def decode(
    frames: Probabilities,
    decoder: DecoderConfig = VOICE,
    answer: Answer = "early",
    blocks: Sequence[int] = (),
) -> list[NoteEvent]:
    run, events, first = Decoder(decoder, FEATURES, NETWORK, answer=answer), [], 0
    for size in [*blocks, len(frames) - sum(blocks)]:
        first += size
        events += run.push(frames.part(first - size, first), first * HOP_S)
    return [*events, *run.flush(len(frames) * HOP_S)]


def spans(notes: Sequence[Note]) -> list[tuple[int, int, int]]:
    """Pitch, and the frames of a network without delay, from the middle of which it sounds."""
    return [
        (note.pitch, round(note.onset_s / HOP_S - 0.5), round(note.offset_s / HOP_S - 0.5))
        for note in notes
    ]


@pytest.mark.parametrize("answer", ANSWERS)
def test_a_note_ends_the_one_before_though_that_rings_on(answer: Answer) -> None:
    frames = probabilities(
        60, {C4: {10: 0.9}, E4: {30: 0.9}}, {C4: [(10, 36)], E4: [(30, 50)]}
    )
    assert spans(notes_from_events(decode(frames, DECODER))) == [(C4, 8, 34), (E4, 28, 48)]
    # Once the first has faded, the second is the better path all along.
    assert spans(notes_from_events(decode(frames, answer=answer))) == [(C4, 8, 28), (E4, 28, 48)]


@pytest.mark.parametrize("answer", ANSWERS)
def test_an_octave_that_flashes_up_in_a_note_is_none(answer: Answer) -> None:
    frames = probabilities(60, {C4: {10: 0.9}, C5: {20: 0.6}}, {C4: [(10, 50)], C5: [(20, 23)]})
    assert len(notes_from_events(decode(frames, DECODER))) == 2
    assert spans(notes_from_events(decode(frames, answer=answer))) == [(C4, 8, 48)]


def test_the_way_to_a_note_is_none_for_whoever_can_wait() -> None:
    frames = probabilities(
        60, {C4 + 1: {10: 0.5}, D4: {12: 0.5}}, {C4 + 1: [(10, 12)], D4: [(12, 50)]}
    )
    frames.frame[10:12] *= 0.65
    assert [note.pitch for note in notes_from_events(decode(frames, DECODER))] == [C4 + 1, D4]
    assert [note.pitch for note in notes_from_events(decode(frames, answer="settled"))] == [D4]


@pytest.mark.parametrize("answer", ANSWERS)
def test_a_note_begins_where_its_onset_rises_to_the_threshold_not_where_it_is_surest(
    answer: Answer,
) -> None:
    sure = DECODER.onset_threshold + 0.1
    frames = probabilities(60, {C4: {10: sure, 11: 0.95, 12: 0.97}}, {C4: [(10, 50)]})
    many, one = (
        notes_from_events(decode(frames, decoder, answer)) for decoder in (DECODER, VOICE)
    )
    assert [note.onset_s for note in one] == [note.onset_s for note in many]


def test_a_note_is_struck_again() -> None:
    frames = probabilities(60, {C4: {10: 0.9, 30: 0.9}}, {C4: [(10, 50)]})
    assert spans(notes_from_events(decode(frames))) == [(C4, 8, 28), (C4, 28, 48)]


def test_a_note_that_swells_without_onset_is_found() -> None:
    frames = probabilities(60, {}, {C4: [(10, 50)]})
    held = replace(VOICE, held_bias_ms=0.0, held_confidence=0.25)
    (note,) = notes_from_events(decode(frames, held))
    assert spans([note]) == [(C4, 8, 48)]
    assert note.confidence == 0.25


def test_the_note_at_the_end_of_the_sound_ends_with_it() -> None:
    frames = probabilities(30, {C4: {27: 0.9}}, {C4: [(27, 30)]})
    (note,) = notes_from_events(decode(frames, answer="settled"))
    assert spans([note])[0][:2] == (C4, 25)
    assert note.offset_s == pytest.approx(0.6)


@pytest.mark.parametrize("answer", ANSWERS)
@pytest.mark.parametrize("seed", range(4))
def test_one_note_at_a_time_whatever_is_heard_and_in_whatever_blocks(
    seed: int, answer: Answer
) -> None:
    frames = random_probabilities(400, seed)
    whole = decode(frames, answer=answer)
    sounding, last_s = None, 0.0
    for event in whole:
        if isinstance(event, NoteOn):
            assert sounding is None
            sounding = event
            assert event.onset_s >= last_s
        else:
            assert isinstance(event, NoteOff)
            assert sounding is not None
            assert (event.pitch, event.onset_s) == (sounding.pitch, sounding.onset_s)
            assert event.offset_s > event.onset_s
            sounding, last_s = None, event.offset_s
    assert sounding is None
    assert len(whole) > 20
    blocks = np.random.default_rng(seed).integers(0, 9, 60).tolist()
    parts = decode(frames, answer=answer, blocks=blocks)
    assert [replace(event, heard_s=0.0) for event in parts] == [
        replace(event, heard_s=0.0) for event in whole
    ]


@pytest.mark.parametrize(("answer", "lag"), [("early", 2), ("settled", 8)])
def test_it_is_said_so_much_later(answer: Answer, lag: int) -> None:
    frames = probabilities(60, {C4: {10: 0.9}}, {C4: [(10, 50)]})
    (on, _) = decode(frames, answer=answer, blocks=[1] * 59)
    assert on.heard_s == pytest.approx((11 + lag) * HOP_S)


def test_a_lower_threshold_finds_more() -> None:
    frames = probabilities(60, {C4: {10: 0.2}}, {C4: [(10, 15)]})
    faint = Probabilities(frames.onset, frames.frame * 0.6, frames.velocity)
    assert decode(faint, answer="settled") == []
    assert decode(faint, VOICE.with_onset_threshold(0.1), answer="settled")


def test_the_setting_is_kept_in_files() -> None:
    assert from_json(DecoderConfig, to_json(VOICE)) == VOICE
    with pytest.raises(ValueError, match="monophonic must be true or false"):
        from_json(DecoderConfig, '{"monophonic": 1}')
