"""What runs a network: spectrogram frames in, probabilities out, by whatever library."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from model.checkpoint_header import CheckpointError, Header


class NetworkStream(Protocol):
    """The network on one stream of frames; holds what it remembers of them. Not thread-safe."""

    def push(self, frames: NDArray[np.float32]) -> tuple[NDArray[np.float32], ...]:
        """Runs some further frames.

        Args:
            frames: shape (frames, windows, bins), one or more of them; only read.

        Returns:
            What each set of heads says of these frames, the earliest answer first: probabilities
            (heads, frames, pitches) float32 in 0..1, the caller's own from now on.
        """
        ...


class Runtime(Protocol):
    """A loaded network, on one processor core. Shared by any number of streams and threads."""

    def stream(self) -> NetworkStream:
        """Begins a stream that has heard nothing yet."""
        ...


def onnx_twin(checkpoint: Path) -> Path:
    """Where the ONNX file of a checkpoint's network lies, if there is one."""
    return checkpoint.with_suffix(".onnx")


def open_runtime(checkpoint: Path, header: Header, name: str | None = None) -> Runtime:
    """Loads the network of a checkpoint file.

    Args:
        header: what the file says of itself.
        name: "onnx", "torch", or None, which takes ONNX Runtime where the checkpoint has an ONNX
            twin and PyTorch elsewhere.

    Raises:
        CheckpointError: the weights are damaged, the twin does not fit the checkpoint, or what
            would run it is not there.
    """
    twin = onnx_twin(checkpoint)
    if name != "torch" and twin.is_file():
        from model.runtimes.onnx_runtime import OnnxRuntime

        return _answering(OnnxRuntime.load(twin, checkpoint, header), twin, header)
    if name == "onnx":
        raise CheckpointError(
            f"{checkpoint}: it has no ONNX twin {twin.name} beside it; "
            f"`python -m training --action export --checkpoint {checkpoint}` writes one"
        )
    if importlib.util.find_spec("torch") is None:
        lacks = "--runtime torch needs" if name else f"without {twin.name} beside it, it needs"
        raise CheckpointError(
            f"{checkpoint}: {lacks} PyTorch, which is not installed; what the "
            "training needs brings it (`make train`, or pip install 'noteglow[train]')"
        )
    from model.runtimes.torch_runtime import TorchRuntime

    return _answering(TorchRuntime.load(checkpoint), checkpoint, header)


def _answering(runtime: Runtime, path: Path, header: Header) -> Runtime:
    """The runtime, if it answers with numbers: weights may be none.

    Raises:
        CheckpointError: it does not.
    """
    frame = np.ones((1, len(header.features.windows), header.features.n_bins), np.float32)
    stream = runtime.stream()
    # What is remembered of the first frame is heard in the second.
    answers = [answer for _ in range(2) for answer in stream.push(frame)]
    if not all(np.isfinite(answer).all() for answer in answers):
        raise CheckpointError(f"{path}: its weights are damaged, they give no numbers")
    return runtime
