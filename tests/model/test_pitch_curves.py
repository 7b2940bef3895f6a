"""The pitch curve that a note gets when it ends."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from model.config import DecoderConfig, FeatureConfig, NetworkConfig
from model.decoding.decoder import Decoder
from model.notes import Note, NoteOff, Probabilities, curve_between, notes_from_events
from model.pitch import LOWEST_PITCH
from model.pitch_tracker import PitchTracker
from model.spectrogram import Spectrogram
from tests.model.test_pitch_tracker import steady, tone, vibrato

FEATURES = FeatureConfig()
DECODER = DecoderConfig(onset_threshold=0.5, frame_threshold=0.4)
HOP_S = 0.02


def frames_of(samples: NDArray[np.float32], key: int, delay: int) -> Probabilities:
    """What a network that is always right says of one tone from 0.2 s to 0.8 s."""
    spectra = np.concatenate(list(Spectrogram(FEATURES).spectra(samples)))
    onset, frame = np.zeros((2, len(spectra), 88), np.float32)
    onset[10 + delay, key - LOWEST_PITCH] = 0.9
    frame[10 + delay : 40 + delay, key - LOWEST_PITCH] = 0.9
    # It is asked for by the answer that is there first.
    sounds = np.zeros(frame.shape, bool)
    sounds[11:42, key - LOWEST_PITCH] = True
    cents = PitchTracker(FEATURES).push(spectra, sounds)
    return Probabilities(onset, frame, frame, cents)


def notes_of(frames: Probabilities, delay: int, block: int = 1 << 20) -> list[Note]:
    decoder = Decoder(DECODER, FEATURES, NetworkConfig(delay_frames=delay))
    events = []
    for first in range(0, len(frames), block):
        events += decoder.push(frames.part(first, first + block), 0.0)
    return notes_from_events([*events, *decoder.flush(len(frames) * HOP_S)])


def sound(pitch: float, shape: str) -> NDArray[np.float32]:
    samples = tone(steady(pitch) if shape == "steady" else vibrato(pitch), 1.2)
    samples[: round(0.2 * 22_050)] = 0
    samples[round(0.8 * 22_050) :] *= 1e-4
    return samples


@pytest.mark.parametrize("delay", [0, 1, 2, 12])
def test_the_curve_has_a_value_for_each_hop_and_is_right(delay: int) -> None:
    (note,) = notes_of(frames_of(sound(64.2, "steady"), 64, delay), delay)
    assert len(note.cents) == round((note.offset_s - note.onset_s) / HOP_S) >= 29
    np.testing.assert_allclose(note.cents, 20, atol=5)
    assert all(type(value) is float for value in note.cents)


@pytest.mark.parametrize("delay", [1, 12])
def test_a_vibrato_stands_where_it_was_sung(delay: int) -> None:
    (note,) = notes_of(frames_of(sound(69, "vibrato"), 69, delay), delay)
    true = 40 * np.sin(2 * np.pi * 5.5 * note.cents_times_s())
    # The very ends are heard with what was before and comes after.
    np.testing.assert_allclose(note.cents[2:-3], true[2:-3], atol=9)


def test_frames_that_come_one_by_one_give_the_curve_of_the_whole() -> None:
    frames = frames_of(sound(69, "vibrato"), 69, 1)
    assert notes_of(frames, 1, block=1)[0].cents == notes_of(frames, 1)[0].cents


def test_a_note_that_is_struck_again_has_two_curves() -> None:
    frames = frames_of(sound(64.2, "steady"), 64, 1)
    frames.onset[25, 64 - LOWEST_PITCH] = 0.9
    first, second = notes_of(frames, 1)
    for note in (first, second):
        assert len(note.cents) == round((note.offset_s - note.onset_s) / HOP_S)
        np.testing.assert_allclose(note.cents, 20, atol=5)


def test_where_nothing_was_measured_there_is_no_curve() -> None:
    frames = frames_of(sound(64.2, "steady"), 64, 1)
    bare = Probabilities(frames.onset, frames.frame, frames.velocity)
    assert notes_of(bare, 1)[0].cents == ()
    assert notes_of(frames, 1) == notes_of(bare, 1)
    frames.cents[:] = np.nan  # type: ignore[index]
    assert notes_of(frames, 1)[0].cents == ()


def test_a_gap_is_bridged() -> None:
    frames = frames_of(sound(64.2, "steady"), 64, 1)
    frames.cents[20:24] = np.nan  # type: ignore[index]
    np.testing.assert_allclose(notes_of(frames, 1)[0].cents, 20, atol=5)


def test_curves_take_no_part_in_comparison_order_and_hash() -> None:
    one, other = Note(0, 1, 60, cents=(1.0, 2.0)), Note(0, 1, 60)
    assert one == other
    assert hash(one) == hash(other)
    assert not one < other
    assert NoteOff(60, 80, 0, 1, 1, 1.0, (1.0,)) == NoteOff(60, 80, 0, 1, 1, 1.0)


def test_parts_of_a_curve_are_cut_and_put_together() -> None:
    note = Note(1.0, 2.0, 60, cents=tuple(float(value) for value in range(50)))
    half = curve_between([note], 1.5, 2.0)
    assert half == tuple(float(value) for value in range(25, 50))
    longer = curve_between([note], 1.0, 2.1)
    assert longer[:50] == note.cents
    assert longer[50:] == (49.0,) * 5
    first, second = Note(1.0, 1.5, 60, cents=note.cents[:25]), Note(1.5, 2.0, 60, cents=half)
    assert curve_between([first, second], 1.0, 2.0) == note.cents
    assert curve_between([Note(0, 1, 60)], 0, 1) == ()
