"""Measures how far the live part of the program reaches, on the real chain, against its limits.

    python tests/benchmarks/live.py [--minutes 10] [--notes 60] [--skip start|delay|take|stream ...]

A PulseAudio daemon of its own serves as a virtual cable: a player at one end, at the other the
program's window as `main.py` opens it, listening through PortAudio, on the display or on a virtual
one (Xvfb). The window runs in a process of its own with probes around it (`live_probes.py`); its
processor time and memory are read from outside. Measured are:

start   the window's first paint after the command, the second time that it is given; and the first
        sound that was heard after the key was pressed, for several presses.
delay   isolated notes are played. Of each: from the moment at which PortAudio's callback delivered
        its first sample to the end of the paint that shows its bar and its key. The network's own
        delay is how much sound a stream of small blocks needs after that sample; the rest is what
        the program adds. The sample is found by correlation with what was played.
take    minutes of music are listened to and recorded. Sound that was lost, pictures left out,
        paints per second, memory after the first minute (or half of the time, if that is less),
        and processor time but for the network and its spectrogram (timed in their thread).
stream  the notes of that take against those of `main.py stream` on its recording.

Run it on a machine that is otherwise idle. The exit status is 1 when a limit is exceeded. Without
PulseAudio, PortAudio, or both a display and Xvfb it says so, and the status is 0.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import platform
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
from numpy.typing import NDArray

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from app.demo import demo_recording
from app.paths import ASSETS, DEFAULT_CHECKPOINT
from app.take_files import notes_path
from tests.benchmarks import live_notes
from tests.benchmarks.live_program import Program, ProgramError, program, screen, why_no_screen
from tests.virtual_cable import Cable, virtual_cable, why_not

PARTS = ("start", "delay", "take", "stream")
WINDOW_S = 2.0
LISTENING_S = 1.0
REST_MS = (40.0, 70.0)
GROWTH_MB = 5.0
PROCESSOR_PERCENT = 60.0
# Sixty in a second, but for a beat at either end.
PAINTS_PER_SECOND = 59.5
# Before something is measured, so that what happens once has happened.
_SETTLE_S = 3.0
_PRESSES = 4


@dataclass
class Table:
    """Figures with their limits, printed as they come.

    Attributes:
        exceeded: how many were beyond their limit.
    """

    exceeded: int = field(default=0, init=False)

    def row(self, name: str, figure: str, limit: str = "", is_within: bool = True) -> None:
        verdict = "" if not limit else "ok" if is_within else "BEYOND"
        self.exceeded += not is_within
        print(f"{name:<46}{figure:>26}   {limit:<12}{verdict}".rstrip(), flush=True)

    def most(self, name: str, value: float, limit: float, unit: str, digits: int = 0) -> None:
        """A figure that may be as large as its limit."""
        figure = f"{value:.{digits}f} {unit}".rstrip()
        self.row(name, figure, f"≤ {limit:g} {unit}".rstrip(), value <= limit)


@dataclass(frozen=True)
class Bench:
    """The cable, the environment of the program on it, and what is asked for."""

    cable: Cable
    environment: dict[str, str]
    options: argparse.Namespace

    def program(
        self, seconds: float, keep_s: float = 0.0
    ) -> contextlib.AbstractContextManager[Program]:
        """The program's window, ready for orders."""
        arguments = ["--checkpoint", str(self.options.checkpoint.resolve())]
        return program(
            self.environment, self.cable.folder, arguments, seconds=seconds, keep_s=keep_s
        )

    @contextlib.contextmanager
    def player(self, path: Path) -> Iterator[subprocess.Popen[bytes]]:
        """A process that plays a sound file into the cable, until its end or that of the block."""
        command = ["paplay", "--device=cable", str(path)]
        process = subprocess.Popen(command, env=self.cable.environment)
        try:
            yield process
        finally:
            process.kill()
            process.wait()


