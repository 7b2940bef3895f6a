"""A trained network made larger without changing what it says.

Further channels begin with random weights, and nobody listens to them yet: what reads them begins
at zero, so that the old channels go on as they were and the new ones are taken up as they prove
useful (in the spirit of Net2Net: Chen, Goodfellow and Shlens 2016).
"""

from __future__ import annotations

from dataclasses import replace

import torch
from torch import Tensor, nn

from model.checkpoint import Checkpoint
from model.config import NetworkConfig
from model.harmonic_block import HARMONIC_SHIFTS
from model.head_order import N_HEADS, VELOCITY
from model.network import FAR, FAR_STEP, Network, SettledBranch

_GATES = 3
_SCALE_AND_SHIFT = 2


class GrowthError(ValueError):
    """The network cannot be made into the one that is asked for; the message says why."""


def grown(
    start: Checkpoint,
    channels: int,
    context_units: int | None = None,
    seed: int = 0,
    *,
    stem_channels: int | None = None,
    settled_delay_frames: int = 0,
) -> Checkpoint:
    """The checkpoint with wider layers, a memory of the whole or a second answer.

    Its early answer says the same.

    Args:
        channels: of all layers after the stem; harmonic channels and the memory's units grow in
            proportion.
        context_units: of a network that has none yet; None leaves them as they are.
        seed: of the new weights.
        stem_channels: of the first layer; None leaves them as they are.
        settled_delay_frames: of the second answer of a network that has none yet, which says at
            first what the early one has said; 0 leaves it as it is.

    Raises:
        GrowthError: it is one of the baselines, has more channels already, or a memory of the whole
            of another size.
    """
    old = start.network
    if old.kind != "noteglow":
        raise GrowthError(f"a network of kind {old.kind} cannot grow")
    if channels < old.channels:
        raise GrowthError(f"a network of {old.channels} channels cannot shrink to {channels}")
    stem_channels = stem_channels or old.stem_channels
    if stem_channels < old.stem_channels:
        raise GrowthError(
            f"a first layer of {old.stem_channels} channels cannot shrink to {stem_channels}"
        )
    if context_units is None:
        context_units = old.context_units
    if old.context_units not in (0, context_units):
        raise GrowthError(
            f"the memory of the whole sound keeps the {old.context_units} units that it has"
        )
    config = replace(
        old, channels=channels, stem_channels=stem_channels,
        harmonic_channels=old.harmonic_channels * channels // old.channels,
        memory_units=old.memory_units * channels // old.channels, context_units=context_units,
        settled_delay_frames=old.settled_delay_frames or settled_delay_frames,
    )
    with torch.random.fork_rng(devices=[]), torch.no_grad():
        torch.manual_seed(seed)
        network = Network(start.features, config)
        for name, value in network.state_dict().items():
            # What is not there yet begins without influence.
            if name in start.weights:
                _widen(value, start.weights[name], name, old, config)
        if network.settled is not None and old.answers == 1:
            _begin_as_early(network.settled, network.heads, config)
    weights = {name: value.contiguous() for name, value in network.state_dict().items()}
    return replace(start, network=config, weights=weights)


def _begin_as_early(settled: SettledBranch, heads: nn.Conv2d, config: NetworkConfig) -> None:
    """Lets a new second answer say what the early one said that much earlier; in place.

    A logit passes the ReLUs as two channels, what is positive of it and what is negative. Channels
    further on carry them as they are now, to be taken from the skip connection. Where the branch
    has not so many, or does not reach back so far, it begins knowing nothing.
    """
    if not can_carry(config):
        return
    settled.heads.weight[:] = 0
    for head in range(N_HEADS):
        _carry(settled, heads, config, head)


def can_carry(config: NetworkConfig) -> bool:
    """Whether the settled answer has the channels, and the reach, to say what the early one did."""
    far, _ = _places_back(config)
    return config.settled_channels >= 4 * N_HEADS and far < FAR


@torch.no_grad()
def carry_velocity(network: Network) -> None:
    """Lets the settled answer say the velocities that the early one has said; in place.

    Those that it learns for itself are worse: its layers lose what velocities are read from.
    Nothing else listens to the channels that carry them.
    """
    settled = network.settled
    if settled is None or not can_carry(network.config):
        return
    settled.heads.weight[:, [VELOCITY, N_HEADS + VELOCITY]] = 0
    settled.heads.weight[VELOCITY] = 0
    _carry(settled, network.heads, network.config, VELOCITY)


def _places_back(config: NetworkConfig) -> tuple[int, int]:
    """How many places back of its second and its first convolution the early answer lies."""
    early, late = config.delays
    return divmod(late - early, FAR_STEP)


def _carry(settled: SettledBranch, heads: nn.Conv2d, config: NetworkConfig, head: int) -> None:
    """Leads one logit of the early answer through four channels to the settled one's; in place."""
    far, near = _places_back(config)
    reduce, first, second = settled.reduce, settled.near.conv, settled.far.conv
    middle = first.weight.shape[3] // 2
    for sign, channel in ((1, head), (-1, N_HEADS + head)):
        now = 2 * N_HEADS + channel
        for conv in (first, second):
            conv.weight[[channel, now]] = 0
            conv.get_parameter("bias")[[channel, now]] = 0
        reduce.weight[channel] = sign * heads.weight[head]
        reduce.get_parameter("bias")[channel] = sign * heads.get_parameter("bias")[head]
        # The last place of a kernel is the newest frame.
        first.weight[channel, channel, -1 - near, middle] = 1
        first.weight[now, channel, -1, middle] = 1
        second.weight[channel, channel, -1 - far, middle] = 1
        second.weight[channel, now, -1, middle] -= 1
        settled.heads.weight[head, channel] = sign
    settled.heads.get_parameter("bias")[head] = 0


def _widen(
    new: Tensor, old: Tensor, name: str, before: NetworkConfig, after: NetworkConfig
) -> None:
    """Puts an old weight into the new one of the same name, in place."""
    if new.dim() == 0:
        new.copy_(old)
        return
    n_chunks = _GATES if name.startswith("memory") else _SCALE_AND_SHIFT if _modulates(name) else 1
    for new_rows, old_rows in zip(new.chunk(n_chunks), old.chunk(n_chunks), strict=True):
        kept_rows = new_rows[: len(old_rows)]
        if new.dim() == 1:
            kept_rows.copy_(old_rows)
            continue
        # The inputs come in runs, each of which has grown at its own end.
        runs_before = _runs(name, before) or [old.shape[1]]
        runs_after = _runs(name, after) or [new.shape[1]]
        kept_rows.zero_()
        parts = zip(
            torch.split(kept_rows, runs_after, dim=1), torch.split(old_rows, runs_before, dim=1),
            strict=True,
        )
        for wide, narrow in parts:
            wide[:, : narrow.shape[1]].copy_(narrow)


def _runs(name: str, config: NetworkConfig) -> list[int] | None:
    """Lengths of the runs that a layer's inputs were joined of; None for a single one."""
    if name.endswith("mix.weight"):
        return [config.harmonic_channels] * len(HARMONIC_SHIFTS)
    if name in ("heads.weight", "settled.reduce.weight"):
        return [config.channels, config.memory_units]
    if name == "context.memory.weight_ih_l0":
        # The mean and the maximum over all pitches.
        return [config.channels, config.channels]
    return None


def _modulates(name: str) -> bool:
    return name.startswith("context.modulate")
