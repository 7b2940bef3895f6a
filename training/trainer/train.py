"""The training loop."""

from __future__ import annotations

import json
import math
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import closing, nullcontext
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from torch import Tensor
from torch.utils.data import DataLoader
from tqdm import tqdm

from training.datasets.clip_dataset import ClipDataset, ClipFile
from training.errors import DataError, StateError
from training.scoring.validate import score
from training.splits import held_out_by, hold_out
from training.trainer import distributed
from training.trainer.distributed import ALONE, Processes
from training.trainer.epoch_line import epoch_line
from training.trainer.epoch_order import EpochOrder
from training.trainer.learner import Learner, means
from training.trainer.log import Log
from training.trainer.plan import TrainOptions, check, learning_rate, settings
from training.trainer.reading import clips
from training.trainer.run_files import RunFiles, write_text
from training.trainer.shipping import decoder, ship
from training.trainer.state import Progress, State, save_state
from training.trainer.stop_signals import Stopped, leave_to_parent, stop_requests

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
        UsageError: options contradict each other, the data or the state that is resumed, or a run
            lies there.
        StateError: there is nothing to resume from, or the loss is no longer a number.
        Stopped: it was asked to stop; its state is saved.
    """
    # What a killed run leaves, and all that it needs to go on.
    run = RunFiles(out)
    saved = State.read(run.state) if options.resume else None
    progress = saved.progress if saved else Progress()
    held_out = saved.held_out if saved else _hold_out(files, options)

    # Data: the same batches in every process, each of which takes its part of them.
    dataset = ClipDataset(
        [file.without(held_out) for file in files], options.seed, options.augmentation
    )
    decided = settings(files, options)
    if saved:
        changes = saved.check(decided)
        if processes.first and changes:
            print(*changes, sep="\n", file=sys.stderr)
    order = EpochOrder.of(dataset.files, options.batch_size, options.seed)
    check(dataset, order, options, processes)
    loader = DataLoader(
        dataset, batch_sampler=_Part(order, processes), num_workers=options.num_workers,
        pin_memory=options.device.type == "cuda", worker_init_fn=leave_to_parent,
    )
    scored = _scored(options.validation or files, held_out)

    learner = Learner(dataset, options, processes)
    if saved:
        learner.restore(saved)
    best = saved.best if saved else {}
    log = _begin(run, dataset, options, progress) if processes.first else None

    def write(path: Path, threshold: float | None = None) -> None:
        if processes.first:
            ship(
                path, learner.average.weights, dataset, options, epochs=progress.epoch,
                steps=progress.step, held_out=held_out, best_score=progress.best_score,
                threshold=threshold,
            )

    def save() -> None:
        if processes.first:
            save_state(
                run.state, learner.network, learner.optimizer, learner.average, progress, decided,
                held_out, best, learner.heard,
            )

    if best and processes.first and not run.checkpoint.exists():
        ship(
            run.checkpoint, best, dataset, options, epochs=progress.best_epoch,
            steps=progress.best_step, held_out=held_out, best_score=progress.best_score,
            threshold=progress.best_threshold,
        )
    waiting: list[dict[str, Tensor]] = []  # numbers of the steps since the last line of the log
    started = last_saved = time.monotonic()
    begun_at = progress.epoch + progress.batch / len(order)
    with stop_requests() as stop, closing(log) if log else nullcontext():
        for epoch in range(progress.epoch, options.num_epochs):
            if held_out and epoch - progress.best_epoch >= options.patience:
                break
            # A worker process copies the data set when the epoch's iterator is made: set it before.
            dataset.epoch = order.epoch = epoch
            order.skip = progress.batch
            losses: list[tuple[float, int]] = []  # means of this epoch, and of how many steps
            bar = tqdm(
                loader, total=len(order), initial=progress.batch, desc=f"epoch {epoch + 1}",
                disable=None if processes.first else True,
            )
            for frames, targets in clips(bar, lambda: stop.is_made):
                rate = learning_rate(options, progress, len(order))
                waiting.append(learner.step(frames, targets, rate, progress.step + 1))
                progress.step += 1
                progress.batch += 1
                last_batch = progress.batch == len(order)
                if progress.step % options.log_steps == 0 or last_batch:
                    # Streams begin here, too.
                    learner.heard = []
                    numbers = _means(waiting, progress) | {"rate": rate}
                    losses.append((numbers["loss/total"], len(waiting)))
                    waiting.clear()
                    if log is not None:
                        seconds = time.monotonic() - started
                        log.numbers(epoch + 1, progress.step, seconds, numbers)
                        bar.set_postfix(loss=f"{numbers['loss/total']:.4f}")
                    stopped = _any(stop.is_made, processes)
                    if time.monotonic() - last_saved > 60 * options.save_minutes and not last_batch:
                        save()
                        if not held_out:
                            write(run.checkpoint)
                        last_saved = time.monotonic()
                else:
                    stopped = stop.is_made and processes.size == 1
                if stopped and not last_batch:
                    break
            if progress.batch < len(order):
                bar.close()
                save()
                raise Stopped

            try:
                scores = score(
                    learner.averaged(), scored, batch_size=options.batch_size, amp=options.amp,
                    delays=options.network.delays[: options.network.answers],
                    num_workers=options.num_workers,
                    processes=processes, decoder=decoder(options), weights=options.weights,
                    is_stopped=lambda: stop.is_made and processes.size == 1,
                )
            except KeyboardInterrupt:
                # Its steps are done: what goes on from here scores it first.
                save()
                raise Stopped from None
            if held_out and math.isnan(scores.value):
                raise DataError(f"the held-out pieces bear no notes: {', '.join(held_out[:3])}")
            progress.epoch, progress.batch = epoch + 1, 0
            threshold = scores.corpora["mean"]["frame_threshold"]
            better = not held_out or scores.value > progress.best_score
            if held_out and better:
                progress.best_score, progress.best_epoch = scores.value, epoch + 1
                progress.best_step, progress.best_threshold = progress.step, threshold
                best = {name: value.clone() for name, value in learner.average.weights.items()}
            if log is not None:
                seconds = time.monotonic() - started
                # A run that was stopped while an epoch was scored has done no step yet.
                done = max(epoch + 1 - begun_at, 1 / len(order))
                left_s = seconds / done * (options.num_epochs - epoch - 1)
                loss = _mean_loss(losses)
                log.scores(
                    progress, scores, held_out=bool(held_out), loss=loss, seconds=seconds,
                    left_s=left_s,
                )
                line = epoch_line(
                    progress, options.num_epochs, loss, scores, left_s, held_out=bool(held_out)
                )
                print(line, file=sys.stderr, flush=True)
            # First what is shipped: if the run is killed in between, it scores this epoch once
            # more.
            if better:
                write(run.checkpoint, threshold)
            if options.keep_epochs:
                write(run.of_epoch(epoch + 1), threshold)
                if processes.first:
                    run.keep_last(options.keep_epochs)
            save()
            last_saved = time.monotonic()
            if _any(stop.is_made, processes) and epoch + 1 < options.num_epochs:
                raise Stopped
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


def _begin(
    run: RunFiles, dataset: ClipDataset, options: TrainOptions, progress: Progress
) -> Log:
    """The log of a run that begins or goes on."""
    run.checkpoint.parent.mkdir(parents=True, exist_ok=True)
    if options.anew:
        for path, kept in run.set_aside():
            print(f"{path} is kept as {kept}", file=sys.stderr)
    elif not options.resume:
        run.check_free()
    if options.repeated_by:
        write_text(run.options, options.repeated_by)
    board = None
    if options.tensorboard is not None:
        from training.trainer.board import Board

        lowest = options.network.lowest_pitch
        board = Board(options.tensorboard, dataset.features, lowest, progress.step)
    return Log(run.log, progress.step, board)


def _any(is_so: bool, processes: Processes) -> bool:
    """Whether it is so in any process; all of them ask at once."""
    if processes.size == 1:
        return is_so
    return bool(distributed.total(torch.tensor(float(is_so))) > 0)


def _means(waiting: Sequence[dict[str, Tensor]], progress: Progress) -> dict[str, float]:
    """Means over steps and processes. Raises StateError when the loss is no number any more."""
    found = {name: distributed.mean(value).item() for name, value in means(waiting).items()}
    if not math.isfinite(found["loss/total"]):
        raise StateError(
            f"the loss is no longer a number by step {progress.step}: start again with a lower --lr"
        )
    return found


def _mean_loss(losses: Sequence[tuple[float, int]]) -> float:
    """The mean over an epoch's steps; not a number for one that was only scored here."""
    n_steps = sum(n for _, n in losses)
    return sum(loss * n for loss, n in losses) / n_steps if n_steps else math.nan
