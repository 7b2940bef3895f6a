"""The pitch curve of a note: cents hop by hop, cut out of those of all pitches when it ends."""

from __future__ import annotations

from array import array
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from model.config import FeatureConfig
from model.pitch_tracker import row_lag_s

# A note is said so many frames after its beginning at most, or its curve begins later.
_RECENT = 128
_SPIKE_CENTS = 25.0


@dataclass
class _Begun:
    """What is kept of a sounding note: its cents from a frame on, up to the frames held."""

    first: int
    cents: array[float] = field(default_factory=lambda: array("f"))


class PitchCurves:
    """Keeps the cents of what was heard last, and of the notes that sound. By pitch index.

    Attributes:
        hop_s: seconds from one frame to the next.
    """

    def __init__(self, features: FeatureConfig, n_pitches: int, first_frame: int) -> None:
        self.hop_s = features.hop_length / features.sample_rate
        self._lag_s = row_lag_s(features)
        # The frames held: those before the block, and the block.
        self._first = first_frame
        self._rows = np.zeros((0, n_pitches), np.float32)
        self._begun: dict[int, _Begun] = {}

    def push(self, cents: NDArray[np.float32] | None, n_frames: int) -> None:
        """Takes the cents of further frames, (frames, pitches); None where nobody measured."""
        for pitch, begun in self._begun.items():
            begun.cents.extend(self._from(begun, pitch).tolist())
        if cents is None:
            cents = np.full((n_frames, self._rows.shape[1]), np.nan, np.float32)
        kept = self._rows[-_RECENT:]
        self._first += len(self._rows) - len(kept)
        self._rows = np.concatenate([kept, cents])

    def begin(self, pitch: int, onset_s: float) -> None:
        """A note begins, now or on a frame before."""
        first = int(self._row(onset_s)) - 1
        first = min(max(first, self._first), self._first + len(self._rows))
        self._begun[pitch] = _Begun(first)

    def end(self, pitch: int, onset_s: float, offset_s: float, frame: int) -> tuple[float, ...]:
        """The curve of the note that began last; that it ends is known on this frame.

        Cents in the middle of equal parts of the note, each about as long as a hop; none where
        nothing could be measured. What is missing in between is put in straight.
        """
        begun = self._begun.pop(pitch)
        # What a longer block holds beyond that frame is not yet heard in a shorter one.
        held = self._from(begun, pitch, frame + 1)
        cents = np.concatenate([np.array(begun.cents, np.float32), held])
        rows = np.flatnonzero(np.isfinite(cents))
        if not len(rows):
            return ()
        count = max(1, round((offset_s - onset_s) / self.hop_s))
        parts = onset_s + (np.arange(count) + 0.5) * (offset_s - onset_s) / count
        curve = np.interp(self._row(parts), begun.first + rows, _without_spikes(cents[rows]))
        return tuple(np.round(curve, 1).tolist())

    def _from(
        self, begun: _Begun, pitch: int, end: int | None = None
    ) -> NDArray[np.float32]:
        """The frames of a sounding note that are held and not kept yet, up to one of them."""
        first = begun.first + len(begun.cents) - self._first
        return self._rows[first : None if end is None else max(first, end - self._first), pitch]

    def _row(self, time_s: float | NDArray[np.float64]) -> NDArray[np.float64]:
        """The frame, and a part of one, that speaks about a moment."""
        return np.asarray((time_s + self._lag_s) / self.hop_s - 1)


def _without_spikes(cents: NDArray[np.float32]) -> NDArray[np.float32]:
    """What stands out from both neighbours further than a voice moves in a hop goes between them.
    """
    if len(cents) < 3:
        return cents
    padded = np.concatenate([cents[2:3], cents, cents[-3:-2]])
    median = np.median(np.lib.stride_tricks.sliding_window_view(padded, 3), axis=1)
    return np.where(np.abs(cents - median) > _SPIKE_CENTS, median, cents)
