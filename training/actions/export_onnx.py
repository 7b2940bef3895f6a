"""`export`: writes a checkpoint's network as ONNX, which the program listens with."""

from __future__ import annotations

import io
import warnings
from argparse import Namespace
from pathlib import Path

import numpy as np
import onnx
import torch
from numpy.typing import NDArray
from onnx import helper
from torch import Tensor, nn

from model import checkpoint as checkpoints
from model.checkpoint import Checkpoint, CheckpointError
from model.checkpoint_header import weights_hash
from model.config import FeatureConfig
from model.files.whole_file import whole_file
from model.runtimes.onnx_runtime import (
    ANSWER,
    FRAMES,
    N_FRAMES,
    NEXT,
    STATE,
    OnnxRuntime,
    twin_metadata,
)
from model.runtimes.runtime import Runtime, onnx_twin
from model.runtimes.torch_runtime import TorchRuntime
from model.spectrogram import Spectrogram
from training.options import UsageError

_OPSET = 17
# The probabilities of both runtimes differ by no more than this; 1e-6 is usual.
TOLERANCE = 1e-5
# Frames in the blocks that are compared, over and over: hops, and blocks of many lengths.
_BLOCKS = (1, 1, 7, 1, 64, 2, 33, 1, 1, 1, 5, 128)
_CHECKED_S = 6.0


def run(options: Namespace) -> int:
    """Writes the ONNX twin of a checkpoint, or the same under another name."""
    if options.checkpoint is None:
        raise UsageError("export needs --checkpoint FILE.safetensors")
    out = options.out or onnx_twin(options.checkpoint)
    difference = export(options.checkpoint, out)
    print(f"{out}: {out.stat().st_size / 1e6:.1f} MB; its probabilities are those of PyTorch "
          f"within {max(difference, 1e-9):.0e}")
    return 0


def export(path: Path, out: Path) -> float:
    """Writes the network of a checkpoint file as ONNX, once it has been checked.

    Returns:
        By how much its probabilities differ from PyTorch's at most.

    Raises:
        CheckpointError: the checkpoint cannot be read, or what was written would not be equal.
        UsageError: `out` is a folder or does not end in .onnx.
    """
    if out.suffix.lower() != ".onnx" or out.is_dir():
        raise UsageError(f"--out {out} must be a file that ends in .onnx")
    checkpoint = checkpoints.load(path)
    network = checkpoint.build()
    metadata = twin_metadata(checkpoint.header, weights_hash(path))
    model = _onnx(network, checkpoint, path)
    helper.set_model_props(model, metadata)
    content = model.SerializeToString(deterministic=True)
    trained = TorchRuntime(network, one_core=True)
    difference = _difference(OnnxRuntime(content), trained, checkpoint.features)
    if not difference <= TOLERANCE:
        raise CheckpointError(
            f"{path}: it was not exported, for its probabilities would differ by {difference:.1e} "
            f"from PyTorch's, more than {TOLERANCE:g}"
        )
    out.parent.mkdir(parents=True, exist_ok=True)
    with whole_file(out) as beside:
        beside.write_bytes(content)
    return difference


class _Exported(nn.Module):
    """The network as it is run: one sound, states apart, probabilities with the heads first."""

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network

    def forward(self, frames: Tensor, *states: Tensor) -> tuple[Tensor, ...]:
        logits, kept = self.network(frames[None], list(states))
        return *torch.sigmoid(logits[0]).permute(1, 3, 0, 2).unbind(), *kept


def _onnx(network: nn.Module, checkpoint: Checkpoint, path: Path) -> onnx.ModelProto:
    """The network as ONNX, of any number of frames.

    Raises:
        CheckpointError: it holds what ONNX does not know.
    """
    features = checkpoint.features
    frames = torch.zeros(3, len(features.windows), features.n_bins)
    with torch.inference_mode():
        _, begun = network(frames[None])
    if any(state.numel() == 0 for state in begun):
        raise CheckpointError(
            f"{path}: it cannot be exported, because hops of {features.hop_length} samples are so "
            "long that its convolution has nothing to remember"
        )
    states = [torch.zeros_like(state) for state in begun]
    n = range(len(states))
    answers = [f"{ANSWER}{i}" for i in range(checkpoint.network.answers)]
    written = io.BytesIO()
    with warnings.catch_warnings():
        # That this exporter is the old one, and what it does not fold: ONNX Runtime does.
        warnings.simplefilter("ignore")
        try:
            torch.onnx.export(
                _Exported(network).eval(), (frames, *states), written,
                # The new one needs a package more and writes fixed numbers of frames into GRUs.
                dynamo=False, opset_version=_OPSET,
                input_names=[FRAMES, *(f"{STATE}{i}" for i in n)],
                output_names=[*answers, *(f"{NEXT}{i}" for i in n)],
                dynamic_axes={FRAMES: {0: N_FRAMES}} | {name: {1: N_FRAMES} for name in answers},
            )  # fmt: skip
        except (torch.onnx.errors.OnnxExporterError, RuntimeError) as error:
            reason = " ".join(str(error).split())[:200]
            raise CheckpointError(f"{path}: it cannot be exported ({reason})") from None
    return onnx.load_from_string(written.getvalue())


def _difference(left: Runtime, right: Runtime, features: FeatureConfig) -> float:
    """By how much two runtimes differ at most, on noise and on sound, in blocks of many lengths."""
    worst = 0.0
    rng = np.random.default_rng(0)
    noise = rng.random((200, len(features.windows), features.n_bins), np.float32) * 1.2
    for frames in (noise, Spectrogram(features).push(_sound(features.sample_rate, rng))):
        for one, other in zip(_answers(left, frames), _answers(right, frames), strict=True):
            worst = max(worst, float(np.abs(one - other).max()))
            # A comparison with what is no number would pass.
            worst = worst if np.isfinite(one).all() else float("inf")
    return worst


def _answers(runtime: Runtime, frames: NDArray[np.float32]) -> list[NDArray[np.float32]]:
    stream, answers, first = runtime.stream(), list[NDArray[np.float32]](), 0
    while first < len(frames):
        n_frames = _BLOCKS[len(answers) % len(_BLOCKS)]
        answers.append(np.concatenate(stream.push(frames[first : first + n_frames])))
        first += n_frames
    return answers


def _sound(sample_rate: int, rng: np.random.Generator) -> NDArray[np.float32]:
    """Chords of struck tones over noise, with a silence in their middle."""
    n_samples, step = round(_CHECKED_S * sample_rate), round(0.3 * sample_rate)
    since = np.arange(sample_rate) / sample_rate
    sound = rng.normal(0, 1e-3, n_samples + sample_rate)
    for first in range(0, n_samples, step):
        for pitch in rng.integers(28, 96, 3):
            angle = 2 * np.pi * 440 * 2 ** ((pitch - 69) / 12) * since
            tone = np.sin(angle) + np.sin(2 * angle) / 2 + np.sin(3 * angle) / 3
            sound[first : first + sample_rate] += 0.1 * np.exp(-3 * since) * tone
    middle = n_samples // 2
    sound[middle : middle + sample_rate] = 0
    return sound[:n_samples].astype(np.float32)
