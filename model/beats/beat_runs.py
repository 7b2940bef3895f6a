"""How the beat network and the bar network are run: by ONNX Runtime, or by PyTorch."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from model.checkpoint_header import CheckpointError, read_metadata, weights_hash
from model.runtimes.runtime import onnx_twin

BEATS_FORMAT, BARS_FORMAT = "noteglow-beats-2", "noteglow-bars-1"
FEATURES = "features"
# What each network says, by its format.
ANSWERS = {
    BEATS_FORMAT: ("beats", "periods", "meters"),
    BARS_FORMAT: ("downbeats", "levels", "meters"),
}
_NAMES = {BEATS_FORMAT: "beat network", BARS_FORMAT: "bar network"}

# Features (frames or beats, n) to probabilities.
Run = Callable[[NDArray[np.float32]], tuple[NDArray[np.float32], ...]]


def onnx_format(file_format: str) -> str:
    """The format that the ONNX twin of such a file states."""
    return f"{file_format}-onnx"


def runner(checkpoint: Path, file_format: str) -> Run:
    """Opens a network, with ONNX Runtime where its twin lies beside it, else PyTorch.

    Raises:
        CheckpointError: it is missing, damaged or of another format, or the twin was not exported
            from it.
    """
    require_format(checkpoint, file_format)
    twin = onnx_twin(checkpoint)
    if twin.is_file():
        return _onnx(twin, checkpoint, file_format)
    return _torch(checkpoint, file_format)


def require_format(checkpoint: Path, file_format: str) -> None:
    """Refuses what is no network of this format.

    Raises:
        CheckpointError: it is missing, damaged or another network.
    """
    read_metadata(checkpoint, file_format, _NAMES[file_format])


def _onnx(twin: Path, checkpoint: Path, file_format: str) -> Run:
    import onnxruntime
    from onnxruntime.capi import onnxruntime_pybind11_state as errors

    # It would tell its maker about its use, and writes a file for that.
    onnxruntime.disable_telemetry_events()
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    options.log_severity_level = 4
    # Its optimizer takes longer than a piece, and the pieces take as long without it.
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    try:
        session = onnxruntime.InferenceSession(
            twin.read_bytes(), options, providers=["CPUExecutionProvider"]
        )
    except (OSError, errors.Fail, errors.InvalidArgument, errors.InvalidGraph,
            errors.InvalidProtobuf, errors.RuntimeException):
        raise CheckpointError(f"{twin}: this is no ONNX file, or it is damaged") from None
    said = session.get_modelmeta().custom_metadata_map
    if said.get("format") != onnx_format(file_format) or said.get("weights") != weights_hash(
        checkpoint
    ):
        raise CheckpointError(f"{twin}: it holds other weights than {checkpoint}")

    def run(features: NDArray[np.float32]) -> tuple[NDArray[np.float32], ...]:
        answers = session.run(ANSWERS[file_format], {FEATURES: features[None]})
        return tuple(array[0] for array in answers)

    return run


def _torch(checkpoint: Path, file_format: str) -> Run:
    if importlib.util.find_spec("torch") is None:
        raise CheckpointError(
            f"{checkpoint}: without {onnx_twin(checkpoint).name} beside it, it needs PyTorch, "
            "which is not installed; `make train` installs it"
        )
    from model.beats import beat_checkpoint

    return beat_checkpoint.run(checkpoint, file_format)
