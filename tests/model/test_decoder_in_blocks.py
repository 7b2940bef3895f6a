"""The decoder, which works in blocks, says what the plain rules say."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from model.config import DecoderConfig, FeatureConfig, NetworkConfig
from model.decoding.decoder import Decoder
from model.notes import NoteEvent, Probabilities
from tests.model.plain_decoder import PlainDecoder

FEATURES = FeatureConfig()


def wandering(generator: np.random.Generator, frames: int, pitches: int) -> NDArray[np.float32]:
    """Values that rise and fall and stay for a while, (frames, pitches)."""
    steps = generator.normal(0, 1, (frames, pitches)) * generator.choice([0.3, 3], (frames, 1))
    values = np.sin(np.cumsum(steps, axis=0) / 2) * generator.uniform(0.6, 1.2, pitches)
    return np.clip(0.5 + 0.5 * values, 0, 1).astype(np.float32)


@pytest.mark.parametrize("seed", range(12))
def test_it_says_what_the_plain_rules_say(seed: int) -> None:
    generator = np.random.default_rng(seed)
    network = NetworkConfig(delay_frames=seed, only_note_names=seed == 3)
    config = DecoderConfig(
        onset_threshold=float(generator.uniform(0.3, 0.95)),
        confirm_threshold=float(generator.choice([0.0, 0.5])),
        frame_threshold=float(generator.uniform(0.2, 0.7)),
        release_frames=int(generator.integers(1, 6)),
        min_note_ms=float(generator.choice([0.0, 40.0, 130.0])),
        late_threshold=float(generator.choice([0.0, 0.3, 0.5])),
        late_confirm_threshold=float(generator.uniform(0.2, 0.9)),
        late_frames=int(generator.integers(1, 5)),
        late_confidence=float(generator.choice([0.0, 0.6])),
        held_frames=int(generator.choice([0, 2, 6])),
        held_confidence=0.3,
        onset_bias_ms=4.0,
        onset_rise_ms=(float(generator.uniform(-20, 20)), 35.0, 15.0, 20.0)[: 4 if seed % 3 else 3],
        late_bias_ms=25.0,
        held_bias_ms=float(generator.uniform(0, 80)),
        reliability=((0.2, 0.05), (0.6, 0.5), (0.9, 0.97)) if seed % 2 else (),
    )
    shape = (700, network.n_pitches)
    heard = Probabilities(*(wandering(generator, *shape) for _ in range(3)))
    one = PlainDecoder(config, FEATURES, network)
    other = Decoder(config, FEATURES, network)
    first = 0
    expected: list[NoteEvent] = []
    found: list[NoteEvent] = []
    while first < shape[0]:
        last = first + int(generator.choice([1, 1, 2, 7, 200]))
        part = Probabilities(heard.onset[first:last], heard.frame[first:last],
                             heard.velocity[first:last])  # fmt: skip
        expected += one.push(part, last * 0.02)
        found += other.push(part, last * 0.02)
        assert found == expected
        first = last
    assert len(found) > 200
    assert other.flush(15.0) == one.flush(15.0)
