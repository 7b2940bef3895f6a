from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
import pytest

from model.config import DecoderConfig, FeatureConfig, NetworkConfig, from_json, to_json
from model.decoding.decoder import Decoder
from model.notes import Note, NoteEvent, NoteOff, NoteOn, Probabilities, notes_from_events
from model.pitch import LOWEST_PITCH, N_PITCHES

# A hop of exactly 20 ms and a delay of two hops: frame t speaks about the middle of hop t - 2.
FEATURES = FeatureConfig()
NETWORK = NetworkConfig(delay_frames=2)
DECODER = DecoderConfig(
    onset_threshold=0.5, frame_threshold=0.4, release_frames=2, min_note_ms=40.0, onset_bias_ms=0.0
)
HOP_S = 0.02
C4, E4 = 60, 64


def time_of(frame: int) -> float:
    return (frame + 0.5 - 2) * HOP_S


def probabilities(
    n_frames: int,
    onsets: Mapping[int, Mapping[int, float]],
    sounding: Mapping[int, Sequence[tuple[int, int]]],
    velocity: float = 0.5,
) -> Probabilities:
    """Onset values by pitch and frame; frame probability .9 in the spans given by pitch."""
    onset, frame = np.zeros((2, n_frames, N_PITCHES), np.float32)
    for pitch, values in onsets.items():
        for index, value in values.items():
            onset[index, pitch - LOWEST_PITCH] = value
    for pitch, spans in sounding.items():
        for first, end in spans:
            frame[first:end, pitch - LOWEST_PITCH] = 0.9
    return Probabilities(onset, frame, np.full_like(onset, velocity))


def random_probabilities(n_frames: int, seed: int) -> Probabilities:
    """Busy nonsense: every rule is met many times."""
    rng = np.random.default_rng(seed)
    onset, frame = rng.uniform(0, 1, (2, n_frames, N_PITCHES)).astype(np.float32)
    return Probabilities(onset**6, frame, rng.uniform(0, 1, onset.shape).astype(np.float32))


def decode(
    frames: Probabilities,
    decoder: DecoderConfig = DECODER,
    network: NetworkConfig = NETWORK,
    blocks: Sequence[int] = (),
) -> list[NoteEvent]:
    """Events of frames pushed in blocks of these lengths and one of the rest, then flushed."""
    run, events, first = Decoder(decoder, FEATURES, network), [], 0
    for size in [*blocks, len(frames) - sum(blocks)]:
        end = first + size
        part = Probabilities(
            frames.onset[first:end], frames.frame[first:end], frames.velocity[first:end]
        )
        events += run.push(part, end * HOP_S)
        first = end
    return events + run.flush(len(frames) * HOP_S)


def test_one_note_gives_one_on_and_one_off() -> None:
    frames = probabilities(30, {C4: {10: 0.75}}, {C4: [(10, 20)]}, velocity=100 / 127)
    events = decode(frames, blocks=[1] * 30)
    on, off = events
    assert on == NoteOn(C4, 100, pytest.approx(time_of(10)), pytest.approx(11 * HOP_S), 0.75)
    # The offset is where the frame probability first fell; it is known one frame later.
    assert off == NoteOff(
        C4, 100, pytest.approx(time_of(10)), pytest.approx(time_of(20)),
        pytest.approx(22 * HOP_S), 0.75,
    )  # fmt: skip
    assert notes_from_events(events) == [
        Note(on.onset_s, off.offset_s, C4, velocity=100, confidence=0.75)
    ]


@pytest.mark.parametrize(("delay_frames", "bias_ms"), [(0, 0.0), (3, 0.0), (2, 7.5), (4, -12.0)])
def test_onset_time_is_the_middle_of_the_hop_that_the_frame_speaks_about(
    delay_frames: int, bias_ms: float
) -> None:
    frames = probabilities(40, {C4: {25: 0.9}}, {C4: [(25, 35)]})
    decoder = DecoderConfig(onset_bias_ms=bias_ms)
    on, off = decode(frames, decoder, NetworkConfig(delay_frames=delay_frames))
    assert on.onset_s == pytest.approx((25.5 - delay_frames) * HOP_S - bias_ms / 1000)
    assert isinstance(off, NoteOff)
    assert off.offset_s == pytest.approx((35.5 - delay_frames) * HOP_S - bias_ms / 1000)


def test_no_time_lies_before_the_first_sample() -> None:
    # Frame 1 speaks about the hop before the first sample: near enough to be the beginning.
    events = decode(probabilities(20, {C4: {1: 0.9}}, {C4: [(0, 10)]}))
    assert events[0].onset_s == 0.0
    # What a frame says of a moment further back cannot have been heard.
    assert decode(probabilities(20, {C4: {0: 0.9}}, {C4: [(0, 10)]})) == []


