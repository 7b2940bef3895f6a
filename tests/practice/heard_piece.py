"""What a network would say of notes that are played: sure where they are, silent elsewhere."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from model.config import DecoderConfig, FeatureConfig, NetworkConfig
from model.decoding.decoder import Decoder
from model.heard import Heard
from model.notes import Note, Probabilities
from model.pitch import LOWEST_PITCH, N_PITCHES

FEATURES = FeatureConfig()
NETWORK = NetworkConfig(delay_frames=1, settled_delay_frames=12)
HOP_S = FEATURES.hop_length / FEATURES.sample_rate
_DECODER = DecoderConfig(onset_threshold=0.7, confirm_threshold=0.5, frame_threshold=0.5)


def heard_of(
    early: Sequence[Note], settled: Sequence[Note] | None = None, end_s: float | None = None,
    faint: dict[Note, float] | None = None,
) -> Iterator[tuple[float, Heard]]:
    """What comes of every hop: the seconds heard, and both answers.

    Args:
        early, settled: what either hears; the same by default.
        faint: notes of `settled` that are heard less surely, and how surely.
    """
    settled = early if settled is None else settled
    last_s = max((note.offset_s for note in [*early, *settled]), default=0.0)
    n_frames = round((last_s + 1.0 if end_s is None else end_s) / HOP_S)
    decoders = [Decoder(_DECODER, FEATURES, NETWORK)]
    decoders.append(Decoder(_DECODER, FEATURES, NETWORK, answer="settled"))
    rows = [
        _rows(notes, n_frames, delay, faint or {})
        for notes, delay in zip((early, settled), NETWORK.delays, strict=True)
    ]
    for frame in range(n_frames):
        now_s = (frame + 1) * HOP_S
        said = [one.part(frame, frame + 1) for one in rows]
        events = [
            decoder.push(part, now_s) for decoder, part in zip(decoders, said, strict=True)
        ]
        yield now_s, Heard(
            frame, np.zeros((1, 0), np.float32), said[0], events[0], said[1], events[1]
        )


def _rows(
    notes: Sequence[Note], n_frames: int, delay: int, faint: dict[Note, float]
) -> Probabilities:
    onset = np.full((n_frames, N_PITCHES), 0.01, np.float32)
    frame = np.full((n_frames, N_PITCHES), 0.01, np.float32)
    for note in notes:
        first = round(note.onset_s / HOP_S) + delay
        last = round(note.offset_s / HOP_S) + delay
        sure = faint.get(note, 0.95)
        pitch = note.pitch - LOWEST_PITCH
        onset[first : first + 2, pitch] = sure
        onset[first - 1 : first, pitch] = sure / 4
        frame[first:last, pitch] = sure
    return Probabilities(onset, frame, frame)
