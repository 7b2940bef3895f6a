"""Notes, the events they begin and end with, and the probabilities that they are found in."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from model.pitch import N_PITCHES


@dataclass(frozen=True, order=True)
class Note:
    """A finished note: onset and offset in seconds, MIDI pitch, velocity 1-127, confidence 0-1.

    The confidence is the share of such notes that were right on validation data.

    Attributes:
        cents: the pitch curve: how far above its pitch it sounds, in the middle of each of so many
            equal parts of it, which are about as long as a hop; none where nobody measured. Two
            notes that differ in it alone are equal.
    """

    onset_s: float
    offset_s: float
    pitch: int
    velocity: int = 80
    confidence: float = 1.0
    cents: tuple[float, ...] = field(default=(), compare=False)

    def cents_times_s(self) -> NDArray[np.float64]:
        """The moment of each of its `cents`."""
        part_s = (self.offset_s - self.onset_s) / max(1, len(self.cents))
        return np.asarray(self.onset_s + (np.arange(len(self.cents)) + 0.5) * part_s)


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

    Its velocity is surer than that of its `NoteOn`. `cents` is its pitch curve, as of a `Note`.
    """

    pitch: int
    velocity: int
    onset_s: float
    offset_s: float
    heard_s: float
    confidence: float
    cents: tuple[float, ...] = field(default=(), compare=False)


NoteEvent = NoteOn | NoteOff


@dataclass(frozen=True)
class Probabilities:
    """What the network says of a run of frames, each array (frames, pitches) float32 in 0..1.

    Frame 0 of a stream is the first hop; the values of frame t speak about the moment that lies
    the delay of the answer before the frame's newest sample.

    Attributes:
        cents: by how much each sounding pitch is off, as `PitchTracker.push` says it; None where
            nobody measured.
    """

    onset: NDArray[np.float32]
    frame: NDArray[np.float32]
    velocity: NDArray[np.float32]
    cents: NDArray[np.float32] | None = None

    def __len__(self) -> int:
        return len(self.onset)

    def part(self, first: int, last: int | None = None) -> Probabilities:
        """Those of some of the frames; nothing is copied."""
        return Probabilities(
            self.onset[first:last], self.frame[first:last], self.velocity[first:last],
            None if self.cents is None else self.cents[first:last],
        )  # fmt: skip

    @classmethod
    def join(cls, parts: Iterable[Probabilities]) -> Probabilities:
        """One run of frames from consecutive ones."""
        parts = [part for part in parts if len(part)]
        if len(parts) == 1:
            return parts[0]
        if not parts:
            nothing = np.zeros((0, N_PITCHES), np.float32)
            return cls(nothing, nothing, nothing)
        cents = [part.cents for part in parts if part.cents is not None]
        return cls(
            np.concatenate([part.onset for part in parts]),
            np.concatenate([part.frame for part in parts]),
            np.concatenate([part.velocity for part in parts]),
            np.concatenate(cents) if len(cents) == len(parts) else None,
        )


def curve_between(
    notes: Sequence[Note], onset_s: float, offset_s: float
) -> tuple[float, ...]:
    """The pitch curve of a note that is made of these, one after the other, from onset to offset.

    Beyond their ends it goes on as it was there.
    """
    notes = [note for note in notes if note.cents]
    if not notes:
        return ()
    part_s = (notes[0].offset_s - notes[0].onset_s) / len(notes[0].cents)
    count = max(1, round((offset_s - onset_s) / part_s))
    times_s = onset_s + (np.arange(count) + 0.5) * (offset_s - onset_s) / count
    known_s = np.concatenate([note.cents_times_s() for note in notes])
    cents = np.concatenate([note.cents for note in notes])
    return tuple(np.interp(times_s, known_s, cents).round(1).tolist())


def notes_from_events(events: Iterable[NoteEvent]) -> list[Note]:
    """The finished notes among events, in order of onset, then pitch."""
    notes = [
        Note(
            event.onset_s, event.offset_s, event.pitch, event.velocity, event.confidence,
            event.cents,
        )
        for event in events
        if isinstance(event, NoteOff)
    ]
    return sorted(notes, key=lambda note: (note.onset_s, note.pitch))
