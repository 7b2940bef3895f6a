"""Playing with the clock: each note has its time, and is right, early, late, wrong or missed."""

from __future__ import annotations

import bisect
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from app.practice.evidence import Attack, Evidence
from app.practice.marks import Extra, Mark, Marked, PracticeEvent, Reached
from app.practice.note_judge import Due, NoteJudge, ghosts, timed_mark
from app.practice.piece import Piece
from app.practice.tolerances import Tolerances
from model.config import FeatureConfig, NetworkConfig
from model.heard import Heard

# What the early answer must have heard of a note that is due but that its decoder does not say.
_EARLY_SURE, _EARLY_ONSET = 1.1, 0.4
# An extra note counts when it is heard so surely.
_EXTRA_CONFIDENCE = 0.6
# One of a pitch that the piece has sounding then, or that rings on from it, must be surer: what
# begins beside it makes ears hear it anew.
_AGAIN_CONFIDENCE, _RINGS_S = 0.88, 0.6
# So near to a note's time, an attack of its pitch is that note.
_SAME_S = 0.15


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


class ClockPractice:
    """Marks a performance against a clock.

    An early answer marks a note at once; when the settled one has heard all that can tell of it,
    the final mark follows, at most 0.3 s after a note that was played. Of a note that was not, it
    waits until that could not be late any more.

    Attributes:
        piece: what is played.
        marks: of each of its notes; None where nothing is known yet.
    """

    def __init__(
        self, piece: Piece, clock: Clock, features: FeatureConfig, network: NetworkConfig,
        tolerances: Tolerances | None = None, accompaniment: Piece | None = None,
    ) -> None:
        """Args: `accompaniment` is what sounds besides: its notes do not count as played."""
        self.piece, self._clock = piece, clock
        self._tolerances = tolerances = tolerances or Tolerances()
        self._evidence = Evidence(features, network)
        self.marks: list[Mark | None] = [None] * len(piece.notes)
        self._dues = _dues(piece, clock, tolerances.reach_ms / 1000)
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
        self._judge = NoteJudge(self._evidence, tolerances, self._is_due)
        # The notes that wait for their final mark, in order of their times.
        self._open = sorted(range(len(self._dues)), key=lambda index: self._dues[index].due_s)
        self._early: set[int] = set()
        self._n_extras_seen = 0
        self._chord_due_s = [clock.due_s(chord.onset_s) for chord in piece.chords()]

    def push(self, heard: Heard, now_s: float) -> list[PracticeEvent]:
        """Takes what was heard of the sound up to a moment; returns what is to be shown."""
        events: list[PracticeEvent] = []
        for attack in self._evidence.push(heard):
            events += self._mark_early(attack)
        events += self._mark_weak(now_s)
        events += self._settle(now_s)
        events.append(Reached(self._clock.place_s(now_s), self._next_chord(now_s)))
        return events

    def finish(self) -> list[PracticeEvent]:
        """The sound has ended: what is still open is judged by what was heard."""
        events = [self._final(index) for index in self._open]
        self._open = []
        return [*events, *self._extras(np.inf)]

    def _mark_early(self, attack: Attack) -> list[PracticeEvent]:
        found = [
            index for index in self._open
            if index not in self._early
            and self._dues[index].pitch == attack.pitch
            and self._dues[index].begin_s <= attack.onset_s <= self._dues[index].end_s
        ]
        if not found:
            return []
        index = min(found, key=lambda one: abs(self._dues[one].due_s - attack.onset_s))
        return [self._say_early(index, attack.onset_s)]

    def _mark_weak(self, now_s: float) -> list[PracticeEvent]:
        """Notes that are due just now, and that the early answer half hears."""
        events: list[PracticeEvent] = []
        for index in self._open:
            due = self._dues[index]
            if due.due_s > now_s + 0.05:
                break
            if index in self._early or due.due_s < now_s - 0.3:
                continue
            strength = self._evidence.strength(
                due.pitch, max(due.begin_s, due.due_s - 0.08), due.due_s + 0.12, "early"
            )
            if strength.total >= _EARLY_SURE and strength.onset >= _EARLY_ONSET:
                events.append(self._say_early(index, strength.at_s))
        return events

    def _say_early(self, index: int, time_s: float) -> Marked:
        self._early.add(index)
        mark = timed_mark(self._dues[index].due_s, time_s, self._tolerances)
        self.marks[index] = mark
        return Marked(index, mark)

    def _settle(self, now_s: float) -> list[PracticeEvent]:
        events: list[PracticeEvent] = []
        heard_s = self._judge.heard_s()
        still: list[int] = []
        for place, index in enumerate(self._open):
            due = self._dues[index]
            if due.begin_s > now_s:
                still += self._open[place:]
                break
            if self._is_settled(due, self.marks[index], heard_s):
                events.append(self._final(index))
            else:
                still.append(index)
        self._open = still
        return [*events, *self._extras(heard_s - self._tolerances.reach_ms / 1000 - 0.2)]

    def _is_settled(self, due: Due, early: Mark | None, heard_s: float) -> bool:
        """Whether no more can be told of a note."""
        if early is None or early.time_s is None:
            return due.end_s <= heard_s
        return self._judge.is_said(due) or early.time_s <= self._judge.heard_s(early.time_s)

    def _final(self, index: int) -> PracticeEvent:
        early = self.marks[index]
        mark = self._judge.judge(self._dues[index], None if early is None else early.time_s)
        self.marks[index] = mark
        return Marked(index, mark)

    def _extras(self, until_s: float) -> list[PracticeEvent]:
        left, self._n_extras_seen = self._judge.leftover(self._n_extras_seen, until_s)
        return [
            Extra(attack.pitch, attack.onset_s, attack.confidence)
            for attack in left
            if attack.confidence >= (
                _AGAIN_CONFIDENCE if self._sounds(attack.pitch, attack.onset_s)
                else _EXTRA_CONFIDENCE
            )
            # What is due thereabouts is an echo of it, or the accompaniment.
            and not self._is_due(attack.pitch, attack.onset_s)
            and not ghosts(attack, self._judge.near(attack.onset_s))
        ]

    def _is_due(self, pitch: int, time_s: float) -> bool:
        times = self._times.get(pitch, ())
        place = bisect.bisect_left(times, time_s)
        return any(
            abs(times[at] - time_s) <= _SAME_S
            for at in (place - 1, place) if 0 <= at < len(times)
        )

    def _sounds(self, pitch: int, time_s: float) -> bool:
        """Whether the piece has this pitch sounding then, or ringing on."""
        return any(
            begin_s <= time_s <= end_s + _RINGS_S for begin_s, end_s in self._spans.get(pitch, ())
        )

    def _next_chord(self, now_s: float) -> int:
        return bisect.bisect_left(self._chord_due_s, now_s)


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
