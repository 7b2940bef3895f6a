"""The recording that comes with the program."""

from __future__ import annotations

from pathlib import Path

from app.audio.files.audio_file import AudioFileError
from app.system.paths import ASSETS


def demo_recording(assets: Path = ASSETS) -> Path:
    """The demo's sound, in whichever format it is there.

    Raises:
        AudioFileError: there is none.
    """
    for suffix in (".flac", ".ogg", ".wav"):
        path = assets / f"demo{suffix}"
        if path.is_file():
            return path
    raise AudioFileError(f"{assets / 'demo.flac'}: the demo recording is missing")
