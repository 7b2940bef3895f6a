"""How wrong the beat network and the bar network are."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

# A beat that is found so many frames off is found: people do not agree more closely (Foscarin and
# others, "Beat this!", 2024).
_TOLERANCE = 2
# Frames with a beat are few.
_WEIGHTS = (4.0, 6.0)
_PERIOD_SHARE, _METER_SHARE = 0.4, 0.7
_DOWNBEAT_SHARE = 2.0


def beat_loss(
    logits: tuple[Tensor, Tensor, Tensor], beats: Tensor, is_known: Tensor, periods: Tensor,
    meters: Tensor,
) -> tuple[Tensor, dict[str, float]]:
    """The loss of a batch (see `BeatExample`), and its parts by name."""
    said, said_periods, said_meters = logits
    total = torch.zeros(())
    parts: dict[str, float] = {}
    for head, (name, weight) in enumerate(zip(("beat", "downbeat"), _WEIGHTS, strict=True)):
        part = _tolerant(said[..., head], beats[..., head], is_known[..., head], weight)
        parts[name] = float(part.detach())
        total = total + part
    is_told = periods.sum(-1) > 0
    period = -(periods * functional.log_softmax(said_periods, -1)).sum(-1)
    period = (period * is_told).sum() / is_told.sum().clamp(min=1)
    meter = functional.cross_entropy(said_meters.flatten(0, 1), meters.flatten(), ignore_index=-1)
    parts |= {"period": float(period.detach()), "meter": float(meter.detach())}
    return total + _PERIOD_SHARE * period + _METER_SHARE * torch.nan_to_num(meter), parts


def bar_loss(
    logits: tuple[Tensor, Tensor, Tensor], level: Tensor, meter: Tensor, is_downbeat: Tensor
) -> tuple[Tensor, dict[str, float]]:
    """The loss of a batch (see `BarExample`), and its parts by name."""
    said, said_levels, said_meters = logits
    levels = functional.cross_entropy(said_levels.flatten(0, 1), level.flatten(), ignore_index=-1)
    meters = torch.nan_to_num(functional.cross_entropy(
        said_meters.flatten(0, 1), meter.flatten(), ignore_index=-1
    ))
    known = is_downbeat >= 0
    wrong = functional.binary_cross_entropy_with_logits(
        said, is_downbeat.clamp(min=0), reduction="none"
    )
    downbeats = (wrong * known).sum() / known.sum().clamp(min=1)
    parts = {"level": float(levels.detach()), "meter": float(meters.detach()),
             "downbeat": float(downbeats.detach())}
    return levels + meters + _DOWNBEAT_SHARE * downbeats, parts


def _tolerant(logits: Tensor, target: Tensor, is_known: Tensor, weight: float) -> Tensor:
    """Cross entropy that takes a beat's highest frame, and no others near it."""

    def spread(x: Tensor, by: int) -> Tensor:
        return functional.max_pool1d(x[:, None], 2 * by + 1, 1, by)[:, 0]

    found = functional.softplus(-spread(logits, _TOLERANCE)) * target * is_known
    silent = (1 - spread(target, 2 * _TOLERANCE)) * is_known
    wrong = functional.softplus(logits) * silent
    counted: Tensor = weight * found.sum() + wrong.sum()
    return counted / (weight * (target * is_known).sum() + silent.sum()).clamp(min=1) * 10