def measure_start(bench: Bench, table: Table) -> None:
    """The window twice; in the first one the key is pressed while the network still loads."""
    with bench.program(60) as first:
        window_s = first.wait_for("painted")["at"] - first.began_at
        table.row("window on screen, first time", f"{window_s:.2f} s")
        table.row("    key pressed at once, first sound heard", f"{press(first):.2f} s")
        first.quit()
    with bench.program(60) as second:
        window_s = second.wait_for("painted")["at"] - second.began_at
        table.most("window on screen, second time", window_s, WINDOW_S, "s", 2)
        second.wait_for("loaded")
        time.sleep(_SETTLE_S)
        presses = [press(second)]
        for _ in range(_PRESSES - 1):
            second.ask("listen")
            second.wait_for("stopped")
            presses.append(press(second))
        table.most("key pressed, first sound heard: first press", presses[0], LISTENING_S, "s", 2)
        most = max(presses[1:])
        table.most("    the slowest of the next presses", most, LISTENING_S, "s", 2)
        second.quit()


def press(window: Program, order: str = "listen") -> float:
    """Begins to listen; returns the seconds until something was heard."""
    window.ask(order)
    asked_at = window.wait_for("asked")["at"]
    return float(window.wait_for("heard")["at"] - asked_at)


def measure_delay(bench: Bench, table: Table) -> None:
    """From sound to screen."""
    played = live_notes.isolated_notes(bench.options.notes)
    path = bench.cable.folder / "notes.wav"
    soundfile.write(path, played.samples, live_notes.RATE)
    duration_s = len(played.samples) / live_notes.RATE
    with bench.program(duration_s + 60, duration_s + 20) as window:
        window.wait_for("loaded")
        press(window)
        time.sleep(_SETTLE_S)
        with bench.player(path) as player:
            player.wait(duration_s + 30)
        # The player ends when the last of it was taken; it still has to arrive.
        time.sleep(_SETTLE_S)
        window.ask("counts")
        rate = window.wait_for("counts")["sample_rate"]
        record = window.quit()
    delays = live_notes.delays(record, rate, played, bench.options.checkpoint)
    found = f"{len(delays.total)} of {len(played.notes)}"
    table.row("isolated notes shown", found, "", len(delays.total) > 0)
    if delays.disturbed:
        table.row("    not arrived as they were played", str(delays.disturbed))
    if not len(delays.total):
        return
    table.row("sound to screen: median, 95th percentile", two(delays.total))
    table.row("    the network's own delay", two(delays.network))
    for share, limit in zip((50, 95), REST_MS, strict=True):
        name = "    the rest, " + ("median" if share == 50 else "95th percentile")
        table.most(name, 1000 * float(np.percentile(delays.rest, share)), limit, "ms", 1)
    table.row("        arrived until the window is told", two(delays.hearing))
    table.row("        told until painted", two(delays.showing))


def two(seconds: NDArray[np.float64]) -> str:
    """Median and 95th percentile in milliseconds."""
    return "{:.1f}, {:.1f} ms".format(*1000 * np.percentile(seconds, (50, 95)))


def measure_take(bench: Bench, table: Table) -> Path:
    """Minutes of music, recorded; returns the take."""
    seconds = 60 * bench.options.minutes
    path = bench.cable.folder / "music.wav"
    live_notes.write_music(demo_recording(ASSETS), path, seconds + 4 * _SETTLE_S)
    with bench.program(seconds + 60) as window:
        window.wait_for("loaded")
        began_at = time.monotonic()
        press(window, "record")
        with bench.player(path):
            time.sleep(_SETTLE_S)
            before, used = counts(window), window.processor_s()
            memory = []
            while (since_s := time.monotonic() - before["at"]) < seconds:
                time.sleep(min(1.0, seconds - since_s))
                memory.append((time.monotonic() - began_at, window.resident_mb()))
            after, used_after = counts(window), window.processor_s()
        window.ask("record")
        stopped = window.wait_for("stopped")
        take = Path(window.wait_for("saved")["path"])
        record = window.quit()
    took_s = after["at"] - before["at"]
    tell_losses(table, stopped, f"listening and recording for {took_s / 60:.1f} min")
    tell_paints(table, record["painted_at"], before["at"], after["at"])
    tell_memory(table, memory, min(60.0, seconds / 2))
    percent = 100 / took_s
    whole, first = (percent * (late - early) for early, late in zip(used, used_after, strict=True))
    network = percent * (after["network_s"] - before["network_s"])
    table.most("processor, but for the network", whole - network, PROCESSOR_PERCENT, "%", 1)
    table.row("    whole process, network, window's thread",
              f"{whole:.1f}, {network:.1f}, {first:.1f} %")
    return take


