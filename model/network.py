"""The network: spectrogram frames in, probabilities of onsets and sounding notes out.

Weights are shared over pitch: every layer is a convolution along the log-frequency axis, and a
harmonic block brings to each pitch what its octaves, twelfths and higher harmonics show, several
times in depth. Everything looks back in time only. A layer is handed the state that the frames
before left behind and returns the new one, so a stream in blocks of any length and a whole file
run the same code.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from model.config import FeatureConfig, NetworkConfig
from model.harmonic_block import CausalConv, HarmonicBlock, State
from model.head_order import FRAME, N_HEADS, OFFSET, ONSET
from model.pitch import LOWEST_PITCH, N_NOTE_NAMES, N_PITCHES

# The settled answer: its first convolution sees five frames, and its second every fifth, together
# fifteen in a row.
NEAR, FAR, FAR_STEP = 5, 3, 5


class Context(nn.Module):
    """What has been heard so far as a whole scales and shifts the features of every pitch.

    A pitch alone cannot know in time whether the syllable that begins on it is sung or spoken, or
    that the instrument plays one note at a time. (Feature-wise modulation: Perez et al. 2018.)

    Input and output (batch, channels, frames, pitches).
    """

    def __init__(self, channels: int, units: int) -> None:
        super().__init__()
        self.memory = nn.GRU(2 * channels, units, batch_first=True)
        self.modulate = nn.Linear(units, 2 * channels)
        # It begins without influence.
        nn.init.zeros_(self.modulate.weight)
        nn.init.zeros_(self.modulate.bias)

    def forward(self, x: Tensor, state: Tensor | None) -> tuple[Tensor, Tensor]:
        whole = torch.cat([x.mean(dim=3), x.amax(dim=3)], dim=1).transpose(1, 2)
        heard, state = self.memory(whole, state)
        scale, shift = self.modulate(heard).transpose(1, 2)[..., None].chunk(2, dim=1)
        return x * (1 + scale) + shift, state


class SettledBranch(nn.Module):
    """Causal layers and heads of their own, upon the features of the early answer.

    They look back as far as the answer waits, so that they see a moment as it was heard then, and
    what came after it. Nothing of them reaches the early answer. They have no batch norms: they
    may begin as a copy of the early answer (`training.trainer.grow`), which those would change.
    """

    def __init__(self, inputs: int, channels: int) -> None:
        super().__init__()
        self.reduce = nn.Conv2d(inputs, channels, 1)
        self.near = CausalConv(channels, channels, (NEAR, 3), pad=1, norm=False)
        self.far = CausalConv(
            channels, channels, (FAR, 3), pad=1, dilation=FAR_STEP, norm=False
        )
        self.heads = nn.Conv2d(channels, N_HEADS, 1)

    def forward(self, x: Tensor, states: State | None) -> tuple[Tensor, State]:
        """Features (batch, channels, frames, pitches) to logits (batch, heads, frames, pitches)."""
        x = torch.relu(self.reduce(x))
        y, near = self.near(x, None if states is None else states[0])
        x, far = self.far(y, None if states is None else states[1], skip=x)
        return self.heads(x), [near, far]


class Network(nn.Module):
    """Spectrogram frames to logits for onset, frame, offset and velocity of every pitch."""

    def __init__(self, features: FeatureConfig, config: NetworkConfig) -> None:
        super().__init__()
        self.config = config
        semitone = features.bins_per_semitone
        kernel_t = config.temporal_kernel
        self.stem = CausalConv(len(features.windows), config.stem_channels, (kernel_t, 5), pad=2)
        self.fold = CausalConv(
            config.stem_channels, config.channels, (kernel_t, semitone + 2), stride=semitone, pad=1
        )
        self.blocks = nn.ModuleList(
            HarmonicBlock(config.channels, config.harmonic_channels, kernel_t)
            for _ in range(config.n_blocks)
        )
        self.context = (
            Context(config.channels, config.context_units) if config.context_units else None
        )
        units = config.memory_units
        self.memory = nn.GRU(config.channels, units, batch_first=True) if units else None
        self.heads = nn.Conv2d(config.channels + units, N_HEADS, 1)
        expect_silence(self.get_parameter("heads.bias"))
        self.settled = None
        if config.answers > 1:
            self.settled = SettledBranch(config.channels + units, config.settled_channels)
            expect_silence(self.settled.get_parameter("heads.bias"))

    def forward(self, x: Tensor, states: State | None = None) -> tuple[Tensor, State]:
        """Runs some further frames.

        Args:
            x: frames, shape (batch, frames, windows, bins).
            states: what the call before returned; None at the start of a stream.

        Returns:
            Logits (batch, frames, answers, pitches, heads), the early answer first, and the states
            for the next call.
        """
        given = iter(states) if states is not None else None

        def take() -> Tensor | None:
            return next(given) if given is not None else None

        x = x.transpose(1, 2)
        x, stem = self.stem(x, take())
        x, fold = self.fold(x, take())
        kept = [stem, fold]
        for block in self.blocks:
            before = None if given is None else [next(given), next(given)]
            x, left = block(x, before)
            kept += left
        x = x[..., :N_PITCHES]
        if self.context is not None:
            x, context = self.context(x, take())
            kept.append(context)
        if self.memory is not None:
            batch, channels, frames, pitches = x.shape
            rows = x.permute(0, 3, 2, 1).reshape(batch * pitches, frames, channels)
            remembered, memory = self.memory(rows, take())
            kept.append(memory)
            remembered = remembered.reshape(batch, pitches, frames, -1).permute(0, 3, 2, 1)
            x = torch.cat([x, remembered], dim=1)
        answers = [self.heads(x)]
        if self.settled is not None:
            settled, left = self.settled(x, None if given is None else list(given))
            answers.append(settled)
            kept += left
        if self.config.only_note_names:
            answers = [_by_note_name(logits) for logits in answers]
        return torch.stack([logits.permute(0, 2, 3, 1) for logits in answers], dim=2), kept


@torch.no_grad()
def expect_silence(bias: Tensor) -> None:
    """Notes are rare: the bias (..., heads) starts from their rough odds, not having to learn them.

    Changes `bias` in place.
    """
    bias[..., ONSET] = -4.0
    bias[..., OFFSET] = -4.0
    bias[..., FRAME] = -2.5


def _by_note_name(logits: Tensor) -> Tensor:
    """The strongest octave of each note name: (..., 88 pitches) to (..., 12) from C to B."""
    before = LOWEST_PITCH % N_NOTE_NAMES
    after = -(before + N_PITCHES) % N_NOTE_NAMES
    octaves = nn.functional.pad(logits, (before, after), value=float("-inf"))
    return octaves.reshape(*octaves.shape[:-1], -1, N_NOTE_NAMES).amax(dim=-2)