def test_confidence_is_what_such_onsets_were_worth() -> None:
    reliability = ((0.0, 0.0), (0.5, 0.2), (0.9, 1.0))
    trusting = replace(DECODER, reliability=reliability)
    frames = probabilities(30, {C4: {10: 0.7}, E4: {12: 0.95}}, {C4: [(10, 20)], E4: [(12, 20)]})
    confidences = {event.pitch: event.confidence for event in decode(frames, trusting)}
    assert confidences == {C4: pytest.approx(0.6), E4: pytest.approx(1.0)}
    plain = {event.pitch: event.confidence for event in decode(frames)}
    assert plain == {C4: pytest.approx(0.7), E4: pytest.approx(0.95)}
    assert from_json(DecoderConfig, to_json(trusting)) == trusting
    with pytest.raises(ValueError, match="reliability must be points between 0 and 1 that rise"):
        DecoderConfig(reliability=((0.5, 0.4), (0.6, 0.3)))


def test_a_faint_onset_is_said_late_once_the_note_has_sounded_surely() -> None:
    patient = replace(
        DECODER, onset_threshold=0.8, late_threshold=0.4, late_confirm_threshold=0.7, late_frames=3
    )
    swells = probabilities(40, {C4: {10: 0.5}}, {C4: [(9, 25)]})
    assert decode(swells) != []
    assert decode(swells, replace(patient, late_threshold=0.0)) == []
    on, off = decode(swells, patient, blocks=[1] * 40)
    assert isinstance(on, NoteOn)
    # It rose on frame 9 and was sure on 9, 10 and 11.
    assert on.onset_s == pytest.approx(time_of(9))
    assert on.heard_s == pytest.approx(12 * HOP_S)
    assert on.confidence == pytest.approx(0.5)
    assert off.onset_s == on.onset_s
    known = replace(patient, late_confidence=0.65)
    assert {event.confidence for event in decode(swells, known)} == {0.65}
    struck = probabilities(40, {C4: {10: 0.9}}, {C4: [(9, 25)]})
    assert [event.confidence for event in decode(struck, known)] == pytest.approx([0.9, 0.9])
    # Without any onset, with one long ago, or when it sounds already, there is no further note.
    unstruck = probabilities(40, {}, {C4: [(9, 25)]})
    assert decode(unstruck, patient) == []
    assert decode(probabilities(40, {C4: {2: 0.5}}, {C4: [(9, 25)]}), patient) == []
    sure = probabilities(40, {C4: {10: 0.9, 18: 0.5}}, {C4: [(9, 25)]})
    assert [type(event) for event in decode(sure, patient)] == [NoteOn, NoteOff]


def test_a_note_without_any_onset_is_said_once_it_has_been_held_for_long() -> None:
    patient = replace(
        DECODER, onset_threshold=0.8, late_threshold=0.4, late_confirm_threshold=0.7,
        late_frames=2, held_frames=8, held_confidence=0.3, late_confidence=0.6,
    )
    held = probabilities(40, {}, {C4: [(9, 25)], E4: [(9, 16)]})
    on, off = decode(held, patient, blocks=[1] * 40)
    assert isinstance(on, NoteOn)
    # E4 sounded for seven frames only. C4 was sure on 9 to 16.
    assert (on.pitch, off.pitch) == (C4, C4)
    assert on.onset_s == pytest.approx(time_of(9))
    assert on.heard_s == pytest.approx(17 * HOP_S)
    assert on.confidence == 0.3
    assert decode(held, replace(patient, held_frames=0)) == []
    # A pitch that sounds already is not said again, and a faint onset makes no second note.
    struck = probabilities(40, {C4: {10: 0.9}}, {C4: [(9, 25)]})
    assert [type(event) for event in decode(struck, patient)] == [NoteOn, NoteOff]
    faint = probabilities(40, {C4: {10: 0.5}}, {C4: [(9, 25)]})
    assert [event.confidence for event in decode(faint, patient)] == [0.6, 0.6]


def test_what_would_end_a_note_confirms_none() -> None:
    sensitive = replace(
        DECODER, onset_threshold=0.8, late_threshold=0.4, late_confirm_threshold=0.2,
        frame_threshold=0.5, held_frames=8,
    )
    frames = probabilities(40, {C4: {10: 0.45}}, {C4: [(9, 25)]})
    frames.frame[frames.frame > 0.3] = 0.4
    assert decode(frames, sensitive) == []


