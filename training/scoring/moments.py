"""What sounds at any moment, read out of frames, against the labels.

A frame is a statement about a stretch of sound. Which frame answers for a moment is the read-out:
the one in whose hop the moment lies, or the one whose shortest window's centre is nearest.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from model.config import FeatureConfig, NetworkConfig
from model.notes import Note
from training.scoring.metrics import GRID_S, FrameCounts

# Only notes with so much silence of their pitch before and after them tell where they begin and
# end: others' edges would be taken for theirs.
_ALONE_S = 0.5


@dataclass(frozen=True)
class MomentScores:
    """Scores of moments 10 ms apart.

    Attributes:
        counts: notes at these moments.
        begins_s, ends_s: read minus true beginning and end, of each note that stands alone and is
            read to sound at its middle.
    """

    counts: FrameCounts
    begins_s: list[float]
    ends_s: list[float]


def frame_at(
    moments_s: NDArray[np.float64], features: FeatureConfig, read_out: str
) -> NDArray[np.int64]:
    """The frame that answers for each moment; below 0 before the first one's.

    Args:
        read_out: one of `model.config.READ_OUTS`.
    """
    # Rounded, so that a moment where a hop begins does not fall into the one before.
    hops = np.round(moments_s * features.frames_per_second, 6)
    if read_out == "hop":
        return np.floor(hops).astype(np.int64)
    return np.floor(hops + features.centre_lag_frames()).astype(np.int64)


def delay_s(features: FeatureConfig, network: NetworkConfig, read_out: str) -> float:
    """How long after a moment its answer is there, on average; half a hop more at most.

    The computing time comes on top.
    """
    lag = features.centre_lag_frames() if read_out == "nearest-window" else 0.0
    return (lag + 0.5 + network.delay_frames) / features.frames_per_second


def score(
    labelled: Sequence[Note],
    probabilities: NDArray[np.float32],
    features: FeatureConfig,
    network: NetworkConfig,
    *,
    read_out: str,
    threshold: float,
    length_s: float,
    allowed_errors: int = 0,
) -> MomentScores:
    """Reads frames out at every 10 ms of a recording.

    Args:
        probabilities: of sounding notes, (frames, pitches), as the network says them: frame t
            speaks of frame t minus its delay.
        threshold: from which on a note is read to sound.
        length_s: of the recording.
        allowed_errors: wrong notes with which a moment still counts as "passed".
    """
    moments = GRID_S * (np.arange(int(length_s / GRID_S), dtype=np.float64) + 0.5)
    rows = frame_at(moments, features, read_out) + network.delay_frames
    there = (rows >= 0) & (rows < len(probabilities))
    read = np.zeros((len(moments), network.n_pitches), bool)
    read[there] = probabilities[rows[there]] >= threshold
    true = np.zeros_like(read)
    notes = [note for note in labelled if 0 <= note.pitch - network.lowest_pitch < read.shape[1]]
    for note in notes:
        sounding = slice(*np.searchsorted(moments, (note.onset_s, note.offset_s)))
        true[sounding, note.pitch - network.lowest_pitch] = True
    begins, ends = _edges(notes, read, network.lowest_pitch)
    return MomentScores(FrameCounts.of(true, read, allowed_errors), begins, ends)


def _edges(
    notes: Sequence[Note], read: NDArray[np.bool_], lowest_pitch: int
) -> tuple[list[float], list[float]]:
    begins, ends = [], []
    by_pitch: dict[int, list[Note]] = {}
    for note in notes:
        by_pitch.setdefault(note.pitch, []).append(note)
    for note in notes:
        pitch = note.pitch - lowest_pitch
        alone = all(
            other is note
            or other.offset_s < note.onset_s - _ALONE_S
            or other.onset_s > note.offset_s + _ALONE_S
            for other in by_pitch[note.pitch]
        )
        middle = int((note.onset_s + note.offset_s) / 2 / GRID_S)
        if not alone or middle >= len(read) or not read[middle, pitch]:
            continue
        before = np.flatnonzero(~read[:middle, pitch])
        after = np.flatnonzero(~read[middle:, pitch])
        first = int(before[-1]) + 1 if len(before) else 0
        last = middle + int(after[0]) if len(after) else len(read)
        begins.append(first * GRID_S - note.onset_s)
        ends.append(last * GRID_S - note.offset_s)
    return begins, ends
