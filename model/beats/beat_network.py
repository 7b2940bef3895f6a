"""The beat network: temporal convolutions over what is heard, before and after every moment."""

from __future__ import annotations

from torch import Tensor, nn
from torch.nn import functional

from model.beats.beat_config import METERS, SLOWER, BeatNetworkConfig, beat_periods
from model.beats.note_features import N_FEATURES

# Frames of the slower rate over which a tempo and a time signature are told.
_SEEN = 95


class BeatNetwork(nn.Module):
    """Convolutions at the frame rate, many more at a quarter of it, and again at the frame rate.

    Two heads say where beats and first beats of bars are; two more, at the slower rate, how long a
    beat is and which time signature the music has: what a page was printed with, which no single
    moment tells.
    """

    def __init__(self, config: BeatNetworkConfig) -> None:
        super().__init__()
        self.config = config
        narrow, wide = config.channels, config.deep_channels
        self.enter = nn.Conv1d(N_FEATURES, narrow, 1)
        self.front = nn.Sequential(*(_Layer(narrow, 5, d) for d in config.front_dilations))
        self.down = nn.Conv1d(narrow, wide, SLOWER, stride=SLOWER)
        self.deep = nn.Sequential(*(_Layer(wide, 3, d) for d in config.deep_dilations))
        self.up = nn.ConvTranspose1d(wide, narrow, SLOWER, stride=SLOWER)
        self.back = nn.Sequential(*(_Layer(narrow, 5, d) for d in config.back_dilations))
        self.beats = nn.Conv1d(narrow, 2, 1)
        # A tempo shows in how things change, so that a mean over time comes after a nonlinearity.
        self.whole = nn.Sequential(
            nn.ReLU(), nn.Conv1d(wide, wide, 5, padding=2), nn.ReLU(),
            nn.AvgPool1d(_SEEN, stride=1, padding=_SEEN // 2, count_include_pad=False),
            nn.Conv1d(wide, wide, 1), nn.ReLU(),
        )  # fmt: skip
        self.periods = nn.Conv1d(wide, len(beat_periods()), 1)
        self.meters = nn.Conv1d(wide, len(METERS), 1)

    def forward(self, features: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Args: features (batch, frames, `N_FEATURES`); frames are a multiple of `SLOWER`.

        Returns:
            Logits of beats and downbeats (batch, frames, 2), of the beat's length (batch,
            frames / `SLOWER`, periods) and of time signatures (the same, meters).
        """
        narrow = self.front(self.enter(features.transpose(1, 2)))
        wide = self.deep(self.down(narrow))
        back = self.back(narrow + self.up(wide))
        whole = self.whole(wide)
        heads = (self.beats(back), self.periods(whole), self.meters(whole))
        return heads[0].transpose(1, 2), heads[1].transpose(1, 2), heads[2].transpose(1, 2)

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


class _Layer(nn.Module):
    """A dilated convolution beside a path that goes straight on."""

    def __init__(self, channels: int, kernel: int, dilation: int) -> None:
        super().__init__()
        self.wide = nn.Conv1d(
            channels, channels, kernel, dilation=dilation, padding=dilation * (kernel // 2)
        )
        self.mix = nn.Conv1d(channels, channels, 1)
        # At first every layer lets through what comes: many of them need no normalisation then.
        for parameter in self.mix.parameters():
            nn.init.zeros_(parameter)

    def forward(self, x: Tensor) -> Tensor:
        mixed: Tensor = self.mix(functional.relu(self.wide(x)))
        return x + mixed
