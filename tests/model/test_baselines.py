from __future__ import annotations

import json
from pathlib import Path

import pytest
import safetensors.torch
import torch
from torch import Tensor

from model import checkpoint
from model.baselines import Convolutional, Linear, Perceptron, network_of
from model.checkpoint import Checkpoint, CheckpointError
from model.config import DecoderConfig, FeatureConfig, NetworkConfig, to_json
from model.head_order import FRAME, N_HEADS, ONSET
from model.network import Network
from model.transcriber import Transcriber
from tests.conftest import tones

FEATURES = FeatureConfig(windows=(1024, 4096), bins_per_octave=12)
BASELINES = ("linear", "mlp", "cnn")


def network_for(
    kind: str, *, only_note_names: bool = False
) -> tuple[torch.nn.Module, NetworkConfig]:
    config = NetworkConfig(
        kind=kind, stem_channels=2, channels=3, harmonic_channels=2, n_blocks=1, memory_units=2,
        only_note_names=only_note_names,
    )  # fmt: skip
    with torch.random.fork_rng():
        torch.manual_seed(1)
        return network_of(FEATURES, config).eval(), config


def frames_of(n_frames: int) -> Tensor:
    generator = torch.Generator().manual_seed(2)
    return torch.rand(2, n_frames, len(FEATURES.windows), FEATURES.n_bins, generator=generator)


def test_each_kind_has_its_network() -> None:
    kinds = {"noteglow": Network, "linear": Linear, "mlp": Perceptron, "cnn": Convolutional}
    assert all(type(network_for(name)[0]) is kind for name, kind in kinds.items())
    with pytest.raises(ValueError, match="kind must be one of noteglow, linear, mlp, cnn, not rnn"):
        NetworkConfig(kind="rnn")


@pytest.mark.parametrize("only_note_names", [False, True])
@pytest.mark.parametrize("kind", BASELINES)
@torch.inference_mode()
def test_blocks_with_state_equal_the_whole(kind: str, only_note_names: bool) -> None:
    network, config = network_for(kind, only_note_names=only_note_names)
    frames = frames_of(40)
    whole, _ = network(frames)
    assert whole.shape == (2, 40, 1, 12 if only_note_names else 88, N_HEADS)
    assert config.n_pitches == whole.shape[3]
    for sizes in ([1] * 40, [2, 1, 30, 7]):
        parts, states, first = [], None, 0
        for size in sizes:
            part, states = network(frames[:, first : first + size], states)
            parts.append(part)
            first += size
        torch.testing.assert_close(torch.cat(parts, dim=1), whole, atol=1e-5, rtol=0)


@pytest.mark.parametrize("kind", BASELINES)
@torch.inference_mode()
def test_only_this_frame_and_those_before_are_heard(kind: str) -> None:
    network, frames = network_for(kind)[0], frames_of(40)
    before, _ = network(frames)
    changed = frames.clone()
    changed[:, 20] = 1 - changed[:, 20]
    difference = (network(changed)[0] - before).abs().amax(dim=(0, 2, 3, 4))
    heard = torch.nonzero(difference > 1e-6).flatten().tolist()
    # The convolutional network joins 0.29 s: 14 frames of 20 ms.
    assert heard == list(range(20, 34 if kind == "cnn" else 21))


def test_a_frame_that_is_long_leaves_the_convolution_without_memory() -> None:
    features = FeatureConfig(windows=(8192,), hop_length=8192, bins_per_octave=12)
    network = network_of(features, NetworkConfig(kind="cnn", channels=2)).eval()
    frames = torch.rand(1, 3, 1, features.n_bins)
    with torch.inference_mode():
        whole, states = network(frames)
        again, _ = network(frames[:, 2:], states)
    assert states[0].shape[2] == 0
    torch.testing.assert_close(again, whole[:, 2:], atol=1e-6, rtol=0)


@pytest.mark.parametrize("kind", BASELINES)
@torch.inference_mode()
def test_an_untrained_baseline_expects_silence(kind: str) -> None:
    rates = torch.sigmoid(network_for(kind)[0](frames_of(5))[0]).mean(dim=(0, 1, 2, 3))
    assert rates[ONSET] < 0.1
    assert rates[FRAME] < 0.3


@pytest.mark.parametrize("kind", BASELINES)
def test_a_baseline_learns_what_a_note_looks_like(kind: str) -> None:
    """One bin sounds, one pitch is meant: after a few steps that pitch stands out."""
    network = network_for(kind)[0].train()
    frames = torch.zeros(1, 4, len(FEATURES.windows), FEATURES.n_bins)
    frames[..., 30] = 1.0
    target = torch.zeros(1, 4, 1, 88, N_HEADS)
    target[..., 30, :] = 1.0
    optimizer = torch.optim.Adam(network.parameters(), lr=0.01)
    for _ in range(40):
        optimizer.zero_grad()
        torch.nn.functional.binary_cross_entropy_with_logits(network(frames)[0], target).backward()
        optimizer.step()
    with torch.inference_mode():
        said = network(frames)[0][0, -1, 0, :, FRAME]
    assert int(said.argmax()) == 30
    assert said[30] > said.median() + 1


@pytest.mark.parametrize("kind", BASELINES)
def test_the_program_runs_a_baselines_checkpoint(tmp_path: Path, kind: str) -> None:
    network, config = network_for(kind)
    path = tmp_path / f"{kind}.safetensors"
    decoder = DecoderConfig(onset_threshold=0.02, frame_threshold=0.1)
    checkpoint.save(Checkpoint(FEATURES, config, decoder, network.state_dict()), path)
    transcriber = Transcriber.load(path)
    assert transcriber.network_config.kind == kind
    samples = tones(1.0, FEATURES.sample_rate)
    whole = [event for heard in transcriber.file([samples]) for event in heard.events]
    stream, events = transcriber.stream(), []
    for first in range(0, len(samples), 777):
        events += stream.push(samples[first : first + 777]).events
    events += stream.finish().events
    assert [(e.pitch, e.onset_s) for e in events] == [(e.pitch, e.onset_s) for e in whole]
    assert events


def test_a_checkpoint_of_old_that_names_no_kind_is_noteglow(tmp_path: Path) -> None:
    network, config = network_for("noteglow")
    path = tmp_path / "old.safetensors"
    checkpoint.save(Checkpoint(FEATURES, config, DecoderConfig(), network.state_dict()), path)
    with safetensors.safe_open(path, framework="pt") as file:
        metadata = dict(file.metadata())
    values = json.loads(to_json(config))
    del values["kind"]
    metadata["network"] = json.dumps(values)
    safetensors.torch.save_file(safetensors.torch.load_file(path), path, metadata)
    loaded = checkpoint.load(path)
    assert loaded.network == config
    assert isinstance(loaded.build(), Network)


def test_weights_of_another_kind_are_refused(tmp_path: Path) -> None:
    network, _ = network_for("linear")
    config = network_for("mlp")[1]
    path = tmp_path / "mixed.safetensors"
    checkpoint.save(Checkpoint(FEATURES, config, DecoderConfig(), network.state_dict()), path)
    with pytest.raises(CheckpointError, match="do not fit"):
        Transcriber.load(path)
