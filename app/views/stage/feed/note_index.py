"""The notes of one recording or take in order of time, found quickly by the time in view."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from model.notes import Note, NoteEvent, NoteOn
from model.pitch import HIGHEST_PITCH, LOWEST_PITCH

_FIRST_ROOM = 256
# The arrays that hold a property of every bar.
_COLUMNS = ("_onset", "_offset", "_pitch", "_velocity", "_confidence", "_cents")

# Where something looks different: from when to when, in seconds, and at which MIDI pitch.
Span = tuple[float, float, int]


@dataclass(slots=True, frozen=True)
class Bar:
    """A note as it is drawn; `offset_s` is infinite while it sounds on.

    Attributes:
        cents: its pitch curve, as of a `Note`, once it has ended.
    """

    onset_s: float
    offset_s: float
    pitch: int
    velocity: int
    confidence: float
    cents: tuple[float, ...] = field(default=(), compare=False)

    @property
    def is_open(self) -> bool:
        return math.isinf(self.offset_s)

    @property
    def strength(self) -> float:
        """How loud it was struck, 0..1."""
        return self.velocity / 127

    def note(self, head_s: float) -> Note:
        """The note; one that sounds on reaches to `head_s`."""
        end_s = max(head_s, self.onset_s) if self.is_open else self.offset_s
        return Note(
            self.onset_s, end_s, self.pitch, self.velocity, self.confidence, self.cents
        )


@dataclass(frozen=True)
class Columns:
    """Many bars at once, one array (bars,) for each of their attributes."""

    onset_s: NDArray[np.float64]
    offset_s: NDArray[np.float64]
    pitch: NDArray[np.int16]
    velocity: NDArray[np.int16]


class NoteIndex:
    """Bars in order of onset. Both ways to fill it: whole lists, and events as they come.

    They are kept in arrays: twenty thousand are half a megabyte, and looking through all of them
    for those in view takes some hundredths of a millisecond, whatever lengths they have.

    Attributes:
        lowest, highest: bars of other pitches are kept, but neither shown nor counted.
    """

    def __init__(self) -> None:
        self.lowest, self.highest = LOWEST_PITCH, HIGHEST_PITCH
        self._clear()

    def _clear(self) -> None:
        self._count = 0
        self._onset = np.zeros(_FIRST_ROOM)
        self._offset = np.zeros(_FIRST_ROOM)
        self._pitch = np.zeros(_FIRST_ROOM, np.int16)
        self._velocity = np.zeros(_FIRST_ROOM, np.int16)
        self._confidence = np.zeros(_FIRST_ROOM)
        # Tuples: a pitch curve for every bar.
        self._cents = np.empty(_FIRST_ROOM, object)
        # Index of the bar that still sounds, by pitch.
        self._open: dict[int, int] = {}
        self._begun: set[int] = set()

    def __len__(self) -> int:
        return len(self._in_range(0, self._count))

    @property
    def count(self) -> int:
        """How many there are of any pitch."""
        return self._count

    @property
    def bars(self) -> list[Bar]:
        """All of them."""
        return self._bars(self._in_range(0, self._count))

    def set_range(self, lowest: int, highest: int) -> None:
        """From now on only these MIDI pitches are shown."""
        self.lowest, self.highest = lowest, highest

    def replace(self, notes: Iterable[Note]) -> None:
        """Holds these finished notes and no others."""
        self._clear()
        notes = sorted(notes, key=lambda note: note.onset_s)
        self._count = len(notes)
        room = [0] * _FIRST_ROOM
        self._onset = np.array([note.onset_s for note in notes] + room, np.float64)
        self._offset = np.array([note.offset_s for note in notes] + room, np.float64)
        self._pitch = np.array([note.pitch for note in notes] + room, np.int16)
        self._velocity = np.array([note.velocity for note in notes] + room, np.int16)
        self._confidence = np.array([note.confidence for note in notes] + room, np.float64)
        self._cents = np.empty(len(notes) + _FIRST_ROOM, object)
        for index, note in enumerate(notes):
            self._cents[index] = note.cents

    def adopt(self, other: NoteIndex, from_s: float = 0.0) -> None:
        """Takes over the bars of another track, which is of no use afterwards.

        Those of its own that began before `from_s` stay, and have ended there at the latest.
        """
        for index in self._open.values():
            self._offset[index] = max(from_s, self._onset[index])
        older = int(np.searchsorted(self._onset[: self._count], from_s))
        count = older + other._count
        for name in _COLUMNS:
            mine, its = getattr(self, name)[:older], getattr(other, name)[: other._count]
            setattr(self, name, np.concatenate([mine, its, np.zeros(_FIRST_ROOM, its.dtype)]))
        self._count = count
        self._open = {pitch: older + index for pitch, index in other._open.items()}

    def add(self, events: Iterable[NoteEvent]) -> list[Span]:
        """Notes that began or ended, in the order of the events; returns those that ended."""
        spans: list[Span] = []
        for event in events:
            if isinstance(event, NoteOn):
                # A pitch that is struck again has ended, even if nobody says so.
                spans += self._end(event.pitch, event.onset_s)
                self._open[event.pitch] = self._insert(
                    event.onset_s, math.inf, event.pitch, event.velocity, event.confidence
                )
                self._begun.add(event.pitch)
            else:
                if (index := self._open.get(event.pitch)) is not None:
                    self._velocity[index] = event.velocity
                    self._cents[index] = event.cents
                spans += self._end(event.pitch, event.offset_s)
        return spans

    def close(self, at_s: float) -> None:
        """Ends every bar that still sounds at `at_s` seconds: no more events will come."""
        for index in self._open.values():
            self._offset[index] = max(at_s, self._onset[index])
        self._open = {}

    def between(self, start_s: float, end_s: float) -> list[Bar]:
        """The bars that can be seen between two moments, in order of onset."""
        return self._bars(self._found(start_s, end_s))

    def ended_between(self, start_s: float, end_s: float) -> Columns:
        """Those of them that do not sound on, as arrays, which many bars need."""
        found = self._found(start_s, end_s)
        return self._columns(found[np.isfinite(self._offset[found])])

    def columns(self) -> Columns:
        """All bars as arrays."""
        return self._columns(self._in_range(0, self._count))

    def columns_between(self, start_s: float, end_s: float) -> Columns:
        """The bars that sound between two moments, those that still sound on among them."""
        return self._columns(self._found(start_s, end_s))

    def take_begun(self) -> set[int]:
        """The pitches of the bars that events have brought since this was asked last."""
        begun, self._begun = self._begun, set()
        return {pitch for pitch in begun if self.lowest <= pitch <= self.highest}

    def opened(self) -> list[Bar]:
        """The bars that still sound on, in order of onset."""
        indices = np.array(sorted(self._open.values()), np.int64)
        return self._bars(indices[self._is_shown(indices)])

    def sounding(self, time_s: float) -> dict[int, float]:
        """Strength (0..1) of every pitch that sounds at a moment."""
        found = self._found(time_s, math.nextafter(time_s, math.inf))
        return dict(
            zip(self._pitch[found].tolist(), (self._velocity[found] / 127).tolist(), strict=True)
        )

    def pitches(self) -> set[int]:
        """The MIDI pitches that occur."""
        return set(np.unique(self._pitch[self._in_range(0, self._count)]).tolist())

    def _found(self, start_s: float, end_s: float) -> NDArray[np.int64]:
        last = int(np.searchsorted(self._onset[: self._count], end_s))
        indices = np.flatnonzero(self._offset[:last] > start_s)
        return indices[self._is_shown(indices)]

    def _in_range(self, first: int, last: int) -> NDArray[np.int64]:
        indices = np.arange(first, last)
        return indices[self._is_shown(indices)]

    def _is_shown(self, indices: NDArray[np.int64]) -> NDArray[np.bool_]:
        pitch = self._pitch[indices]
        return (pitch >= self.lowest) & (pitch <= self.highest)

    def _columns(self, indices: NDArray[np.int64]) -> Columns:
        return Columns(
            self._onset[indices], self._offset[indices], self._pitch[indices],
            self._velocity[indices],
        )

    def _bars(self, indices: NDArray[np.int64]) -> list[Bar]:
        return [
            Bar(*values)
            for values in zip(
                self._onset[indices].tolist(), self._offset[indices].tolist(),
                self._pitch[indices].tolist(), self._velocity[indices].tolist(),
                self._confidence[indices].tolist(), self._cents[indices].tolist(), strict=True,
            )
        ]

    def _end(self, pitch: int, offset_s: float) -> list[Span]:
        index = self._open.pop(pitch, None)
        if index is None:
            return []
        self._offset[index] = offset_s
        return [(float(self._onset[index]), offset_s, pitch)]

    def _insert(
        self, onset_s: float, offset_s: float, pitch: int, velocity: int, confidence: float
    ) -> int:
        """Puts a bar where it belongs in the order of onset; returns its index."""
        count = self._count
        if count == len(self._onset):
            for name in _COLUMNS:
                column = getattr(self, name)
                setattr(self, name, np.concatenate([column, np.zeros_like(column)]))
        # A note that is said late began before some that were said already.
        index = int(np.searchsorted(self._onset[:count], onset_s, side="right"))
        if index < count:
            for name in _COLUMNS:
                column = getattr(self, name)
                column[index + 1 : count + 1] = column[index:count].copy()
            self._open = {
                other: place + (place >= index) for other, place in self._open.items()
            }
        self._onset[index], self._offset[index], self._pitch[index] = onset_s, offset_s, pitch
        self._velocity[index], self._confidence[index] = velocity, confidence
        self._cents[index] = ()
        self._count += 1
        return index
