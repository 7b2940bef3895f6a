"""Notes as sound: what the built-in synthesiser makes of them, as a WAV file."""

from __future__ import annotations

import wave
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from app.exports.export_options import ExportOptions
from app.system.atomic_write import written_beside
from app.system.progress import GoOn, to_the_end
from model.notes import Note

SAMPLE_RATE = 44_100


def write_wav(
    notes: Sequence[Note], path: Path, options: ExportOptions, go_on: GoOn = to_the_end
) -> None:
    """Writes the notes as the synthesiser plays them, mono, 16 bits, 44.1 kHz.

    The file lasts until the last note has faded, and at least `duration_s`.

    Raises:
        WriteError: the file cannot be written.
    """
    from app.audio.playback.synthesiser import render_blocks

    n_samples = 0
    with (
        written_beside(path, go_on) as beside,
        beside.open("wb") as file,
        wave.open(file) as sound,
    ):
        sound.setparams((1, 2, SAMPLE_RATE, 0, "NONE", ""))
        for block in render_blocks(notes, SAMPLE_RATE, options.a4):
            go_on()
            scaled = np.clip(np.rint(block * 32767), -32768, 32767)
            sound.writeframesraw(scaled.astype("<i2").tobytes())
            n_samples += len(block)
        silence = max(0, round(options.duration_s * SAMPLE_RATE) - n_samples)
        for first in range(0, silence, SAMPLE_RATE):
            sound.writeframesraw(bytes(2 * min(SAMPLE_RATE, silence - first)))
