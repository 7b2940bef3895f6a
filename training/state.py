"""The whole state of a training run in one safetensors file, from which it goes on exactly."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

import safetensors
import safetensors.torch
import torch
from torch import Tensor
from torch.optim import Optimizer

from model.network import Network


class StateError(ValueError):
    """A training state cannot be used; the message names the file and why."""


@dataclass
class Progress:
    """How far a run has come: whole epochs, batches of the present one, and all steps."""

    epoch: int = 0
    batch: int = 0
    step: int = 0


class Average:
    """Exponential moving average of a network's weights (EMA); its running statistics are copied.

    Attributes:
        weights: the averaged parameters and the newest buffers, by name.
    """

    def __init__(self, network: Network, decay: float) -> None:
        self.decay = decay
        self.weights = {name: value.clone() for name, value in network.state_dict().items()}

    @torch.no_grad()
    def update(self, network: Network, step: int) -> None:
        """Takes in the network's weights; early on the average follows faster."""
        decay = min(self.decay, (1 + step) / (10 + step))
        for name, value in network.state_dict().items():
            if value.is_floating_point():
                self.weights[name].lerp_(value, 1 - decay)
            else:
                self.weights[name].copy_(value)


def save_state(
    path: Path, network: Network, optimizer: Optimizer, average: Average, progress: Progress
) -> None:
    """Writes beside and renames."""
    tensors: dict[str, Tensor] = {}
    for name, value in network.state_dict().items():
        tensors[f"network.{name}"] = value
    for name, value in average.weights.items():
        tensors[f"average.{name}"] = value
    for name, values in zip(_names(network), _optimizer_rows(optimizer), strict=True):
        for key, value in values.items():
            tensors[f"optimizer.{key}.{name}"] = value
    metadata = {key: str(value) for key, value in vars(progress).items()}
    beside = path.with_name(path.name + ".part")
    safetensors.torch.save_file(
        {name: value.detach().cpu().contiguous() for name, value in tensors.items()},
        beside, metadata,
    )
    os.replace(beside, path)


def load_state(
    path: Path, network: Network, optimizer: Optimizer, average: Average
) -> Progress:
    """Puts a saved state into the given objects.

    Raises:
        StateError: the file is missing or damaged, or of another network.
    """
    if not path.is_file():
        raise StateError(f"{path}: there is no training state to resume from")
    try:
        with safetensors.safe_open(path, framework="pt") as file:
            metadata = file.metadata() or {}
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
        network.load_state_dict(_part(tensors, "network."))
        average.weights = _part(tensors, "average.")
        state = {}
        for index, name in enumerate(_names(network)):
            state[index] = {
                key: tensors[f"optimizer.{key}.{name}"]
                for key in ("step", "exp_avg", "exp_avg_sq")
            }
        groups = optimizer.state_dict()["param_groups"]
        optimizer.load_state_dict({"state": state, "param_groups": groups})
        return Progress(*(int(metadata[key]) for key in ("epoch", "batch", "step")))
    except (safetensors.SafetensorError, OSError, RuntimeError, KeyError) as error:
        reason = " ".join(str(error).split())[:200]
        raise StateError(f"{path}: this training state does not fit ({reason})") from None


def _part(tensors: dict[str, Tensor], prefix: str) -> dict[str, Tensor]:
    return {
        name.removeprefix(prefix): value
        for name, value in tensors.items()
        if name.startswith(prefix)
    }


def _names(network: Network) -> list[str]:
    return [name for name, _ in network.named_parameters()]


def _optimizer_rows(optimizer: Optimizer) -> list[dict[str, Tensor]]:
    state = optimizer.state_dict()["state"]
    return [state[index] for index in sorted(state)]
