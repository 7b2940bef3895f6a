"""Playing freely: the place in the piece is followed; what was right is told afterwards."""

from __future__ import annotations

from app.practice.alignment import Alignment
from app.practice.follower import Follower, Place
from app.practice.judging.evidence import Attack, Evidence
from app.practice.judging.review import review
from app.practice.judging.schedule import Clock, Schedule
from app.practice.marks import Extra, Mark, Marked, PracticeEvent, Reached
from app.practice.piece import Piece
from app.practice.tolerances import Tolerances
from model.config import FeatureConfig, NetworkConfig
from model.heard import Heard


class FreePractice:
    """Follows a player through tempo changes, repeats and jumps.

    A note is marked as right when it is heard at its place. Once all is heard, `finish` judges
    every note against the clock that fits the performance best.

    Attributes:
        piece: what is played.
        marks: of each of its notes; None where nothing is known yet.
        extras: what was played beside it, after `finish`.
        clock: that of the performance, after `finish`.
    """

    def __init__(
        self, piece: Piece, features: FeatureConfig, network: NetworkConfig,
        tolerances: Tolerances | None = None,
    ) -> None:
        self.piece = piece
        self._tolerances = tolerances or Tolerances()
        self._evidence = Evidence(features, network)
        self._chords = piece.chords()
        self._follower = Follower(self._chords)
        self._alignment = Alignment(piece)
        self.marks: list[Mark | None] = [None] * len(piece.notes)
        self.clock: Clock | None = None
        self.extras: list[Extra] = []
        self._farthest = -1

    def place(self, now_s: float) -> Place | None:
        """Where the player is at a moment of the sound; None before the first note."""
        return self._follower.place(now_s)

    @property
    def farthest(self) -> int:
        """The last of the chords that were played so far; -1 before the first."""
        return self._farthest

    def push(self, heard: Heard, now_s: float) -> list[PracticeEvent]:
        """Takes what was heard of the sound up to a moment; returns what is to be shown."""
        events: list[PracticeEvent] = []
        for attack in self._evidence.push(heard):
            self._follower.hear(attack.pitch, attack.onset_s)
            events += self._take(attack)
        self._alignment.follow(self._evidence)
        return events

    def finish(self) -> None:
        """The sound has ended: every note gets the mark of the report."""
        clock = self.clock = self._alignment.clock()
        schedule = Schedule(self.piece, clock, self._tolerances.reach_ms / 1000)
        reviewed = review(schedule, self._evidence, self._tolerances)
        self.marks, self.extras = list(reviewed.marks), reviewed.extras

    def _take(self, attack: Attack) -> list[PracticeEvent]:
        place = self._follower.place(attack.onset_s)
        if place is None:
            return []
        self._farthest = max(self._farthest, place.chord)
        events: list[PracticeEvent] = [Reached(place.piece_s, place.chord + 1)]
        for note in self._chords[place.chord].notes:
            if self.piece.notes[note].pitch == attack.pitch:
                self.marks[note] = mark = Mark("right", attack.onset_s)
                events.append(Marked(note, mark))
        return events