def test_late_notes_follow_the_threshold_of_the_others() -> None:
    patient = replace(
        DECODER, onset_threshold=0.8, late_threshold=0.4, late_confirm_threshold=0.6
    )
    stricter = patient.with_onset_threshold(0.9)
    assert (stricter.onset_threshold, stricter.late_threshold) == pytest.approx((0.9, 0.45))
    assert stricter.late_confirm_threshold == pytest.approx(0.675)
    assert DECODER.with_onset_threshold(0.9).late_threshold == 0.0
    assert patient.with_onset_threshold(0.999).late_threshold < 1


def test_a_note_begins_at_the_threshold_and_not_below() -> None:
    frames = probabilities(20, {C4: {5: 0.5}, E4: {5: 0.499}}, {C4: [(0, 20)], E4: [(0, 20)]})
    assert [event.pitch for event in decode(frames) if isinstance(event, NoteOn)] == [C4]


def test_a_long_peak_is_one_onset() -> None:
    frames = probabilities(30, {C4: dict.fromkeys(range(5, 12), 0.8)}, {C4: [(5, 25)]})
    assert [type(event) for event in decode(frames)] == [NoteOn, NoteOff]


def test_a_note_is_struck_again_only_after_its_onset_fell_below_half_the_threshold() -> None:
    wavers = probabilities(30, {C4: {5: 0.9, 6: 0.3, 7: 0.9}}, {C4: [(5, 25)]})
    assert len(decode(wavers)) == 2
    falls = probabilities(30, {C4: {5: 0.9, 6: 0.2, 7: 0.9}}, {C4: [(5, 25)]})
    first, end, second, last = decode(falls)
    assert isinstance(first, NoteOn)
    assert isinstance(second, NoteOn)
    assert isinstance(end, NoteOff)
    # The old note ends in the very moment in which the new one begins, however short it was.
    assert end.offset_s == second.onset_s == pytest.approx(time_of(7))
    assert isinstance(last, NoteOff)
    assert last.onset_s == second.onset_s


def test_a_short_dip_does_not_end_a_note() -> None:
    frames = probabilities(40, {C4: {5: 0.9}}, {C4: [(5, 15), (16, 30)]})
    assert [note.offset_s for note in notes_from_events(decode(frames))] == [
        pytest.approx(time_of(30))
    ]
    patient = DecoderConfig(release_frames=5, frame_threshold=0.4)
    frames = probabilities(40, {C4: {5: 0.9}}, {C4: [(5, 15), (19, 30)]})
    assert [note.offset_s for note in notes_from_events(decode(frames, patient))] == [
        pytest.approx(time_of(30))
    ]


@pytest.mark.parametrize(
    ("min_note_ms", "frames_long"), [(0, 1), (20, 1), (40, 2), (140, 7), (141, 8), (250, 13)]
)
def test_no_note_is_shorter_than_the_shortest(min_note_ms: float, frames_long: int) -> None:
    decoder = DecoderConfig(min_note_ms=min_note_ms)
    # The onset alone is heard: the frame probability never rises.
    (note,) = notes_from_events(decode(probabilities(60, {C4: {10: 0.9}}, {}), decoder))
    assert note.offset_s - note.onset_s == pytest.approx(frames_long * HOP_S)
    # A longer note keeps its length.
    frames = probabilities(60, {C4: {10: 0.9}}, {C4: [(10, 40)]})
    (note,) = notes_from_events(decode(frames, decoder))
    assert note.offset_s == pytest.approx(time_of(40))


def test_flush_ends_what_still_sounds_and_nothing_else() -> None:
    frames = probabilities(
        30, {C4: {5: 0.9}, E4: {6: 0.8}, 67: {6: 0.8}}, {C4: [(5, 30)], E4: [(6, 30)], 67: [(6, 9)]}
    )
    run = Decoder(DECODER, FEATURES, NETWORK)
    assert len(run.push(frames, 0.6)) == 4
    ends = run.flush(0.6)
    assert [(end.pitch, end.offset_s, end.heard_s) for end in ends if isinstance(end, NoteOff)] == [
        (C4, 0.6, 0.6), (E4, 0.6, 0.6),
    ]  # fmt: skip
    assert run.flush(0.6) == []


def test_nothing_in_nothing_out() -> None:
    assert decode(Probabilities.join([])) == []
    assert decode(probabilities(50, {}, {C4: [(0, 50)]})) == []


