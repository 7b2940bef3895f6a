"""Writes a beat network as ONNX, which the program runs it with."""

from __future__ import annotations

import io
import warnings
from pathlib import Path

import numpy as np
import onnx
import torch
from onnx import helper

from model.beats import beat_checkpoint
from model.beats.beat_finder import ANSWERS, FEATURES, ONNX_FORMAT, BeatFinder
from model.beats.note_features import N_FEATURES
from model.checkpoint_header import CheckpointError, weights_hash
from model.files.whole_file import whole_file
from model.runtimes.runtime import onnx_twin

_OPSET = 17
# The probabilities of both differ by no more than this.
TOLERANCE = 1e-4


def export(checkpoint: Path) -> Path:
    """Writes the ONNX twin beside a beat network's file, once it has been compared with it.

    Raises:
        CheckpointError: it cannot be read, or the twin would say something else.
    """
    network = beat_checkpoint.load(checkpoint).probabilities()
    written = io.BytesIO()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.onnx.export(
            network, (torch.zeros(1, 64, N_FEATURES),), written, dynamo=False,
            opset_version=_OPSET, input_names=[FEATURES], output_names=list(ANSWERS),
            dynamic_axes={name: {1: name} for name in (FEATURES, *ANSWERS)},
        )
    model = onnx.load_from_string(written.getvalue())
    helper.set_model_props(
        model, {"format": ONNX_FORMAT, "weights": weights_hash(checkpoint)}
    )
    twin = onnx_twin(checkpoint)
    with whole_file(twin) as beside:
        beside.write_bytes(model.SerializeToString(deterministic=True))
    noise = np.random.default_rng(0).random((400, N_FEATURES), np.float32)
    with torch.inference_mode():
        wanted = network(torch.from_numpy(noise)[None])
    found = BeatFinder.load(checkpoint).run(noise)
    differs = max(float(np.abs(one - other[0].numpy()).max())
                  for one, other in zip(found, wanted, strict=True))
    if not differs <= TOLERANCE:
        twin.unlink()
        raise CheckpointError(f"{checkpoint}: its ONNX twin would differ by {differs:.1e}")
    return twin
