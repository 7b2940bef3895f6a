"""Joins each pitch with its harmonics, and looks back over the frames before.

Several such blocks in a row bring more than one: +6.7 points of onset F1 over none against +2.9 for
harmonics joined once, at the input (Harmonica 2026).
"""

from __future__ import annotations

from typing import cast

import torch
from torch import Tensor, nn

# Where a note's harmonics 2-8 lie in semitones above it, and where it may itself be a harmonic.
HARMONIC_SHIFTS = (0, 12, 19, 24, 28, 31, 34, 36, -12, -19, -24)

State = list[Tensor]


class CausalConv(nn.Module):
    """2-D convolution that sees only this frame and those before, then ReLU.

    Input and output (batch, channels, frames, bins); the state is the last frames of the input.
    """

    def __init__(
        self,
        inputs: int,
        outputs: int,
        kernel: tuple[int, int],
        stride: int = 1,
        pad: int = 0,
        dilation: int = 1,
        *,
        norm: bool = True,
    ) -> None:
        """Args: `stride` and `pad` are of bins, `dilation` of frames; `norm` is for batch norm."""
        super().__init__()
        self.before = dilation * (kernel[0] - 1)
        self.conv = nn.Conv2d(
            inputs, outputs, kernel, stride=(1, stride), padding=(0, pad), dilation=(dilation, 1),
            bias=not norm,
        )
        self.norm = nn.BatchNorm2d(outputs) if norm else nn.Identity()

    def forward(
        self, x: Tensor, state: Tensor | None, skip: Tensor | None = None
    ) -> tuple[Tensor, Tensor]:
        """`skip` is added before the ReLU, for a residual connection."""
        if state is None:
            state = x.new_zeros(x.shape[0], x.shape[1], self.before, x.shape[3])
        x = torch.cat([state, x], dim=2)
        y = self._convolved(x)
        return torch.relu_(y if skip is None else y + skip), x[:, :, -self.before :]

    def _convolved(self, x: Tensor) -> Tensor:
        if not isinstance(self.norm, nn.BatchNorm2d) or self.norm.training:
            return cast(Tensor, self.norm(self.conv(x)))
        # A norm whose statistics stand still is a factor of the weights: a pass less over the
        # features, and over their gradients.
        mean, variance = self.norm.running_mean, self.norm.running_var
        assert mean is not None
        assert variance is not None
        scale = self.norm.weight * torch.rsqrt(variance + self.norm.eps)
        conv = self.conv
        return nn.functional.conv2d(
            x, conv.weight * scale[:, None, None, None], self.norm.bias - mean * scale,
            conv.stride, cast("tuple[int, int]", conv.padding), conv.dilation,
        )


class HarmonicBlock(nn.Module):
    """Joins each pitch with its harmonics, then two causal convolutions with a residual.

    Input and output (batch, channels, frames, semitones).
    """

    def __init__(self, channels: int, harmonic_channels: int, temporal_kernel: int) -> None:
        super().__init__()
        self.reduce = nn.Conv2d(channels, harmonic_channels, 1)
        self.mix = nn.Conv2d(harmonic_channels * len(HARMONIC_SHIFTS), channels, 1, bias=False)
        self.norm = nn.BatchNorm2d(channels)
        kernel = (temporal_kernel, 3)
        self.first = CausalConv(channels, channels, kernel, pad=1)
        self.second = CausalConv(channels, channels, kernel, pad=1)

    def forward(self, x: Tensor, states: State | None) -> tuple[Tensor, State]:
        reach = max(HARMONIC_SHIFTS)
        n_semitones = x.shape[-1]
        wide = nn.functional.pad(self.reduce(x), (reach, reach))
        shifted = [wide[..., reach + s : reach + s + n_semitones] for s in HARMONIC_SHIFTS]
        x = torch.relu(self.norm(x + self.mix(torch.cat(shifted, dim=1))))
        y, first = self.first(x, None if states is None else states[0])
        y, second = self.second(y, None if states is None else states[1], skip=x)
        return y, [first, second]
