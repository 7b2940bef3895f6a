from __future__ import annotations

import dataclasses
import itertools

import pytest
import torch
from torch import Tensor, nn

from model.config import FeatureConfig, NetworkConfig
from model.head_order import FRAME, N_HEADS, OFFSET, ONSET
from model.network import Network
from model.pitch import LOWEST_PITCH

FEATURES = FeatureConfig()
SHAPES = [
    NetworkConfig(
        stem_channels=4, channels=8, harmonic_channels=4, n_blocks=2,
        temporal_kernel=kernel, memory_units=units,
    )
    for kernel, units in itertools.product((3, 5), (0, 6))
]  # fmt: skip
SHAPES.append(dataclasses.replace(SHAPES[1], context_units=5))
NAMES = dataclasses.replace(SHAPES[1], only_note_names=True)
SHAPES.append(NAMES)
SETTLED = dataclasses.replace(SHAPES[4], settled_delay_frames=6, settled_channels=7)
SHAPES += [SETTLED, dataclasses.replace(SETTLED, memory_units=0, only_note_names=True)]


def network_of(config: NetworkConfig, features: FeatureConfig = FEATURES) -> Network:
    """An untrained network as a trained one would be: batch norms with statistics of their own."""
    with torch.random.fork_rng():
        torch.manual_seed(1)
        network = Network(features, config)
        for module in network.modules():
            if isinstance(module, nn.BatchNorm2d):
                nn.init.normal_(module.bias, std=0.2)
                nn.init.normal_(module.running_mean, std=0.2)  # type: ignore[arg-type]
                nn.init.uniform_(module.running_var, 0.5, 1.5)  # type: ignore[arg-type]
        if network.context is not None:
            nn.init.normal_(network.context.modulate.weight, std=0.5)
    return network.eval()


def frames_of(n_frames: int, batch: int = 1, features: FeatureConfig = FEATURES) -> Tensor:
    generator = torch.Generator().manual_seed(2)
    return torch.rand(batch, n_frames, len(features.windows), features.n_bins, generator=generator)


def test_a_norm_that_stands_still_is_folded_into_the_weights_and_still_learns() -> None:
    conv = network_of(SHAPES[0]).stem
    assert isinstance(conv.norm, nn.BatchNorm2d)
    x = torch.rand(2, len(FEATURES.windows), 9, 12)

    said, _ = conv(x, None)

    before = torch.zeros(2, len(FEATURES.windows), conv.before, 12)
    plain = torch.relu(conv.norm(conv.conv(torch.cat([before, x], dim=2))))
    torch.testing.assert_close(said, plain, rtol=1e-5, atol=1e-6)
    parameters = list(conv.parameters())
    weights = torch.rand_like(said)
    for mine, theirs in zip(
        torch.autograd.grad((said * weights).sum(), parameters),
        torch.autograd.grad((plain * weights).sum(), parameters), strict=True,
    ):  # fmt: skip
        torch.testing.assert_close(mine, theirs, rtol=1e-3, atol=1e-4)


@pytest.mark.parametrize("config", SHAPES, ids=str)
@torch.inference_mode()
def test_blocks_with_state_equal_the_whole(config: NetworkConfig) -> None:
    network, frames = network_of(config), frames_of(61)
    whole, _ = network(frames)
    assert whole.shape == (1, 61, config.answers, config.n_pitches, N_HEADS)
    for sizes in ([1] * 61, [2, 1, 30, 3, 25], [60, 1]):
        parts, states, first = [], None, 0
        for size in sizes:
            part, states = network(frames[:, first : first + size], states)
            parts.append(part)
            first += size
        torch.testing.assert_close(torch.cat(parts, dim=1), whole, atol=1e-5, rtol=0)


@pytest.mark.parametrize("config", SHAPES, ids=str)
@torch.inference_mode()
def test_later_frames_never_change_earlier_output(config: NetworkConfig) -> None:
    network, frames = network_of(config), frames_of(40)
    before, _ = network(frames)
    changed = frames.clone()
    changed[:, 25:] = 1 - changed[:, 25:]
    after, _ = network(changed)
    torch.testing.assert_close(after[:, :25], before[:, :25], atol=1e-6, rtol=0)
    # And the very frame that changed is heard, by every answer.
    assert ((after[:, 25] - before[:, 25]).abs().amax(dim=(0, 2, 3)) > 1e-3).all()


@torch.inference_mode()
def test_every_clip_of_a_batch_is_heard_by_itself() -> None:
    network, frames = network_of(SHAPES[1]), frames_of(20, batch=3)
    together, _ = network(frames)
    for index in range(3):
        alone, _ = network(frames[index : index + 1])
        torch.testing.assert_close(together[index : index + 1], alone, atol=1e-5, rtol=0)


@pytest.mark.parametrize("bins_per_octave", [12, 36])
@pytest.mark.parametrize("semitones", [1, 5])
@torch.inference_mode()
def test_music_a_semitone_higher_gives_the_same_output_a_pitch_higher(
    semitones: int, bins_per_octave: int
) -> None:
    features = FeatureConfig(bins_per_octave=bins_per_octave)
    # One block, so that its reach of three octaves leaves some pitches that no edge touches.
    config = NetworkConfig(
        stem_channels=4, channels=8, harmonic_channels=4, n_blocks=1, memory_units=6
    )
    network, frames = network_of(config, features), frames_of(12, features=features)
    low, _ = network(frames)
    high, _ = network(torch.roll(frames, semitones * features.bins_per_semitone, dims=3))
    # A block looks two octaves down and three up; the other convolutions, a few semitones.
    first, last = 24 + 6, 12 * features.n_octaves - 36 - 6 - semitones
    torch.testing.assert_close(
        high[..., first + semitones : last + semitones, :], low[..., first:last, :],
        atol=1e-5, rtol=0,
    )
    assert (low[..., first:last, :] - high[..., first:last, :]).abs().max() > 1e-3


