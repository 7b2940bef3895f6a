"""`main.py demo`: the recording that comes with the program, in the window or in the terminal."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import TYPE_CHECKING

from app.audio.files.audio_file import AudioFile
from app.audio.files.demo_recording import demo_recording
from app.exports.export_file import ExportOptions, export
from app.music.tuning.a4_estimation import recording_a4
from app.system import display_server
from app.system.clock_text import clock_text
from app.system.paths import ASSETS, BUILD
from app.terminal import window_command
from app.terminal.printing import progress_bar, summary
from app.transcription.transcribe_file import load_transcriber, transcribe_file
from model.transcriber import Transcriber

if TYPE_CHECKING:
    from app.system.crash_log import CrashLog


def run(
    checkpoint: Path,
    runtime: str | None = None,
    log: CrashLog | None = None,
    *,
    assets: Path = ASSETS,
    build: Path = BUILD,
) -> int:
    """Opens the demo in the window, or does the same job in the terminal without a display.

    Args:
        runtime: what runs the network; see `model.runtimes.runtime.open_runtime`.

    Raises:
        AudioFileError, CheckpointError, WriteError: it cannot be done.
    """
    recording = demo_recording(assets)
    reason = display_server.unseen()
    if reason is None:
        return window_command.run(recording, checkpoint, runtime, log)
    print(f"No window: {reason}.\nTranscribing the demo here instead.\n", flush=True)
    _in_terminal(load_transcriber(checkpoint, runtime=runtime), recording, build)
    return 0


def _in_terminal(transcriber: Transcriber, recording: Path, build: Path) -> None:
    began = time.perf_counter()
    with AudioFile(recording) as file:
        duration_s = file.duration_s
    with progress_bar(recording.name, duration_s) as heard:
        result = transcribe_file(transcriber, recording, heard, a4=recording_a4(recording))
    took_s = time.perf_counter() - began
    midi, picture = build / "demo.mid", build / "demo.png"
    for path in (midi, picture):
        export(result.notes, path, ExportOptions(duration_s=result.duration_s, a4=result.a4))

    channels = {1: "mono", 2: "stereo"}.get(result.n_channels, f"{result.n_channels} channels")
    print(
        f"recording  {_short(recording)}: {clock_text(result.duration_s)}, "
        f"{result.sample_rate} Hz, {channels}\n"
        f"time taken {took_s:.1f} s, {result.duration_s / took_s:.0f} times faster than it plays"
    )
    print("\n".join(summary(result.notes, result.duration_s)))
    print(f"\nMIDI       {_short(midi)}\npicture    {_short(picture)}")


def _short(path: Path) -> str:
    """The path from here when it lies below, else whole."""
    relative = os.path.relpath(path)
    return str(path) if relative.startswith("..") else relative
