"""Notes, the events they begin and end with, and the probabilities that they are found in."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from model.pitch import N_PITCHES


@dataclass(frozen=True, order=True)
class Note:
    """A finished note: onset and offset in seconds, MIDI pitch, velocity 1-127, confidence 0-1.

    The confidence is the share of such notes that were right on validation data.
    """

    onset_s: float
    offset_s: float
    pitch: int
    velocity: int = 80
    confidence: float = 1.0


@dataclass(frozen=True)
class NoteOn:
    """A note began at `onset_s`; it was heard at `heard_s`. Never taken back."""

    pitch: int
    velocity: int
    onset_s: float
    heard_s: float
    confidence: float


@dataclass(frozen=True)
class NoteOff:
    """The note of this pitch that began at `onset_s` ended at `offset_s`.

    Its velocity is surer than that of its `NoteOn`.
    """

    pitch: int
    velocity: int
    onset_s: float
    offset_s: float
    heard_s: float
    confidence: float


NoteEvent = NoteOn | NoteOff


@dataclass(frozen=True)
class Probabilities:
    """What the network says of a run of frames, each array (frames, pitches) float32 in 0..1.

    Frame 0 of a stream is the first hop; the values of frame t speak about the moment
    `delay_frames` before the frame's newest sample.
    """

    onset: NDArray[np.float32]
    frame: NDArray[np.float32]
    velocity: NDArray[np.float32]

    def __len__(self) -> int:
        return len(self.onset)

    @classmethod
    def join(cls, parts: Iterable[Probabilities]) -> Probabilities:
        """One run of frames from consecutive ones."""
        parts = [part for part in parts if len(part)]
        if len(parts) == 1:
            return parts[0]
        if not parts:
            nothing = np.zeros((0, N_PITCHES), np.float32)
            return cls(nothing, nothing, nothing)
        return cls(
            np.concatenate([part.onset for part in parts]),
            np.concatenate([part.frame for part in parts]),
            np.concatenate([part.velocity for part in parts]),
        )


def notes_from_events(events: Iterable[NoteEvent]) -> list[Note]:
    """The finished notes among events, in order of onset, then pitch."""
    notes = [
        Note(event.onset_s, event.offset_s, event.pitch, event.velocity, event.confidence)
        for event in events
        if isinstance(event, NoteOff)
    ]
    return sorted(notes, key=lambda note: (note.onset_s, note.pitch))