@torch.inference_mode()
def test_a_harmonic_speaks_for_its_fundamental() -> None:
    network = network_of(SHAPES[0])
    silence = torch.zeros(1, 10, len(FEATURES.windows), FEATURES.n_bins)
    partial = silence.clone()
    # A sound three octaves above C4 (pitch index 39), as its eighth harmonic would be.
    partial[:, :, :, FEATURES.bins_per_semitone * (39 + 36) + 1] = 1.0
    change = (network(partial)[0] - network(silence)[0]).abs().amax(dim=(0, 1, 2, 4))
    assert change[39] > 1e-3


def test_an_untrained_network_expects_silence() -> None:
    with torch.inference_mode():
        logits, _ = network_of(SHAPES[1])(torch.zeros(1, 5, len(FEATURES.windows), FEATURES.n_bins))
    rates = torch.sigmoid(logits).mean(dim=(0, 1, 2, 3))
    assert rates[ONSET] < 0.1
    assert rates[OFFSET] < 0.1
    assert rates[FRAME] < 0.3


@torch.inference_mode()
def test_a_note_name_is_as_likely_as_its_likeliest_octave() -> None:
    network = network_of(SHAPES[1])
    names = Network(FEATURES, NAMES).eval()
    names.load_state_dict(network.state_dict())
    (pitches, _), (found, _) = network(frames_of(9)), names(frames_of(9))
    for name in range(12):
        octaves = [index for index in range(88) if (LOWEST_PITCH + index) % 12 == name]
        torch.testing.assert_close(
            found[..., name, :], pitches[..., octaves, :].amax(dim=3), atol=1e-5, rtol=0
        )


@torch.inference_mode()
def test_the_settled_answer_leaves_the_early_one_as_it_is() -> None:
    both, frames = network_of(SETTLED), frames_of(30)
    early = Network(FEATURES, dataclasses.replace(SETTLED, settled_delay_frames=0)).eval()
    early.load_state_dict(
        {name: value for name, value in both.state_dict().items() if "settled" not in name}
    )
    assert torch.equal(both(frames)[0][:, :, :1], early(frames)[0])


@torch.inference_mode()
def test_the_settled_answer_looks_back_as_far_as_it_waits() -> None:
    config = dataclasses.replace(
        SETTLED, n_blocks=0, memory_units=0, context_units=0, settled_delay_frames=12
    )
    network, frames = network_of(config), frames_of(60)
    before, _ = network(frames)
    for moment in range(30, 34):
        changed = frames.clone()
        changed[:, moment] = 1 - changed[:, moment]
        heard = (network(changed)[0] - before)[0, :, 1].abs().amax(dim=(1, 2)) > 1e-6
        # Every frame from its own on to the one that speaks about it.
        assert heard[moment : moment + 13].all()


def test_two_answers_are_an_early_and_a_later_one() -> None:
    assert NetworkConfig().answers == 1
    assert NetworkConfig(delay_frames=1).delays == (1, 1)
    assert SETTLED.answers == 2
    assert SETTLED.delays == (2, 6)
    for settled in (1, 2):
        with pytest.raises(ValueError, match=r"^settled_delay_frames must be 0 or more than"):
            NetworkConfig(delay_frames=2, settled_delay_frames=settled)
    with pytest.raises(ValueError, match="kind mlp, which has one answer"):
        NetworkConfig(kind="mlp", settled_delay_frames=9)


@pytest.mark.parametrize("config", [SHAPES[3], SETTLED], ids=str)
def test_gradients_reach_every_weight(config: NetworkConfig) -> None:
    network = network_of(config).train()
    logits, _ = network(frames_of(8, batch=2))
    logits.square().mean().backward()
    for name, parameter in network.named_parameters():
        assert parameter.grad is not None, name
        assert parameter.grad.abs().max() > 0, name


def test_the_default_network_fits_a_checkpoint_of_eight_megabytes() -> None:
    network = Network(FEATURES, NetworkConfig())
    n_bytes = sum(4 * tensor.numel() for tensor in network.state_dict().values())
    assert n_bytes < 8_000_000
    # Real-time on one core is what the size is chosen for.
    assert sum(parameter.numel() for parameter in network.parameters()) < 500_000


def test_a_shape_that_cannot_be_is_refused_by_name_and_value() -> None:
    bad: list[tuple[dict[str, int], str]] = [
        ({"channels": 0}, "channels must be positive, not 0"),
        ({"n_blocks": -1}, "n_blocks must be zero or more, not -1"),
        ({"memory_units": -8}, "memory_units must be zero or more, not -8"),
        ({"delay_frames": -1}, "delay_frames must be zero or more, not -1"),
        ({"temporal_kernel": 4}, "temporal_kernel must be 3 or 5, not 4"),
    ]
    for values, message in bad:
        with pytest.raises(ValueError, match=message):
            NetworkConfig(**values)
