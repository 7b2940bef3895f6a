"""Note scores of clips: what the decoder says of pieces, against notes that labels are made of."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from model.config import DecoderConfig, FeatureConfig
from model.head_order import FRAME, N_HEADS, ONSET
from model.notes import Note
from tests.training.tiny_data import write_clips
from training.datasets.clip_dataset import ClipDataset, ClipFile
from training.datasets.clips import TARGET_NAMES, ClipLength, cut
from training.datasets.labels import Targets, targets
from training.scoring.clip_notes import ClipNotes, notes_of
from training.scoring.metrics import note_scores
from training.scoring.validate import score
from training.trainer.distributed import Processes

FEATURES = FeatureConfig()
HOP_S = 0.02
LENGTH = ClipLength(40, 3)


def melody(seed: int = 0, n_notes: int = 60) -> list[Note]:
    """Notes of 60 to 400 ms, some struck again at once, some at the same time as others."""
    rng = np.random.default_rng(seed)
    notes, time_s = [], 0.1
    for _ in range(n_notes):
        length_s = float(rng.uniform(0.06, 0.4))
        pitch = int(rng.integers(50, 54))
        notes.append(Note(time_s, time_s + length_s, pitch, int(rng.integers(1, 128))))
        time_s += float(rng.choice([0.0, length_s, length_s + 0.05])) + 0.03
    return notes


def labels(notes: list[Note]) -> Targets:
    n_frames = int(max(note.offset_s for note in notes) / HOP_S) + 30
    return targets(notes, n_frames, FEATURES)


def test_notes_come_back_from_their_labels() -> None:
    # Alone on their pitch, so that none is cut by another.
    notes = [Note(0.3 * n + 0.013, 0.3 * n + 0.2, 40 + n, 100 - n) for n in range(30)]
    made = labels(notes)
    found = notes_of(made.onset, made.offset, made.velocity, hop_s=HOP_S, lowest_pitch=21)
    assert [(note.pitch, note.velocity) for note in found] == [
        (note.pitch, note.velocity) for note in notes
    ]
    for mine, true in zip(found, notes, strict=True):
        assert abs(mine.onset_s - true.onset_s) <= HOP_S / 2 + 1e-9
        assert abs(mine.offset_s - true.offset_s) <= HOP_S / 2 + 1e-9
    many = melody()
    again = notes_of(*(getattr(labels(many), name) for name in ("onset", "offset", "velocity")),
                     hop_s=HOP_S, lowest_pitch=21)  # fmt: skip
    assert note_scores(many, again).f1 > 0.95


def add(notes: ClipNotes, corpus: str, piece: int, melody_: list[Note], *, deaf: bool) -> int:
    """Adds a piece whose onsets and frames are heard as they are labelled, or not at all."""
    own = slice(LENGTH.overlap, LENGTH.frames - LENGTH.overlap)
    made = labels(melody_)
    clips = {
        name: [clip[own].astype(np.float32) for clip in cut(getattr(made, name), LENGTH)]
        for name in TARGET_NAMES
    }
    n_clips = len(clips["onset"])
    for row in range(n_clips):
        share = 0.0 if deaf else 0.95
        notes.add(
            corpus, (piece, row),
            share * clips["onset"][row], share * clips["frame"][row],
            np.full_like(clips["onset"][row], 0.5),
            {name: arrays[row] for name, arrays in clips.items()},
        )  # fmt: skip
    return n_clips


def test_clips_of_a_piece_are_decoded_as_one_stream() -> None:
    scored = ClipNotes(["red", "blue", "none"], FEATURES, DecoderConfig(), only_note_names=False)
    assert add(scored, "red", 0, melody(0), deaf=False) > 10
    add(scored, "red", 1, melody(1), deaf=True)
    add(scored, "blue", 2, melody(2), deaf=False)
    table = scored.scores()
    # A note that sounds over the edge of a clip is still one: it would be two, or none, alone.
    assert table["blue"]["note_f1"] > 0.95
    assert table["blue"]["note_offset_f1"] > 0.8
    assert table["red"]["note_f1"] == pytest.approx(table["blue"]["note_f1"] / 2, abs=0.03)
    assert np.isnan(table["none"]["note_f1"])


class Oracle(nn.Module):
    """Hears a note in every bright bin, and that it begins where the bin before was dark."""

    def forward(self, x: Tensor) -> tuple[Tensor, list[Tensor]]:
        bright = (x[:, :, 0, :88] > 0.9).float()
        rises = bright - nn.functional.pad(bright, (0, 0, 1, 0))[:, :-1]
        logits = torch.full((*bright.shape, N_HEADS), -6.0)
        logits[..., FRAME] += 12 * bright
        logits[..., ONSET] += 12 * (rises > 0)
        return logits[:, :, None], []


def test_a_network_is_scored_by_its_notes_and_losses_too(tmp_path: Path) -> None:
    data = ClipFile.open(write_clips(tmp_path / "tiny.h5"))
    network = Oracle()
    network.register_parameter("unused", nn.Parameter(torch.zeros(1)))
    found = score(network, ClipDataset([data]), batch_size=5, delays=(0,))
    for row in found.corpora.values():
        assert row["note_f1"] > 0.9
    assert found.losses["total"] > found.losses["onset"] > 0
    # The best of thresholds hears as much as a strict one loses.
    strict = score(network, ClipDataset([data]), batch_size=5, delays=(0,),
                   decoder=DecoderConfig(onset_threshold=0.999))  # fmt: skip
    assert strict.corpora["mean"]["note_f1"] == 0
    assert strict.losses == found.losses
    # Half of the pieces are another process's.
    halves = [
        score(network, ClipDataset([data]), batch_size=5, delays=(0,),
              processes=Processes(rank, 2)).losses["total"] for rank in range(2)
    ]  # fmt: skip
    assert sum(halves) / 2 == pytest.approx(found.losses["total"], rel=1e-5)


def test_scoring_stops_when_it_is_asked_to(tmp_path: Path) -> None:
    data = ClipFile.open(write_clips(tmp_path / "tiny.h5"))
    network = Oracle()
    network.register_parameter("unused", nn.Parameter(torch.zeros(1)))
    asked = iter([False, True])
    with pytest.raises(KeyboardInterrupt):
        score(network, ClipDataset([data]), batch_size=5, delays=(0,),
              is_stopped=lambda: next(asked))  # fmt: skip
