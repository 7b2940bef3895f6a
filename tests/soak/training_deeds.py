"""Data files that are built and networks that are trained by a process that is killed."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from model import checkpoint
from model.config import FeatureConfig
from model.notes import Note
from tests.soak.deed import names
from tests.training.tiny_data import write_clips
from training.__main__ import main
from training.corpora.recording import Labelled, Recording
from training.datasets.build import build
from training.trainer.state import State

_NETWORK = ["--channels", "4", "--blocks", "1", "--delay-frames", "1"]


class Building:
    """A data file is built."""

    def prepare(self, folder: Path) -> None:
        (folder / "undisturbed").mkdir()
        (folder / "out").mkdir()
        _build(folder / "undisturbed")

    def repeat(self, folder: Path, ready: Callable[[], None]) -> None:
        _build(folder / "out")
        ready()
        for _ in itertools.count():
            (folder / "out" / "clips.h5").unlink()
            _build(folder / "out")

    def check(self, folder: Path, said: Sequence[str]) -> None:
        undisturbed = (folder / "undisturbed" / "clips.h5").read_bytes()
        out = folder / "out" / "clips.h5"
        assert not out.exists() or out.read_bytes() == undisturbed
        _build(out.parent)
        assert out.read_bytes() == undisturbed
        assert names(out.parent) == [out.name]


class Training:
    """A network is trained, epoch after epoch."""

    def prepare(self, folder: Path) -> None:
        write_clips(folder / "clips.h5")
        (folder / "out").mkdir()
        assert _train(folder, 1, "--anew") == 0

    def repeat(self, folder: Path, ready: Callable[[], None]) -> None:
        ready()
        _train(folder, 100_000, "--resume")

    def check(self, folder: Path, said: Sequence[str]) -> None:
        out = folder / "out" / "net.safetensors"
        checkpoint.load(out)
        epoch = State.read(out.with_name(f"{out.name}.state")).progress.epoch
        assert epoch >= 1
        assert _train(folder, epoch + 1, "--resume") == 0
        assert all(name.startswith(out.name) for name in names(out.parent)), names(out.parent)


def _noise(seed: int, sample_rate: int) -> Labelled:
    samples = np.random.default_rng(seed).standard_normal(sample_rate) * 0.1
    return Labelled(samples.astype(np.float32), [Note(0.2, 0.9, 60, 70)])


def _build(folder: Path) -> None:
    recordings = [Recording("disc", f"{i}", "train", "CC0", (i,), _noise) for i in range(3)]
    build(recordings, folder / "clips.h5", FeatureConfig(windows=(512,)), clip_seconds=0.8,
          num_workers=0)  # fmt: skip


def _train(folder: Path, epochs: int, how: str) -> int:
    return main([
        "-a", "train", "--data", str(folder / "clips.h5"), how, *_NETWORK,
        "--out", str(folder / "out" / "net.safetensors"), "--num-epochs", str(epochs),
    ])
