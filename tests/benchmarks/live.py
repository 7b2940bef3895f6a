"""Measures how far the live part of the program reaches, on the real chain, against its limits.

    python tests/benchmarks/live.py [--minutes 10] [--notes 60] [--skip start|delay|take|stream ...]

A PulseAudio daemon of its own serves as a virtual cable: a player at one end, at the other the
program's window as `main.py` opens it, listening through PortAudio, on the display or on a virtual
one (Xvfb). The window runs in a process of its own with probes around it (`live_probes.py`); its
processor time and memory are read from outside. Measured are:

start   the window's first paint after the command, several times; the first sound that was heard
        after the key was pressed, at once and later; and the first note of a recording that was
        named in the command. The processor time until then says more on a busy machine.
delay   isolated notes are played. Of each: from the moment at which PortAudio's callback delivered
        its first sample to the end of the paint that shows its bar and its key. The network's own
        delay is how much sound a stream of small blocks needs after that sample; the rest is what
        the program adds. The sample is found by correlation with what was played.
take    minutes of music are listened to and recorded. Sound that was lost, pictures left out,
        paints per second, memory after the first minute (or half of the time, if that is less),
        and processor time but for the network and its spectrogram (timed in their thread).
stream  the notes of that take against those of `main.py stream` on its recording.

Run it on a machine that is otherwise idle. The exit status is 1 when a limit is exceeded. Without
PulseAudio, PortAudio, or both a display and Xvfb it says so, and the status is 0. It needs what
the tests need.
"""

from __future__ import annotations

import argparse
import os
import platform
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
import soundfile
from numpy.typing import NDArray

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from app.audio.files.demo_recording import demo_recording
from app.system.paths import ASSETS, DEFAULT_CHECKPOINT
from model.checkpoint_header import CheckpointError, read_header
from tests.benchmarks import live_notes
from tests.benchmarks.live_bench import SETTLE_S, Bench, Table, counts, press
from tests.benchmarks.live_program import ProgramError, screen, why_no_screen
from tests.benchmarks.live_take import measure_stream, measure_take
from tests.live.virtual_cable import virtual_cable, why_not

PARTS = ("start", "delay", "take", "stream")
WINDOW_S = 2.0
FIRST_NOTE_S = 4.0
LISTENING_S = 1.0
REST_MS = {"median": (50, 40.0), "95th percentile": (95, 70.0)}
_PRESSES = 4
_STARTS = 3
_START_LIMIT_S = 60.0


def measure_start(bench: Bench, table: Table) -> None:
    """Opens the window some times; the key is pressed at once, while the network still loads."""
    windows, heard, processor = [], [], []
    for _ in range(_STARTS):
        with bench.program(_START_LIMIT_S) as first:
            windows.append(first.wait_for("painted")["at"] - first.began_at)
            before_s, _ = first.processor_s()
            heard.append(press(first))
            processor.append((before_s, first.processor_s()[0] - before_s))
            first.quit()
    before_s, press_s = np.median(processor, axis=0)
    table.row("window on screen", _span(windows))
    table.row("    processor time of it", f"{before_s:.2f} s")
    table.most("    key pressed at once, first sound heard", float(np.median(heard)), LISTENING_S,
               "s", 2)
    table.row("        from, to; processor time", f"{_span(heard)}; {press_s:.2f} s")
    _measure_file(bench, table)
    with bench.program(_START_LIMIT_S) as second:
        window_s = second.wait_for("painted")["at"] - second.began_at
        table.most("window on screen, second time", window_s, WINDOW_S, "s", 2)
        second.wait_for("loaded")
        time.sleep(SETTLE_S)
        presses = [press(second)]
        for _ in range(_PRESSES - 1):
            second.ask("listen")
            second.wait_for("stopped")
            presses.append(press(second))
        table.most("    key pressed, first sound heard", presses[0], LISTENING_S, "s", 2)
        most = max(presses[1:])
        table.most("    the slowest of the next presses", most, LISTENING_S, "s", 2)
        second.quit()


