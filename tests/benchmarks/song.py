"""Measures the window while recordings are opened, decoded anew and zoomed, against its limits.

    python tests/benchmarks/song.py [--minutes 60] [--skip file|open|zoom|notes ...]

The window runs on the display or on a virtual one (Xvfb), with a home folder of its own. Measured
are:

file    `main.py transcribe` of 10 minutes: its processor time, and its memory at its most.
open    a recording of 10 minutes, and one of `--minutes`: how long the transcription takes, how
        much processor time, the process's memory at its most, and for how long at most the window's
        thread answers nothing meanwhile. Then the sensitivity is moved, and all notes are decoded
        anew.
zoom    the wheel is turned over the long recording, 60 notches a second, from the whole of it to a
        few seconds and back: how many pictures a second are painted, and the longest time between
        two of them.
notes   the same over a MIDI file of an hour with 20,000 notes, and scrolling through it.

The music is the program's demo recording, again and again. Run it on a machine that is otherwise
idle. The exit status is 1 when a limit is exceeded. Without a display or Xvfb it says so, and the
status is 0. It needs what the tests need.
"""

from __future__ import annotations

import argparse
import os
import platform
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import mido
import numpy as np
import soundfile

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from PySide6.QtCore import QEvent, QEventLoop, QObject, QPoint, Qt, QTimer
from PySide6.QtGui import QWheelEvent
from PySide6.QtWidgets import QApplication

from app.song.song import Song
from app.system.paths import ASSETS, DEFAULT_CHECKPOINT
from app.window import startup
from app.window.main_window import MainWindow
from tests.benchmarks.live_bench import Table
from tests.benchmarks.live_program import ROOT, screen, why_no_screen

PARTS = ("file", "open", "zoom", "notes")
SIZE = 1600, 900
# What is asked for.
OPEN_S, STALL_MS, MEMORY_MB, PAINTS = 40.0, 50.0, 2000.0, 60.0
SHORT_MINUTES = 10.0
N_NOTES = 20_000
_NOTCHES_PER_SECOND = 60
_NOTCHES = 150
_PATIENCE_S = 900.0


class Watch(QObject):
    """How long the thread of the window leaves what comes unanswered, and when it paints.

    A timer asks to be called every millisecond; what passes between two calls beyond that, the
    thread was busy with something.
    """

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        self._last = time.perf_counter(), time.thread_time()
        # Seconds between two calls, and how many of them the thread itself was at work.
        self.stalls: list[tuple[float, float]] = []
        self.paints: list[float] = []
        self._timer = QTimer(self)
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.timeout.connect(self._beat)
        self._timer.start(1)
        window.stage.plot.viewport().installEventFilter(self)

    def begin(self) -> None:
        """Forgets what was."""
        self.stalls, self.paints = [], []
        self._last = time.perf_counter(), time.thread_time()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Paint:
            self.paints.append(time.perf_counter())
        return False

    def _beat(self) -> None:
        now = time.perf_counter(), time.thread_time()
        self.stalls.append((now[0] - self._last[0], now[1] - self._last[1]))
        self._last = now


