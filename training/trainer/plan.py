"""How a training run is to go, settled before it starts."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

import h5py
import numpy as np
import torch

from model.checkpoint import Checkpoint
from model.config import NetworkConfig
from training.datasets.clip_augment import Augmentation
from training.datasets.clip_dataset import ClipDataset, ClipFile
from training.datasets.clips import TARGET_NAMES
from training.errors import DataError
from training.options import UsageError
from training.trainer.distributed import Processes
from training.trainer.epoch_order import EpochOrder
from training.trainer.losses import LossWeights
from training.trainer.state import Progress

# The rate climbs to its full height over so many steps, or over the first epoch if that is shorter.
_WARM_UP_STEPS = 100
# Share of its full height that the cosine ends at.
_LAST_RATE = 0.01


@dataclass(frozen=True)
class TrainOptions:
    """How to train.

    Attributes:
        batch_size: clips in a step, over all processes.
        lr: learning rate, after a warm-up.
        schedule: "steps": multiplied by gamma after each epoch in milestones; "cosine": falls along
            half a cosine over all epochs.
        accumulate: parts of a step whose gradients are added up.
        clip_gradient: norm that longer gradients are shortened to; 0 leaves them.
        average_decay: of the moving average of the weights, which is what is shipped.
        augmentation: how clips are varied.
        amp: forward and backward passes in bfloat16.
        save_minutes, log_steps: how often the state is saved and a line is logged; it is saved only
            where a line is.
        keep_epochs: so many checkpoints of single epochs are kept as well.
        resume: go on from the state that lies beside the checkpoint.
        anew: set aside the run that lies there, and begin another.
        validation_share: share of the pieces that is held out; 0 trains on all.
        validation: files whose pieces are held out, and scored, in place of a share.
        patience: with held-out pieces, epochs without a better score before it stops.
        start: weights to start from, of the same `network`.
        only_settled: only what the settled answer has for itself is trained.
        frozen_norms: batch norms keep the statistics of `start`.
        read_out: which frame tells what sounds at a moment, for the checkpoint's decoder; None
            leaves that of `start`.
        tensorboard: folder for TensorBoard.
        repeated_by: the options of the command line as a file that repeats the run; "" for none.
    """

    num_epochs: int = 10
    batch_size: int = 8
    accumulate: int = 1
    lr: float = 2e-3
    schedule: str = "steps"
    milestones: tuple[int, ...] = ()
    gamma: float = 0.3
    weight_decay: float = 1e-4
    clip_gradient: float = 5.0
    average_decay: float = 0.998
    augmentation: Augmentation = field(default_factory=Augmentation)
    num_workers: int = 0
    seed: int = 0
    device: torch.device = field(default_factory=lambda: torch.device("cpu"))
    amp: bool = False
    compile: bool = False
    save_minutes: float = 5.0
    log_steps: int = 20
    keep_epochs: int = 0
    resume: bool = False
    anew: bool = False
    validation_share: float = 0.0
    validation: tuple[ClipFile, ...] = ()
    patience: int = 3
    network: NetworkConfig = field(default_factory=NetworkConfig)
    weights: LossWeights = field(default_factory=LossWeights)
    start: Checkpoint | None = None
    only_settled: bool = False
    frozen_norms: bool = False
    read_out: str | None = None
    tensorboard: Path | None = None
    repeated_by: str = ""


def learning_rate(options: TrainOptions, progress: Progress, n_batches: int) -> float:
    """The rate of the next step, of epochs of so many batches."""
    warm = min(1.0, (progress.step + 1) / min(_WARM_UP_STEPS, n_batches))
    if options.schedule == "cosine":
        done = (progress.epoch + progress.batch / n_batches) / options.num_epochs
        wave = (1 + math.cos(math.pi * done)) / 2
        return options.lr * warm * (_LAST_RATE + (1 - _LAST_RATE) * wave)
    passed = sum(progress.epoch >= milestone for milestone in options.milestones)
    return options.lr * warm * options.gamma**passed


def settings(files: Sequence[ClipFile], options: TrainOptions) -> dict[str, str]:
    """All that decides how a run goes on after it was killed, as text, by its option's name."""
    made = files[0].format
    shapes = {f"features {name}": value for name, value in asdict(made.features).items()}
    shapes |= {f"network {name}": value for name, value in asdict(options.network).items()}
    shapes |= {f"augmentation {name}": value
               for name, value in asdict(options.augmentation).items()}
    shapes |= {f"loss weight {name}": value for name, value in asdict(options.weights).items()}
    schedule = options.schedule
    if schedule == "cosine":
        schedule += f" over {options.num_epochs} epochs"
    shapes |= {
        "--labels": made.labels,
        "--validation-share": options.validation_share,
        "--data": _fingerprint(files),
        "contents of --data": _contents(files),
        "--batch-size": options.batch_size,
        "--accumulate": options.accumulate,
        "--seed": options.seed,
        "--lr": options.lr,
        "--schedule": schedule,
        "--milestones": " ".join(map(str, options.milestones)) or "none",
        "--gamma": options.gamma,
        "--weight-decay": options.weight_decay,
        "--clip-gradient": options.clip_gradient,
        "--average-decay": options.average_decay,
        "--only-settled": options.only_settled,
        "--frozen-norms": options.frozen_norms,
        "--data-shares": " ".join(f"{file.share:g}" for file in files),
        "--end-weights": " ".join(f"{file.end_weight:g}" for file in files),
    }
    if options.validation:
        shapes["--validation-data"] = _fingerprint(options.validation)
    return {name: str(value) for name, value in shapes.items()}


