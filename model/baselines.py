"""Simple networks to compare with, as the MusicNet papers have them, and the one factory for all.

They stand in for `model.network.Network`: frames and states in, logits of one answer and states
out. They look back in time only, so that the program runs their checkpoints live like any other.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from model.config import FeatureConfig, NetworkConfig
from model.harmonic_block import State
from model.head_order import N_HEADS
from model.network import Network, expect_silence

# Hidden units of the papers' multi-layer perceptron.
_HIDDEN_UNITS = 500
# Filters of the convolutional network: 1.75 octaves high, at every 36th of an octave, and then
# 0.29 s long.
_FILTER_OCTAVES = 1.75
_STEPS_PER_OCTAVE = 36
_FILTER_S = 0.29


class _Readout(nn.Linear):
    """Linear map from (..., inputs) to logits (..., pitches, heads)."""

    def __init__(self, inputs: int, config: NetworkConfig) -> None:
        super().__init__(inputs, config.n_pitches * N_HEADS)
        self.n_pitches = config.n_pitches
        expect_silence(self.bias.detach().view(self.n_pitches, N_HEADS))

    def forward(self, x: Tensor) -> Tensor:
        return super().forward(x).reshape(*x.shape[:-1], self.n_pitches, N_HEADS)


class Linear(nn.Module):
    """Each frame's log-spectrogram, all windows of it, straight to the notes. It has no memory.

    The papers' "log-spectrogram + linear" (Thickstun et al. 2017), with our frames for theirs.
    """

    def __init__(self, features: FeatureConfig, config: NetworkConfig) -> None:
        super().__init__()
        self.out = _Readout(len(features.windows) * features.n_bins, config)

    def forward(self, x: Tensor, states: State | None = None) -> tuple[Tensor, State]:
        """Runs some further frames; see `model.network.Network.forward`."""
        return self.out(x.flatten(start_dim=2))[:, :, None], []


class Perceptron(nn.Module):
    """The same through one hidden layer of 500 rectified units. It has no memory."""

    def __init__(self, features: FeatureConfig, config: NetworkConfig) -> None:
        super().__init__()
        self.hidden = nn.Linear(len(features.windows) * features.n_bins, _HIDDEN_UNITS)
        self.out = _Readout(_HIDDEN_UNITS, config)

    def forward(self, x: Tensor, states: State | None = None) -> tuple[Tensor, State]:
        """Runs some further frames; see `model.network.Network.forward`."""
        return self.out(torch.relu(self.hidden(x.flatten(start_dim=2))))[:, :, None], []


class Convolutional(nn.Module):
    """The translation-invariant network of Thickstun et al. 2018, on our frames.

    Theirs takes 25 frames of 512 log-spaced bins (74 to the octave, frames 11.6 ms apart): 128
    filters of 128 bins (1.73 octaves) slide over frequency in steps of 2 bins (a 37th of an
    octave) and are shared by all frames; 256 filters then join the 25 frames (0.29 s) at each step,
    and a linear layer maps all steps and filters to the notes. Ours has the same three layers with
    the same reach in octaves and seconds; the frames it joins are the newest one and those before.
    `channels` is the number of filters of the first layer, half of that of the second: 128 is
    theirs. Each window of a frame is an input channel.
    """

    def __init__(self, features: FeatureConfig, config: NetworkConfig) -> None:
        super().__init__()
        height = round(_FILTER_OCTAVES * features.bins_per_octave)
        step = max(1, features.bins_per_octave // _STEPS_PER_OCTAVE)
        n_steps = (features.n_bins - height) // step + 1
        n_frames = max(1, round(_FILTER_S * features.frames_per_second))
        self.before = n_frames - 1
        self.over_bins = nn.Conv2d(
            len(features.windows), config.channels, (1, height), stride=(1, step)
        )
        self.over_frames = nn.Conv2d(config.channels, 2 * config.channels, (n_frames, 1))
        self.out = _Readout(2 * config.channels * n_steps, config)

    def forward(self, x: Tensor, states: State | None = None) -> tuple[Tensor, State]:
        """Runs some further frames; see `model.network.Network.forward`."""
        x = torch.relu(self.over_bins(x.transpose(1, 2)))
        if states is None:
            state = x.new_zeros(x.shape[0], x.shape[1], self.before, x.shape[3])
        else:
            state = states[0]
        x = torch.cat([state, x], dim=2)
        kept = x[:, :, x.shape[2] - self.before :]
        x = torch.relu(self.over_frames(x))
        return self.out(x.transpose(1, 2).flatten(start_dim=2))[:, :, None], [kept]


def network_of(features: FeatureConfig, config: NetworkConfig) -> nn.Module:
    """A new network of the configured kind, to be called as `model.network.Network` is."""
    kinds = {"noteglow": Network, "linear": Linear, "mlp": Perceptron, "cnn": Convolutional}
    return kinds[config.kind](features, config)
