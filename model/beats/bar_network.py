"""The bar network: of beats that were found, whether they are the printed ones, and their bars."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional

from model.beats.beat_config import LEVELS, METERS
from model.beats.beat_features import N_BEAT_FEATURES
from model.beats.beat_network import Convolution

# Beats over which what holds for a whole piece is meant.
_SEEN = 65
# Printed pieces are few: without, it learns them by heart.
_DROPPED = 0.12


@dataclass(frozen=True)
class BarNetworkConfig:
    """How large the network is.

    Attributes:
        channels: of every block.
        dilations: of the convolutions before and after the mean over a stretch, in beats.
    """

    channels: int = 64
    dilations: tuple[tuple[int, ...], ...] = ((1, 2, 4, 8, 16), (1, 2, 3, 4, 6, 8, 12, 16))


class BarNetwork(nn.Module):
    """Dilated convolutions over beats, with a mean over a stretch between them."""

    def __init__(self, config: BarNetworkConfig) -> None:
        super().__init__()
        self.config = config
        channels = config.channels
        self.enter = nn.Linear(N_BEAT_FEATURES, channels)
        self.drop = nn.Dropout(_DROPPED)
        before, after = config.dilations
        self.before = nn.Sequential(*(Convolution(channels, by, _DROPPED) for by in before))
        self.mean = nn.Linear(channels, channels)
        self.after = nn.Sequential(*(Convolution(channels, by, _DROPPED) for by in after))
        self.leave = nn.LayerNorm(channels)
        self.whole = nn.Linear(2 * channels, channels)
        self.downbeats = nn.Linear(channels, 1)
        self.levels = nn.Linear(channels, len(LEVELS))
        self.meters = nn.Linear(channels, len(METERS))

    def forward(self, features: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Args: features (batch, beats, `N_BEAT_FEATURES`).

        Returns:
            Logits that a beat begins a bar (batch, beats), of `LEVELS` and of `METERS`.
        """
        x = self.before(self.drop(self.enter(features)))
        x = self.after(x + _meant(functional.gelu(self.mean(x))))
        x = self.leave(x)
        whole = functional.gelu(self.whole(torch.cat([x, _meant(x)], -1)))
        return self.downbeats(x)[..., 0], self.levels(whole), self.meters(whole)

    def probabilities(self) -> BarProbabilities:
        """The network as it is run: probabilities in place of logits."""
        return BarProbabilities(self).eval()


class BarProbabilities(nn.Module):
    """See `BarNetwork.probabilities`."""

    def __init__(self, network: BarNetwork) -> None:
        super().__init__()
        self.network = network

    def forward(self, features: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        downbeats, levels, meters = self.network(features)
        return downbeats.sigmoid(), levels.softmax(-1), meters.softmax(-1)


def _meant(x: Tensor) -> Tensor:
    return functional.avg_pool1d(
        x.transpose(1, 2), _SEEN, 1, _SEEN // 2, count_include_pad=False
    ).transpose(1, 2)
