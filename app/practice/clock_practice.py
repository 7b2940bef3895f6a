"""Playing with the clock: each note has its time, and is right, early, late, wrong or missed."""

from __future__ import annotations

import bisect

from app.practice.judging.evidence import Attack, Evidence
from app.practice.judging.note_judge import Due, NoteJudge, timed_mark
from app.practice.judging.review import review
from app.practice.judging.schedule import Clock, Schedule
from app.practice.marks import Extra, Mark, Marked, PracticeEvent, Reached
from app.practice.piece import Piece
from app.practice.tolerances import Tolerances
from model.config import FeatureConfig, NetworkConfig
from model.heard import Heard

# What the early answer must have heard of a note that is due but that its decoder does not say.
_EARLY_SURE, _EARLY_ONSET = 1.1, 0.4


class ClockPractice:
    """Marks a performance against a clock.

    An early answer marks a note at once; when the settled one has heard all that can tell of it,
    the final mark follows, at most 0.3 s after a note that was played. Of a note that was not, it
    waits until that could not be late any more. Once all is heard, `finish` judges the whole of it
    again.

    Attributes:
        piece: what is played.
        marks: of each of its notes; None where nothing is known yet.
        extras: what was played beside it, as far as is known.
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
        self._schedule = Schedule(piece, clock, tolerances.reach_ms / 1000, accompaniment)
        self._dues = self._schedule.dues
        self._judge = NoteJudge(self._evidence, tolerances, self._schedule.is_due)
        # The notes that wait for their final mark, in order of their times.
        self._open = sorted(range(len(self._dues)), key=lambda index: self._dues[index].due_s)
        self._early: set[int] = set()
        self._n_extras_seen = 0
        self.extras: list[Extra] = []
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

    def finish(self) -> None:
        """The sound has ended: every note gets the mark of the report."""
        reviewed = review(self._schedule, self._evidence, self._tolerances)
        self.marks, self.extras = list(reviewed.marks), reviewed.extras
        self._open = []

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

    def _extras(self, until_s: float) -> list[Extra]:
        left, self._n_extras_seen = self._judge.leftover(self._n_extras_seen, until_s)
        found = [
            Extra(attack.pitch, attack.onset_s, attack.confidence)
            for attack in left if self._schedule.is_extra(attack, self._judge.near(attack.onset_s))
        ]
        self.extras += found
        return found

    def _next_chord(self, now_s: float) -> int:
        return bisect.bisect_left(self._chord_due_s, now_s)
