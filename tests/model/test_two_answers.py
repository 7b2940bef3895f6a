"""A network that speaks twice about each moment: two streams of events from one pass."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from model.config import ANSWERS, Answer
from model.heard import Heard
from model.notes import Note, NoteEvent, NoteOff, NoteOn, Probabilities, notes_from_events
from model.transcriber import Transcriber
from tests.model.test_transcriber import music, ragged


@pytest.fixture(scope="module")
def two(two_answer_checkpoint: Path) -> Transcriber:
    return Transcriber.load(two_answer_checkpoint)


def events_of(heard: list[Heard], answer: Answer) -> list[NoteEvent]:
    return [event for part in heard for event in part.events_of(answer)]


def plain(notes: list[Note]) -> list[tuple[float, ...]]:
    return [(round(note.onset_s, 9), round(note.offset_s, 9), note.pitch, note.velocity)
            for note in notes]  # fmt: skip


def hear(two: Transcriber, samples: NDArray[np.float32], rate: int = 44_100) -> list[Heard]:
    return list(two.file([samples], rate))


@pytest.mark.parametrize("sample_rate", [22_050, 44_100])
def test_either_answer_of_a_stream_in_ragged_blocks_is_that_of_the_file(
    two: Transcriber, sample_rate: int
) -> None:
    samples = music(sample_rate)
    whole = hear(two, samples, sample_rate)
    for seed, largest in enumerate((256, 3_000, sample_rate)):
        parts = list(two.file(ragged(samples, seed, largest), sample_rate))
        for answer in ANSWERS:
            notes = notes_from_events(events_of(whole, answer))
            assert len(notes) >= 10
            assert plain(notes_from_events(events_of(parts, answer))) == plain(notes)


def test_the_answers_are_two(two: Transcriber) -> None:
    heard = hear(two, music(44_100))
    early, settled = (notes_from_events(events_of(heard, answer)) for answer in ANSWERS)
    assert plain(early) != plain(settled)


def test_the_settled_answer_comes_later_and_the_early_one_does_not_wait(two: Transcriber) -> None:
    samples = music(22_050)
    stream = two.stream()
    heard = [stream.push(samples[first : first + 441]) for first in range(0, len(samples), 441)]
    for answer, delay in zip(ANSWERS, two.network_config.delays, strict=True):
        late = [
            event.heard_s - event.onset_s
            for event in events_of(heard, answer)
            if isinstance(event, NoteOn) and event.onset_s > 0
        ]
        assert late
        assert min(late) == pytest.approx((delay + 0.5) * 0.02, abs=1e-6)


def test_no_event_is_taken_back_and_all_notes_end(two: Transcriber) -> None:
    heard = hear(two, music(44_100))
    for answer in ANSWERS:
        sounding: dict[int, NoteEvent] = {}
        for event in events_of(heard, answer):
            if isinstance(event, NoteOn):
                assert event.pitch not in sounding
                sounding[event.pitch] = event
            else:
                assert isinstance(event, NoteOff)
                assert sounding.pop(event.pitch).onset_s == event.onset_s
        assert not sounding


def test_the_end_of_the_sound_is_heard_out_for_either_answer(two: Transcriber) -> None:
    samples = music(44_100, 1.0)
    heard = hear(two, samples)
    settled = Probabilities.join(part.settled().probabilities for part in heard)
    early = Probabilities.join(part.probabilities for part in heard)
    assert len(early) == pytest.approx(50 + two.network_config.delays[0] + 1, abs=1)
    assert len(settled) == len(early) + 10
    assert sum(len(part.spectrum) for part in heard) == len(early)
    for answer in ANSWERS:
        assert all(event.heard_s <= 1.0 for event in events_of(heard, answer))


def test_decoding_what_was_kept_gives_the_settled_notes(two: Transcriber) -> None:
    samples = music(44_100)
    heard = hear(two, samples)
    settled = Probabilities.join(part.settled().probabilities for part in heard)
    notes = notes_from_events(events_of(heard, "settled"))
    length_s = len(samples) / 44_100
    assert two.decode(settled, two.settled_decoder, length_s) == notes
    early = Probabilities.join(part.probabilities for part in heard)
    assert two.decode(early, two.decoder, length_s, answer="early") == notes_from_events(
        events_of(heard, "early")
    )


def test_each_answer_has_its_own_decoder(two_answer_checkpoint: Path) -> None:
    own = Transcriber.load(two_answer_checkpoint)
    assert own.decoder != own.settled_decoder
    deaf = replace(own.settled_decoder, onset_threshold=0.999999)
    one = Transcriber.load(two_answer_checkpoint, settled_decoder=deaf)
    heard = hear(one, music(44_100))
    assert events_of(heard, "settled") == []
    assert events_of(heard, "early") == events_of(hear(own, music(44_100)), "early")


def test_a_network_with_one_answer_gives_the_same_for_both(transcriber: Transcriber) -> None:
    assert not transcriber.settles
    heard = hear(transcriber, music(44_100))
    assert all(part.settled_events is None for part in heard)
    assert events_of(heard, "early") == events_of(heard, "settled")
    assert len(events_of(heard, "settled")) > 20


def test_one_voice_settles_also_where_the_network_has_one_answer(tiny_checkpoint: Path) -> None:
    own = Transcriber.load(tiny_checkpoint)
    voice = replace(own.decoder, monophonic=True)
    one = Transcriber.load(tiny_checkpoint, decoder=voice)
    samples = music(44_100)
    whole, parts = hear(one, samples), list(one.file(ragged(samples, 3, 3000), 44_100))
    for answer in ANSWERS:
        notes = notes_from_events(events_of(whole, answer))
        assert len(notes) >= 5
        assert plain(notes_from_events(events_of(parts, answer))) == plain(notes)
        ends = [note.offset_s for note in notes]
        assert all(end <= note.onset_s + 1e-9 for end, note in zip(ends, notes[1:], strict=False))
