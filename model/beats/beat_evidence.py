"""What the search for bars is given, and what it finds."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from model.beats.beat_config import METERS


@dataclass(frozen=True)
class Metre:
    """A time signature as the search counts it: how many beats, and its name in `METERS`."""

    name: str
    beats: int


# Two eighths make a beat of 2/4, three one of 6/8.
USUAL_METRES = tuple(
    Metre(name, beats) for name, beats in zip(METERS, (2, 3, 4, 2, 3, 3, 2, 3, 4), strict=False)
)


@dataclass(frozen=True)
class BeatEvidence:
    """What the network says of a piece.

    Attributes:
        beats: probability of a beat and of a downbeat, (frames, 2) at `FRAME_RATE`.
        periods: of each of `beat_periods`, (slower frames, periods).
        meters: of each of `METERS`, (slower frames, meters).
    """

    beats: NDArray[np.float32]
    periods: NDArray[np.float32]
    meters: NDArray[np.float32]


@dataclass(frozen=True)
class Known:
    """What a user says of the beats; None is to be found.

    Attributes:
        beats_per_minute: the usual tempo, as a metronome counts.
        metres: a moment from which on a time signature holds, and which; rising. Before the first
            of these moments it is to be found.
        downbeats_s: moments at which a bar begins, rising.
        runs: moments that are beats, and have no other beats between them; each run rises, and
            ends before the next one begins.
    """

    beats_per_minute: float | None = None
    metres: tuple[tuple[float, Metre], ...] = ()
    downbeats_s: tuple[float, ...] = ()
    runs: tuple[tuple[float, ...], ...] = ()

    @property
    def fixed_s(self) -> list[float]:
        """All moments that are beats, rising."""
        return sorted({*self.downbeats_s, *(at for run in self.runs for at in run)})


@dataclass(frozen=True)
class Weights:
    """How much each kind of evidence counts; chosen on recordings.

    Attributes:
        beat, bias: factor of a beat's logit, and what is taken off for every beat.
        downbeat: factor of the logarithm of being a bar's first beat, or none.
        bar: what is taken off for every bar.
        period: of what the network says of it, for a second.
        change: cost of a tempo that changes by an octave, and the most that a change costs.
        most_change: see `change`.
        steady: cost of a second with beats an octave longer or shorter than is usual there.
        new_metre, broken_bar: cost of another time signature, and of a bar that ends early.
        late_start: of a second in which notes begin before the first beat.
    """

    beat: float = 1.07
    bias: float = -0.8
    downbeat: float = 0.3
    bar: float = 0.07
    period: float = 0.83
    change: float = 14.5
    most_change: float = 2.8
    steady: float = 3.0
    new_metre: float = 7.8
    broken_bar: float = 6.0
    late_start: float = 1.0


@dataclass(frozen=True)
class FoundBeat:
    """A beat.

    Attributes:
        time_s: when it comes.
        place: beats before it in its bar.
        metre: its bar's.
    """

    time_s: float
    place: int
    metre: Metre
