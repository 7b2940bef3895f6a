"""The training loop."""

from __future__ import annotations

import json
import math
import os
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.parallel import DistributedDataParallel
from torch.utils.data import DataLoader
from tqdm import tqdm

from model import checkpoint as checkpoints
from model.baselines import network_of
from model.checkpoint import Checkpoint
from model.config import DecoderConfig
from training import distributed
from training.datasets.clip_dataset import ClipDataset, ClipFile, DataError, EpochOrder
from training.distributed import ALONE, Processes, share_statistics
from training.log import Log
from training.losses import losses
from training.plan import TrainOptions, check, learning_rate, settings
from training.splits import held_out_by, hold_out
from training.state import Average, Progress, State, StateError, save_state
from training.validate import score

_LARGEST_GRADIENT = 5.0
# Clips of the training set that are scored where none are held out: enough to see how it goes,
# and for the threshold that `test` reports precision and recall at.
_N_SHOWN = 32


def train(
    files: Sequence[ClipFile], out: Path, options: TrainOptions, processes: Processes = ALONE
) -> Progress:
    """Trains on clips and writes the averaged weights as a checkpoint.

    With held-out pieces these are the weights of the best epoch. The run's state lies beside, as
    OUT.state, and what it says of itself in OUT.log.

    Raises:
        DataError: the files do not fit each other or the options, or the held-out pieces bear no
            notes.
        UsageError: options contradict each other, the data or the state that is resumed.
        StateError: there is nothing to resume from, or the loss is no longer a number.
    """
    # What a killed run leaves, and all that it needs to go on.
    state_path = out.with_name(out.name + ".state")
    saved = State.read(state_path) if options.resume else None
    progress = saved.progress if saved else Progress()
    held_out = saved.held_out if saved else _hold_out(files, options)

    # Data: the same batches in every process, each of which takes its part of them.
    dataset = ClipDataset([file.without(held_out) for file in files], seed=options.seed)
    decided = settings(files, options)
    if saved:
        changes = saved.check(decided)
        if processes.first and changes:
            print(*changes, sep="\n", file=sys.stderr)
    order = EpochOrder(len(dataset), options.batch_size, options.seed)
    check(dataset, order, options, processes)
    loader = DataLoader(
        dataset, batch_sampler=_Part(order, processes), num_workers=options.num_workers,
        pin_memory=options.device.type == "cuda",
    )
    scored = _scored(options.validation or files, held_out)

    # Network, optimiser and average.
    torch.manual_seed(options.seed)
    network = network_of(dataset.features, options.network)
    if options.start is not None:
        network.load_state_dict(dict(options.start.weights))
    if processes.size > 1:
        share_statistics(network)
    network.to(options.device).train()
    averaged = network_of(dataset.features, options.network).to(options.device).eval()
    optimizer = torch.optim.AdamW(
        network.parameters(), lr=options.lr, weight_decay=options.weight_decay
    )
    average = Average(network, options.average_decay)
    if saved:
        saved.restore(network, optimizer, average)
    model = network
    if processes.size > 1:
        model = DistributedDataParallel(model, forward_sync_buffers=False)
    if options.compile:
        model = torch.compile(model)

    def ship(threshold: float | None = None) -> None:
        if processes.first:
            _ship(average, dataset, options, progress, held_out, out, threshold)

    def save() -> None:
        if processes.first:
            save_state(state_path, network, optimizer, average, progress, decided, held_out)

    log = _log(out, state_path, dataset, options, progress) if processes.first else None
    # What the clips before have left behind. A live network listens for hours: each clip follows on
    # another, as on a radio whose dial is turned, or memories would drift to where they have never
    # been after a few seconds.
    heard: list[Tensor] | None = None
    waiting: list[dict[str, Tensor]] = []  # numbers of the steps since the last line of the log
    started = last_saved = time.monotonic()
    for epoch in range(progress.epoch, options.num_epochs):
        if held_out and epoch - progress.best_epoch >= options.patience:
            break
        # A worker process copies the data set when the epoch's iterator is made: set it before.
        dataset.epoch = order.epoch = epoch
        order.skip = progress.batch
        bar = tqdm(
            loader, total=len(order), initial=progress.batch, desc=f"epoch {epoch + 1}",
            disable=None if processes.first else True,
        )
        for frames, targets in bar:
            rate = learning_rate(options, progress, len(order))
            for group in optimizer.param_groups:
                group["lr"] = rate
            frames = frames.to(options.device, non_blocking=True)
            targets = {name: value.to(options.device, non_blocking=True)
                       for name, value in targets.items()}
            with torch.autocast(options.device.type, torch.bfloat16, enabled=options.amp):
                if heard and heard[0].shape[0] != len(frames):
                    heard = None
                logits, heard = model(frames, heard)
            heard = [state.detach() for state in heard]
            parts = losses(
                logits, targets, dataset.overlap, options.network.delay_frames, options.weights
            )
            optimizer.zero_grad(set_to_none=True)
            parts["total"].backward()
            norms = _gradient_norms(network)
            nn.utils.clip_grad_norm_(network.parameters(), _LARGEST_GRADIENT)
            optimizer.step()
            progress.step += 1
            progress.batch += 1
            average.update(network, progress.step)

            waiting.append(norms | {f"loss/{n}": value.detach() for n, value in parts.items()})
            last_batch = progress.batch == len(order)
            if progress.step % options.log_steps == 0 or last_batch:
                # Streams begin, too; and here, so that a run which goes on from what is saved below
                # does the same as one that was not stopped.
                heard = None
                numbers = _means(waiting, progress) | {"rate": rate}
                waiting.clear()
                if log is not None:
                    seconds = time.monotonic() - started
                    log.numbers(epoch + 1, progress.step, seconds, numbers)
                    bar.set_postfix(loss=f"{numbers['loss/total']:.4f}")
                if time.monotonic() - last_saved > 60 * options.save_minutes and not last_batch:
                    save()
                    if not held_out:
                        ship()
                    last_saved = time.monotonic()

        progress.epoch, progress.batch = epoch + 1, 0
        averaged.load_state_dict(average.weights)
        scores = score(
            averaged, scored, batch_size=options.batch_size, amp=options.amp,
            delay_frames=options.network.delay_frames, num_workers=options.num_workers,
            processes=processes,
        )
        if log is not None:
            log.scores(epoch + 1, progress.step, scores, held_out=bool(held_out))
        if held_out and math.isnan(scores.value):
            raise DataError(f"the held-out pieces bear no notes: {', '.join(held_out[:3])}")
        better = not held_out or scores.value > progress.best_score
        if held_out and better:
            progress.best_score, progress.best_epoch = scores.value, epoch + 1
        # First what is shipped: if the run is killed in between, it scores this epoch once more.
        if better:
            ship(scores.corpora["mean"]["frame_threshold"])
        save()
        last_saved = time.monotonic()
    if log is not None:
        log.close()
    return progress


