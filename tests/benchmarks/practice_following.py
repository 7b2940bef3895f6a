"""How well the place in a piece is followed: performances with their scores.

    python tests/benchmarks/practice_following.py --performances FOLDER [--every 1]

FOLDER holds NAME.notes.csv (onset_s, midi_pitch, position_quarters, length_quarters) and
NAME.beats.csv (time_s, is_downbeat). The piece is what is printed, at one tempo; it is played as it
was, or with bars left out and repeated. Notes are heard 50 ms after they were played.
"""

from __future__ import annotations

import argparse
import csv
import random
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).parents[2]))

from app.practice.follower import Follower
from app.practice.piece import Piece, piece_of_notes
from model.notes import Note

_HEARD_AFTER_S = 0.05
_STEP_S = 0.05
_FOUND_STEPS = 10


@dataclass(frozen=True)
class Performance:
    """A performance: when its beats were, which of them begin bars, and its notes as onset, pitch
    and printed place in beats."""

    beats_s: np.ndarray
    downbeats: Sequence[int]
    notes: Sequence[tuple[float, int, float]]

    @classmethod
    def read(cls, folder: Path, name: str) -> Performance:
        beats = list(csv.DictReader((folder / f"{name}.beats.csv").open(encoding="utf-8")))
        beats_s = np.array([float(row["time_s"]) for row in beats])
        downbeats = [index for index, row in enumerate(beats) if row["is_downbeat"] == "1"]
        per_bar = float(np.median(np.diff(downbeats))) if len(downbeats) > 1 else 4.0
        notes = []
        for row in csv.DictReader((folder / f"{name}.notes.csv").open(encoding="utf-8")):
            onset_s, quarters = float(row["onset_s"]), float(row["bar_quarters"])
            # The printed place within its beat, and the beat that is nearest to it.
            within = float(row["position_quarters"]) / (quarters / round(per_bar)) % 1
            beat = round(float(np.interp(onset_s, beats_s, np.arange(len(beats_s)))) - within)
            notes.append((onset_s, int(row["midi_pitch"]), beat + within))
        return cls(beats_s, downbeats, sorted(notes))

    def piece(self, slowness: float) -> tuple[Piece, float]:
        """What is printed, its tempo so many times slower; and the seconds of its beats."""
        beat_s = slowness * float(np.mean(np.diff(self.beats_s)))
        first = min(0.0, *(beat for _, _, beat in self.notes))
        notes = [
            Note((beat - first) * beat_s, (beat - first + 0.5) * beat_s, pitch)
            for _, pitch, beat in self.notes
        ]
        bars_s = [(beat - first) * beat_s for beat in self.downbeats]
        return piece_of_notes(notes, "", [0.0, *bars_s] if bars_s[0] > 0 else bars_s), beat_s

    def jumps(self, seed: int) -> list[tuple[float, float]]:
        """Stretches of the performance, played one after the other: every 6 to 12 bars, up to four
        are left out or repeated."""
        draw = random.Random(seed)
        bars_s = [float(self.beats_s[beat]) for beat in self.downbeats]
        parts, at_s, bar = [], 0.0, 8
        while bar < len(bars_s) - 8:
            leap = draw.choice((-4, -3, -2, -1, 1, 2, 3, 4))
            parts.append((at_s, bars_s[bar]))
            bar = max(0, bar + leap)
            at_s = bars_s[bar]
            bar += draw.randint(6, 12)
        return [*parts, (at_s, float(self.beats_s[-1]))]


def follow(
    performance: Performance, slowness: float, parts: Sequence[tuple[float, float]]
) -> tuple[np.ndarray, list[float]]:
    """Whether the place is within one beat, every 50 ms; and after how long each jump was found."""
    piece, beat_s = performance.piece(slowness)
    first = min(0.0, *(beat for _, _, beat in performance.notes))
    begins_s = np.cumsum([0.0, *(end_s - begin_s for begin_s, end_s in parts)])
    attacks = sorted(
        (onset_s - begin_s + at_s, pitch)
        for (begin_s, end_s), at_s in zip(parts, begins_s[:-1], strict=True)
        for onset_s, pitch, _ in performance.notes
        if begin_s - 0.02 <= onset_s < end_s - 0.02
    )
    follower, waiting = Follower(piece.chords()), attacks[::-1]
    times = np.arange(attacks[0][0] + 0.5, begins_s[-1], _STEP_S)
    is_near = np.zeros(len(times), bool)
    for index, now_s in enumerate(times):
        while waiting and waiting[-1][0] + _HEARD_AFTER_S <= now_s:
            onset_s, pitch = waiting.pop()
            follower.hear(pitch, onset_s)
        part = int(np.searchsorted(begins_s[:-1], now_s, side="right")) - 1
        true_s = now_s - begins_s[part] + parts[part][0]
        beats = np.arange(len(performance.beats_s))
        true_beat = float(np.interp(true_s, performance.beats_s, beats))
        place = follower.place(now_s)
        assert place is not None
        is_near[index] = abs(place.piece_s / beat_s + first - true_beat) <= 1
    found_s = []
    for jump_s in begins_s[1:-1]:
        after = np.flatnonzero(times >= jump_s)
        found = next(
            (at for at in after if is_near[at : at + _FOUND_STEPS].all()), None
        )
        found_s.append(np.inf if found is None else float(times[found] - jump_s))
    return is_near, found_s


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--performances", required=True, type=Path)
    parser.add_argument("--every", type=int, default=1, help="take each so-manieth performance")
    parser.add_argument("--seed", type=int, default=2)
    arguments = parser.parse_args()
    names = sorted(
        path.name.removesuffix(".notes.csv")
        for path in arguments.performances.glob("*.notes.csv")
    )[:: arguments.every]
    performances = {name: Performance.read(arguments.performances, name) for name in names}
    for with_jumps in (False, True):
        for slowness in (1.0, 0.7, 1.3):
            near, found, worst = [], [], (1.0, "")
            for name, performance in performances.items():
                parts = (
                    performance.jumps(arguments.seed) if with_jumps
                    else [(0.0, float(performance.beats_s[-1]))]
                )  # fmt: skip
                is_near, found_s = follow(performance, slowness, parts)
                near.append(is_near)
                found += found_s
                worst = min(worst, (float(is_near.mean()), name))
            line = f"tempo of the piece x {1 / slowness:4.2f}, "
            line += f"{len(found)} jumps: " if with_jumps else "as it was: "
            line += f"within one beat {np.concatenate(near).mean():.1%} of the time"
            line += f", the least {worst[0]:.1%} ({worst[1]})"
            if found:
                line += f"; found within 2 s {np.mean(np.array(found) <= 2):.1%}"
            print(line, flush=True)


if __name__ == "__main__":
    main()