def check(
    dataset: ClipDataset, order: EpochOrder, options: TrainOptions, processes: Processes
) -> None:
    """Raises DataError or UsageError when data and options do not go together."""
    config = options.network
    if config.only_note_names != dataset.only_note_names:
        raise UsageError(
            f"{dataset.files[0].path} holds {dataset.format.n_pitches} pitches, the network has "
            f"{config.n_pitches}"
        )
    if max(config.delays) > dataset.overlap:
        raise UsageError(
            f"--delay-frames {max(config.delays)} is more than the {dataset.overlap} frames by "
            f"which the clips of {dataset.files[0].path} overlap"
        )
    if options.only_settled and config.answers < 2:
        raise UsageError(
            "--only-settled needs a network with two answers, as --delay-frames 1 12 makes one"
        )
    if options.frozen_norms and options.start is None:
        raise UsageError(
            "--frozen-norms keeps the statistics of the network that --checkpoint names"
        )
    if options.batch_size % processes.size:
        raise UsageError(
            f"--batch-size {options.batch_size} cannot be shared by {processes.size} processes"
        )
    if options.batch_size // processes.size % options.accumulate:
        raise UsageError(
            f"--batch-size {options.batch_size} cannot be computed in --accumulate "
            f"{options.accumulate} equal parts"
        )
    if len(order) == 0:
        raise DataError(
            f"{len(dataset)} clips to train on do not fill one batch of {options.batch_size}"
        )


def _fingerprint(files: Sequence[ClipFile]) -> str:
    """Tells one data set from another, wherever it lies."""
    digest = hashlib.sha256()
    for file in files:
        digest.update("\n".join(file.names).encode())
        digest.update(np.ascontiguousarray(file.pieces).tobytes())
    return f"{sum(file.n_clips for file in files)} clips ({digest.hexdigest()[:8]})"


def _contents(files: Sequence[ClipFile]) -> str:
    """Tells one data set from another by what is in it: labels may have been corrected."""
    digest = hashlib.sha256()
    for file in files:
        digest.update(_content(file.path).encode())
    return digest.hexdigest()[:16]


def _content(path: Path) -> str:
    """The checksum that the builder wrote into the file; of an older file, one of its labels.

    Raises:
        DataError: the file cannot be read.
    """
    try:
        with h5py.File(path) as file:
            if "content_sha256" in file.attrs:
                return str(file.attrs["content_sha256"])
            digest = hashlib.sha256()
            for name in TARGET_NAMES:
                if file[name].chunks is None:
                    digest.update(np.ascontiguousarray(file[name][:]).tobytes())
                    continue
                stored = file[name].id
                for index in range(stored.get_num_chunks()):
                    place = stored.get_chunk_info(index).chunk_offset
                    # As they are stored: unpacked they would be many times as large.
                    digest.update(stored.read_direct_chunk(place)[1])
            return digest.hexdigest()
    except (OSError, KeyError, RuntimeError, ValueError) as error:
        raise DataError(f"{path}: the data file is damaged ({error})") from None
