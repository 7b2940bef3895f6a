"""A machine that lacks something, and a program that has a fault: one sentence in the terminal."""

from __future__ import annotations

import argparse
import faulthandler
import os
import subprocess
import sys
from pathlib import Path

import pytest

from app.system.crash_log import CrashLog
from app.terminal import devices_command
from app.terminal.command_line import main

ROOT = Path(__file__).resolve().parents[2]


def run(
    *arguments: str, out: str | None = None, **environment: str
) -> subprocess.CompletedProcess[str]:
    """The real program with an environment of its own, its output in the file `out`."""
    with open(out or os.devnull, "w") as output:
        return subprocess.run(
            [sys.executable, "main.py", *arguments], cwd=ROOT, env=os.environ | environment,
            stdout=output if out else subprocess.PIPE, stderr=subprocess.PIPE, text=True,
            check=False,
        )  # fmt: skip


def test_a_fault_of_the_program_is_a_sentence_and_in_the_log(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail(arguments: argparse.Namespace) -> int:
        raise ZeroDivisionError("no devices")

    monkeypatch.setattr(devices_command, "run", fail)
    with CrashLog(tmp_path) as log:
        assert main(["devices"], log) == 1
        assert "ZeroDivisionError: no devices" in log.tail(100)
    faulthandler.enable(sys.__stderr__)
    assert capsys.readouterr().err.splitlines()[-1] == (
        "noteglow: this ended by a fault of the program (ZeroDivisionError('no devices')); "
        f"{tmp_path / 'noteglow.log'} holds what is known of it"
    )


def test_listen_says_once_that_the_last_run_died(
    tiny_checkpoint: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    died = "from app.system.crash_log import CrashLog\nfrom pathlib import Path\nimport os\n" \
        f"log = CrashLog(Path({str(tmp_path)!r})).__enter__()\nlog.watch('listen')\nos.abort()"
    subprocess.run([sys.executable, "-c", died], cwd=ROOT, check=False)
    said = []
    for _ in range(2):
        with CrashLog(tmp_path) as log:
            arguments = ["--device", "Harpsichord", "--checkpoint", str(tiny_checkpoint)]
            assert main(["listen", *arguments], log) == 1
        said.append(capsys.readouterr().err)
    faulthandler.enable(sys.__stderr__)
    sentence = f"Noteglow did not end properly the last time: {log.path} tells.\n"
    assert said[0].startswith(sentence)
    assert sentence not in said[1]


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="Linux alone is asked before")
def test_a_missing_platform_plugin_is_a_sentence(tmp_path: Path) -> None:
    found = run(QT_QPA_PLATFORM="nosuch", XDG_STATE_HOME=str(tmp_path))
    assert found.returncode == 1
    assert found.stderr.count("\n") == 1
    assert found.stderr.startswith("noteglow: the window cannot be opened, Qt cannot start (")
    assert "nosuch" in found.stderr


@pytest.mark.parametrize("kind", ["missing", "damaged"])
def test_listen_refuses_a_bad_checkpoint_before_anything_is_written(
    kind: str, tiny_checkpoint: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "bad.safetensors"
    if kind == "damaged":
        path.write_bytes(tiny_checkpoint.read_bytes()[:-100])
    take = tmp_path / "take.flac"
    assert main(["listen", "--checkpoint", str(path), "--take", str(take)]) == 1
    said = capsys.readouterr().err
    assert said.count("\n") == 1
    assert str(path) in said
    assert not list(tmp_path.glob("take*"))


def test_a_home_that_cannot_be_written_keeps_no_command_from_its_work(
    exported_checkpoint: Path, tone_wav: Path, tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("mine")
    home = str(tmp_path / "file" / "home")
    output = tmp_path / "a.mid"
    found = run(
        "transcribe", str(tone_wav), "-o", str(output), "--checkpoint", str(exported_checkpoint),
        HOME=home, XDG_STATE_HOME=f"{home}/state", XDG_CACHE_HOME=f"{home}/cache",
    )  # fmt: skip
    assert (found.returncode, found.stderr) == (0, "")
    assert output.is_file()


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no /dev/full here")
def test_an_output_on_a_full_disk_is_a_sentence(tmp_path: Path) -> None:
    found = run("devices", "--json", out="/dev/full", XDG_STATE_HOME=str(tmp_path))
    assert found.returncode == 1
    assert found.stderr == "noteglow: the output cannot be written (No space left on device)\n"
