"""A grown network must say what the small one said, and go on learning."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from model.checkpoint import Checkpoint
from model.config import DecoderConfig, FeatureConfig, NetworkConfig
from model.head_order import N_HEADS, ONSET, VELOCITY
from model.network import Network
from training.trainer.grow import GrowthError, carry_velocity, grown

_SMALL = NetworkConfig(
    stem_channels=4, channels=8, harmonic_channels=4, n_blocks=1, memory_units=8
)


@pytest.fixture
def start() -> Checkpoint:
    features = FeatureConfig()
    torch.manual_seed(3)
    network = Network(features, _SMALL)
    # Statistics that are not those of a new network.
    with torch.no_grad():
        network.train()(torch.rand(2, 30, len(features.windows), features.n_bins))
    weights = {name: value.clone() for name, value in network.state_dict().items()}
    return Checkpoint(features, _SMALL, DecoderConfig(), weights, {})


def said(checkpoint: Checkpoint, frames: torch.Tensor) -> torch.Tensor:
    network = Network(checkpoint.features, checkpoint.network)
    network.load_state_dict(dict(checkpoint.weights))
    with torch.inference_mode():
        logits: torch.Tensor = network.eval()(frames)[0]
    return logits


def test_a_grown_network_says_the_same(start: Checkpoint) -> None:
    features = start.features
    frames = torch.rand(1, 25, len(features.windows), features.n_bins)

    larger = grown(start, channels=12)

    assert larger.network.channels == 12
    assert larger.network.memory_units == 12
    assert larger.network.harmonic_channels == 6
    torch.testing.assert_close(said(larger, frames), said(start, frames), rtol=1e-4, atol=1e-5)


def test_new_channels_are_taken_up_by_training(start: Checkpoint) -> None:
    larger = grown(start, channels=12)
    network = Network(larger.features, larger.network)
    network.load_state_dict(dict(larger.weights))
    frames = torch.rand(1, 12, len(larger.features.windows), larger.features.n_bins)

    network(frames)[0].square().mean().backward()

    read = network.get_parameter("heads.weight")
    assert read.grad is not None
    new = [*range(8, 12), *range(20, 24)]
    assert (read.detach()[:, new] == 0).all()
    assert (read.grad[:, new].abs().sum(dim=0) > 0).any()


def test_a_memory_of_the_whole_is_added_without_influence_and_learns(start: Checkpoint) -> None:
    features = start.features
    frames = torch.rand(1, 25, len(features.windows), features.n_bins)

    larger = grown(start, channels=8, context_units=5)

    assert larger.network.context_units == 5
    torch.testing.assert_close(said(larger, frames), said(start, frames), rtol=1e-4, atol=1e-5)
    network = Network(larger.features, larger.network)
    network.load_state_dict(dict(larger.weights))
    network(frames)[0].square().mean().backward()
    learns = network.get_parameter("context.modulate.weight").grad
    assert learns is not None
    assert learns.abs().max() > 0


def test_a_network_with_a_memory_of_the_whole_grows_wider(start: Checkpoint) -> None:
    features = start.features
    frames = torch.rand(1, 25, len(features.windows), features.n_bins)
    with_memory = grown(start, channels=8, context_units=5)
    # A memory that has learned: what it says of the old channels must stay, and all of it.
    learned = {
        name: torch.randn_like(value) if name.startswith("context") else value
        for name, value in with_memory.weights.items()
    }
    with_memory = replace(with_memory, weights=learned)

    larger = grown(with_memory, channels=12)

    assert larger.network.context_units == 5
    torch.testing.assert_close(
        said(larger, frames), said(with_memory, frames), rtol=1e-4, atol=1e-5
    )
    with pytest.raises(GrowthError, match="keeps the 5 units"):
        grown(with_memory, channels=12, context_units=7)


def test_a_second_answer_is_added_and_the_early_one_says_the_very_same(start: Checkpoint) -> None:
    features = start.features
    frames = torch.rand(1, 25, len(features.windows), features.n_bins)

    both = grown(start, channels=8, settled_delay_frames=9)

    assert both.network == replace(start.network, settled_delay_frames=9)
    assert torch.equal(said(both, frames)[:, :, :1], said(start, frames))
    # The second one begins as what the early one said, and learns from there.
    later = said(both, frames)[:, 7:, 1]
    torch.testing.assert_close(later, said(both, frames)[:, :-7, 0], rtol=1e-4, atol=1e-4)
    network = Network(both.features, both.network)
    network.load_state_dict(dict(both.weights))
    network(frames)[0][:, :, 1].square().mean().backward()
    learns = network.get_parameter("settled.heads.weight").grad
    assert learns is not None
    # So do the channels that nobody listens to yet.
    assert (learns[:, 2 * N_HEADS :] != 0).any(dim=0).all()
    # One that is there grows wider like the rest.
    wider = grown(both, channels=12)
    torch.testing.assert_close(said(wider, frames), said(both, frames), rtol=1e-4, atol=1e-5)


def test_a_network_never_shrinks(start: Checkpoint) -> None:
    with pytest.raises(GrowthError, match="8 channels cannot shrink to 4"):
        grown(start, channels=4)


def test_a_settled_answer_that_has_learned_otherwise_says_the_early_velocity_again(
    start: Checkpoint,
) -> None:
    both = grown(start, channels=8, settled_delay_frames=9)
    network = Network(both.features, both.network).eval()
    network.load_state_dict(dict(both.weights))
    with torch.no_grad():
        for weight in network.parameters():
            weight.add_(0.1 * torch.randn_like(weight))
    frames = torch.rand(1, 25, len(start.features.windows), start.features.n_bins)
    with torch.no_grad():
        before, _ = network(frames)

        carry_velocity(network)

        after, _ = network(frames)
    assert torch.equal(after[:, :, 0], before[:, :, 0])
    torch.testing.assert_close(
        after[:, 7:, 1, :, VELOCITY], after[:, :-7, 0, :, VELOCITY], rtol=1e-4, atol=1e-4
    )
    assert not torch.equal(after[:, 7:, 1, :, ONSET], after[:, :-7, 0, :, ONSET])
