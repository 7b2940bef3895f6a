"""The network while it learns: its optimiser, its average, and what it heard last."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn.parallel import DistributedDataParallel

from model.baselines import network_of
from model.network import Network
from training.datasets.clip_dataset import ClipDataset
from training.trainer.distributed import Processes, share_statistics
from training.trainer.grow import can_carry, carry_velocity
from training.trainer.losses import losses_of_answers
from training.trainer.plan import TrainOptions
from training.trainer.state import Average, State


class Learner:
    """A network, and what a step of training changes.

    Attributes:
        network: what is trained.
        optimizer, average: of its weights.
        heard: of each part of a step, what the clips before have left behind; empty where streams
            begin. A live network listens for hours: each clip follows on another, as on a radio
            whose dial is turned, or memories would drift to where they have never been after a few
            seconds.
    """

    def __init__(
        self, dataset: ClipDataset, options: TrainOptions, processes: Processes
    ) -> None:
        self._options = options
        self._overlap = dataset.overlap
        torch.manual_seed(options.seed)
        self.network = network_of(dataset.features, options.network)
        if options.start is not None:
            self.network.load_state_dict(dict(options.start.weights))
        if processes.size > 1:
            share_statistics(self.network)
        # What the settled answer has for itself has no batch norms.
        is_frozen = options.frozen_norms or options.only_settled
        self.network.to(options.device).train(not is_frozen)
        if options.only_settled:
            for name, parameter in self.network.named_parameters():
                parameter.requires_grad_(name.startswith("settled."))
        self._averaged = network_of(dataset.features, options.network).to(options.device).eval()
        self.optimizer = torch.optim.AdamW(
            [weight for weight in self.network.parameters() if weight.requires_grad],
            lr=options.lr, weight_decay=options.weight_decay,
        )
        self.average = Average(self.network, options.average_decay)
        self.heard: list[list[Tensor]] = []
        self._last: Tensor | None = None
        self._model = self.network
        if processes.size > 1:
            self._model = DistributedDataParallel(self._model, forward_sync_buffers=False)
        if options.compile:
            # PyTorch 2.13 on a processor: where it lays channels last, the gradients of batch norms
            # that learn become no numbers in bfloat16. Laid out as they come they are right.
            on_cpu = torch.device(options.device).type == "cpu"
            self._model = torch.compile(
                self._model, options={"layout_optimization": False} if on_cpu else None
            )

    def restore(self, saved: State) -> None:
        """Goes on from a saved state. Raises StateError when it is of another network."""
        saved.restore(self.network, self.optimizer, self.average)
        self.heard = saved.heard(self._options.device)

    def step(
        self, frames: Tensor, targets: dict[str, Tensor], rate: float, number: int
    ) -> dict[str, Tensor]:
        """Learns from a batch, at a learning rate, as step `number`, counted from 1.

        Returns:
            The parts of the loss as "loss/...", and the norms of the gradients.
        """
        options = self._options
        for group in self.optimizer.param_groups:
            group["lr"] = rate
        self.optimizer.zero_grad(set_to_none=True)
        if self.heard and self.heard[0] and self.heard[0][0].shape[0] != (
            len(frames) // options.accumulate
        ):
            self.heard = []
        before, self.heard = self.heard, []
        summed: dict[str, Tensor] = {}
        for part in range(options.accumulate):
            rows = slice(*(
                side * len(frames) // options.accumulate for side in (part, part + 1)
            ))
            parts = self._gradient(
                frames[rows], {name: value[rows] for name, value in targets.items()},
                before[part] if before else None,
            )
            for name, value in parts.items():
                summed[name] = summed.get(name, 0.0) + value.detach() / options.accumulate
        norms = _gradient_norms(self.network)
        if options.clip_gradient:
            nn.utils.clip_grad_norm_(self.network.parameters(), options.clip_gradient)
        self.optimizer.step()
        if isinstance(self.network, Network):
            carry_velocity(self.network)
        self.average.update(self.network, number)
        return norms | {f"loss/{name}": value for name, value in summed.items()}

    def _gradient(
        self, frames: Tensor, targets: dict[str, Tensor], heard: list[Tensor] | None
    ) -> dict[str, Tensor]:
        """Adds the gradient of a part of the batch; keeps what it leaves behind."""
        options, device = self._options, self._options.device
        frames = frames.to(device, non_blocking=True)
        targets = {name: value.to(device, non_blocking=True) for name, value in targets.items()}
        with torch.autocast(device.type, torch.bfloat16, enabled=options.amp):
            logits, left = self._model(frames, heard)
        self.heard.append([state.detach() for state in left])
        # Kept until the next one is there: freed at the end of the step, the memory behind it would
        # go back to the system and come again page by page, which costs a tenth of a step.
        self._last = logits
        network = options.network
        parts = losses_of_answers(
            logits, targets, self._overlap, network.delays[: network.answers], options.weights,
            settled_velocity=not can_carry(network),
        )
        (parts["total"] / options.accumulate).backward()
        return parts

    def averaged(self) -> nn.Module:
        """The network with the averaged weights, in evaluation mode."""
        self._averaged.load_state_dict(self.average.weights)
        return self._averaged


def _gradient_norms(network: nn.Module) -> dict[str, Tensor]:
    """Of each part of the network, and of all."""
    norms = {
        f"gradient norm/{name}": nn.utils.get_total_norm(
            [parameter.grad for parameter in part.parameters() if parameter.grad is not None]
        )
        for name, part in network.named_children()
        if any(True for _ in part.parameters())
    }
    return norms | {"gradient norm/all": nn.utils.get_total_norm(list(norms.values()))}


def means(waiting: Sequence[dict[str, Tensor]]) -> dict[str, Tensor]:
    """The mean of each number over steps."""
    return {
        name: torch.stack([row[name].float() for row in waiting]).mean() for name in waiting[0]
    }
