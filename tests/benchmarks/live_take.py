"""A take of some minutes: what is lost, what it costs, and whether its notes are the right ones."""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import soundfile
from numpy.typing import NDArray

from app.audio.files.demo_recording import demo_recording
from app.system.paths import ASSETS
from app.takes.take_paths import notes_path
from tests.benchmarks.live_bench import SETTLE_S, Bench, Table, counts, press
from tests.benchmarks.live_program import ROOT

GROWTH_MB = 5.0
PROCESSOR_PERCENT = 60.0
RESIDENT_MB = 350.0
# Sixty in a second, but for a few late ones in a minute.
PAINTS_PER_SECOND = 59.5
# Memory is read once a second, and each end of its growth is the median of so many readings.
_READINGS = 10


def measure_take(bench: Bench, table: Table) -> Path:
    """Listens to minutes of music and records them; returns the take."""
    seconds = 60 * bench.options.minutes
    path = bench.folder / "music.wav"
    write_music(demo_recording(ASSETS), path, seconds + 4 * SETTLE_S)
    with bench.program(seconds + 60) as window:
        window.wait_for("loaded")
        began_at = time.monotonic()
        press(window, "record")
        with bench.player(path):
            time.sleep(SETTLE_S)
            before, used = counts(window), window.processor_s()
            waited, memory = window.waited_s(), []
            while (since_s := time.monotonic() - before["at"]) < seconds:
                time.sleep(min(1.0, seconds - since_s))
                memory.append((time.monotonic() - began_at, window.resident_mb()))
            after, used_after = counts(window), window.processor_s()
            waited_after = window.waited_s()
        window.ask("record")
        stopped = window.wait_for("stopped")
        take = Path(window.wait_for("saved")["path"])
        record = window.quit()
    took_s = after["at"] - before["at"]
    table.row(f"a take of {took_s / 60:.1f} min", f"{stopped['heard_s']:.1f} s of sound")
    _tell_losses(table, stopped)
    _tell_paints(table, record["painted_at"], before["at"], after["at"])
    _tell_memory(table, memory, min(60.0, seconds / 2))
    percent = 100 / took_s
    whole, first = (percent * (late - early) for early, late in zip(used, used_after, strict=True))
    network = percent * (after["network_s"] - before["network_s"])
    table.most("    processor, but for the network", whole - network, PROCESSOR_PERCENT, "%", 1)
    table.row("        whole process, network, window's thread",
              f"{whole:.1f}, {network:.1f}, {first:.1f} %")
    # A busy machine leaves pictures out, each of which would have cost this.
    picture_s = (used_after[1] - used[1]) / max(1, after["paints"] - before["paints"])
    full = whole + max(0.0, 60 - (after["paints"] - before["paints"]) / took_s) * 100 * picture_s
    table.row("        whole process, were there 60 paints/s", f"{full:.1f} %")
    table.row("        window's thread, of one paint", f"{1000 * picture_s:.2f} ms")
    if waited is not None and waited_after is not None:
        # On a busy machine the paints are late by this.
        waited_percent = percent * (waited_after - waited)
        table.row("        window's thread waited for a core", f"{waited_percent:.1f} %")
    return take


def measure_stream(bench: Bench, table: Table, take: Path) -> None:
    """Compares the notes of a take with those that `main.py stream` finds in its recording."""
    path = bench.folder / "stream.jsonl"
    subprocess.run(
        [sys.executable, str(ROOT / "main.py"), "stream", str(take), "--settled",
         "--jsonl", str(path), "--checkpoint", str(bench.options.checkpoint.resolve())],
        env=bench.environment, check=True, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    live, streamed = (
        [json.loads(line) for line in file.read_text("utf-8").splitlines()]
        for file in (notes_path(take), path)
    )
    table.row("    note events of the take, of `stream`", f"{len(live)}, {len(streamed)}")
    table.most("        that differ", different(live, streamed), 0)


def different(live: Sequence[dict[str, Any]], streamed: Sequence[dict[str, Any]]) -> int:
    """How many note events differ; only when they were said, and how surely, may differ."""
    names = ("event", "pitch", "velocity", "onset_s", "offset_s")
    first, second = (
        [tuple(event[name] for name in names) for event in events] for events in (live, streamed)
    )
    return len(set(first) ^ set(second)) or int(first != second)


def write_music(source: Path, path: Path, seconds: float) -> None:
    """Writes a recording over and over, mono, until it lasts so many seconds."""
    sound, rate = soundfile.read(source, dtype="float32", always_2d=True)
    mono = sound.mean(axis=1)
    left = round(seconds * rate)
    with soundfile.SoundFile(path, "w", rate, 1, subtype="PCM_16") as file:
        while left > 0:
            file.write(mono[:left])
            left -= len(mono)


def _tell_losses(table: Table, stopped: dict[str, Any]) -> None:
    """What the program says that it lost, and whether the model was given all that arrived."""
    unheard = stopped["arrived"] - round(stopped["heard_s"] * stopped["sample_rate"])
    table.most("    samples that arrived and were not heard", abs(unheard), 0)
    table.most("    samples lost, as the program says", stopped["lost_samples"], 0)
    table.most("    overflows, as the driver says", stopped["overflows"], 0)
    table.most("    pictures left out", stopped["dropped_pictures"], 0)


def _tell_paints(
    table: Table, painted_at: NDArray[np.float64], begin: float, end: float
) -> None:
    """How often the window was painted, and its longest pauses."""
    within = painted_at[(painted_at >= begin) & (painted_at <= end)]
    rate, pauses = len(within) / (end - begin), 1000 * np.diff(within)
    limit = f"≥ {PAINTS_PER_SECOND:g}"
    table.row("    paints per second", f"{rate:.2f}", limit, rate >= PAINTS_PER_SECOND)
    if len(pauses):
        shares = "{:.0f}, {:.0f}, {:.0f} ms".format(*np.percentile(pauses, (50, 99, 100)))
        table.row("        between two: median, 99 %, longest", shares)


def _tell_memory(table: Table, memory: list[tuple[float, float]], since_s: float) -> None:
    """How much the resident memory grew from so many seconds on."""
    early = [mb for at, mb in memory if at >= since_s][:_READINGS]
    late = [mb for _, mb in memory][-_READINGS:]
    growth = statistics.median(late) - statistics.median(early)
    table.most(f"    memory grown after the first {since_s:.0f} s", growth, GROWTH_MB, "MB", 1)
    table.most("        resident at the end", late[-1], RESIDENT_MB, "MB")