class Bench:
    """The window, what it shows, and the table."""

    def __init__(self, window: MainWindow, song: Song, table: Table, options: argparse.Namespace
                 ) -> None:
        self.window, self.song, self.table, self.options = window, song, table, options
        self.watch = Watch(window)

    def wait(self, holds: Callable[[], bool]) -> None:
        """Lets the window live until it is so. Raises TimeoutError when that takes too long."""
        until = time.monotonic() + _PATIENCE_S
        while not holds():
            if time.monotonic() > until:
                raise TimeoutError("the window did not come to an end with what it was doing")
            QApplication.processEvents(QEventLoop.ProcessEventsFlag.WaitForMoreEvents, 50)

    def rest(self, seconds: float) -> None:
        """Lets the window live for a while."""
        until = time.monotonic() + seconds
        self.wait(lambda: time.monotonic() > until)

    def open(self, path: Path) -> float:
        """Opens a file and waits until all of it is there; returns the seconds that took."""
        ended: list[None] = []
        self.song.finished.connect(lambda: ended.append(None))
        began = time.monotonic()
        self.window.open(path)
        self.wait(lambda: bool(ended))
        return time.monotonic() - began

    def tell_stalls(self) -> None:
        """The longest time since the watch began for which the window's thread did not answer."""
        stalls = 1000 * np.array(self.watch.stalls)
        self.table.most("    longest stall of the window meanwhile", stalls[:, 0].max(),
                        STALL_MS, "ms")
        at_work_ms = stalls[:, 1].max()
        self.table.row("        the most that its thread was at work", f"{at_work_ms:.0f} ms")

    def turn(self, notches: list[int], *, shift: bool = False) -> None:
        """Turns the wheel over the middle of the notes, one notch after the other."""
        plot = self.window.stage.plot.viewport()
        place = self.window.stage.view_box.geometry().center()
        keys = Qt.KeyboardModifier.ShiftModifier if shift else Qt.KeyboardModifier.NoModifier
        began = time.perf_counter()
        for number, notch in enumerate(notches):
            self.wait(lambda due=began + number / _NOTCHES_PER_SECOND: time.perf_counter() >= due)
            QApplication.sendEvent(plot, QWheelEvent(
                place, plot.mapToGlobal(place), QPoint(), QPoint(0, 120 * notch),
                Qt.MouseButton.NoButton, keys, Qt.ScrollPhase.NoScrollPhase, False,
            ))  # fmt: skip


def music(path: Path, minutes: float) -> Path:
    """The demo again and again, as FLAC."""
    samples, rate = soundfile.read(ASSETS / "demo.flac", dtype="float32")
    left = round(60 * minutes * rate)
    with soundfile.SoundFile(path, "w", rate, samples.ndim) as file:
        while left > 0:
            file.write(samples[:left])
            left -= len(samples)
    return path


def many_notes(path: Path) -> Path:
    """A MIDI file of an hour."""
    rng = np.random.default_rng(1)
    onsets = np.sort(rng.uniform(0, 3590, N_NOTES))
    events = []
    for onset, pitch, velocity, length in zip(
        onsets.tolist(), rng.integers(30, 100, N_NOTES).tolist(),
        rng.integers(20, 127, N_NOTES).tolist(), rng.uniform(0.1, 1.2, N_NOTES).tolist(),
        strict=True,
    ):
        events += [(onset, "note_on", pitch, velocity), (onset + length, "note_off", pitch, 0)]
    track, tick = mido.MidiTrack(), 0
    for at, kind, pitch, velocity in sorted(events):
        now = round(at * 960)
        track.append(mido.Message(kind, note=pitch, velocity=velocity, time=now - tick))
        tick = now
    mido.MidiFile(ticks_per_beat=480, tracks=[track]).save(path)
    return path


