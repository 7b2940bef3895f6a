"""Several processes that train one network, as `torchrun` starts them.

Each takes its part of every batch; gradients, the statistics of batch norm and counts are joined,
so that the weights become those of one process with the whole batch, but for rounding.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta

import torch

# It takes the process group that exists at its import as a default, for ever: imported by the
# optimiser it would keep the group's threads alive, and they now and then abort the interpreter at
# its end.
import torch.distributed.nn
from torch import Tensor, distributed, nn

# The first process may score or save for long while the others wait.
_PATIENCE = timedelta(hours=2)


@dataclass(frozen=True)
class Processes:
    """Which of how many processes this one is; the first writes the files and speaks."""

    rank: int = 0
    size: int = 1

    @property
    def first(self) -> bool:
        return self.rank == 0


ALONE = Processes()


@contextmanager
def joined(device: torch.device) -> Iterator[Processes]:
    """Meets the other processes that `torchrun` started, if it did."""
    size = int(os.environ.get("WORLD_SIZE", "1"))
    if size == 1:
        yield ALONE
        return
    backend = "nccl" if device.type == "cuda" else "gloo"
    distributed.init_process_group(backend, timeout=_PATIENCE)
    try:
        yield Processes(distributed.get_rank(), size)
    finally:
        distributed.destroy_process_group()


def total(value: Tensor) -> Tensor:
    """The sum of the processes' values, the value itself where there is one; no gradient."""
    summed = value.detach().clone()
    if not distributed.is_initialized():
        return summed
    if distributed.get_backend() == "nccl":
        summed = summed.cuda()
    distributed.all_reduce(summed)
    return summed.to(value.device)


def mean(value: Tensor) -> Tensor:
    """The mean of the processes' values, the value itself where there is one; no gradient."""
    return total(value) / (distributed.get_world_size() if distributed.is_initialized() else 1)


class _Sum(torch.autograd.Function):
    """`total` with its gradient: what a process has a part in, all processes' losses hang on."""

    @staticmethod
    def forward(ctx: object, value: Tensor) -> Tensor:
        return total(value)

    @staticmethod
    def backward(ctx: object, gradient: Tensor) -> Tensor:
        return total(gradient)


class GlobalBatchNorm(nn.BatchNorm2d):
    """Batch norm over the clips of all processes, each of which has as many.

    PyTorch's own (SyncBatchNorm) works on GPUs only. This one takes the place of a
    `nn.BatchNorm2d` with the same names of weights.
    """

    def forward(self, x: Tensor) -> Tensor:
        if not self.training:
            return super().forward(x)
        values = x.float()
        count = distributed.get_world_size() * x.numel() // x.shape[1]
        average = _Sum.apply(values.sum(dim=(0, 2, 3))) / count
        centred = values - average[:, None, None]
        variance = _Sum.apply((centred**2).sum(dim=(0, 2, 3))) / count
        with torch.no_grad():
            self.num_batches_tracked += 1
            self.running_mean.lerp_(average, self.momentum)
            self.running_var.lerp_(variance * count / (count - 1), self.momentum)
        scale = self.weight / torch.sqrt(variance + self.eps)
        return (centred * scale[:, None, None] + self.bias[:, None, None]).to(x.dtype)


def share_statistics(network: nn.Module) -> None:
    """Puts a `GlobalBatchNorm` with the same weights in the place of every batch norm."""
    for name, child in network.named_children():
        if isinstance(child, nn.BatchNorm2d):
            norm = GlobalBatchNorm(child.num_features, child.eps, child.momentum)
            norm.load_state_dict(child.state_dict())
            setattr(network, name, norm)
        else:
            share_statistics(child)
