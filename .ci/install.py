"""Installs the packages that pyproject.toml names into the Python that runs this.

    python .ci/install.py [run | train | dev]

`run` is what listening needs, `train` is that and the training, `dev` is all and the tests. The
program runs from its folder and is not built into a wheel first, so pip is given the lists by name.
The environment's PIP_ARGS are further arguments for pip.
"""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
CONSTRAINTS = Path(__file__).with_name("constraints.txt")
EXTRAS: dict[str, tuple[str, ...]] = {
    "run": (), "train": ("train",), "dev": ("train", "cluster", "dev"),
}


def main(words: list[str]) -> int:
    """Returns pip's exit status, or 2 when it is not known what to install."""
    level = words[0] if words else "run"
    if len(words) > 1 or level not in EXTRAS:
        print("usage: python .ci/install.py [run | train | dev]", file=sys.stderr)
        return 2
    file = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    wanted = list(file["project"]["dependencies"])
    for extra in EXTRAS[level]:
        wanted += file["project"]["optional-dependencies"][extra]
    # pip itself first, which may be as old as Python.
    status = pip("--upgrade", "pip") or pip(*wanted)
    if EXTRAS[level]:
        status = status or pip("--no-deps", *file["dependency-groups"]["alone"])
    return status


def pip(*arguments: str) -> int:
    """Installs under the constraints; returns the exit status."""
    quiet = [] if sys.stdout.isatty() else ["--quiet"]
    further = shlex.split(os.environ.get("PIP_ARGS", ""))
    run = [sys.executable, "-m", "pip", "install", *quiet, *further, "-c", str(CONSTRAINTS)]
    return subprocess.run([*run, *arguments], check=False).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
