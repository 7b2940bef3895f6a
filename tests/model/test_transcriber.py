from __future__ import annotations

import tracemalloc
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from model.config import DecoderConfig
from model.notes import NoteEvent, NoteOff, NoteOn, Probabilities, notes_from_events
from model.transcriber import Heard, Transcriber


def music(sample_rate: float, seconds: float = 3.0) -> NDArray[np.float32]:
    """Struck and fading tones over a little noise, a new pitch every 0.2 s."""
    time = np.arange(round(seconds * sample_rate)) / sample_rate
    pitch = 48 + 7 * (np.floor(time / 0.2) % 6)
    hz = 440 * 2 ** ((pitch - 69) / 12)
    since = time % 0.2
    tone = sum(np.sin(2 * np.pi * hz * k * since) / k for k in (1, 2, 3))
    noise = np.random.default_rng(0).normal(0, 1e-3, len(time))
    return (0.3 * np.exp(-8 * since) * tone + noise).astype(np.float32)


def ragged(samples: NDArray[np.float32], seed: int, largest: int) -> Iterator[NDArray[np.float32]]:
    rng, first = np.random.default_rng(seed), 0
    while first < len(samples):
        size = int(rng.integers(0, largest + 1))
        yield samples[first : first + size]
        first += size


def transcribe(
    transcriber: Transcriber,
    blocks: Iterator[NDArray[np.float32]] | list[NDArray[np.float32]],
    sample_rate: float,
) -> tuple[Probabilities, list[NoteEvent], list[Heard]]:
    heard = list(transcriber.file(blocks, sample_rate))
    events = [event for part in heard for event in part.events]
    return Probabilities.join(part.probabilities for part in heard), events, heard


@pytest.mark.parametrize("sample_rate", [22_050, 44_100, 48_000, 8_000, 192_000])
def test_a_stream_in_ragged_blocks_gives_the_notes_of_the_file(
    transcriber: Transcriber, sample_rate: int
) -> None:
    samples = music(sample_rate)
    whole, whole_events, _ = transcribe(transcriber, [samples], sample_rate)
    notes = notes_from_events(whole_events)
    assert len(notes) >= 10, "without notes this test would show nothing"
    for seed, largest in enumerate((256, 3_000, sample_rate)):
        parts, events, _ = transcribe(
            transcriber, ragged(samples, seed, largest), sample_rate
        )
        for name in ("onset", "frame", "velocity"):
            np.testing.assert_allclose(getattr(parts, name), getattr(whole, name), atol=1e-4)
        found = notes_from_events(events)
        assert [(note.pitch, note.velocity) for note in found] == [
            (note.pitch, note.velocity) for note in notes
        ]
        np.testing.assert_allclose(
            [(note.onset_s, note.offset_s) for note in found],
            [(note.onset_s, note.offset_s) for note in notes],
            atol=1e-9,
        )
        for one, other in zip(found, notes, strict=True):
            np.testing.assert_allclose(one.cents, other.cents, atol=1)
    assert any(note.cents for note in notes)


def test_frames_are_counted_without_gaps_and_all_arrays_agree(transcriber: Transcriber) -> None:
    features = transcriber.features
    samples = music(44_100, 1.0)
    _, _, heard = transcribe(transcriber, ragged(samples, 5, 2_000), 44_100)
    n_frames = 0
    for part in heard:
        assert part.first_frame == n_frames
        assert part.spectrum.shape == (len(part.probabilities), features.n_bins)
        assert part.spectrum.dtype == np.float32
        for values in (part.probabilities.onset, part.probabilities.frame,
                       part.probabilities.velocity):  # fmt: skip
            assert values.shape == (len(part.probabilities), 88)
            assert values.dtype == np.float32
            assert values.size == 0 or (values.min() >= 0 and values.max() <= 1)
        n_frames += len(part.probabilities)
    # One second is 50 hops; the network's delay is heard out after it.
    assert n_frames == pytest.approx(50 + transcriber.network_config.delay_frames + 1, abs=1)


@pytest.mark.parametrize("sample_rate", [22_050, 44_100])
def test_heard_s_is_what_was_pushed_when_the_event_came_out(
    transcriber: Transcriber, sample_rate: int
) -> None:
    samples = music(sample_rate, 2.0)
    stream = transcriber.stream(sample_rate)
    events: list[NoteEvent] = []
    for first in range(0, len(samples), 256):
        block = samples[first : first + 256]
        heard = stream.push(block)
        assert stream.heard_s == pytest.approx((first + len(block)) / sample_rate)
        assert {event.heard_s for event in heard.events} <= {stream.heard_s}
        events += heard.events
    # What is heard in the very first frames began before the sound, at 0.
    ons = [event for event in events if isinstance(event, NoteOn) and event.onset_s > 0]
    assert ons
    features, network = transcriber.features, transcriber.network_config
    hop_s = features.hop_length / features.sample_rate
    for event in ons:
        # The end of its frame, one block and the resampler's memory later at most.
        frame_end_s = event.onset_s + (network.delay_frames + 0.5) * hop_s
        assert frame_end_s - 1e-9 <= event.heard_s <= frame_end_s + 0.045
    # After the last sample nothing more is heard, only made sure of.
    for event in stream.finish().events:
        assert event.heard_s == pytest.approx(2.0)


