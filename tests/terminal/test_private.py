"""The program asks no network for anything, and writes where it should and nowhere else."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
# What belongs to the program below a home folder.
OWN = (".config/Noteglow", ".cache/noteglow", ".local/share/noteglow", ".local/state/noteglow")

# Ends at the first socket that may leave the machine, then runs the program.
WATCHED = """
import os, runpy, socket, sys
def watch(event, arguments):
    if event == "socket.__new__" and arguments[1] in (socket.AF_INET, socket.AF_INET6):
        os.write(2, b"a socket of the network\\n")
        os._exit(99)
    if event in ("socket.getaddrinfo", "socket.gethostbyname"):
        os.write(2, b"a name was looked up\\n")
        os._exit(99)
sys.addaudithook(watch)
sys.argv[1:2] = []
runpy.run_module("tests.terminal.without_torch", run_name="__main__", alter_sys=True)
"""


def tracer(folder: Path) -> list[str]:
    """What tells of the sockets of libraries in C, too; nothing where there is no such program."""
    strace = shutil.which("strace")
    if strace is None or subprocess.run([strace, "-o", os.devnull, "true"], check=False).returncode:
        return []
    return [strace, "-f", "--seccomp-bpf", "-qq", "-e", "trace=socket", "-o", str(folder)]


@pytest.mark.parametrize("what", ["window", "listen", "transcribe"])
def test_no_network_and_no_file_elsewhere(what: str, tone_wav: Path, tmp_path: Path) -> None:
    home, temporary, out, runtime = (
        tmp_path / name for name in ("home", "temporary", "out", "runtime")
    )
    for folder in (home, temporary, out, runtime):
        folder.mkdir(0o700)
    recording = tmp_path / "tone.wav"
    shutil.copyfile(tone_wav, recording)
    words = {
        "window": ["window", str(recording)],
        "listen": ["listen", "--seconds", "1", "--jsonl", str(out / "notes.jsonl")],
        "transcribe": ["transcribe", str(recording), "-o", str(out / "tone.mid"), "--csv"],
    }[what]
    calls = tmp_path / "calls"
    # With nothing of a developer's, or a test machine's, that would have libraries keep still.
    environment = {
        "HOME": str(home), "PATH": os.environ["PATH"], "TMPDIR": str(temporary), "LANG": "C.UTF-8",
        # Where the sound server's library looks for its server.
        "XDG_RUNTIME_DIR": str(runtime),
        "QT_QPA_PLATFORM": "offscreen", "OMP_NUM_THREADS": "1", "PYTHONDONTWRITEBYTECODE": "1",
    }
    run = subprocess.run(
        [*tracer(calls), sys.executable, "-c", WATCHED, "program", *words],
        cwd=ROOT, env=environment, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert run.returncode == 0, run.stderr
    if calls.exists():
        assert [line for line in calls.read_text().splitlines() if "AF_INET" in line] == []
    written = [path for path in home.rglob("*") if path.is_file()]
    assert [path for path in written
            if not path.relative_to(home).as_posix().startswith(OWN)] == []
    assert list(temporary.iterdir()) == []
    assert {path.name for path in tmp_path.iterdir()} <= {
        "home", "temporary", "out", "runtime", "calls", "tone.wav", "cache", "data",
    }
