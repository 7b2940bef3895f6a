"""`tune`: chooses settings on validation data, never on test data."""

from __future__ import annotations

import json
import os
import shlex
import sys
from argparse import Namespace
from collections.abc import Mapping, Sequence
from dataclasses import replace
from importlib.util import find_spec

from model import checkpoint as checkpoints
from model.checkpoint import Checkpoint, CheckpointError
from model.checkpoint_header import read_header
from model.config import to_json
from model.runtimes.torch_runtime import TorchRuntime
from training import corpora
from training import options as command_line
from training.corpora.recording import Recording
from training.options import UsageError
from training.scoring.one_answer import transcriber_of
from training.tuning.tune import tune
from training.tuning.velocity import VelocityError, fit_velocity

# What of the command line a better one keeps, beside the data and what was chosen.
_KEPT = (
    "network", "channels", "context", "blocks", "temporal_kernel", "delay_frames",
    "batch_size", "accumulate", "schedule", "milestones", "gamma", "weight_decay", "clip_gradient",
    "average_decay", "velocity_weight", "onset_frames", "augment_share", "augment_semitones",
    "augment_tilt_db", "seed", "num_workers", "device", "amp", "compile", "validation_share",
)  # fmt: skip


def run(options: Namespace) -> int:
    """Chooses how to train with --data, and the decoder's settings without."""
    if options.data:
        return _tune_training(options)
    return _tune_decoder(options)


def _tune_decoder(options: Namespace) -> int:
    """Writes the decoder's settings, or the velocity layer, into the checkpoint or a copy of it."""
    if not options.corpus or options.checkpoint is None:
        raise UsageError(
            "tune needs --corpus KIND:FOLDER and --checkpoint FILE, or --data FILE.h5"
        )
    checkpoint = checkpoints.load(options.checkpoint)
    try:
        transcriber = transcriber_of(
            checkpoint.header, TorchRuntime(checkpoint.build()), options.answer
        )
    except CheckpointError as error:
        raise CheckpointError(f"{options.checkpoint}: {error}") from None
    out = options.out or options.checkpoint
    if out.exists():
        # Nothing but another checkpoint is replaced.
        read_header(out)
    recordings = _unseen(corpora.find(options.corpus, "train", options), checkpoint)
    failures: list[str] = []
    if options.velocity:
        try:
            checkpoints.save(fit_velocity(recordings, checkpoint, failures), out)
        except VelocityError as error:
            raise UsageError(f"{options.checkpoint}: {error}") from None
        print(f"{out}: its velocity layer is fitted")
        return _left_out(failures)
    decoder, scores = tune(recordings, transcriber, failures)
    is_settled = options.answer == "settled" and checkpoint.network.answers > 1
    tuned = {"settled_decoder" if is_settled else "decoder": decoder}
    checkpoints.save(replace(checkpoint, **tuned), out)
    for corpus, row in scores.items():
        print(f"{corpus:20s} note {row.f1:.3f}  note+off {row.f1_offset:.3f}  "
              f"frame {row.frame_f1:.3f}")
    print(f"{out}: {to_json(decoder)}")
    return _left_out(failures)


def _left_out(failures: Sequence[str]) -> int:
    """Names recordings that could not be used; the exit status."""
    for failure in failures:
        print(f"left out: {failure}", file=sys.stderr)
    return 1 if failures else 0


def _unseen(recordings: Sequence[Recording], checkpoint: Checkpoint) -> list[Recording]:
    """Those that the checkpoint was not trained on, if it says which and any of them are here."""
    held_out = set(json.loads(checkpoint.notes.get("held_out", "[]")))
    unseen = [r for r in recordings if f"{r.corpus}/{r.name}" in held_out]
    if unseen:
        print(f"tuning on the {len(unseen)} recordings of {len(recordings)} that were held out "
              "of training")
    return unseen or list(recordings)


def _tune_training(options: Namespace) -> int:
    """Trains networks, and prints how to train the best one for longer."""
    for name in ("corpus", "checkpoint", "velocity"):
        if getattr(options, name):
            raise UsageError(
                f"tune with --data trains networks of its own, and has no use for --{name}"
            )
    if int(os.environ.get("WORLD_SIZE", "1")) > 1:
        raise UsageError(
            "tune with --data is not for torchrun: start it several times with one --study"
        )
    if find_spec("optuna") is None:
        raise UsageError("tune with --data needs the package optuna, which is not installed")
    # Imported here: nothing else needs optuna.
    from training.actions import train_action
    from training.tuning import search

    files = train_action.open_files(options)
    plan = train_action.plan_of(options, files)
    best = search.search(files, plan, options.study, options.trials)
    print(f"best score {best.score:.4f} of {best.n_trials} trials in {options.study}:")
    print(_command(options, best.chosen))
    return 0


def _command(options: Namespace, chosen: Mapping[str, float]) -> str:
    """The command that trains with what was chosen, by option, and else as this one did."""
    words = ["python", "-m", "training", "-a", "train-val"]
    for path in options.data:
        words += ["--data", str(path)]
    words += ["--out", str(options.out or "best.safetensors")]
    parser = command_line.parser()
    for name in _KEPT:
        value = getattr(options, name)
        if value is False and value != parser.get_default(name):
            words.append("--no-" + name.replace("_", "-"))
            continue
        if name in chosen or value == parser.get_default(name):
            continue
        words.append("--" + name.replace("_", "-"))
        if value is not True:
            words += map(str, value if isinstance(value, list) else [value])
    for name, value in chosen.items():
        words += ["--" + name.replace("_", "-"), f"{value:.4g}"]
    return shlex.join(words)
