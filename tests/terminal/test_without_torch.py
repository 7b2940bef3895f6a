"""Listening needs no PyTorch: no way of starting the program loads it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


def loaded(folder: Path, *words: str) -> list[str]:
    """Runs the program with the network it comes with; which of the watched modules came in."""
    own = {"HOME": str(folder), "XDG_CONFIG_HOME": str(folder), "QT_QPA_PLATFORM": "offscreen"}
    run = subprocess.run(
        [sys.executable, "-m", "tests.terminal.without_torch", *words],
        cwd=ROOT, env=os.environ | own, capture_output=True, text=True, check=False, timeout=100,
    )  # fmt: skip
    assert run.returncode == 0, run.stderr
    told = json.loads(run.stdout.splitlines()[-1])
    assert told["status"] == 0
    return list(told["loaded"])


@pytest.mark.parametrize("command", ["transcribe", "stream"])
def test_a_recording_is_heard_without_torch(command: str, tone_wav: Path, tmp_path: Path) -> None:
    out = tmp_path / "notes"
    how = {"transcribe": ["-o", f"{out}.mid", "--csv"], "stream": ["--jsonl", f"{out}.csv"]}
    assert loaded(tmp_path, command, str(tone_wav), *how[command]) == ["onnxruntime"]
    assert len((tmp_path / "notes.csv").read_text().splitlines()) >= 5


def test_a_microphone_is_heard_without_torch(tmp_path: Path) -> None:
    events = tmp_path / "events.jsonl"
    assert loaded(tmp_path, "listen", "--jsonl", str(events), "--seconds", "2") == ["onnxruntime"]
    assert events.read_text()


def test_the_window_opens_a_recording_and_listens_without_torch(
    tone_wav: Path, tmp_path: Path
) -> None:
    assert loaded(tmp_path, "window", str(tone_wav)) == ["onnxruntime"]


def test_training_without_torch_says_what_installs_it() -> None:
    code = (
        "import runpy, sys; sys.modules['torch'] = None\n"
        "sys.argv = ['training', '-a', 'train', '--data', 'x.h5', '--out', 'y.safetensors']\n"
        "runpy.run_module('training', run_name='__main__')"
    )
    run = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert (run.returncode, run.stderr) == (
        1, "training: the Python package torch is missing: `make train` installs it, "
        "or pip install 'noteglow[train]'\n"
    )  # fmt: skip