def measure_file(folder: Path, checkpoint: Path, table: Table) -> None:
    """Transcribes a recording in the terminal."""
    path = music(folder / "short.flac", SHORT_MINUTES)
    subprocess.run(
        [sys.executable, str(ROOT / "main.py"), "transcribe", str(path), "-o",
         str(folder / "short.mid"), "--checkpoint", str(checkpoint.resolve())],
        check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    processor_s = used.ru_utime + used.ru_stime
    table.row(f"{SHORT_MINUTES:g} minutes in the terminal, processor time", f"{processor_s:.1f} s")
    table.row("    memory of the process at its most", f"{used.ru_maxrss / 1000:.0f} MB")


def measure_opening(bench: Bench, path: Path, minutes: float, limit_s: float | None) -> None:
    """Opens a recording, and decodes its notes anew."""
    table = bench.table
    bench.watch.begin()
    began_s = time.process_time()
    taken_s = bench.open(path)
    processor_s = time.process_time() - began_s
    name = f"{minutes:g} minutes opened and transcribed"
    if limit_s is None:
        table.row(name, f"{taken_s:.1f} s")
    else:
        table.most(name, taken_s, limit_s, "s", 1)
    table.row("    processor time", f"{processor_s:.1f} s")
    bench.tell_stalls()
    bench.rest(1.0)
    bench.watch.begin()
    slowest_s = 0.0
    for place in (80, 20, 50):
        changed: list[None] = []
        bench.song.notes_changed.connect(lambda to=changed: to.append(None))
        began = time.monotonic()
        bench.window.commands.sensitivity.move(place)
        bench.wait(lambda done=changed: bool(done))
        slowest_s = max(slowest_s, time.monotonic() - began)
        bench.rest(0.5)
    table.row("    decoded anew, the slowest of three", f"{slowest_s:.2f} s")
    bench.tell_stalls()
    peak_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000
    table.most("    memory of the process at its most", peak_mb, MEMORY_MB, "MB")


def measure_paints(bench: Bench, name: str, notches: list[int], *, shift: bool = False) -> None:
    """Turns the wheel and counts pictures."""
    bench.rest(0.5)
    bench.watch.begin()
    bench.turn(notches, shift=shift)
    paints = np.array(bench.watch.paints)
    rate = (len(paints) - 1) / (paints[-1] - paints[0])
    bench.table.row(
        name, f"{rate:.1f} pictures/s", f"≥ {PAINTS - 2:g}", rate >= PAINTS - 2
    )
    gaps = 1000 * np.diff(paints)
    bench.table.row("    between two pictures: 95th percentile, most",
                    f"{np.percentile(gaps, 95):.0f}, {gaps.max():.0f} ms")


def measure(bench: Bench, folder: Path) -> None:
    """Measures all that is not to be left out."""
    options = bench.options
    if "file" not in options.skip:
        measure_file(folder, options.checkpoint, bench.table)
    there_and_back = [1] * _NOTCHES + [-1] * _NOTCHES
    if "open" not in options.skip:
        measure_opening(bench, music(folder / "short.flac", SHORT_MINUTES), SHORT_MINUTES, OPEN_S)
    if not {"open", "zoom"} <= set(options.skip):
        path = music(folder / "long.flac", options.minutes)
        if "open" not in options.skip:
            measure_opening(bench, path, options.minutes, None)
        else:
            bench.open(path)
    if "zoom" not in options.skip:
        bench.window.stage.fit()
        measure_paints(bench, f"wheel over {options.minutes:g} minutes", there_and_back)
    if "notes" not in options.skip:
        bench.open(many_notes(folder / "notes.mid"))
        bench.window.stage.fit()
        measure_paints(bench, f"wheel over {N_NOTES:,} notes", there_and_back)
        bench.window.stage.fit()
        bench.turn([1] * 30)
        measure_paints(bench, f"scrolled through {N_NOTES:,} notes", there_and_back, shift=True)


def inside(options: argparse.Namespace) -> int:
    """Measures on the display that there is."""
    table = Table()

    def make_window(song: Song, *others: object) -> MainWindow:
        window = MainWindow(song, *others)  # type: ignore[arg-type]
        window.resize(*SIZE)
        bench = Bench(window, song, table, options)

        def begin() -> None:
            with tempfile.TemporaryDirectory(prefix="noteglow-") as name:
                bench.rest(5.0)
                measure(bench, Path(name))
            window.close()

        QTimer.singleShot(0, begin)
        return window

    startup.MainWindow = make_window  # type: ignore[assignment, misc]
    return startup.run(None, options.checkpoint) or int(table.exceeded > 0)


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--minutes", type=float, default=60.0, help="of the long recording")
    parser.add_argument("--skip", nargs="+", choices=PARTS, default=[], help="parts to leave out")
    parser.add_argument("--checkpoint", type=Path, default=DEFAULT_CHECKPOINT)
    parser.add_argument("--inside", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.inside:
        return inside(options)
    reason = why_no_screen()
    if reason is not None:
        print(f"Nothing is measured: {reason}.")
        return 0
    with screen() as (words, display), tempfile.TemporaryDirectory(prefix="noteglow-") as home:
        print(f"{platform.machine()}, {len(os.sched_getaffinity(0))} cores, "
              f"load {os.getloadavg()[0]:.1f} at the start; {words}", flush=True)
        # The program's modules are compiled once, as on every other machine.
        others = ("XDG_CONFIG", "XDG_DATA", "XDG_CACHE", "QT_QPA", "DISPLAY", "WAYLAND",
                  "PYTHONDONTWRITEBYTECODE")
        kept = {name: value for name, value in os.environ.items() if not name.startswith(others)}
        return subprocess.run(
            [sys.executable, *sys.argv, "--inside"], check=False,
            env=kept | display | {"HOME": home, "XDG_CONFIG_HOME": home},
        ).returncode


if __name__ == "__main__":
    sys.exit(main())
