"""Both runtimes give the same, and a network that cannot be run says why."""

from __future__ import annotations

import dataclasses
import importlib.util
import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import onnx
import pytest
from numpy.typing import NDArray
from onnx import helper

from model import checkpoint as checkpoints
from model.checkpoint import CheckpointError
from model.checkpoint_header import read_header, weights_hash
from model.config import DecoderConfig
from model.notes import Note, Probabilities, notes_from_events
from model.runtimes.onnx_runtime import OnnxRuntime
from model.runtimes.runtime import Runtime, onnx_twin, open_runtime
from model.runtimes.torch_runtime import TorchRuntime
from model.transcriber import Transcriber
from tests.model.test_transcriber import music
from training.actions.export_onnx import export

SHIPPED = Path(__file__).resolve().parents[2] / "assets" / "noteglow.safetensors"
RUNTIMES = {"onnx": OnnxRuntime, "torch": TorchRuntime}


@pytest.fixture
def exported(exported_checkpoint: Path) -> Path:
    """The ONNX file of the tiny checkpoint."""
    return onnx_twin(exported_checkpoint)


@pytest.fixture
def twins(tiny_checkpoint: Path, exported: Path, tmp_path: Path) -> Path:
    """A checkpoint with its ONNX twin, in a folder of their own."""
    path = tmp_path / "own ü.safetensors"
    shutil.copy(tiny_checkpoint, path)
    shutil.copy(exported, onnx_twin(path))
    return path


def heard(runtime: str, sound: NDArray[np.float32]) -> tuple[Probabilities, list[Note]]:
    parts = list(Transcriber.load(SHIPPED, runtime=runtime).file([sound], 44_100))
    events = [event for part in parts for event in part.events]
    return Probabilities.join(part.probabilities for part in parts), notes_from_events(events)


