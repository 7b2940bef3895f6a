"""What both networks say of beats of one level: the beats that were found, or what they may be."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from model.beats.beat_config import FRAME_RATE, METERS, SLOWER, beat_periods
from model.beats.beat_evidence import BeatEvidence, Metre
from model.beats.beat_features import beat_features
from model.beats.note_features import NoteArrays

_LEAST_LOG = -5.0
# Beats of half notes are seldom printed, and wrong ones double every length of a page: what is
# taken off for each beat of 2/2 and 3/2, before it is weighed.
_SELDOM = {"2/2": 0.75, "3/2": 1.2}
# What is sure to be no metre of a piece may still be one.
_LEAST_SHARE = 1e-3

# Features of beats (beats, n) to probabilities of downbeats (beats), levels and meters.
BarRun = Callable[[NDArray[np.float32]], tuple[NDArray[np.float32], ...]]


@dataclass(frozen=True)
class BarEvidence:
    """What is said of beats, and of each of the metres that may be.

    Attributes:
        beat_s: the beats, rising.
        downbeat, heard_downbeat: that each begins a bar, by the bar network and by the beat
            network, as logits.
        meters: each metre at each beat, as logarithms, (beats, metres).
        piece_meters: each metre for the piece as a whole, as logarithms.
        level: that these are the printed beats, a mean of logarithms.
        heard_beat, heard_period: what the beat network says of them, means of a logit and of a
            logarithm.
    """

    beat_s: NDArray[np.float64]
    downbeat: NDArray[np.float64]
    heard_downbeat: NDArray[np.float64]
    meters: NDArray[np.float64]
    piece_meters: NDArray[np.float64]
    level: float
    heard_beat: float
    heard_period: float

    @classmethod
    def of(
        cls, beat_s: NDArray[np.float64], notes: NoteArrays, evidence: BeatEvidence, run: BarRun,
        metres: Sequence[Metre],
    ) -> BarEvidence:
        """Asks the bar network, and looks up what the beat network said.

        Args:
            beat_s: two beats or more, rising.
        """
        downbeats, level, meters = run(beat_features(notes, beat_s))
        names = [METERS.index(m.name) if m.name in METERS else len(METERS) - 1 for m in metres]
        frames = np.clip(np.rint(beat_s * FRAME_RATE).astype(int), 0, len(evidence.beats) - 1)
        near = np.stack([
            evidence.beats[np.clip(frames + shift, 0, len(evidence.beats) - 1)]
            for shift in (-2, -1, 0, 1, 2)
        ]).max(axis=0)
        p = np.clip(near.astype(np.float64), 1e-3, 1 - 1e-3)
        share = np.clip(p[:, 1] / np.maximum(p[:, 0], p[:, 1]), 0.02, 0.98)
        seldom = np.array([_SELDOM.get(metre.name, 0.0) for metre in metres])
        whole = meters[:, names].mean(axis=0, dtype=np.float64)
        return cls(
            beat_s, _logit(downbeats), _logit(share),
            np.maximum(np.log(np.maximum(meters[:, names], 1e-9)), _LEAST_LOG) - seldom,
            np.log(whole / max(float(whole.sum()), 1e-9) + _LEAST_SHARE) - seldom,
            float(np.log(np.maximum(level[:, 0], 1e-6)).mean()),
            float(_logit(p[:, 0]).mean()), _period(beat_s, frames, evidence),
        )


def _period(
    beat_s: NDArray[np.float64], frames: NDArray[np.int64], evidence: BeatEvidence
) -> float:
    """What the beat network says of the beats' lengths."""
    slow = np.clip(frames // SLOWER, 0, len(evidence.periods) - 1)
    periods = np.log(beat_periods())
    gaps = np.log(np.diff(beat_s, append=2 * beat_s[-1] - beat_s[-2]))
    column = np.interp(gaps, periods, np.arange(len(periods)))
    below = np.minimum(column.astype(int), len(periods) - 2)
    told = np.log(np.maximum(evidence.periods[slow] * len(periods), 1e-3))
    rows = np.arange(len(beat_s))
    said = told[rows, below] * (1 - column + below) + told[rows, below + 1] * (column - below)
    return float(said.mean())


def _logit(p: NDArray[np.floating]) -> NDArray[np.float64]:
    p = np.clip(p.astype(np.float64), 1e-5, 1 - 1e-5)
    return np.asarray(np.log(p / (1 - p)))
