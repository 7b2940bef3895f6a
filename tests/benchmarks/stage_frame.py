"""Measures what one frame of the stage costs: CPU time of the GUI thread, in milliseconds.

    QT_QPA_PLATFORM=offscreen python tests/benchmarks/stage_frame.py

Prints median and 95th percentile for a live take that scrolls (new columns, 300 notes in view)
and for a recording with 20,000 notes that is scrolled and zoomed. Nothing is judged: run it on
an idle machine and compare.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from PySide6.QtWidgets import QApplication

from app.style.theme_colours import DARK
from app.views.stage.stage import Stage
from model.config import DecoderConfig, FeatureConfig, NetworkConfig
from model.heard import Heard
from model.notes import Note, NoteEvent, NoteOff, NoteOn, Probabilities

FEATURES = FeatureConfig()
HOP_S = FEATURES.hop_length / FEATURES.sample_rate
FRAMES_PER_SECOND = 60
# Notes begin so often and last so long on the average: 300 in 10 s, some 15 at a time.
NOTES_PER_SECOND = 30
MEAN_LENGTH_S = 0.5
SONG_S = 3600.0
SONG_NOTES = 20_000


class Player:
    """Invents what is heard: noise with notes upon it."""

    def __init__(self) -> None:
        self._random = np.random.default_rng(0)
        self._ends: list[tuple[float, NoteOn]] = []
        self._frames = 0
        self._due_s = 0.0

    def until(self, now: float) -> list[Heard]:
        """What is heard up to this moment, in single frames as live."""
        heard = []
        while (self._frames + 1) * HOP_S <= now:
            end_s = (self._frames + 1) * HOP_S
            heard.append(self.hear(self._frames, 1, self._events(end_s)))
            self._frames += 1
        return heard

    def hear(self, first: int, frames: int, events: list[NoteEvent]) -> Heard:
        """Frames of noise, with some ten unsure notes in a second."""
        spectrum = self._random.random((frames, FEATURES.n_bins), np.float32)
        onset = np.zeros((frames, 88), np.float32)
        onset[self._random.random(onset.shape) < 10 * HOP_S / 88] = 0.3
        frame = np.full_like(onset, 0.2)
        return Heard(first, spectrum, Probabilities(onset, frame, frame), events)

    def _events(self, now: float) -> list[NoteEvent]:
        events: list[NoteEvent] = []
        for end_s, on in [item for item in self._ends if item[0] <= now - 0.06]:
            self._ends.remove((end_s, on))
            events.append(NoteOff(on.pitch, on.velocity, on.onset_s, end_s, now, 0.9))
        while self._due_s <= now:
            self._due_s += self._random.exponential(1 / NOTES_PER_SECOND)
            pitch = int(self._random.integers(40, 90))
            if pitch not in {on.pitch for _, on in self._ends}:
                velocity = int(self._random.integers(30, 120))
                on = NoteOn(pitch, velocity, max(now - 0.06, 0.0), now, 0.9)
                self._ends.append((now + self._random.exponential(MEAN_LENGTH_S), on))
                events.append(on)
        return events


def measure(name: str, frames: int, step: Callable[[int], None], skip: int = 0) -> None:
    """Runs frames and prints what they cost."""
    application = QApplication.instance()
    assert application is not None
    costs = []
    for frame in range(frames):
        began = time.thread_time()
        step(frame)
        application.processEvents()
        costs.append(time.thread_time() - began)
    taken = np.array(costs[skip:]) * 1000
    print(f"{name:<42} median {np.median(taken):6.2f} ms   p95 {np.percentile(taken, 95):6.2f} ms"
          f"   most {taken.max():6.2f} ms", flush=True)


def live(stage: Stage, seconds: int) -> None:
    """A take at its usual zoom, after it has run for ten seconds."""
    player, now = Player(), 0.0

    def step(frame: int) -> None:
        nonlocal now
        now = frame / FRAMES_PER_SECOND
        for heard in player.until(now - 0.01):
            stage.add(heard)
        stage.refresh()

    stage.begin_take(lambda: now)
    measure("live, scrolling", (10 + seconds) * FRAMES_PER_SECOND, step, 10 * FRAMES_PER_SECOND)
    shown = len(stage.roll.track.between(stage.view_box.start_s, stage.view_box.end_s))
    unsure = len(stage.roll.unsure.between(stage.view_box.start_s, stage.view_box.end_s))
    print(f"    {shown} notes and {unsure} unsure ones in view")
    stage.freeze(True)
    measure("live, frozen and dragged back", 200, lambda _: stage.shift(-0.01, 0))
    stage.rest()
    stage.end()


def recording(stage: Stage) -> None:
    """An hour with very many notes, looked at from near and afar."""
    player, random = Player(), np.random.default_rng(1)
    stage.begin_song(SONG_S)
    stage.view_box.zoom_time(30.0 / stage.view_box.span_s, 0.0)
    for first in range(0, round(SONG_S / HOP_S), 1000):
        stage.add(player.hear(first, 1000, []))
        stage.refresh()
    onsets = np.sort(random.uniform(0, SONG_S - 5, SONG_NOTES))
    stage.set_notes([
        Note(onset_s, onset_s + length_s, pitch, velocity)
        for onset_s, length_s, pitch, velocity in zip(
            onsets.tolist(), random.exponential(0.6, SONG_NOTES).tolist(),
            random.integers(30, 100, SONG_NOTES).tolist(),
            random.integers(20, 127, SONG_NOTES).tolist(), strict=True,
        )
    ])
    moment_s = 0.0

    def play(frame: int) -> None:
        nonlocal moment_s
        moment_s = 100 + frame / FRAMES_PER_SECOND
        stage.refresh()

    stage.run(lambda: moment_s)
    measure("20,000 notes, playing", 600, play, 10)
    stage.rest()
    measure("20,000 notes, scrolled, 30 s in view", 300, lambda _: stage.shift(0.01, 0))
    stage.zoom_time(10)
    measure("20,000 notes, scrolled, 5 min in view", 300, lambda _: stage.shift(0.01, 0))
    stage.fit()
    stage.zoom_time(0.97)

    def zoom(frame: int) -> None:
        stage.view_box.zoom_time(0.97 if frame < 200 else 1 / 0.97, 1800.0)

    measure("20,000 notes, zoomed from all to 8 s", 400, zoom)
    stage.fit()
    stage.zoom_pitch(0.7)
    measure("20,000 notes, all in view, pitch scrolled", 200, lambda frame: stage.shift(
        0, 0.1 if frame % 100 < 50 else -0.1))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0] if __doc__ else None)
    parser.add_argument("--seconds", type=int, default=20, help="length of the live part")
    parser.add_argument("--size", default="1600x900", help="of the stage in pixels")
    options = parser.parse_args()
    width, height = map(int, options.size.split("x"))
    application = QApplication([])
    stage = Stage(FEATURES, DARK, network=NetworkConfig(), decoder=DecoderConfig())
    stage.resize(width, height)
    stage.show()
    application.processEvents()
    live(stage, options.seconds)
    recording(stage)
    stage.close()


if __name__ == "__main__":
    main()
