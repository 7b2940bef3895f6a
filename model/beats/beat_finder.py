"""Beats and bars of notes: the beat network's public door."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from model.beats.bar_decoder import decode
from model.beats.beat_config import SLOWER
from model.beats.beat_evidence import BeatEvidence, FoundBeat, Known, Weights
from model.beats.metre_naming import named
from model.beats.note_features import NoteArrays, note_features
from model.checkpoint_header import CheckpointError, read_metadata, weights_hash
from model.notes import Note
from model.runtimes.runtime import onnx_twin

FORMAT = "noteglow-beats-1"
ONNX_FORMAT = "noteglow-beats-onnx-1"
FEATURES, ANSWERS = "features", ("beats", "periods", "meters")
# Fewer notes have no bars.
LEAST_NOTES = 6
# Frames that are looked at at once, and more on either side than the network sees.
_BLOCK, _MARGIN = 15_000, 1_400

# Features (frames, n) to probabilities of beats, periods and meters.
Run = Callable[[NDArray[np.float32]], tuple[NDArray[np.float32], ...]]


class BeatFinder:
    """A loaded beat network and the search that makes bars of what it says."""

    def __init__(self, run: Run) -> None:
        self.run = run

    @classmethod
    def load(cls, checkpoint: Path) -> BeatFinder:
        """Opens a beat network, with ONNX Runtime where its twin lies beside it, else PyTorch.

        Raises:
            CheckpointError: it is missing, damaged, or the twin was not exported from it.
        """
        require_format(checkpoint)
        twin = onnx_twin(checkpoint)
        return cls(_onnx(twin, checkpoint) if twin.is_file() else _torch(checkpoint))

    def find(
        self, notes: Sequence[Note], known: Known = Known(),  # noqa: B008
        weights: Weights = Weights(),  # noqa: B008
        go_on: Callable[[], object] = lambda: None,
    ) -> list[FoundBeat]:
        """The beats from the first to the last note; none of fewer than `LEAST_NOTES`.

        Args:
            notes: what is heard, in any order.
            known: what has been decided.
            go_on: is called now and then, and may raise to break off.
        """
        if len(notes) < LEAST_NOTES:
            return []
        arrays = NoteArrays.of(notes)
        evidence = self.evidence(arrays)
        found = decode(evidence, arrays.onset_s, known, weights, go_on)
        if found and known.metre is None:
            found = named(found, evidence, arrays.onset_s)
        return found

    def evidence(self, notes: NoteArrays) -> BeatEvidence:
        """What the network says of notes, from second 0 to a little after the last of them."""
        features = note_features(notes)
        features = np.pad(features, ((0, -len(features) % SLOWER), (0, 0)))
        parts = []
        for begin in range(0, len(features), _BLOCK):
            first, last = max(0, begin - _MARGIN), min(len(features), begin + _BLOCK + _MARGIN)
            beats, periods, meters = self.run(features[first:last])
            end = min(begin + _BLOCK, len(features))
            slow = slice((begin - first) // SLOWER, (end - first) // SLOWER)
            parts.append((beats[begin - first : end - first], periods[slow], meters[slow]))
        joined = [np.concatenate(arrays) for arrays in zip(*parts, strict=True)]
        return BeatEvidence(*joined)


def require_format(checkpoint: Path) -> None:
    """Refuses what is no beat network.

    Raises:
        CheckpointError: it is missing, damaged or another network.
    """
    read_metadata(checkpoint, FORMAT, "beat network")


def _onnx(twin: Path, checkpoint: Path) -> Run:
    import onnxruntime
    from onnxruntime.capi import onnxruntime_pybind11_state as errors

    # Beside what the package's beginning switches off, for Windows' own way.
    onnxruntime.disable_telemetry_events()
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    options.log_severity_level = 4
    try:
        session = onnxruntime.InferenceSession(
            twin.read_bytes(), options, providers=["CPUExecutionProvider"]
        )
    except (OSError, errors.Fail, errors.InvalidArgument, errors.InvalidGraph,
            errors.InvalidProtobuf, errors.RuntimeException):
        raise CheckpointError(f"{twin}: this is no ONNX file, or it is damaged") from None
    said = session.get_modelmeta().custom_metadata_map
    if said.get("format") != ONNX_FORMAT or said.get("weights") != weights_hash(checkpoint):
        raise CheckpointError(f"{twin}: it holds other weights than {checkpoint}")

    def run(features: NDArray[np.float32]) -> tuple[NDArray[np.float32], ...]:
        return tuple(array[0] for array in session.run(ANSWERS, {FEATURES: features[None]}))

    return run


def _torch(checkpoint: Path) -> Run:
    if importlib.util.find_spec("torch") is None:
        raise CheckpointError(
            f"{checkpoint}: without {onnx_twin(checkpoint).name} beside it, it needs PyTorch, "
            "which is not installed; `make train` installs it"
        )
    from model.beats import beat_checkpoint

    return beat_checkpoint.run(checkpoint)
