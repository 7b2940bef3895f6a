"""What somebody knows of a recording's beats and bars, and how corrections by hand change it."""

from __future__ import annotations

import dataclasses
import itertools
import math
import statistics
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from app.music.beats.beat_grid import BeatGrid
from app.music.rhythm import Meter
from model.beats.beat_evidence import Known, Metre

# Moments that are nearer to each other than this are one.
_SAME_S = 1e-3
# As a metronome counts: what is slower or faster is no tempo.
TEMPI = (15.0, 480.0)


@dataclass(frozen=True)
class GivenRhythm:
    """What somebody knows of the beats; the rest is found around it. None is to be found.

    Attributes:
        meter: the time signature of the beginning.
        beats_per_minute: the usual tempo as a metronome counts: three eighths are a beat in 6/8.
        downbeats_s: moments at which a bar begins, in seconds, rising.
        meters: moments from which on another time signature holds, and which; rising.
        runs: moments that are beats, with no others between them; each run rises, and ends before
            the next one begins.
    """

    meter: Meter | None = None
    beats_per_minute: float | None = None
    downbeats_s: tuple[float, ...] = ()
    meters: tuple[tuple[float, Meter], ...] = ()
    runs: tuple[tuple[float, ...], ...] = ()

    @property
    def known(self) -> Known:
        """The same, as the search takes it."""
        metres = () if self.meter is None else ((0.0, _metre(self.meter)),)
        later = tuple((at_s, _metre(meter)) for at_s, meter in self.meters)
        return Known(self.beats_per_minute, (*metres, *later), self.downbeats_s, self.runs)

    @classmethod
    def of_grid(cls, grid: BeatGrid) -> GivenRhythm:
        """All beats and bars as they are, to be corrected from there."""
        meter, changes = grid.bars[0].meter, []
        now = meter
        for bar in grid.bars:
            if bar.meter != now:
                now = bar.meter
                changes.append((bar.start_s, now))
        beats_s = tuple(float(at) for at in grid.beats_s)
        downbeats_s = tuple(bar.start_s for bar in grid.bars if bar.is_full)
        return cls(meter, _tempo(grid.beats_per_minute), downbeats_s, tuple(changes), (beats_s,))

    # Corrections. Each gives what is known afterwards.

    def with_beat(
        self, to_s: float, from_s: float | None = None, *, bpm: float, is_downbeat: bool = False
    ) -> GivenRhythm:
        """A beat is at a moment, the one that was found at another.

        Args:
            bpm: the usual tempo that was found, which this one is about.
            is_downbeat: it begins a bar.
        """
        runs = [tuple(at for at in run if not _same(at, from_s)) for run in self.runs]
        downbeats = [at for at in self.downbeats_s if not _same(at, from_s)]
        if is_downbeat:
            downbeats.append(to_s)
        return dataclasses.replace(
            self, beats_per_minute=self.beats_per_minute or _tempo(bpm),
            downbeats_s=_rising(downbeats),
            runs=_with_moment(runs, to_s),
        )

    def with_taps(self, taps_s: Sequence[float]) -> GivenRhythm:
        """These are beats, two or more, one after the other; what was known between them goes."""
        first_s, last_s = taps_s[0] - _SAME_S, taps_s[-1] + _SAME_S
        runs: list[tuple[float, ...]] = [tuple(taps_s)]
        for run in self.runs:
            runs += [
                part for part in (
                    tuple(at for at in run if at < first_s), tuple(at for at in run if at > last_s)
                ) if part
            ]
        usual_s = statistics.median(b - a for a, b in itertools.pairwise(taps_s))
        return dataclasses.replace(
            self, beats_per_minute=_tempo(60 / usual_s),
            downbeats_s=tuple(at for at in self.downbeats_s if not first_s < at < last_s),
            runs=tuple(sorted(runs)),
        )

    def halved(self, bpm: float) -> GivenRhythm:
        """Every second beat is one.

        Args:
            bpm: the usual tempo until now.
        """
        begins = self.downbeats_s[:1]
        runs = []
        for run in self.runs:
            if len(run) > 1:
                shift = next((i for i, at in enumerate(run) if at in begins), 0) % 2
                runs.append(run[shift::2])
        return self._at_tempo(bpm / 2, tuple(runs))

    def doubled(self, bpm: float) -> GivenRhythm:
        """There is another beat between every two."""
        runs = tuple(
            tuple(sorted([*run, *((a + b) / 2 for a, b in itertools.pairwise(run))]))
            for run in self.runs
        )
        return self._at_tempo(bpm * 2, runs)

    def _at_tempo(self, bpm: float, runs: tuple[tuple[float, ...], ...]) -> GivenRhythm:
        # Bars of other beats begin elsewhere; one of them is enough to count from.
        return dataclasses.replace(
            self, beats_per_minute=_tempo(bpm), downbeats_s=self.downbeats_s[:1], runs=runs
        )

    def with_tempo(self, bpm: float) -> GivenRhythm:
        """The usual tempo is this one."""
        return dataclasses.replace(self, beats_per_minute=_tempo(bpm))

    def with_downbeat(self, at_s: float) -> GivenRhythm:
        """A bar begins at this beat."""
        others = [at for at in self.downbeats_s if not _same(at, at_s)]
        return dataclasses.replace(self, downbeats_s=_rising([*others, at_s]))

    def with_meter(self, meter: Meter, from_s: float | None = None) -> GivenRhythm:
        """This time signature holds throughout, or from a beat on until another one is known."""
        if from_s is None:
            return dataclasses.replace(
                self, meter=meter, meters=(), downbeats_s=self.downbeats_s[:1]
            )
        meters = [(at, other) for at, other in self.meters if not _same(at, from_s)]
        end_s = min((at for at, _ in meters if at > from_s), default=math.inf)
        # Bars of another length begin elsewhere.
        others = [at for at in self.downbeats_s if not from_s < at < end_s]
        return dataclasses.replace(
            self, downbeats_s=_rising([*others, from_s]),
            meters=tuple(sorted([*meters, (from_s, meter)], key=lambda change: change[0])),
        )


def _metre(meter: Meter) -> Metre:
    return Metre(str(meter), meter.beats)


def _tempo(bpm: float) -> float:
    return min(max(bpm, TEMPI[0]), TEMPI[1])


def _same(one_s: float, other_s: float | None) -> bool:
    return other_s is not None and abs(one_s - other_s) < _SAME_S


def _rising(moments_s: Iterable[float]) -> tuple[float, ...]:
    return tuple(sorted(set(moments_s)))


def _with_moment(
    runs: Iterable[tuple[float, ...]], moment_s: float
) -> tuple[tuple[float, ...], ...]:
    """The runs with a further beat: in the one that it lies within, or alone."""
    found, is_in = [], False
    for run in runs:
        if run and not is_in and run[0] - _SAME_S < moment_s < run[-1] + _SAME_S:
            others = [at for at in run if not _same(at, moment_s)]
            run, is_in = tuple(sorted([*others, moment_s])), True
        if run:
            found.append(run)
    if not is_in:
        found.append((moment_s,))
    return tuple(sorted(found))