def test_finish_ends_every_note(tiny_checkpoint: Path) -> None:
    # The threshold of the frames is so low that no note would end by itself.
    endless = DecoderConfig(onset_threshold=0.5, frame_threshold=1e-9)
    stream = Transcriber.load(tiny_checkpoint, decoder=endless).stream()
    events = stream.push(music(22_050, 1.0)).events
    sounding = {event.pitch for event in events if isinstance(event, NoteOn)}
    assert sounding
    # The end of the sound, where the network's silence lets a few notes begin anew.
    ends = {event.pitch: event.offset_s for event in stream.finish().events
            if isinstance(event, NoteOff)}  # fmt: skip
    assert sounding <= ends.keys()
    assert max(ends.values()) == pytest.approx(1.0, abs=0.05)
    assert list(ends.values()).count(1.0) > len(ends) / 2


def test_decoding_cached_probabilities_gives_the_same_notes(transcriber: Transcriber) -> None:
    samples = music(44_100)
    probabilities, events, _ = transcribe(transcriber, [samples], 44_100)
    notes = notes_from_events(events)
    length_s = len(samples) / 44_100
    assert transcriber.decode(probabilities, transcriber.decoder, length_s) == notes
    # Other settings take effect, and without a length the last notes end with the frames.
    middle = sorted(note.confidence for note in notes)[len(notes) // 2]
    strict = transcriber.decode(probabilities, DecoderConfig(onset_threshold=middle), length_s)
    assert 0 < len(strict) < len(notes)
    by_frames = transcriber.decode(probabilities, transcriber.decoder)
    assert [note.onset_s for note in by_frames] == [note.onset_s for note in notes]
    assert max(note.offset_s for note in by_frames) <= length_s + 0.1
    assert transcriber.decode(Probabilities.join([]), transcriber.decoder) == []


def test_the_callers_decoder_and_a4_take_the_place_of_the_checkpoints(
    tiny_checkpoint: Path, transcriber: Transcriber
) -> None:
    deaf = DecoderConfig(onset_threshold=0.999999)
    samples = music(22_050)
    assert transcribe(Transcriber.load(tiny_checkpoint, decoder=deaf), [samples], 22_050)[1] == []
    baroque = Transcriber.load(tiny_checkpoint, a4=415.0)
    assert baroque.features.a4 == 415.0
    assert transcriber.features.a4 == 440.0

    def loudest_pitch(opened: Transcriber, hz: float) -> float:
        tone = np.sin(2 * np.pi * hz / 22_050 * np.arange(22_050)).astype(np.float32)
        column = opened.stream().push(tone).spectrum[-1]
        return opened.features.bin_pitch(int(np.argmax(column)))

    assert loudest_pitch(transcriber, 440.0) == 69
    assert loudest_pitch(baroque, 415.0) == 69
    assert loudest_pitch(baroque, 440.0) == 70


def test_streams_of_one_transcriber_do_not_disturb_each_other(transcriber: Transcriber) -> None:
    samples = music(22_050, 1.0)
    alone, _, _ = transcribe(transcriber, [samples], 22_050)
    left, right = transcriber.stream(), transcriber.stream()
    parts = []
    for first in range(0, len(samples), 1_000):
        parts.append(left.push(samples[first : first + 1_000]).probabilities)
        right.push(-samples[::-1][first : first + 1_000])
    parts.append(left.finish().probabilities)
    np.testing.assert_allclose(Probabilities.join(parts).onset, alone.onset, atol=1e-4)


@pytest.mark.parametrize("sample_rate", [22_050, 48_000])
@pytest.mark.parametrize("n_samples", [0, 1, 300])
def test_a_few_samples_or_none_are_taken(
    transcriber: Transcriber, sample_rate: int, n_samples: int
) -> None:
    stream = transcriber.stream(sample_rate)
    assert stream.push(np.zeros(n_samples, np.float32)).events == []
    assert len(stream.finish().probabilities) >= transcriber.network_config.delay_frames


def test_a_stream_keeps_no_more_however_long_it_runs(transcriber: Transcriber) -> None:
    stream = transcriber.stream(44_100)
    block = music(44_100, 0.5)

    def run_for(blocks: int) -> int:
        for _ in range(blocks):
            stream.push(block)
        return tracemalloc.get_traced_memory()[0]

    tracemalloc.start()
    try:
        before = run_for(4)
        after = run_for(40)
    finally:
        tracemalloc.stop()
    # Keeping the samples alone would have taken 3.5 MB.
    assert after - before < 200_000


def test_another_tuning_counts_in_the_midst_of_a_stream(transcriber: Transcriber) -> None:
    tone = np.sin(2 * np.pi * 440 / 22_050 * np.arange(22_050)).astype(np.float32)
    stream = transcriber.stream()

    def loudest_pitch(heard: Heard) -> float:
        return transcriber.features.bin_pitch(int(np.argmax(heard.spectrum[-1])))

    before = stream.push(tone)
    # A semitone lower: the same sound is the next note.
    stream.tune(440 * 2 ** (-1 / 12))
    after = stream.push(tone)
    assert (loudest_pitch(before), loudest_pitch(after)) == (69, 70)
    # It goes on without a gap.
    assert after.first_frame == len(before.probabilities)
    assert transcriber.features.a4 == 440.0
    with pytest.raises(ValueError):
        stream.tune(300.0)
