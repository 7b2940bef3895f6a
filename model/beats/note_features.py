"""Notes as the beat network reads them: what begins, sounds and ends in every frame."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from model.beats.beat_config import FRAME_RATE
from model.notes import Note

# Onsets in bands of pitch, by pitch class, and what sounds by pitch class.
_BANDS, _CLASSES = 24, 12
_LOWEST, _HIGHEST = 21, 108
_SCALARS = 12
N_FEATURES = _BANDS + 2 * _CLASSES + _SCALARS
# Seconds after which lengths and gaps no longer count.
_LONGEST_S = 4.0
# Frames after the last note's end, in which its last bar may end.
_AFTER = 2 * FRAME_RATE


class NoteArrays(NamedTuple):
    """Notes in order of onset, an array for each property."""

    onset_s: NDArray[np.float64]
    offset_s: NDArray[np.float64]
    pitch: NDArray[np.int64]
    velocity: NDArray[np.float64]

    @classmethod
    def of(cls, notes: Sequence[Note]) -> NoteArrays:
        """The arrays of some notes, in any order."""
        rows = np.array(
            sorted((n.onset_s, n.offset_s, n.pitch, n.velocity) for n in notes), np.float64
        ).reshape(-1, 4)
        return cls(rows[:, 0], rows[:, 1], rows[:, 2].astype(np.int64), rows[:, 3])


def note_features(notes: NoteArrays, n_frames: int | None = None) -> NDArray[np.float32]:
    """What the network reads, shape (frames, `N_FEATURES`), from second 0 on.

    Args:
        n_frames: None is two seconds more than the last note lasts.
    """
    onset_s, offset_s, pitch, velocity = notes
    if n_frames is None:
        n_frames = int(offset_s.max(initial=0.0) * FRAME_RATE) + _AFTER
    out = np.zeros((n_frames, N_FEATURES), np.float32)
    place = onset_s * FRAME_RATE
    inside = (place >= 0) & (place < n_frames - 1)
    onset_s, offset_s, velocity, place = (
        array[inside] for array in (onset_s, offset_s, velocity, place)
    )
    pitch = pitch[inside]
    if not len(place):
        return out
    # An onset between two frames belongs to both: a frame is longer than what timing tells.
    frame = place.astype(np.int64)
    late = (place - frame).astype(np.float32)
    weight = (0.4 + 0.6 * velocity / 127).astype(np.float32)
    height = np.clip((pitch - _LOWEST) / (_HIGHEST - _LOWEST), 0, 1)
    band = height * (_BANDS - 1)
    low_band = np.minimum(band.astype(np.int64), _BANDS - 2)
    upper = (band - low_band).astype(np.float32)
    scalars = _BANDS + 2 * _CLASSES
    for at, share in ((frame, 1 - late), (frame + 1, late)):
        np.add.at(out, (at, low_band), weight * share * (1 - upper))
        np.add.at(out, (at, low_band + 1), weight * share * upper)
        np.add.at(out, (at, _BANDS + pitch % 12), weight * share)
        np.add.at(out[:, scalars], at, share)
    _sounding(out, frame, offset_s, pitch)
    nearest = np.minimum(np.rint(place).astype(np.int64), n_frames - 1)
    length = np.log1p(np.clip(offset_s - onset_s, 0, _LONGEST_S) * 4).astype(np.float32)
    np.maximum.at(out[:, scalars + 1], nearest, velocity.astype(np.float32) / 127)
    np.maximum.at(out[:, scalars + 2], nearest, (1 - height).astype(np.float32))
    np.maximum.at(out[:, scalars + 3], nearest, height.astype(np.float32))
    np.maximum.at(out[:, scalars + 4], nearest, length)
    # The length of the lowest note that begins: it is written last.
    order = np.argsort(-pitch, kind="stable")
    out[nearest[order], scalars + 5] = length[order]
    end = np.clip((offset_s * FRAME_RATE).astype(np.int64), 0, n_frames - 1)
    np.add.at(out[:, scalars + 6], end, 1)
    _gaps(out[:, scalars + 7 : scalars + 10], nearest)
    counts = [scalars, scalars + 6]
    out[:, counts] = np.log1p(out[:, counts])
    return out


def _sounding(
    out: NDArray[np.float32], frame: NDArray[np.int64], offset_s: NDArray[np.float64],
    pitch: NDArray[np.int64],
) -> None:
    """Which pitch classes sound, how many notes, and how low the lowest of them is."""
    n_frames = len(out)
    first = _BANDS + _CLASSES
    end = np.clip((offset_s * FRAME_RATE).astype(np.int64), frame + 1, n_frames)
    change = np.zeros((n_frames + 1, _HIGHEST + 20), np.int16)
    key = np.clip(pitch, 0, _HIGHEST + 19)
    np.add.at(change, (frame, key), 1)
    np.add.at(change, (end, key), -1)
    sounds = np.cumsum(change, axis=0, dtype=np.int16)[:-1] > 0
    for pitch_class in range(_CLASSES):
        out[:, first + pitch_class] = sounds[:, pitch_class::12].any(axis=1)
    scalars = _BANDS + 2 * _CLASSES
    out[:, scalars + 10] = np.log1p(sounds.sum(axis=1))
    out[:, scalars + 11] = np.where(sounds.any(axis=1), 1 - sounds.argmax(axis=1) / _HIGHEST, 0)


def _gaps(out: NDArray[np.float32], onsets: NDArray[np.int64]) -> None:
    """How long ago something began, how soon something will, and the gap of both around."""
    frames = np.arange(len(out))
    starts = np.unique(onsets)
    after = np.searchsorted(starts, frames, side="right")
    before_s = np.where(after > 0, frames - starts[np.maximum(after - 1, 0)], 10**6) / FRAME_RATE
    until_s = np.where(
        after < len(starts), starts[np.minimum(after, len(starts) - 1)] - frames, 10**6
    ) / FRAME_RATE
    out[:, 0] = np.log1p(np.minimum(before_s, _LONGEST_S) * 4)
    out[:, 1] = np.log1p(np.minimum(until_s, _LONGEST_S) * 4)
    out[:, 2] = np.log1p(np.minimum(before_s + until_s, _LONGEST_S) * 4)
