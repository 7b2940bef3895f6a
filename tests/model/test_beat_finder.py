"""The beat network: what it reads, how it is run, and what the shipped one finds."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from app.system.paths import BAR_NETWORK, BEAT_NETWORK
from model.beats import beat_checkpoint
from model.beats.beat_config import FRAME_RATE, SLOWER, BeatNetworkConfig
from model.beats.beat_finder import BeatFinder
from model.beats.beat_network import BeatNetwork
from model.beats.note_features import N_FEATURES, NoteArrays, note_features
from model.checkpoint_header import CheckpointError
from model.notes import Note

TINY = BeatNetworkConfig(8, ((1, 2), (1,)))


@pytest.fixture(scope="module")
def shipped() -> BeatFinder:
    return BeatFinder.load(BEAT_NETWORK, BAR_NETWORK)


def clicks(bpm: float, seconds: float, every: int) -> list[Note]:
    times = np.arange(0.4, seconds, 60 / bpm)
    return [Note(float(at), float(at) + 0.06, 72, 110 if i % every == 0 and every > 1 else 70)
            for i, at in enumerate(times)]


def test_an_onset_between_two_frames_belongs_to_both() -> None:
    features = note_features(NoteArrays.of([Note(0.505, 1.0, 60, 127)]), 100)
    assert features.shape == (100, N_FEATURES)
    middle_c = features[:, 24]
    frame = int(0.505 * FRAME_RATE)
    np.testing.assert_allclose(middle_c[frame : frame + 2], [0.75, 0.25], atol=1e-5)
    assert middle_c.sum() == pytest.approx(1)


def test_a_long_file_is_looked_at_in_blocks(
    monkeypatch: pytest.MonkeyPatch, shipped: BeatFinder
) -> None:
    notes = NoteArrays.of([Note(0.4 * i, 0.4 * i + 0.3, 50 + i * 7 % 24, 80) for i in range(300)])
    whole = shipped.evidence(notes)
    monkeypatch.setattr("model.beats.beat_finder._BLOCK", 2_400)
    parted = shipped.evidence(notes)
    for one, other in zip((whole.beats, whole.periods, whole.meters),
                          (parted.beats, parted.periods, parted.meters), strict=True):
        assert one.shape == other.shape
        # What lies beyond a block's margins says hardly anything of it.
        assert np.abs(one - other).mean() < 0.05


def test_a_checkpoint_comes_back_and_others_are_refused(tmp_path: Path) -> None:
    torch.manual_seed(0)
    network = BeatNetwork(TINY)
    path = tmp_path / "beats.safetensors"
    beat_checkpoint.save(network, path, {"training": "none"})
    again = beat_checkpoint.load(path)
    assert again.config == TINY
    features = torch.rand(1, 16 * SLOWER, N_FEATURES)
    with torch.inference_mode():
        for one, other in zip(network.eval()(features), again(features), strict=True):
            torch.testing.assert_close(one, other)
    with pytest.raises(CheckpointError, match="not a Noteglow beat network"):
        BeatFinder.load(BAR_NETWORK, BAR_NETWORK)
    with pytest.raises(CheckpointError, match="not a Noteglow bar network"):
        BeatFinder.load(BEAT_NETWORK, BEAT_NETWORK)
    with pytest.raises(CheckpointError, match="no such beat network file"):
        BeatFinder.load(tmp_path / "none.safetensors", BAR_NETWORK)
    path.with_suffix(".onnx").write_bytes(BEAT_NETWORK.with_suffix(".onnx").read_bytes())
    with pytest.raises(CheckpointError, match="other weights"):
        BeatFinder.load(path, BAR_NETWORK)


@pytest.mark.parametrize("every", [1, 4])
@pytest.mark.parametrize("bpm", [40, 60, 90, 120, 160, 180, 200, 220])
def test_clicks_have_their_tempo_in_the_right_octave(
    shipped: BeatFinder, bpm: float, every: int
) -> None:
    found = shipped.find(clicks(bpm, 25, every))
    intervals = np.diff([beat.time_s for beat in found])
    assert 60 / np.median(intervals) == pytest.approx(bpm, rel=0.01)


def test_few_notes_have_no_bars(shipped: BeatFinder) -> None:
    assert shipped.find([]) == []
    assert shipped.find(clicks(60, 4, 1)[:3]) == []