def _measure_file(bench: Bench, table: Table) -> None:
    """Opens the demo recording with the window."""
    windows, notes, processor = [], [], []
    for _ in range(_STARTS):
        with bench.program(_START_LIMIT_S, file=demo_recording(ASSETS)) as window:
            windows.append(window.wait_for("painted")["at"] - window.began_at)
            notes.append(window.wait_for("noted")["at"] - window.began_at)
            processor.append(window.processor_s()[0])
            window.quit()
    table.row("with a recording: window on screen", _span(windows))
    table.most("    its first note", float(np.median(notes)), FIRST_NOTE_S, "s", 2)
    table.row("        from, to; processor time",
              f"{_span(notes)}; {float(np.median(processor)):.2f} s")


def measure_delay(bench: Bench, table: Table) -> None:
    """Plays isolated notes and looks how late each is shown."""
    played = live_notes.isolated_notes(bench.options.notes)
    path = bench.folder / "notes.wav"
    soundfile.write(path, played.samples, live_notes.RATE)
    duration_s = len(played.samples) / live_notes.RATE
    with bench.program(duration_s + _START_LIMIT_S, duration_s + 5 * SETTLE_S) as window:
        window.wait_for("loaded")
        press(window)
        time.sleep(SETTLE_S)
        with bench.player(path) as player:
            player.wait(duration_s + _START_LIMIT_S)
        # The player ends when the last of it was taken; it still has to arrive.
        time.sleep(SETTLE_S)
        rate = counts(window)["sample_rate"]
        record = window.quit()
    delays = live_notes.delays(record, rate, played, bench.options.checkpoint)
    found = f"{len(delays.total)} of {len(played.notes)}"
    table.row("isolated notes shown", found, "≥ 1", len(delays.total) > 0)
    if delays.disturbed:
        table.row("    arrived otherwise than they were played", str(delays.disturbed))
    if not len(delays.total):
        return
    table.row("sound to screen: median, 95th percentile", _two(delays.total))
    table.row("    the network's own delay", _two(delays.network))
    for name, (share, limit) in REST_MS.items():
        rest_ms = 1000 * float(np.percentile(delays.rest, share))
        table.most(f"    the rest, {name}", rest_ms, limit, "ms", 1)
    table.row("        arrived until the window is told", _two(delays.hearing))
    table.row("        told until painted", _two(delays.showing))


def measure(bench: Bench, table: Table) -> None:
    """Measures all that is not to be left out."""
    skipped = bench.options.skip
    if "start" not in skipped:
        measure_start(bench, table)
    if "delay" not in skipped:
        measure_delay(bench, table)
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
        # The window would tell it in a dialog and wait.
        read_header(options.checkpoint)
        with virtual_cable() as cable, screen() as (words, display):
            print(f"{platform.machine()}, {len(os.sched_getaffinity(0))} cores, "
                  f"load {os.getloadavg()[0]:.1f} at the start; {words}", flush=True)
            # Neither the user's settings nor a display that is not meant.
            # The program's modules are compiled once, as on every other machine.
            others = ("XDG_CONFIG", "XDG_DATA", "XDG_CACHE", "QT_QPA", "DISPLAY", "WAYLAND",
                      "PYTHONDONTWRITEBYTECODE")
            kept = {name: value for name, value in cable.environment.items()
                    if not name.startswith(others)}
            measure(Bench(cable, kept | display, options), table)
    except pytest.skip.Exception as skipped:
        print(f"Nothing is measured: {skipped}.")
        return 0
    except (CheckpointError, ProgramError, subprocess.SubprocessError) as error:
        print(f"live.py: {error}", file=sys.stderr)
        return 1
    return 1 if table.exceeded else 0


def _span(seconds: list[float]) -> str:
    """The least and the most of some seconds."""
    return f"{min(seconds):.2f} to {max(seconds):.2f} s"


def _two(seconds: NDArray[np.float64]) -> str:
    """Median and 95th percentile in milliseconds."""
    return "{:.1f}, {:.1f} ms".format(*1000 * np.percentile(seconds, (50, 95)))


if __name__ == "__main__":
    sys.exit(main())
