"""Processes that compile librosa at once, with a stand-in for it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]

# Compiles until a second process has begun to compile as well, or has had the time to.
LIBROSA = """
import os, pathlib, time
steps = pathlib.Path(os.environ["STEPS"])
def step(word):
    with steps.open("a") as file:
        file.write(f"{word}\\n")
step("begin")
until = time.monotonic() + float(os.environ["LONGEST_S"])
while steps.read_text().count("begin") < 2 and time.monotonic() < until:
    time.sleep(0.005)
step("end")
beat = feature = filters = onset = None
"""
# The program in a place of its own, so that its lock is.
CODE = "from app.system.librosa_loading import load_librosa; load_librosa()"


@pytest.fixture
def site(tmp_path: Path) -> Path:
    """A folder with a librosa, and the modules that load it as an installed program has them."""
    site = tmp_path / "site"
    for name in ("system/librosa_loading.py", "system/paths.py"):
        place = site / "app" / name
        place.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / "app" / name, place)
    (site / "librosa.py").write_text(LIBROSA)
    return site


def start(site: Path, longest_s: float = 0.0) -> subprocess.Popen[str]:
    home = site.parent
    environment = os.environ | {
        "PYTHONPATH": str(site), "STEPS": str(home / "steps"), "LONGEST_S": str(longest_s),
        "HOME": str(home), "LOCALAPPDATA": str(home), "XDG_CACHE_HOME": str(home / "cache"),
    }
    return subprocess.Popen(
        [sys.executable, "-c", CODE], cwd=home, env=environment, text=True, stderr=subprocess.PIPE
    )


def ended(process: subprocess.Popen[str]) -> None:
    _, error = process.communicate(timeout=60)
    assert process.returncode == 0, error


def test_one_process_compiles_at_a_time(site: Path) -> None:
    for process in [start(site, 0.5) for _ in range(2)]:
        ended(process)
    assert (site.parent / "steps").read_text().split() == ["begin", "end"] * 2


def test_where_no_lock_can_be_kept_it_is_loaded_all_the_same(site: Path) -> None:
    (site.parent / "cache").write_text("a file where the folder would be")
    ended(start(site))
    assert (site.parent / "steps").read_text().split() == ["begin", "end"]
