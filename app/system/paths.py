"""Where the program keeps what belongs to it."""

from __future__ import annotations

from pathlib import Path

from platformdirs import user_cache_path, user_data_path


def cache_folder() -> Path:
    """Where programs of this platform keep what they can do without."""
    return user_cache_path("noteglow", appauthor=False)


def data_folder() -> Path:
    """Where programs of this platform keep what is theirs and must stay."""
    return user_data_path("noteglow", appauthor=False)


HOME = Path(__file__).resolve().parents[2]
ASSETS = HOME / "assets"
GUIDE = HOME / "docs" / "guide.md"
# The repository, or what was installed from it, where nothing is written.
IS_INSTALLED = not (HOME / "pyproject.toml").is_file()
# How the program is called, and the training.
COMMAND = "noteglow" if IS_INSTALLED else "main.py"
# What the demo writes goes where every build product goes.
BUILD = cache_folder() / "demo" if IS_INSTALLED else HOME / "build"
# Whoever compiles has this lock.
COMPILING = (cache_folder() if IS_INSTALLED else BUILD) / "compiling.lock"
DEFAULT_CHECKPOINT = ASSETS / "noteglow.safetensors"
BEAT_NETWORK = ASSETS / "beats.safetensors"
BAR_NETWORK = ASSETS / "bars.safetensors"
CHORD_WEIGHTS = ASSETS / "chords.safetensors"


def is_own(path: Path) -> bool:
    """Whether a file came with the program: beside it nothing of the user's should be written."""
    return ASSETS in path.absolute().parents
