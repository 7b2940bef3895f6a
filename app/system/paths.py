"""Where the program keeps what belongs to it."""

from __future__ import annotations

from pathlib import Path

HOME = Path(__file__).resolve().parents[2]
ASSETS = HOME / "assets"
# What the demo writes goes where every build product goes.
BUILD = HOME / "build"
DEFAULT_CHECKPOINT = ASSETS / "noteglow.safetensors"