def test_onnx_runtime_keeps_no_number_for_the_machine_and_sends_nothing(tmp_path: Path) -> None:
    """It does both from the moment it is loaded, but for where CI is set."""
    environment = {
        name: value for name, value in os.environ.items()
        if name != "CI" and not name.startswith("ORT_")
    }
    homes = {name: str(tmp_path) for name in ("HOME", "XDG_CACHE_HOME", "LOCALAPPDATA")}
    code = "import os, model.runtimes.onnx_runtime; print(os.environ['ORT_DISABLE_TELEMETRY'])"
    run = subprocess.run(
        [sys.executable, "-c", code], cwd=SHIPPED.parents[1], env=environment | homes,
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert (run.stdout, run.stderr) == ("1\n", "")
    assert list(tmp_path.iterdir()) == []


def test_both_hear_the_same_notes_with_the_network_that_is_shipped() -> None:
    sound = music(44_100, 15.0)
    (one, notes), (other, others) = heard("onnx", sound), heard("torch", sound)
    for name in ("onset", "frame", "velocity"):
        np.testing.assert_allclose(getattr(one, name), getattr(other, name), atol=1e-4, rtol=0)
    assert len(notes) > 40
    assert [(note.pitch, note.velocity) for note in notes] == [
        (note.pitch, note.velocity) for note in others
    ]
    np.testing.assert_allclose(
        [(note.onset_s, note.offset_s, note.confidence) for note in notes],
        [(note.onset_s, note.offset_s, note.confidence) for note in others],
        atol=1e-3,
    )


@pytest.fixture(params=["onnx", "torch"])
def runtime(twins: Path, request: pytest.FixtureRequest) -> Runtime:
    opened = open_runtime(twins, read_header(twins), request.param)
    assert isinstance(opened, RUNTIMES[request.param])
    return opened


def frames_of(n_frames: int) -> NDArray[np.float32]:
    features = read_header(SHIPPED).features
    shape = n_frames, len(features.windows), features.n_bins
    return np.random.default_rng(1).random(shape, np.float32)


def test_blocks_of_any_length_give_what_one_block_gives(runtime: Runtime) -> None:
    frames = frames_of(120)
    (whole,) = runtime.stream().push(frames)
    assert whole.shape == (4, 120, 88)
    assert whole.dtype == np.float32
    assert 0 <= whole.min() < whole.max() <= 1
    for sizes in ([1] * 120, [1, 1, 60, 1, 3, 1, 1, 52], [119, 1]):
        stream, parts, first = runtime.stream(), [], 0
        for size in sizes:
            parts.append(stream.push(frames[first : first + size])[0])
            first += size
        # All of them are looked at when the last is there: none was written over meanwhile.
        np.testing.assert_allclose(np.concatenate(parts, axis=1), whole, atol=1e-5)


def test_streams_have_states_of_their_own(runtime: Runtime) -> None:
    frames = frames_of(40)
    (alone,) = runtime.stream().push(frames)
    left, right = runtime.stream(), runtime.stream()
    parts = []
    for row in frames:
        parts.append(left.push(row[None])[0])
        right.push(1 - row[None])
    np.testing.assert_allclose(np.concatenate(parts, axis=1), alone, atol=1e-5)


def test_a_twin_is_taken_where_there_is_one(tiny_checkpoint: Path, twins: Path) -> None:
    assert isinstance(open_runtime(twins, read_header(twins)), OnnxRuntime)
    onnx_twin(twins).unlink()
    assert isinstance(open_runtime(twins, read_header(twins)), TorchRuntime)
    assert isinstance(Transcriber.load(SHIPPED).runtime, OnnxRuntime)


def assert_refused(path: Path, reason: str, runtime: str | None = None) -> str:
    with pytest.raises(CheckpointError, match=reason) as error:
        Transcriber.load(path, runtime=runtime)
    assert "\n" not in str(error.value)
    return str(error.value)


def test_a_twin_of_other_weights_is_refused(twins: Path) -> None:
    checkpoint = checkpoints.load(twins)
    weights = dict(checkpoint.weights) | {"heads.bias": checkpoint.weights["heads.bias"] + 1e-3}
    checkpoints.save(dataclasses.replace(checkpoint, weights=weights), twins)
    message = assert_refused(twins, "other weights than")
    assert message.startswith(str(onnx_twin(twins)))
    assert f"--action export --checkpoint {twins}" in message
    export(twins, onnx_twin(twins))
    assert isinstance(Transcriber.load(twins).runtime, OnnxRuntime)


def test_a_twin_of_another_configuration_is_refused_with_both_values(twins: Path) -> None:
    checkpoint = checkpoints.load(twins)
    for name, changes, said in (
        ("features", {"range_db": 70.0}, "range_db 60.0 against 70.0"),
        ("network", {"delay_frames": 5}, "delay_frames 2 against 5"),
    ):
        config = dataclasses.replace(getattr(checkpoint, name), **changes)
        checkpoints.save(dataclasses.replace(checkpoint, **{name: config}), twins)
        assert_refused(twins, said)


def test_other_settings_of_the_decoder_and_notes_leave_the_twin_as_it_is(twins: Path) -> None:
    checkpoint = checkpoints.load(twins)
    before = weights_hash(twins)
    decoder = DecoderConfig(onset_threshold=0.123)
    checkpoints.save(dataclasses.replace(checkpoint, decoder=decoder, notes={"a": "b"}), twins)
    assert weights_hash(twins) == before
    transcriber = Transcriber.load(twins, runtime="onnx")
    assert transcriber.decoder == decoder


def test_files_that_are_no_twin_are_refused(twins: Path) -> None:
    twin = onnx_twin(twins)
    whole = twin.read_bytes()
    for content in (b"", b"no ONNX file", whole[: len(whole) // 2], b"\xff" + whole[1:]):
        twin.write_bytes(content)
        assert_refused(twins, "no ONNX file, or it is damaged")
    model = onnx.load_from_string(whole)
    for metadata, said in (
        ({}, "not a Noteglow network"),
        ({"format": "noteglow-onnx-0"}, "not a Noteglow network of format noteglow-onnx-1"),
        ({"format": "noteglow-onnx-1"}, "its configuration cannot be read"),
        ({"format": "noteglow-onnx-1", "features": "3", "network": "{}"}, "cannot be read"),
    ):
        del model.metadata_props[:]
        helper.set_model_props(model, metadata)
        twin.write_bytes(model.SerializeToString())
        assert assert_refused(twins, said).startswith(str(twin))


def test_what_cannot_run_it_is_said(twins: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    assert isinstance(Transcriber.load(twins).runtime, OnnxRuntime)
    message = assert_refused(twins, "--runtime torch needs", "torch")
    assert "(`make train`, or pip install 'noteglow[train]')" in message
    onnx_twin(twins).unlink()
    message = assert_refused(twins, "without own ü.onnx beside it, it needs PyTorch")
    assert "(`make train`, or pip install 'noteglow[train]')" in message
    assert "--action export" in assert_refused(twins, "it has no ONNX twin", "onnx")
