"""Playing freely: the place in the piece is followed; what was right is told afterwards."""

from __future__ import annotations

from app.practice.alignment import clock_of
from app.practice.clock_practice import Clock, ClockPractice
from app.practice.evidence import Attack
from app.practice.follower import Follower, Place
from app.practice.marks import Extra, Mark, Marked, PracticeEvent, Reached
from app.practice.piece import Piece
from app.practice.slim_hearing import slim
from app.practice.tolerances import Tolerances
from model.config import FeatureConfig, NetworkConfig
from model.heard import Heard
from model.notes import NoteOn


class FreePractice:
    """Follows a player through tempo changes, repeats and jumps.

    A note is marked as right when it is heard at its place. Once all is heard, the clock that fits
    the performance best marks every note for good.

    Attributes:
        piece: what is played.
        marks: of each of its notes; None where nothing is known yet.
        clock: that of the performance, after `finish`.
    """

    def __init__(
        self, piece: Piece, features: FeatureConfig, network: NetworkConfig,
        tolerances: Tolerances | None = None,
    ) -> None:
        self.piece = piece
        self._features, self._network, self._tolerances = features, network, tolerances
        self._chords = piece.chords()
        self._follower = Follower(self._chords)
        self.marks: list[Mark | None] = [None] * len(piece.notes)
        self.clock: Clock | None = None
        self._kept: list[tuple[float, Heard]] = []
        self._attacks: list[Attack] = []
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
        self._kept.append((now_s, slim(heard)))
        self._attacks += [
            Attack(event.pitch, event.onset_s, event.confidence)
            for event in heard.events_of("settled") if isinstance(event, NoteOn)
        ]
        events: list[PracticeEvent] = []
        for event in heard.events:
            if isinstance(event, NoteOn):
                self._follower.hear(event.pitch, event.onset_s)
                events += self._take(event)
        return events

    def finish(self) -> list[PracticeEvent]:
        """The sound has ended: every note gets its final mark."""
        clock = self.clock = clock_of(self.piece, self._attacks)
        practice = ClockPractice(
            self.piece, clock, self._features, self._network, self._tolerances
        )
        events: list[PracticeEvent] = []
        for now_s, heard in self._kept:
            events += practice.push(heard, now_s)
        events += practice.finish()
        self.marks = practice.marks
        self._kept = []
        return [
            event for event in events
            if isinstance(event, Extra) or (isinstance(event, Marked) and event.mark.is_final)
        ]

    def _take(self, event: NoteOn) -> list[PracticeEvent]:
        place = self._follower.place(event.onset_s)
        if place is None:
            return []
        self._farthest = max(self._farthest, place.chord)
        events: list[PracticeEvent] = [Reached(place.piece_s, place.chord + 1)]
        for note in self._chords[place.chord].notes:
            if self.piece.notes[note].pitch == event.pitch:
                self.marks[note] = mark = Mark("right", event.onset_s)
                events.append(Marked(note, mark))
        return events