def counts(window: Program) -> dict[str, Any]:
    window.ask("counts")
    return window.wait_for("counts")


def tell_losses(table: Table, stopped: dict[str, Any], name: str) -> None:
    """What the program says that it lost, and whether what arrived was given to the model."""
    table.row(name, f"{stopped['heard_s']:.1f} s of sound")
    table.most("    samples lost by the program", stopped["lost_samples"], 0, "")
    table.most("    overflows told by the driver", stopped["overflows"], 0, "")
    table.most("    pictures left out", stopped["dropped_pictures"], 0, "")
    # A recording begins with the next block; what came before it is not counted again.
    unheard = stopped["arrived"] / stopped["sample_rate"] - stopped["heard_s"]
    table.row("    arrived before the take, or not heard", f"{1000 * unheard:.0f} ms")


def tell_paints(
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


def tell_memory(table: Table, memory: list[tuple[float, float]], since_s: float) -> None:
    """Growth of the resident memory from so many seconds on, each end a median of ten readings."""
    early = [mb for at, mb in memory if at >= since_s][:10]
    late = [mb for _, mb in memory][-10:]
    growth = statistics.median(late) - statistics.median(early)
    table.most(f"    memory grown after the first {since_s:.0f} s", growth, GROWTH_MB, "MB", 1)
    table.row("        at the end", f"{late[-1]:.0f} MB")


def measure_stream(bench: Bench, table: Table, take: Path) -> None:
    """The notes of a take against those of its recording."""
    path = bench.cable.folder / "stream.jsonl"
    subprocess.run(
        [sys.executable, str(ROOT / "main.py"), "stream", str(take), "--jsonl", str(path),
         "--checkpoint", str(bench.options.checkpoint)],
        env=bench.environment, check=True, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    live, streamed = (
        [json.loads(line) for line in file.read_text("utf-8").splitlines()]
        for file in (notes_path(take), path)
    )
    table.row("note events of the take, of `stream`", f"{len(live)}, {len(streamed)}")
    table.most("    that differ", live_notes.different(live, streamed), 0, "")


def measure(bench: Bench, table: Table) -> None:
    """All that is not to be left out."""
    skipped = bench.options.skip
    parts: dict[str, Callable[[Bench, Table], None]] = {
        "start": measure_start, "delay": measure_delay,
    }
    for name, part in parts.items():
        if name not in skipped:
            part(bench, table)
    if "take" not in skipped:
        take = measure_take(bench, table)
        if "stream" not in skipped:
            measure_stream(bench, table, take)


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--minutes", type=float, default=10.0, help="length of the take")
    parser.add_argument("--notes", type=int, default=60, help="isolated notes that are played")
    parser.add_argument("--skip", nargs="+", choices=PARTS, default=[], help="parts to leave out")
    parser.add_argument("--checkpoint", type=Path, default=DEFAULT_CHECKPOINT)
    options = parser.parse_args()
    reason = why_not() or why_no_screen()
    if reason is not None:
        print(f"Nothing is measured: {reason}.")
        return 0
    table = Table()
    try:
        with virtual_cable() as cable, screen() as (words, display):
            print(f"{platform.processor() or platform.machine()}, {len(os.sched_getaffinity(0))} "
                  f"cores, load {os.getloadavg()[0]:.1f} at the start; {words}", flush=True)
            kept = {name: value for name, value in cable.environment.items()
                    if not name.startswith(("XDG_CONFIG", "XDG_DATA", "QT_QPA", "WAYLAND"))}
            measure(Bench(cable, kept | display, options), table)
    except pytest.skip.Exception as skipped:
        print(f"Nothing is measured: {skipped}.")
        return 0
    except ProgramError as error:
        print(f"live.py: {error}", file=sys.stderr)
        return 1
    return 1 if table.exceeded else 0


if __name__ == "__main__":
    sys.exit(main())
