"""ONNX Runtime as the runtime: all that listening needs."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import onnxruntime
from numpy.typing import NDArray
from onnxruntime.capi import onnxruntime_pybind11_state as errors

from model.checkpoint_header import CheckpointError, Header, weights_hash
from model.config import FeatureConfig, NetworkConfig, difference, from_json, to_json

FORMAT = "noteglow-onnx-1"
FRAMES = "frames"
# The name of their number, which may be any.
N_FRAMES = "n"
# State n goes in as "state.n" and comes out as "next.n"; all of them begin as zeros.
STATE, NEXT, ANSWER = "state.", "next.", "answer."

# ONNX Runtime raises these, which have no base of their own.
_FAULTS = (
    errors.Fail, errors.InvalidArgument, errors.InvalidGraph, errors.InvalidProtobuf,
    errors.NoModel, errors.NoSuchFile, errors.NotImplemented, errors.RuntimeException,
)  # fmt: skip


def twin_metadata(header: Header, weights: str) -> dict[str, str]:
    """What an ONNX file says of itself: the configurations and the hash of its weights.

    The decoder's settings are not among them: they can be chosen anew without another export.
    """
    return {
        "format": FORMAT,
        "features": to_json(header.features),
        "network": to_json(header.network),
        "weights": weights,
    }


class OnnxRuntime:
    """An exported network; `python -m training --action export` writes its file."""

    def __init__(self, model: bytes) -> None:
        """Args: `model` is the content of an ONNX file."""
        # Beside what the package's beginning switches off, for Windows' own way.
        onnxruntime.disable_telemetry_events()
        self._any = _session(model, _options())
        # What is known to be one frame is planned better than what may be any number.
        one = _options()
        one.add_free_dimension_override_by_name(N_FRAMES, 1)
        self._hop = _session(model, one)

    @classmethod
    def load(cls, path: Path, checkpoint: Path, header: Header) -> OnnxRuntime:
        """Opens the ONNX twin of a checkpoint.

        Raises:
            CheckpointError: it cannot be read, or was not exported from this checkpoint.
        """
        try:
            runtime = cls(path.read_bytes())
        except OSError as error:
            raise CheckpointError(f"{path}: it cannot be read ({error.strerror})") from None
        except _FAULTS:
            raise CheckpointError(f"{path}: this is no ONNX file, or it is damaged") from None
        _require_twin(path, runtime.metadata, checkpoint, header)
        return runtime

    @property
    def metadata(self) -> Mapping[str, str]:
        """What the file says of itself."""
        return dict(self._any.get_modelmeta().custom_metadata_map)

    def stream(self) -> OnnxStream:
        """Begins a stream that has heard nothing yet."""
        return OnnxStream(self._any, self._hop)


class OnnxStream:
    """See `model.runtimes.runtime.NetworkStream`.

    Live sound comes hop by hop, 50 times a second. A hop's arrays are made once: the states are
    read from one set of arrays and written into another, and then the other way round.
    """

    def __init__(
        self, session: onnxruntime.InferenceSession, hop: onnxruntime.InferenceSession
    ) -> None:
        """Args: `session` takes any number of frames, `hop` takes one."""
        self._session, self._hop = session, hop
        frames, *states = session.get_inputs()
        outputs = session.get_outputs()
        self._names = [output.name for output in outputs]
        self._n_answers = len(outputs) - len(states)
        self._state_names = [state.name for state in states]
        self._frame = np.zeros((1, *frames.shape[1:]), np.float32)
        self._answers = [
            np.zeros((output.shape[0], 1, output.shape[2]), np.float32)
            for output in outputs[: self._n_answers]
        ]
        self._states, self._next = (
            [np.zeros(state.shape, np.float32) for state in states] for _ in range(2)
        )
        self._bindings = [
            self._bound(self._states, self._next), self._bound(self._next, self._states)
        ]  # fmt: skip

    def push(self, frames: NDArray[np.float32]) -> tuple[NDArray[np.float32], ...]:
        """Runs some further frames; as many answers as the network gives."""
        if len(frames) == 1:
            self._frame[...] = frames
            self._hop.run_with_iobinding(self._bindings[0])
            self._bindings.reverse()
            self._states, self._next = self._next, self._states
            return tuple(answer.copy() for answer in self._answers)
        given = dict(zip(self._state_names, self._states, strict=True))
        outputs = self._session.run(self._names, {FRAMES: frames} | given)
        for state, left in zip(self._states, outputs[self._n_answers :], strict=True):
            state[...] = left
        return tuple(outputs[: self._n_answers])

    def _bound(
        self, states: list[NDArray[np.float32]], left: list[NDArray[np.float32]]
    ) -> onnxruntime.IOBinding:
        """A hop that reads its states here and leaves the next ones there."""
        binding = self._hop.io_binding()
        given = zip([FRAMES, *self._state_names], [self._frame, *states], strict=True)
        for name, array in given:
            binding.bind_input(name, "cpu", 0, np.float32, array.shape, array.ctypes.data)
        for name, array in zip(self._names, [*self._answers, *left], strict=True):
            binding.bind_output(name, "cpu", 0, np.float32, array.shape, array.ctypes.data)
        return binding


def _session(
    model: bytes, options: onnxruntime.SessionOptions
) -> onnxruntime.InferenceSession:
    return onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])


def _options() -> onnxruntime.SessionOptions:
    """One core, which must be free when there is nothing to do."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.execution_mode = onnxruntime.ExecutionMode.ORT_SEQUENTIAL
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    options.add_session_config_entry("session.inter_op.allow_spinning", "0")
    # What goes wrong is raised, and told in the program's own words; it also warns of nothing.
    options.log_severity_level = 4
    return options


def _require_twin(
    path: Path, metadata: Mapping[str, str], checkpoint: Path, header: Header
) -> None:
    """Refuses an ONNX file that was not exported from this checkpoint.

    Raises:
        CheckpointError: it was not.
    """
    if metadata.get("format") != FORMAT:
        raise CheckpointError(f"{path}: this is not a Noteglow network of format {FORMAT}")
    try:
        features = from_json(FeatureConfig, metadata["features"])
        network = from_json(NetworkConfig, metadata["network"])
    except (KeyError, ValueError, TypeError) as error:
        raise CheckpointError(f"{path}: its configuration cannot be read ({error})") from None
    again = f"`python -m training --action export --checkpoint {checkpoint}` writes it anew"
    differs = difference(features, header.features) or difference(network, header.network)
    if differs:
        raise CheckpointError(f"{path}: it does not fit {checkpoint}: {differs}; {again}")
    if metadata.get("weights") != weights_hash(checkpoint):
        raise CheckpointError(f"{path}: it holds other weights than {checkpoint}; {again}")
