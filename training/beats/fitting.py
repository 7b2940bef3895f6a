"""The loop that fits the beat network and the bar network to their examples."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from typing import Any, TypeVar

import torch
from torch import Tensor, nn
from torch.optim.swa_utils import AveragedModel

Batch = TypeVar("Batch")

_AVERAGED = 0.998
_REPORT_EVERY, _SAVE_EVERY = 50, 300
# The learning rate rises over so many steps, and falls over this share of all of them.
_RISING, _FALLING = 60, 0.6


def fit(
    network: nn.Module, batches: Iterator[Batch],
    loss_of: Callable[[Any, Batch], tuple[Tensor, dict[str, float]]],
    steps: int, lr: float, saved: Callable[[Any, int], object], told: Callable[[str], object],
) -> Any:
    """Fits a network, and saves the running average of its weights now and then.

    Matrices of its blocks are fitted with Muon (Jordan and others, 2024), which takes far fewer
    steps, all else with AdamW.

    Args:
        loss_of: the loss of a batch, and its parts by name.
        lr: the highest learning rate.
        saved: is given the averaged network and the step.
        told: is given a line of the losses now and then.

    Returns:
        The averaged network.
    """
    network.train()
    average = AveragedModel(network, multi_avg_fn=_averaged)
    blocks = ("blocks", "before", "after")
    matrices = [p for name, p in network.named_parameters()
                if p.ndim == 2 and name.startswith(blocks)]
    chosen = {id(p) for p in matrices}
    others = [p for p in network.parameters() if id(p) not in chosen]
    optimisers: list[torch.optim.Optimizer] = [torch.optim.AdamW(others, lr, weight_decay=0.01)]
    if matrices:
        optimisers.append(torch.optim.Muon(
            matrices, lr, weight_decay=0.01, adjust_lr_fn="match_rms_adamw"
        ))
    began = time.monotonic()
    recent: dict[str, float] = {}
    for step, batch in zip(range(1, steps + 1), batches, strict=False):
        for group in (group for optimiser in optimisers for group in optimiser.param_groups):
            group["lr"] = lr * min(1.0, step / _RISING, (1 - (step - 1) / steps) / _FALLING)
        loss, parts = loss_of(network, batch)
        network.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(network.parameters(), 1.0)
        for optimiser in optimisers:
            optimiser.step()
        average.update_parameters(network)
        for name, value in parts.items():
            recent[name] = 0.97 * recent.get(name, value) + 0.03 * value
        if step % _REPORT_EVERY == 0:
            said = "  ".join(f"{name} {value:.3f}" for name, value in recent.items())
            told(f"step {step}  {said}  {time.monotonic() - began:.0f} s")
        if step % _SAVE_EVERY == 0 or step == steps:
            saved(average.module, step)
    return average.module.eval()


@torch.no_grad()
def _averaged(average: Sequence[Tensor], now: Sequence[Tensor], count: Tensor) -> None:
    """A running average that forgets the first steps, when nothing was known yet."""
    share = min(_AVERAGED, (1 + float(count)) / (10 + float(count)))
    torch._foreach_lerp_(list(average), list(now), 1 - share)
