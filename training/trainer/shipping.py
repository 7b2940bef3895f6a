"""A run's weights as a checkpoint."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from torch import Tensor

from model import checkpoint as checkpoints
from model.checkpoint import Checkpoint
from model.config import DecoderConfig
from training.datasets.clip_dataset import ClipDataset
from training.trainer.plan import TrainOptions


def ship(
    path: Path,
    weights: Mapping[str, Tensor],
    dataset: ClipDataset,
    options: TrainOptions,
    *,
    epochs: int,
    steps: int,
    held_out: Sequence[str] = (),
    best_score: float = 0.0,
    threshold: float | None = None,
) -> None:
    """Writes weights with all that the program must know of them.

    Args:
        epochs, steps: how long they were trained.
        held_out, best_score: pieces that they were not trained on, and their score there.
        threshold: the best one for frames, where it is known.

    Raises:
        OSError: it cannot be written.
    """
    corpora = {name.partition("/")[0] for file in dataset.files for name in file.names}
    notes = {
        "epochs": str(epochs),
        "steps": str(steps),
        "labels": dataset.labels,
        "corpora": json.dumps(sorted(corpora)),
    }
    if threshold and math.isfinite(threshold):
        notes["frame_threshold"] = f"{threshold:.4f}"
    if held_out:
        notes |= {"held_out": json.dumps(list(held_out)), "score": f"{best_score:.4f}"}
    checkpoints.save(
        Checkpoint(dataset.features, options.network, decoder(options), weights, notes), path
    )


def decoder(options: TrainOptions) -> DecoderConfig:
    """What notes are said by: that of the weights to start from, with the read-out asked for."""
    start = options.start.decoder if options.start else DecoderConfig()
    return replace(start, read_out=options.read_out or start.read_out)
