"""The training loop."""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import torch
from torch.utils.data import DataLoader
from tqdm import tqdm

from model import checkpoint as checkpoints
from model.checkpoint import Checkpoint
from model.config import DecoderConfig, NetworkConfig
from model.network import Network
from training.dataset import ClipDataset, ClipFile, DataError, EpochOrder
from training.losses import LossWeights, losses
from training.state import Average, Progress, load_state, save_state

# The rate climbs to its full height over so many steps.
_WARM_UP_STEPS = 100
_LARGEST_GRADIENT = 5.0


@dataclass(frozen=True)
class TrainOptions:
    """How to train.

    Attributes:
        lr, milestones, gamma: learning rate, multiplied by gamma after each epoch in milestones.
        average_decay: of the moving average of the weights, which is what is shipped.
        amp: forward and backward passes in bfloat16.
        state: file that holds the run's whole state; written every `save_minutes`.
        resume: go on from that file.
    """

    num_epochs: int = 10
    batch_size: int = 8
    lr: float = 2e-3
    milestones: tuple[int, ...] = ()
    gamma: float = 0.3
    weight_decay: float = 1e-4
    average_decay: float = 0.998
    num_workers: int = 0
    seed: int = 0
    device: str = "cpu"
    amp: bool = False
    save_minutes: float = 5.0
    resume: bool = False
    network: NetworkConfig = field(default_factory=NetworkConfig)
    weights: LossWeights = field(default_factory=LossWeights)


def train(files: Sequence[ClipFile], out: Path, options: TrainOptions) -> Path:
    """Trains on clips and writes the averaged weights as a checkpoint.

    The run's state lies beside, as OUT.state, and a line of JSON for every save in OUT.log.

    Raises:
        DataError: the files do not fit each other or the options.
        StateError: there is nothing to resume from, or of another network.
    """
    dataset = ClipDataset(files, seed=options.seed)
    if options.network.delay_frames > dataset.overlap:
        raise DataError(
            f"a delay of {options.network.delay_frames} frames is more than the "
            f"{dataset.overlap} frames by which the clips overlap"
        )
    device = torch.device(options.device)
    torch.manual_seed(options.seed)
    network = Network(dataset.features, options.network).to(device)
    optimizer = torch.optim.AdamW(
        network.parameters(), lr=options.lr, weight_decay=options.weight_decay
    )
    average = Average(network, options.average_decay)
    state_path = out.with_name(out.name + ".state")
    out.parent.mkdir(parents=True, exist_ok=True)
    progress = Progress()
    if options.resume:
        progress = load_state(state_path, network, optimizer, average)

    order = EpochOrder(len(dataset), options.batch_size, options.seed)
    loader = DataLoader(dataset, batch_sampler=order, num_workers=options.num_workers)
    if len(order) == 0:
        raise DataError(f"{len(dataset)} clips do not fill one batch of {options.batch_size}")

    def save(totals: dict[str, float], seconds: float) -> None:
        save_state(state_path, network, optimizer, average, progress)
        _ship(average, dataset, options, progress, out)
        row = {"epoch": progress.epoch, "step": progress.step, "seconds": round(seconds, 1)}
        row |= {name: round(value, 5) for name, value in totals.items()}
        with out.with_name(out.name + ".log").open("a") as log:
            log.write(json.dumps(row) + "\n")

    network.train()
    running: dict[str, float] = {}
    started = saved = time.monotonic()
    for epoch in range(progress.epoch, options.num_epochs):
        # A worker process copies the data set when the epoch's iterator is made: set it before.
        dataset.epoch = order.epoch = epoch
        order.skip = progress.batch
        bar = tqdm(loader, total=len(order), initial=progress.batch, desc=f"epoch {epoch + 1}")
        for frames, targets in bar:
            rate = _learning_rate(options, epoch, progress.step)
            for group in optimizer.param_groups:
                group["lr"] = rate
            targets = {name: value.to(device) for name, value in targets.items()}
            with torch.autocast(device.type, torch.bfloat16, enabled=options.amp):
                logits, _ = network(frames.to(device))
            parts = losses(
                logits, targets, dataset.overlap, options.network.delay_frames, options.weights
            )
            optimizer.zero_grad(set_to_none=True)
            parts["total"].backward()
            torch.nn.utils.clip_grad_norm_(network.parameters(), _LARGEST_GRADIENT)
            optimizer.step()
            progress.step += 1
            progress.batch += 1
            average.update(network, progress.step)

            for name, value in parts.items():
                running[name] = 0.98 * running.get(name, value.item()) + 0.02 * value.item()
            bar.set_postfix({name: f"{value:.3f}" for name, value in running.items()})
            if time.monotonic() - saved > 60 * options.save_minutes:
                save(running, time.monotonic() - started)
                saved = time.monotonic()
        progress.epoch, progress.batch = epoch + 1, 0
        save(running, time.monotonic() - started)
    return out


def _learning_rate(options: TrainOptions, epoch: int, step: int) -> float:
    passed = sum(epoch >= milestone for milestone in options.milestones)
    return options.lr * options.gamma**passed * min(1.0, (step + 1) / _WARM_UP_STEPS)


def _ship(
    average: Average, dataset: ClipDataset, options: TrainOptions, progress: Progress, out: Path
) -> None:
    checkpoints.save(
        Checkpoint(
            dataset.features, options.network, DecoderConfig(), average.weights,
            {"epochs": str(progress.epoch), "steps": str(progress.step)},
        ),
        out,
    )
