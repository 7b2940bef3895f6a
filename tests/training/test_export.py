"""Every network that the training makes is written as ONNX, checked, or refused in a sentence."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from model import checkpoint as checkpoints
from model.baselines import network_of
from model.checkpoint import Checkpoint
from model.config import DecoderConfig, FeatureConfig, NetworkConfig
from model.runtimes.runtime import onnx_twin
from model.transcriber import Transcriber
from tests.model.test_transcriber import music
from training.__main__ import main
from training.actions import export_onnx as exporting
from training.actions.export_onnx import export

SMALL = FeatureConfig(windows=(1024, 2048), bins_per_octave=12)
SHAPE = {"stem_channels": 2, "channels": 4, "harmonic_channels": 2, "n_blocks": 1}


def untrained(path: Path, features: FeatureConfig = SMALL, **shape: object) -> Path:
    """Writes a checkpoint of random weights."""
    config = NetworkConfig(**SHAPE | shape)  # type: ignore[arg-type]
    with torch.random.fork_rng():
        torch.manual_seed(0)
        network = network_of(features, config)
        for weight in network.parameters():
            torch.nn.init.normal_(weight, std=0.3)
    checkpoints.save(Checkpoint(features, config, DecoderConfig(), network.state_dict()), path)
    return path


@pytest.mark.parametrize(
    "shape",
    [
        {"kind": "linear"}, {"kind": "mlp"}, {"kind": "cnn"},
        {"kind": "cnn", "only_note_names": True}, {"only_note_names": True}, {"memory_units": 0},
        {"context_units": 3}, {"memory_units": 0, "context_units": 3}, {"temporal_kernel": 5},
        {"settled_delay_frames": 7, "settled_channels": 4},
        {"settled_delay_frames": 7, "settled_channels": 4, "only_note_names": True},
        {"n_blocks": 0}, {"n_blocks": 3, "channels": 6, "delay_frames": 0},
    ],
    ids=str,
)  # fmt: skip
def test_every_network_of_the_training_gives_the_same_as_onnx(
    shape: dict[str, object], tmp_path: Path
) -> None:
    path = untrained(tmp_path / "made.safetensors", **shape)
    assert export(path, onnx_twin(path)) <= exporting.TOLERANCE
    sound = music(SMALL.sample_rate, 1.0)
    blocks = [sound[:300], sound[300:-10_000], *sound[-10_000:].reshape(-1, 50)]
    both = [list(Transcriber.load(path, runtime=name).file(blocks)) for name in ("onnx", "torch")]
    for one, other in zip(*both, strict=True):
        for name in ("onset", "frame", "velocity"):
            torch.testing.assert_close(
                getattr(one.probabilities, name), getattr(other.probabilities, name),
                atol=1e-4, rtol=0,
            )  # fmt: skip


def test_a_convolution_without_a_memory_is_refused_in_a_sentence(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    slow = FeatureConfig(windows=(8192,), bins_per_octave=12, hop_length=8192)
    path = untrained(tmp_path / "slow.safetensors", slow, kind="cnn")
    assert main(["-a", "export", "--checkpoint", str(path)]) == 1
    assert capsys.readouterr().err == (
        f"training: {path}: it cannot be exported, because hops of 8192 samples are so long that "
        "its convolution has nothing to remember\n"
    )
    assert not onnx_twin(path).exists()


def test_the_command_writes_beside_the_checkpoint_and_always_the_same(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = untrained(tmp_path / "made.safetensors", context_units=3)
    assert main(["-a", "export", "--checkpoint", str(path)]) == 0
    assert capsys.readouterr().out.startswith(f"{tmp_path / 'made.onnx'}: ")
    again = tmp_path / "new" / "again.onnx"
    assert main(["-a", "export", "--checkpoint", str(path), "--out", str(again)]) == 0
    assert again.read_bytes() == onnx_twin(path).read_bytes()
    assert sorted(tmp_path.rglob("*")) == sorted(
        [path, onnx_twin(path), again.parent, again]
    )


def test_what_would_give_other_probabilities_is_not_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    path = untrained(tmp_path / "made.safetensors")
    onnx_twin(path).write_bytes(b"the old one")
    written = exporting._onnx

    def slightly_other(network: torch.nn.Module, *rest: object) -> object:
        with torch.no_grad():
            network.get_parameter("heads.bias").add_(1e-3)
        try:
            return written(network, *rest)  # type: ignore[arg-type]
        finally:
            with torch.no_grad():
                network.get_parameter("heads.bias").sub_(1e-3)

    monkeypatch.setattr(exporting, "_onnx", slightly_other)
    assert main(["-a", "export", "--checkpoint", str(path)]) == 1
    assert "it was not exported, for its probabilities would differ" in capsys.readouterr().err
    assert onnx_twin(path).read_bytes() == b"the old one"
    assert len(list(tmp_path.iterdir())) == 2


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ([], "export needs --checkpoint"),
        (["--checkpoint", "none.safetensors"], "there is no such checkpoint"),
        (["--checkpoint", "none.safetensors", "--out", "x.pt"], "must be a file that ends"),
    ],
)
def test_what_cannot_be_exported_is_said(
    words: list[str], said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    try:
        status = main(["-a", "export", *words])
    except SystemExit as exit_:
        status = int(str(exit_.code))
    assert status in (1, 2)
    told = capsys.readouterr().err
    assert said in told
    assert told.count("\n") == 1
