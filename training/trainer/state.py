"""The whole state of a training run in one safetensors file, from which it goes on exactly."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from pathlib import Path

import safetensors
import safetensors.torch
import torch
from torch import Tensor, nn
from torch.optim import Optimizer

from model.checkpoint_header import in_one_order
from model.files.whole_file import whole_file
from training.errors import StateError
from training.options import UsageError

# The first words of settings that never change in a run: what the weights mean hangs on them, or
# what they may be judged by.
_FIXED = ("features", "network", "--labels", "--validation-share", "--validation-data")


@dataclass
class Progress:
    """How far a run has come: whole epochs, batches of the present one, and all steps.

    Attributes:
        best_score, best_epoch, best_step: best score on held-out pieces, and the epochs and steps
            it took to get there.
        best_threshold: the probability from which on a frame was best said to bear a note then.
    """

    epoch: int = 0
    batch: int = 0
    step: int = 0
    best_score: float = float("-inf")
    best_epoch: int = 0
    best_step: int = 0
    best_threshold: float = 0.0


class Average:
    """Exponential moving average of a network's weights (EMA), and of its running statistics.

    Attributes:
        weights: the averaged parameters and buffers, by name.
    """

    def __init__(self, network: nn.Module, decay: float) -> None:
        self.decay = decay
        self.weights = {name: value.clone() for name, value in network.state_dict().items()}

    @torch.no_grad()
    def update(self, network: nn.Module, step: int) -> None:
        """Takes in the network's weights; early on the average follows faster."""
        decay = min(self.decay, (1 + step) / (10 + step))
        for name, value in network.state_dict().items():
            if value.is_floating_point():
                self.weights[name].lerp_(value, 1 - decay)
            else:
                self.weights[name].copy_(value)


def save_state(
    path: Path,
    network: nn.Module,
    optimizer: Optimizer,
    average: Average,
    progress: Progress,
    settings: Mapping[str, str],
    held_out: Sequence[str] = (),
    best: Mapping[str, Tensor] | None = None,
    heard: Sequence[Sequence[Tensor]] = (),
) -> None:
    """Writes beside and renames; equal states give equal bytes.

    Args:
        settings: all that decides how the run goes on, as text that a user understands.
        held_out: names of the pieces that are not trained on.
        best: weights of the best epoch, by name.
        heard: of each part of a step, what the clips before have left behind; nothing where the
            next step begins anew.

    Raises:
        OSError: it cannot be written; the error names the file.
    """
    tensors: dict[str, Tensor] = {}
    for name, value in (best or {}).items():
        tensors[f"best.{name}"] = value
    for part, states in enumerate(heard):
        for number, value in enumerate(states):
            tensors[f"heard.{part:03d}.{number:03d}"] = value
    for name, value in network.state_dict().items():
        tensors[f"network.{name}"] = value
    for name, value in average.weights.items():
        tensors[f"average.{name}"] = value
    for name, values in zip(_names(network), _optimizer_rows(optimizer), strict=True):
        for key, value in values.items():
            tensors[f"optimizer.{key}.{name}"] = value
    metadata = {key: repr(value) for key, value in asdict(progress).items()}
    metadata |= {"settings": json.dumps(dict(settings)), "held_out": json.dumps(list(held_out))}
    whole = {name: value.detach().cpu().contiguous() for name, value in tensors.items()}
    with whole_file(path) as beside:
        beside.write_bytes(in_one_order(safetensors.torch.save(whole, metadata)))


@dataclass(frozen=True)
class State:
    """A saved state; see `save_state`."""

    path: Path
    tensors: Mapping[str, Tensor]
    progress: Progress
    settings: Mapping[str, str]
    held_out: list[str]

    @classmethod
    def read(cls, path: Path) -> State:
        """Reads the file.

        Raises:
            StateError: it is missing or damaged.
        """
        if not path.is_file():
            raise StateError(f"{path}: there is no training state to resume from")
        try:
            with safetensors.safe_open(path, framework="pt") as file:
                metadata = file.metadata() or {}
                tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
            # States that were written before there was a score have none.
            values = {f.name: _number(metadata[f.name]) for f in fields(Progress)
                      if f.name in metadata}
            settings = json.loads(metadata.get("settings", "{}"))
            held_out = json.loads(metadata.get("held_out", "[]"))
            return cls(path, tensors, Progress(**values), settings, held_out)
        except (safetensors.SafetensorError, OSError, ValueError, TypeError) as error:
            raise StateError(f"{path}: the training state is damaged ({error})") from None

    @property
    def best(self) -> dict[str, Tensor]:
        """Weights of the best epoch; empty where nothing is held out, or none was scored yet."""
        return _part(self.tensors, "best.")

    def heard(self, device: torch.device) -> list[list[Tensor]]:
        """What the clips before have left behind, for each part of the next step."""
        parts: dict[str, list[Tensor]] = {}
        for name, value in sorted(_part(self.tensors, "heard.").items()):
            parts.setdefault(name.partition(".")[0], []).append(value.to(device))
        return list(parts.values())

    def check(self, settings: Mapping[str, str]) -> list[str]:
        """Compares the settings of the run that goes on with those that it began with.

        Between epochs most may change on purpose; within one, the batches that are left would not
        be those that are missing.

        Returns:
            One sentence for each change that may be made.

        Raises:
            UsageError: they differ in what may not; one sentence that names both values.
        """
        changes = []
        for name, now in settings.items():
            before = self.settings.get(name, now)
            if before == now:
                continue
            differs = f"{self.path} was trained with {name} {before}, not {now}"
            if name.split()[0] in _FIXED:
                raise UsageError(differs)
            if self.progress.batch:
                raise UsageError(
                    f"{differs}, which may change between epochs only, and "
                    f"{self.progress.batch} batches of epoch {self.progress.epoch + 1} are done"
                )
            changes.append(f"{self.path} goes on with {name} {now} in place of {before}")
        return changes

    def restore(self, network: nn.Module, optimizer: Optimizer, average: Average) -> None:
        """Puts the state into the given objects, on whatever device they are.

        Raises:
            StateError: it is of another network.
        """
        try:
            network.load_state_dict(_part(self.tensors, "network."))
            averaged = _part(self.tensors, "average.")
            for name, value in average.weights.items():
                value.copy_(averaged[name])
            state = {
                index: {
                    key: self.tensors[f"optimizer.{key}.{name}"]
                    for key in ("step", "exp_avg", "exp_avg_sq")
                }
                for index, name in enumerate(_names(network))
            }
            groups = optimizer.state_dict()["param_groups"]
            optimizer.load_state_dict({"state": state, "param_groups": groups})
        except (RuntimeError, KeyError) as error:
            reason = " ".join(str(error).split())[:200]
            raise StateError(f"{self.path}: this training state does not fit ({reason})") from None


def _number(text: str) -> int | float:
    try:
        return int(text)
    except ValueError:
        return float(text)


def _part(tensors: Mapping[str, Tensor], prefix: str) -> dict[str, Tensor]:
    return {
        name.removeprefix(prefix): value
        for name, value in tensors.items()
        if name.startswith(prefix)
    }


def _names(network: nn.Module) -> list[str]:
    """Of the weights that learn."""
    return [name for name, weight in network.named_parameters() if weight.requires_grad]


def _optimizer_rows(optimizer: Optimizer) -> list[dict[str, Tensor]]:
    state = optimizer.state_dict()["state"]
    return [state[index] for index in sorted(state)]
