"""`train` and `train-val`: data files to a checkpoint."""

from __future__ import annotations

import os
import shlex
import sys
from argparse import Namespace
from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields, replace
from importlib.util import find_spec
from pathlib import Path

import torch

from model import checkpoint as checkpoints
from model.checkpoint import Checkpoint
from model.checkpoint_header import read_header
from model.config import NetworkConfig, difference
from model.processes.freed_memory import keep_freed_memory
from training import options as command_line
from training.command import config_file
from training.command.checks import flag, refuse_overwriting
from training.datasets.clip_augment import Augmentation
from training.datasets.clip_dataset import ClipFile
from training.datasets.clips import ClipLength
from training.options import UsageError
from training.trainer.distributed import joined
from training.trainer.losses import LossWeights
from training.trainer.plan import TrainOptions
from training.trainer.run_files import RunFiles
from training.trainer.shape import new_shape, start_shaped
from training.trainer.stop_signals import Stopped
from training.trainer.train import train

# What these options mean in the configuration of features or network.
_FEATURES = {
    "sr": "sample_rate", "hop_length": "hop_length", "bins_per_octave": "bins_per_octave",
    "windows": "windows", "labels": "labels", "only_note_names": "only_note_names",
    "batch_seconds": "clips",
}  # fmt: skip
_SHAPE = {
    "network": "kind", "context": "context_units", "blocks": "n_blocks",
    "temporal_kernel": "temporal_kernel",
}  # fmt: skip
_DEFAULT_OUT = {"train": Path("final.safetensors"), "train-val": Path("dev.safetensors")}


def run(options: Namespace) -> int:
    """Trains a network; in each of several processes if `torchrun` started them."""
    if not options.data:
        raise UsageError(f"{options.action} needs --data FILE.h5")
    options.out = options.out or _DEFAULT_OUT[options.action]
    if options.out.is_dir():
        raise UsageError(f"--out {options.out} is a folder, not a file to write")
    run_files = RunFiles(options.out)
    _keep_inputs(options, run_files)
    if options.tensorboard is not None and find_spec("tensorboard") is None:
        raise UsageError("--tensorboard needs the package tensorboard, which is not installed")
    # Here as well as in the training: of several processes none has written anything yet.
    if not (options.resume or options.anew):
        run_files.check_free()
    files = open_files(options)
    plan = plan_of(options, files)
    # Only tuning knows how often a probability is right.
    if options.resume and options.out.exists() and read_header(options.out).decoder.reliability:
        print(
            f"{options.out}: its decoder was tuned for the weights of before; tune it again "
            "afterwards", file=sys.stderr,
        )
    if plan.device.type == "cpu":
        keep_freed_memory()
    try:
        with joined(plan.device) as processes:
            progress = train(files, options.out, plan, processes)
    except torch.OutOfMemoryError:
        raise UsageError(
            f"--batch-size {options.batch_size} clips do not fit into the memory of {plan.device}: "
            "--accumulate 2 computes each step in two parts"
        ) from None
    except Stopped:
        print(f"stopped and saved; this goes on:\n{_going_on(options)}", file=sys.stderr)
        return 130
    if processes.first:
        said = f"{progress.step} steps in {progress.epoch} epochs"
        if plan.validation_share:
            said += f", best score {progress.best_score:.4f} after {progress.best_epoch}"
        print(f"{options.out}: {said}", file=sys.stderr)
    return 0


def _keep_inputs(options: Namespace, run_files: RunFiles) -> None:
    """Raises UsageError when the run would write what it reads, or contradicts itself."""
    if options.resume and options.anew:
        raise UsageError("--resume goes on with a run and --anew begins another: not both")
    written = (run_files.checkpoint, run_files.state, run_files.log, run_files.options)
    refuse_overwriting(
        [("--out", path) for path in written],
        [
            *(("--data", path) for path in options.data), ("--checkpoint", options.checkpoint),
            *(("--validation-data", path) for path in options.validation_data),
        ],
    )  # fmt: skip


