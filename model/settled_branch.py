"""The second answer: what a network says once it has heard how a moment went on."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from model.harmonic_block import CausalConv, State
from model.head_order import N_HEADS

# The first convolution sees five frames, and the second every fifth: fifteen in a row together.
_NEAR, _FAR, _FAR_STEP = 5, 3, 5


class SettledBranch(nn.Module):
    """Causal layers and heads of their own, upon the features of the early answer.

    They look back as far as the answer waits, so that they see a moment as it was heard then, and
    what came after it. Nothing of them reaches the early answer.
    """

    def __init__(self, inputs: int, channels: int) -> None:
        super().__init__()
        self.reduce = nn.Conv2d(inputs, channels, 1)
        self.near = CausalConv(channels, channels, (_NEAR, 3), pad=1)
        self.far = CausalConv(channels, channels, (_FAR, 3), pad=1, dilation=_FAR_STEP)
        self.heads = nn.Conv2d(channels, N_HEADS, 1)

    def forward(self, x: Tensor, states: State | None) -> tuple[Tensor, State]:
        """Features (batch, channels, frames, pitches) to logits (batch, heads, frames, pitches)."""
        x = torch.relu(self.reduce(x))
        y, near = self.near(x, None if states is None else states[0])
        x, far = self.far(y, None if states is None else states[1], skip=x)
        return self.heads(x), [near, far]
