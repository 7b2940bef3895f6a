"""The beat network: convolutions and attention over what is heard, around every moment."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from model.beats.beat_config import METERS, SLOWER, BeatNetworkConfig, beat_periods
from model.beats.note_features import N_FEATURES

# Frames of the slower rate over which a tempo and a time signature are told.
_SEEN = 95
_HEADS = 4
# Frames of the slower rate that turn attention's slowest pair of channels once around.
_SLOWEST_TURN = 1500.0


class BeatNetwork(nn.Module):
    """Residual blocks at a quarter of the frame rate, which answer for four frames at once.

    One head says where beats and first beats of bars are; two more how long a beat is and which
    time signature the music has: what a page was printed with, which no single moment tells.
    """

    def __init__(self, config: BeatNetworkConfig) -> None:
        super().__init__()
        self.config = config
        channels = config.channels
        self.enter = _Near(SLOWER * N_FEATURES, channels, 1)
        blocks: list[nn.Module] = []
        for dilations in config.dilations:
            blocks += [Convolution(channels, dilation) for dilation in dilations]
            blocks.append(_Attention(channels))
        self.blocks = nn.Sequential(*blocks)
        self.leave = nn.LayerNorm(channels)
        self.beats = _Near(channels, SLOWER * 2, 1)
        # A tempo shows in how things change, so that a mean over time comes after a nonlinearity.
        self.rhythm = nn.Linear(channels, channels)
        self.whole = nn.Linear(channels, channels)
        self.periods = nn.Linear(channels, len(beat_periods()))
        self.meters = nn.Linear(channels, len(METERS))

    def forward(self, features: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Args: features (batch, frames, `N_FEATURES`); frames are a multiple of `SLOWER`.

        Returns:
            Logits of beats and downbeats (batch, frames, 2), of the beat's length (batch,
            frames / `SLOWER`, periods) and of time signatures (the same, meters).
        """
        batch, frames, _ = features.shape
        x = self.enter(features.reshape(batch, frames // SLOWER, SLOWER * N_FEATURES))
        x = self.leave(self.blocks(x))
        beats = self.beats(x).reshape(batch, frames, 2)
        rhythm = functional.gelu(self.rhythm(x)).transpose(1, 2)
        mean = functional.avg_pool1d(rhythm, _SEEN, 1, _SEEN // 2, count_include_pad=False)
        whole = functional.gelu(self.whole(mean.transpose(1, 2)))
        return beats, self.periods(whole), self.meters(whole)

    def probabilities(self) -> Probabilities:
        """The network as it is run: probabilities in place of logits."""
        return Probabilities(self).eval()


class Probabilities(nn.Module):
    """See `BeatNetwork.probabilities`."""

    def __init__(self, network: BeatNetwork) -> None:
        super().__init__()
        self.network = network

    def forward(self, features: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        beats, periods, meters = self.network(features)
        return beats.sigmoid(), periods.softmax(-1), meters.softmax(-1)


class _Near(nn.Module):
    """A convolution over three moments. As one product of matrices it is many times faster on a
    processor than as a convolution of few channels."""

    def __init__(self, channels: int, out: int, dilation: int) -> None:
        super().__init__()
        self.dilation = dilation
        self.mix = nn.Linear(3 * channels, out)

    def forward(self, x: Tensor) -> Tensor:
        away, n = self.dilation, x.shape[1]
        padded = functional.pad(x, (0, 0, away, away))
        near = torch.cat([padded[:, :n], x, padded[:, 2 * away :]], -1)
        mixed: Tensor = self.mix(near)
        return mixed


class Convolution(nn.Module):
    """A dilated convolution beside a path that goes straight on."""

    def __init__(self, channels: int, dilation: int, dropped: float = 0.0) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(channels)
        self.near = _Near(channels, channels, dilation)
        self.mix = nn.Linear(channels, channels)
        self.drop = nn.Dropout(dropped)
        nn.init.zeros_(self.mix.weight)
        nn.init.zeros_(self.mix.bias)

    def forward(self, x: Tensor) -> Tensor:
        mixed: Tensor = self.drop(self.mix(functional.gelu(self.near(self.norm(x)))))
        return x + mixed


class _Attention(nn.Module):
    """Every moment looks at every other one; how far apart they are turns what they compare (Su
    and others, "RoFormer", 2021)."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(channels)
        self.ask = nn.Linear(channels, 3 * channels)
        self.mix = nn.Linear(channels, channels)
        nn.init.zeros_(self.mix.weight)
        nn.init.zeros_(self.mix.bias)

    def forward(self, x: Tensor) -> Tensor:
        batch, n, channels = x.shape
        size = channels // _HEADS
        asked = self.ask(self.norm(x)).reshape(batch, n, 3, _HEADS, size).permute(2, 0, 3, 1, 4)
        pairs = torch.arange(size // 2, device=x.device, dtype=x.dtype) / (size // 2)
        # From a third of a second for one turn to a few minutes.
        turn = 2 * torch.pi / (4.0 * (_SLOWEST_TURN / 4.0) ** pairs)
        angle = torch.arange(n, device=x.device, dtype=x.dtype)[:, None] * turn
        cos, sin = angle.cos(), angle.sin()
        query, key = _turned(asked[0], cos, sin), _turned(asked[1], cos, sin)
        seen = functional.scaled_dot_product_attention(query, key, asked[2])
        mixed: Tensor = self.mix(seen.transpose(1, 2).reshape(batch, n, channels))
        return x + mixed


def _turned(x: Tensor, cos: Tensor, sin: Tensor) -> Tensor:
    first, second = x.chunk(2, -1)
    return torch.cat([first * cos - second * sin, first * sin + second * cos], -1)