def _going_on(options: Namespace) -> str:
    """The command that goes on with a run."""
    words = [word for word in options.words if word not in ("--anew", "--resume")]
    return shlex.join(["python", "-m", "training", *words, "--resume"])


def open_files(options: Namespace) -> list[ClipFile]:
    """The data files.

    Raises:
        DataError: one of them cannot be used.
        UsageError: another option contradicts how they were made.
    """
    files = [ClipFile.open(path) for path in options.data]
    shares = _for_each_file(options, "data_shares", 0.0)
    end_weights = _for_each_file(options, "end_weights", 1.0)
    files = [
        replace(file, share=share, end_weight=end_weight)
        for file, share, end_weight in zip(files, shares, end_weights, strict=True)
    ]
    for file in [*files, *_validation(options)]:
        made = {field.name: getattr(file.features, field.name) for field in fields(file.features)}
        made |= {"labels": file.format.labels, "only_note_names": file.format.only_note_names}
        _refuse_contradiction(options, _FEATURES, made, f"{file.path}, which was made")
        if "batch_seconds" in options.given:
            try:
                length = ClipLength.of(options.batch_seconds, file.features)
            except ValueError as error:
                raise UsageError(str(error)) from None
            if length != file.format.length:
                raise UsageError(
                    f"--batch-seconds {options.batch_seconds:g} contradicts {file.path}, which was "
                    f"made with clips of {file.n_frames} frames, not {length.frames}"
                )
    return files


def _for_each_file(options: Namespace, name: str, default: float) -> list[float]:
    """A number for each data file. Raises UsageError when there are more or fewer."""
    given: list[float] = getattr(options, name, [])
    if given and len(given) != len(options.data):
        raise UsageError(
            f"{flag(name)} gives {len(given)} numbers for {len(options.data)} --data files"
        )
    return given or [default] * len(options.data)


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
    return TrainOptions(
        num_epochs=options.num_epochs, batch_size=options.batch_size,
        accumulate=options.accumulate, lr=options.lr,
        schedule=options.schedule, milestones=tuple(options.milestones), gamma=options.gamma,
        weight_decay=options.weight_decay, clip_gradient=options.clip_gradient,
        average_decay=options.average_decay,
        augmentation=Augmentation(
            options.augment_share, options.augment_semitones, options.augment_tilt_db
        ),
        num_workers=options.num_workers, seed=options.seed, device=_device(options.device),
        amp=options.amp, compile=options.compile, save_minutes=options.save_minutes,
        keep_epochs=options.keep_epochs, resume=options.resume, anew=options.anew,
        network=(
            start.network if start
            else new_shape(options, only_note_names=files[0].format.only_note_names)
        ),
        weights=LossWeights(
            onset_positive=options.onset_alpha, frame=options.frame_weight,
            velocity=options.velocity_weight, onset_frames=options.onset_frames,
        ),
        validation_share=options.validation_share if options.action != "train" else 0.0,
        validation=tuple(_validation(options)), patience=options.patience, start=start,
        only_settled=options.only_settled, frozen_norms=options.frozen_norms,
        read_out=options.read_out, tensorboard=options.tensorboard,
        repeated_by=config_file.text(options, command_line.parser()),
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
    start = start_shaped(options, start, path)
    shape = {field.name: getattr(start.network, field.name) for field in fields(NetworkConfig)}
    _refuse_contradiction(options, _SHAPE, shape, f"--checkpoint {path}, which was trained")
    return start


def _refuse_contradiction(
    options: Namespace, names: Mapping[str, str], made: Mapping[str, object], what: str
) -> None:
    """An option that was given must not say otherwise than `made`."""
    for option in names.keys() & options.given:
        name = names[option]
        value = getattr(options, option)
        value = tuple(value) if isinstance(value, list) else value
        if name in made and value != made[name]:
            raise UsageError(f"{flag(option)} {_shown(value)} contradicts {what} with "
                             f"{_shown(made[name])}")


def _shown(value: object) -> str:
    return " ".join(map(str, value)) if isinstance(value, tuple) else str(value)


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