def test_the_end_of_a_note_knows_its_velocity_better() -> None:
    frames = probabilities(30, {C4: {10: 0.9}, E4: {10: 0.9}}, {C4: [(10, 20)], E4: [(10, 11)]})
    frames.velocity[10:14] = np.array([40, 70, 85, 20])[:, None] / 127
    ons, offs = [], []
    for event in decode(frames, blocks=[11, 1, 1]):
        (ons if isinstance(event, NoteOn) else offs).append(event)
    assert {on.velocity for on in ons} == {40}
    # Of a note that was known to be over on the third frame, the first two tell.
    assert {off.pitch: off.velocity for off in offs} == {C4: 65, E4: 55}


def test_velocity_is_a_midi_velocity_whatever_the_network_says() -> None:
    for said, expected in ((0.0, 1), (0.5, 64), (1.0, 127)):
        frames = probabilities(10, {C4: {2: 0.9}}, {}, velocity=said)
        assert {event.velocity for event in decode(frames)} == {expected}


@pytest.mark.parametrize("seed", range(3))
def test_ragged_pushes_give_the_same_events(seed: int) -> None:
    frames = random_probabilities(200, seed)
    rng = np.random.default_rng(seed)
    sizes: list[int] = []
    while sum(sizes) < 150:
        sizes.append(int(rng.integers(0, 20)))

    def without_heard(events: list[NoteEvent]) -> list[tuple[object, ...]]:
        return [
            (type(event), event.pitch, event.velocity, event.onset_s,
             getattr(event, "offset_s", None), event.confidence)
            for event in events
        ]  # fmt: skip

    whole = without_heard(decode(frames))
    assert len(whole) > 1000
    assert without_heard(decode(frames, blocks=sizes)) == whole
    assert without_heard(decode(frames, blocks=[1] * 200)) == whole


@pytest.mark.parametrize("seed", range(3))
def test_every_on_has_its_one_off_and_notes_of_a_pitch_never_overlap(seed: int) -> None:
    sounding: dict[int, NoteOn] = {}
    ended: dict[int, float] = {}
    heard_s = 0.0
    early = replace(DECODER, onset_rise_ms=(-9.0, 60.0, 40.0), late_threshold=0.3,
                    late_bias_ms=30.0, held_frames=3, held_bias_ms=80.0)  # fmt: skip
    for event in decode(random_probabilities(300, seed), early, blocks=[1] * 300):
        assert event.heard_s >= heard_s
        heard_s = event.heard_s
        assert event.onset_s <= event.heard_s
        if isinstance(event, NoteOn):
            assert event.pitch not in sounding
            assert event.onset_s >= ended.get(event.pitch, 0.0)
            sounding[event.pitch] = event
        else:
            begun = sounding.pop(event.pitch)
            assert event.onset_s == begun.onset_s
            assert event.confidence == begun.confidence
            assert event.offset_s > event.onset_s
            ended[event.pitch] = event.offset_s
    assert not sounding


def test_later_frames_never_change_earlier_events() -> None:
    frames, other = random_probabilities(100, seed=9), random_probabilities(100, seed=10)
    first = Probabilities(frames.onset[:60], frames.frame[:60], frames.velocity[:60])
    changed = Probabilities.join(
        [first, Probabilities(other.onset[60:], other.frame[60:], other.velocity[60:])]
    )
    until_then = Decoder(DECODER, FEATURES, NETWORK).push(first, 60 * HOP_S)
    assert len(until_then) > 100
    for whole in (frames, changed):
        assert decode(whole, blocks=[60])[: len(until_then)] == until_then


def test_joining_parts_keeps_every_frame_in_order() -> None:
    frames = random_probabilities(30, seed=1)
    parts = [
        Probabilities(frames.onset[a:b], frames.frame[a:b], frames.velocity[a:b])
        for a, b in ((0, 7), (7, 7), (7, 30))
    ]
    joined = Probabilities.join(parts)
    assert len(joined) == 30
    np.testing.assert_array_equal(joined.onset, frames.onset)
    np.testing.assert_array_equal(joined.frame, frames.frame)
    np.testing.assert_array_equal(joined.velocity, frames.velocity)
    assert len(Probabilities.join([])) == 0


def test_a_setting_that_cannot_be_is_refused_by_name_and_value() -> None:
    bad: list[tuple[dict[str, float], str]] = [
        ({"onset_threshold": 0.0}, "onset_threshold must be between 0 and 1, not 0.0"),
        ({"frame_threshold": 1.5}, "frame_threshold must be between 0 and 1, not 1.5"),
        ({"release_frames": 0}, "release_frames must be at least 1, not 0"),
        ({"min_note_ms": -1.0}, "min_note_ms must be zero or more, not -1.0"),
        ({"onset_threshold": float("nan")}, "onset_threshold must be between 0 and 1, not nan"),
    ]
    for values, message in bad:
        with pytest.raises(ValueError, match=message):
            DecoderConfig(**values)  # type: ignore[arg-type]
