"""`train` and `train-val`: data files to a checkpoint."""

from __future__ import annotations

import os
import sys
from argparse import Namespace
from collections.abc import Callable, Sequence
from dataclasses import fields, replace
from importlib.util import find_spec
from pathlib import Path

import torch

from model import checkpoint as checkpoints
from model.checkpoint import Checkpoint
from model.config import NetworkConfig, difference
from training import options as command_line
from training.datasets.clip_dataset import ClipFile
from training.distributed import joined
from training.grow import GrowthError, grown
from training.losses import LossWeights
from training.options import UsageError
from training.plan import TrainOptions
from training.train import train

# What these options mean in the configuration of features or network.
_FEATURES = {"sr": "sample_rate", "hop_length": "hop_length", "bins_per_octave": "bins_per_octave"}
_SHAPE = {
    "network": "kind", "channels": "channels", "context": "context_units", "blocks": "n_blocks",
    "temporal_kernel": "temporal_kernel",
}  # fmt: skip


def run(options: Namespace) -> int:
    """Trains a network; in each of several processes if `torchrun` started them."""
    if not options.data or options.out is None:
        raise UsageError(f"{options.action} needs --data FILE.h5 and --out FILE.safetensors")
    if options.out.is_dir():
        raise UsageError(f"--out {options.out} is a folder, not a file to write")
    if options.tensorboard is not None and find_spec("tensorboard") is None:
        raise UsageError("--tensorboard needs the package tensorboard, which is not installed")
    files = open_files(options)
    plan = plan_of(options, files)
    options.out.parent.mkdir(parents=True, exist_ok=True)
    try:
        with joined(plan.device) as processes:
            progress = train(files, options.out, plan, processes)
    except torch.OutOfMemoryError:
        raise UsageError(
            f"--batch-size {options.batch_size} clips do not fit into the memory of {plan.device}"
        ) from None
    if processes.first:
        said = f"{progress.step} steps in {progress.epoch} epochs"
        if plan.validation_share:
            said += f", best score {progress.best_score:.4f} after {progress.best_epoch}"
        print(f"{options.out}: {said}", file=sys.stderr)
    return 0


def open_files(options: Namespace) -> list[ClipFile]:
    """The data files.

    Raises:
        DataError: one of them cannot be used.
        UsageError: another option contradicts how they were made.
    """
    files = [ClipFile.open(path) for path in options.data]
    for file in [*files, *_validation(options)]:
        made = {name: getattr(file.features, name) for name in _FEATURES.values()}
        made |= {"labels": file.format.labels, "only_note_names": file.format.only_note_names}
        names = _FEATURES | {"labels": "labels", "only_note_names": "only_note_names"}
        _refuse_contradiction(options, names, made, f"{file.path}, which was made")
    return files


def _validation(options: Namespace) -> list[ClipFile]:
    """The files that are held out as a whole."""
    if options.validation_data and options.action == "train":
        raise UsageError("train holds nothing out: --validation-data belongs to train-val and tune")
    return [ClipFile.open(path) for path in options.validation_data]


def plan_of(options: Namespace, files: Sequence[ClipFile]) -> TrainOptions:
    """How to train, from the command line.

    Raises:
        CheckpointError: the weights to start from cannot be read.
        UsageError: options contradict each other or the data.
    """
    if options.schedule == "cosine" and options.milestones:
        raise UsageError("--milestones belongs to --schedule steps, not to cosine")
    start = None
    if options.checkpoint is not None:
        start = _start(options, options.checkpoint, files[0])
    channels = options.channels or NetworkConfig().channels
    delay_frames = options.delay_frames
    if delay_frames is None:
        delay_frames = (start.network if start else NetworkConfig()).delay_frames
    # No weight's shape depends on the delay: others may be taught to speak sooner, or later.
    network = replace(start.network, delay_frames=delay_frames) if start else NetworkConfig(
        kind=options.network,
        channels=channels,
        harmonic_channels=max(1, channels // 4),
        n_blocks=options.blocks,
        temporal_kernel=options.temporal_kernel,
        memory_units=channels,
        context_units=options.context or 0,
        delay_frames=delay_frames,
        only_note_names=files[0].format.only_note_names,
    )
    return TrainOptions(
        num_epochs=options.num_epochs, batch_size=options.batch_size, lr=options.lr,
        schedule=options.schedule, milestones=tuple(options.milestones), gamma=options.gamma,
        num_workers=options.num_workers, seed=options.seed, device=_device(options.device),
        amp=options.amp, compile=options.compile, resume=options.resume, network=network,
        weights=LossWeights(
            onset_positive=options.c, frame=options.frame_weight, velocity=options.velocity_weight
        ),
        validation_share=options.validation_share if options.action != "train" else 0.0,
        validation=tuple(_validation(options)), patience=options.patience, start=start,
        tensorboard=options.tensorboard,
    )


def _start(options: Namespace, path: Path, file: ClipFile) -> Checkpoint:
    """The weights to start from, if data and options are of their kind."""
    start = checkpoints.load(path)
    try:
        start.build()
    except checkpoints.CheckpointError as error:
        raise checkpoints.CheckpointError(f"{path}: {error}") from None
    unlike = difference(start.features, file.features)
    if unlike:
        raise UsageError(f"--checkpoint {path} and --data {file.path} differ: {unlike}")
    wider = options.channels is not None and options.channels > start.network.channels
    if wider or (options.context and not start.network.context_units):
        try:
            start = grown(
                start, options.channels or start.network.channels, options.context, options.seed
            )
        except GrowthError as error:
            raise UsageError(f"--checkpoint {path}: {error}") from None
    shape = {field.name: getattr(start.network, field.name) for field in fields(NetworkConfig)}
    _refuse_contradiction(options, _SHAPE, shape, f"--checkpoint {path}, which was trained")
    return start


def _refuse_contradiction(
    options: Namespace, names: dict[str, str], made: dict[str, object], what: str
) -> None:
    """An option that is not at its default was given, and must not say otherwise than `made`."""
    parser = command_line.parser()
    for option, name in names.items():
        value = getattr(options, option)
        if value not in (parser.get_default(option), made[name]):
            flag = "--" + option.replace("_", "-")
            raise UsageError(f"{flag} {value} contradicts {what} with {made[name]}")


def _device(text: str) -> torch.device:
    """The device of this name; with several processes on a machine, each has a GPU of its own."""
    try:
        device = torch.device(text)
    except RuntimeError:
        raise UsageError(f"--device {text} is none of cpu, cuda and mps") from None
    there: dict[str, Callable[[], bool]] = {
        "cpu": lambda: True,
        "cuda": torch.cuda.is_available,
        "mps": torch.backends.mps.is_available,
    }
    if device.type not in there:
        raise UsageError(f"--device {text} is none of cpu, cuda and mps")
    if not there[device.type]():
        raise UsageError(f"--device {text}: this machine or this PyTorch has no such device")
    if device.type == "cuda" and device.index is None:
        device = torch.device("cuda", int(os.environ.get("LOCAL_RANK", "0")))
    if device.type == "cuda":
        if device.index >= torch.cuda.device_count():
            raise UsageError(f"--device {device}: there are {torch.cuda.device_count()} of them")
        torch.cuda.set_device(device)
    return device
