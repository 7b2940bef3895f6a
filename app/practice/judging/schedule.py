"""When each note of a piece is due in the sound, and what else sounds then."""

from __future__ import annotations

import bisect
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace

from app.practice.judging.evidence import Attack
from app.practice.judging.extra_notes import is_extra
from app.practice.judging.note_judge import Due
from app.practice.piece import Piece

# So near to a note's time, an attack of its pitch is that note.
_SAME_S = 0.15
# What has ended rings on.
_RINGS_S = 0.6
# What sounds so long before the first bar that is played, or after the last, is no part of it.
_BESIDE_S = 0.3


@dataclass(frozen=True)
class Clock:
    """When each moment of the piece is due in the sound.

    Attributes:
        piece_s, performed_s: moments of the piece, rising, and when they are due; beyond the ends
            it goes on as at the ends. Two or more.
    """

    piece_s: tuple[float, ...]
    performed_s: tuple[float, ...]

    @classmethod
    def steady(cls, begins_s: float = 0.0, slowness: float = 1.0) -> Clock:
        """The piece begins at a moment of the sound, and a second of it takes so many."""
        return cls((0.0, 1.0), (begins_s, begins_s + slowness))

    def due_s(self, piece_s: float) -> float:
        """When a moment of the piece is due."""
        return _between(piece_s, self.piece_s, self.performed_s)

    def place_s(self, now_s: float) -> float:
        """The moment of the piece that is due now."""
        return _between(now_s, self.performed_s, self.piece_s)


class Schedule:
    """A piece in the time of a clock.

    Attributes:
        dues: when each of its notes is due.
        until_s: up to when each of them sounds alone by what is written: until it ends or the next
            notes begin.
    """

    def __init__(
        self, piece: Piece, clock: Clock, reach_s: float, accompaniment: Piece | None = None
    ) -> None:
        """Args:
        reach_s: so far from its time, an attack may be a note.
        accompaniment: what sounds besides, at the piece's times.
        """
        self.dues = _dues(piece, clock, reach_s)
        self.until_s = _until_s(piece, clock)
        # By pitch, when it is due, and sounds; with what sounds besides.
        self._times: dict[int, list[float]] = defaultdict(list)
        self._spans: dict[int, list[tuple[float, float]]] = defaultdict(list)
        for played in (piece, accompaniment):
            for note in () if played is None else played.notes:
                due_s = clock.due_s(note.onset_s)
                self._times[note.pitch].append(due_s)
                self._spans[note.pitch].append((due_s, clock.due_s(note.offset_s)))
        for times in self._times.values():
            times.sort()
        for spans in self._spans.values():
            spans.sort()
        begin_s, end_s = _bounds_s(piece)
        self._begin_s, self._end_s = clock.due_s(begin_s), clock.due_s(end_s)

    def is_due(self, pitch: int, time_s: float) -> bool:
        """Whether a note of this pitch is due near a moment."""
        times = self._times.get(pitch, ())
        place = bisect.bisect_left(times, time_s)
        return any(
            abs(times[at] - time_s) <= _SAME_S
            for at in (place - 1, place) if 0 <= at < len(times)
        )

    def is_extra(self, attack: Attack, near: Sequence[Attack]) -> bool:
        """Whether an attack that is no note of the piece is a mistake of the player.

        What is due thereabouts is an echo of it, or the accompaniment; what sounds before the bars
        that are played, or after them, is no part of them.

        Args:
            near: the attacks about it.
        """
        pitch, time_s = attack.pitch, attack.onset_s
        return (
            self._begin_s - _BESIDE_S <= time_s <= self._end_s + _BESIDE_S
            and not self.is_due(pitch, time_s)
            and is_extra(attack, near, rings=self._sounds(pitch, time_s))
        )

    def _sounds(self, pitch: int, time_s: float) -> bool:
        """Whether this pitch is written to sound then, or rings on."""
        spans = self._spans.get(pitch, [])
        last = bisect.bisect_right(spans, (time_s, float("inf")))
        return any(time_s <= end_s + _RINGS_S for _, end_s in spans[max(0, last - 3) : last])


def _bounds_s(piece: Piece) -> tuple[float, float]:
    """Where the first of the bars that have notes begins and the last ends."""
    if not piece.notes:
        return 0.0, 0.0
    first, last = piece.notes[0], max(note.bar for note in piece.notes)
    begin_s, end_s = first.onset_s, piece.end_s
    if len(piece.bars_s) > 1:
        begin_s = min(begin_s, piece.bar_s(first.bar))
        end_s = max(end_s, piece.bar_s(last + 1))
    return begin_s, end_s


def _until_s(piece: Piece, clock: Clock) -> list[float]:
    begins_s = [chord.onset_s for chord in piece.chords()]
    found = []
    for note in piece.notes:
        place = bisect.bisect_right(begins_s, note.onset_s + 1e-6)
        next_s = begins_s[place] if place < len(begins_s) else note.offset_s
        found.append(clock.due_s(min(note.offset_s, max(next_s, note.onset_s + 1e-3))))
    return found


def _dues(piece: Piece, clock: Clock, reach_s: float) -> list[Due]:
    """When the notes are due. Between two of one pitch, each has the half that is nearer to it."""
    times = [clock.due_s(note.onset_s) for note in piece.notes]
    dues = [Due(note.pitch, due_s, due_s - reach_s, due_s + reach_s)
            for note, due_s in zip(piece.notes, times, strict=True)]
    last: dict[int, int] = {}
    for index, note in enumerate(piece.notes):
        if (before := last.get(note.pitch)) is not None:
            middle_s = (times[before] + times[index]) / 2
            if dues[before].end_s > middle_s:
                dues[before] = replace(dues[before], end_s=middle_s)
                dues[index] = replace(dues[index], begin_s=middle_s)
        last[note.pitch] = index
    return dues


def _between(at: float, known: Sequence[float], values: Sequence[float]) -> float:
    """A value on straight lines through known ones, which go on beyond the ends."""
    place = min(max(bisect.bisect_right(known, at) - 1, 0), len(known) - 2)
    share = (at - known[place]) / (known[place + 1] - known[place])
    return values[place] + share * (values[place + 1] - values[place])
