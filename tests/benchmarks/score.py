"""Measures how soon the score of a ten-minute piece is seen, and how fast its pages turn.

    python tests/benchmarks/score.py [--minutes 10]

The piece is the program's demo recording as MIDI, again and again. From the moment at which the
score is asked for, a process that engraves it is started, finds the beats where it is told to, and
brings the pages. Told are: when the first page is painted, when all pages are there, how long the
painting of a page takes that is turned to, and for how long at most the window's thread answers
nothing meanwhile. Without a display it measures offscreen.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
if not os.environ.get("DISPLAY"):
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from PySide6.QtCore import QElapsedTimer, QEventLoop, QTimer
from PySide6.QtWidgets import QApplication

from app.exports.export_options import ExportOptions
from app.exports.score.page_engraver import PageEngraver
from app.midi.midi_file_reader import read_midi
from app.music.rhythm import Rhythm
from app.style.theme_colours import DARK
from app.system.paths import ASSETS
from app.views.score.score_view import ScoreView
from model.notes import Note
from tests.benchmarks.live_bench import Table

SIZE = 1366, 600
# What is asked for.
FIRST_PAGE_S = 3.0


def piece(minutes: float) -> list[Note]:
    notes = read_midi(ASSETS / "demo.mid")
    length = max(note.offset_s for note in notes)
    times = int(60 * minutes / length)
    return sorted(
        (
            Note(note.onset_s + length * at, note.offset_s + length * at, note.pitch,
                 note.velocity)
            for at in range(times) for note in notes
        ),
        key=lambda note: note.onset_s,
    )


def measure(notes: list[Note], rhythm: Rhythm | None) -> dict[str, float]:
    """Seconds and milliseconds by what they are of."""
    view, engraver, loop = ScoreView(DARK), PageEngraver(), QEventLoop()
    view.resize(*SIZE)
    view.show()
    QApplication.processEvents()
    engraver.page.connect(view.add_page)
    engraver.ended.connect(view.end)
    engraver.ended.connect(loop.quit)
    first_s: list[float] = []
    stalls: list[float] = []
    clock, beat = QElapsedTimer(), QTimer()
    clock.start()
    begun = time.perf_counter()

    def look() -> None:
        stalls.append(clock.restart() / 1000)
        if view.count and not first_s:
            view.repaint()
            first_s.append(time.perf_counter() - begun)

    beat.timeout.connect(look)
    beat.start(1)
    view.begin(engraver.engrave(notes, ExportOptions(rhythm=rhythm), view.paper), notes)
    loop.exec()
    all_s = time.perf_counter() - begun
    turns = []
    for _ in range(min(view.count - 1, 20)):
        # What is prepared while a page is read.
        end = time.perf_counter() + 0.2
        while time.perf_counter() < end:
            QApplication.processEvents()
        before = time.perf_counter()
        view.turn(1)
        view.repaint()
        turns.append(1000 * (time.perf_counter() - before))
    beat.stop()
    engraver.close()
    return {
        "first page, s": first_s[0], f"all {view.count} pages, s": all_s,
        "page turned, ms": max(turns, default=0.0), "longest stall, ms": 1000 * max(stalls),
    }


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--minutes", type=float, default=10.0)
    minutes = parser.parse_args().minutes
    application = QApplication([])
    notes = piece(minutes)
    table = Table()
    for name, rhythm in (("beats known", Rhythm.steady(76)), ("beats to be found", None)):
        for what, value in measure(notes, rhythm).items():
            named = f"{len(notes)} notes, {name}: {what}"
            if what == "first page, s":
                table.most(named, value, FIRST_PAGE_S, digits=2)
            else:
                table.row(named, f"{value:.2f}")
    application.quit()
    return table.exceeded > 0


if __name__ == "__main__":
    sys.exit(main())