class _Part:
    """What one process takes of each batch; a batch sampler."""

    def __init__(self, order: EpochOrder, processes: Processes) -> None:
        self.order = order
        self.processes = processes

    def __len__(self) -> int:
        return len(self.order)

    def __iter__(self) -> Iterator[list[int]]:
        size = self.order.batch_size // self.processes.size
        for batch in self.order:
            yield batch[self.processes.rank * size : (self.processes.rank + 1) * size]


def _hold_out(files: Sequence[ClipFile], options: TrainOptions) -> list[str]:
    """What the run is not trained on; what its start was not trained on stays held out."""
    if options.validation:
        return held_out_by(files, options.validation)
    if not options.validation_share:
        return []
    already = json.loads(options.start.notes.get("held_out", "[]")) if options.start else []
    return hold_out(files, options.validation_share, options.seed, already)


def _scored(files: Sequence[ClipFile], held_out: Sequence[str]) -> ClipDataset:
    """The clips that are scored after every epoch: held-out ones, or a few to look at."""
    # A file that counts twice in training counts once here.
    once = list({file.path: file for file in files}.values())
    if held_out:
        return ClipDataset([file.only(held_out) for file in once])
    few = []
    for file in once:
        n_shown = min(file.n_clips, max(1, _N_SHOWN // len(once)))
        shown = np.linspace(0, file.n_clips - 1, n_shown).astype(int)
        few.append(replace(file, rows=file.rows[shown], pieces=file.pieces[shown]))
    return ClipDataset(few)


def _log(
    out: Path, state_path: Path, dataset: ClipDataset, options: TrainOptions, progress: Progress
) -> Log:
    """The log of a run that begins or goes on."""
    out.parent.mkdir(parents=True, exist_ok=True)
    if not options.resume and state_path.exists():
        # Whoever forgets --resume has not lost the run.
        os.replace(state_path, state_path.with_name(state_path.name + ".old"))
    board = None
    if options.tensorboard is not None:
        from training.board import Board

        lowest = options.network.lowest_pitch
        board = Board(options.tensorboard, dataset.features, lowest, progress.step)
    return Log(out.with_name(out.name + ".log"), progress.step, board)


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


def _means(waiting: Sequence[dict[str, Tensor]], progress: Progress) -> dict[str, float]:
    """Means over steps and processes. Raises StateError when the loss is no number any more."""
    means = {
        name: distributed.mean(torch.stack([row[name].float() for row in waiting]).mean()).item()
        for name in waiting[0]
    }
    if not math.isfinite(means["loss/total"]):
        raise StateError(
            f"the loss is no longer a number by step {progress.step}: start again with a lower --lr"
        )
    return means


def _ship(
    average: Average, dataset: ClipDataset, options: TrainOptions, progress: Progress,
    held_out: Sequence[str], out: Path, threshold: float | None,
) -> None:  # fmt: skip
    """Writes the averaged weights; `threshold` is the best one for frames, where it is known."""
    corpora = {name.partition("/")[0] for file in dataset.files for name in file.names}
    notes = {
        "epochs": str(progress.epoch),
        "steps": str(progress.step),
        "labels": dataset.labels,
        "corpora": json.dumps(sorted(corpora)),
    }
    if threshold is not None and math.isfinite(threshold):
        notes["frame_threshold"] = f"{threshold:.4f}"
    if held_out:
        notes |= {"held_out": json.dumps(list(held_out)), "score": f"{progress.best_score:.4f}"}
    decoder = options.start.decoder if options.start else DecoderConfig()
    checkpoints.save(
        Checkpoint(dataset.features, options.network, decoder, average.weights, notes), out
    )
