"""Writes a beat network or a bar network as ONNX, which the program runs it with."""

from __future__ import annotations

import io
import warnings
from pathlib import Path

import numpy as np
import onnx
import torch
from onnx import helper

from model.beats import beat_checkpoint
from model.beats.beat_features import N_BEAT_FEATURES
from model.beats.beat_runs import (
    ANSWERS,
    BARS_FORMAT,
    BEATS_FORMAT,
    FEATURES,
    onnx_format,
    runner,
)
from model.beats.note_features import N_FEATURES
from model.checkpoint_header import CheckpointError, weights_hash
from model.files.whole_file import whole_file
from model.runtimes.runtime import onnx_twin

_OPSET = 17
# The probabilities of both differ by no more than this.
TOLERANCE = 1e-4


def export_beats(checkpoint: Path) -> Path:
    """Writes the ONNX twin beside a beat network's file, once it has been compared with it.

    Raises:
        CheckpointError: it cannot be read, or the twin would say something else.
    """
    network = beat_checkpoint.load(checkpoint).probabilities()
    return _export(checkpoint, network, BEATS_FORMAT, N_FEATURES)


def export_bars(checkpoint: Path) -> Path:
    """The same for a bar network's file.

    Raises:
        CheckpointError: it cannot be read, or the twin would say something else.
    """
    network = beat_checkpoint.load_bars(checkpoint).probabilities()
    return _export(checkpoint, network, BARS_FORMAT, N_BEAT_FEATURES)


def _export(checkpoint: Path, network: torch.nn.Module, file_format: str, n_features: int) -> Path:
    written = io.BytesIO()
    answers = ANSWERS[file_format]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.onnx.export(
            network, (torch.zeros(1, 64, n_features),), written, dynamo=False,
            opset_version=_OPSET, input_names=[FEATURES], output_names=list(answers),
            dynamic_axes={name: {1: name} for name in (FEATURES, *answers)},
        )
    model = onnx.load_from_string(written.getvalue())
    helper.set_model_props(
        model, {"format": onnx_format(file_format), "weights": weights_hash(checkpoint)}
    )
    twin = onnx_twin(checkpoint)
    with whole_file(twin) as beside:
        beside.write_bytes(model.SerializeToString(deterministic=True))
    noise = np.random.default_rng(0).random((400, n_features), np.float32)
    with torch.inference_mode():
        wanted = network(torch.from_numpy(noise)[None])
    found = runner(checkpoint, file_format)(noise)
    differs = max(float(np.abs(one - other[0].numpy()).max())
                  for one, other in zip(found, wanted, strict=True))
    if not differs <= TOLERANCE:
        twin.unlink()
        raise CheckpointError(f"{checkpoint}: its ONNX twin would differ by {differs:.1e}")
    return twin
