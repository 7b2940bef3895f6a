"""The piece waits: it stands until its next notes are heard, then goes on."""

from __future__ import annotations

from dataclasses import replace

from app.practice.alignment import Alignment
from app.practice.follower import Follower
from app.practice.judging.evidence import Attack, Evidence
from app.practice.judging.extra_notes import is_extra
from app.practice.judging.note_judge import Due, NoteJudge
from app.practice.judging.passed_chords import passed_times
from app.practice.judging.review import review
from app.practice.judging.schedule import Schedule
from app.practice.marks import Extra, Mark, Marked, PracticeEvent, Reached
from app.practice.piece import CHORD_S, Piece
from app.practice.tolerances import Tolerances
from model.config import FeatureConfig, NetworkConfig
from model.heard import Heard

# What the early answer must have heard of the notes that are waited for.
_EARLY_SURE, _EARLY_ONSET = 1.1, 0.4
# What was played within so many chords may ring on.
_RINGS_CHORDS = 5
# An attack counts for a chord that was not reached when it came, if it came so little before.
_EARLY_S = 0.12
# The player has gone on when so many chords after the next one are heard.
_AHEAD = 2
_MOST_AHEAD = 12
# More are believed once the player was followed through so many, from each to one of the next.
_SURE_STRIDES, _STRIDE = 16, 3
# Where it is guessed when a chord was played, it may be so far off.
_MOST_SLACK_S = 0.4
# A wrong first try lies so little before the right one.
_TRIES_S = 5.0
# How far beside the time at which it seems to have been played a note is judged.
_JUDGED_WITHIN_S = 0.15
# So near to a chord, an attack of one of its pitches is of it.
_SAME_S = 0.15


class WaitingPractice:
    """Goes on with the player: a chord is passed once its notes are heard together.

    A note that is played again needs a new attack. Where the player has gone on without some notes
    (two chords after them are heard), the piece goes along, and judges those by what the settled
    answer heard of them meanwhile: the ear may have missed them.

    Attributes:
        piece: what is played.
        marks: of each of its notes; None where nothing is known yet.
    """

    def __init__(
        self, piece: Piece, features: FeatureConfig, network: NetworkConfig,
        tolerances: Tolerances | None = None, accompaniment: Piece | None = None,
    ) -> None:
        """Args: `accompaniment` is what sounds besides: its notes do not count as played."""
        self.piece = piece
        self._chords = piece.chords()
        self._tolerances = tolerances = tolerances or Tolerances()
        self._evidence = Evidence(features, network)
        self.marks: list[Mark | None] = [None] * len(piece.notes)
        self._accompaniment = frozenset(
            note.pitch for note in (() if accompaniment is None else accompaniment.notes)
        )
        self._judge = NoteJudge(self._evidence, tolerances, self._is_due)
        self._follower, self._alignment = Follower(self._chords), Alignment(piece, waits=True)
        self._next = 0
        # When the notes of the next chord were heard, by pitch.
        self._heard_s: dict[int, float] = {}
        # Attacks of chords that are not reached yet, as far as they may count.
        self._ahead: list[Attack] = []
        # When each chord was played, by what is known; with the chords passed.
        self._played_s: list[float] = []
        # Notes that wait for their final mark, and what is asked about them.
        self._open: dict[int, tuple[Due, float | None]] = {}
        # When each pitch was played last.
        self._last_by_pitch: dict[int, float] = {}
        # From when on each of them was waited for.
        self._waited_from_s: dict[int, float] = {}
        # The chord that the follower is at, and how many it went through one after the other.
        self._followed, self._strides = 0, 0
        self._since_s = 0.0
        self._n_extras_seen = 0
        self.extras: list[Extra] = []
        # What was tried first where the note itself came then.
        self._tries: dict[int, Attack] = {}

    @property
    def chord(self) -> int:
        """The chord that is waited for; after the last, how many there are."""
        return self._next

    @property
    def is_over(self) -> bool:
        """Whether all is played."""
        return self._next >= len(self._chords)

    def push(self, heard: Heard, now_s: float) -> list[PracticeEvent]:
        """Takes what was heard of the sound up to a moment; returns what is to be shown."""
        events: list[PracticeEvent] = []
        for attack in self._evidence.push(heard):
            if attack.pitch in self._accompaniment and not self._is_waited_for(attack.pitch):
                continue
            self._follower.hear(attack.pitch, attack.onset_s)
            self._ahead.append(attack)
            events += self._take_in(now_s)
        self._alignment.follow(self._evidence)
        events += self._hear_weak(now_s)
        events += self._go_along()
        events += self._settle()
        if any(isinstance(event, Marked) for event in events):
            events.append(self._reached())
        return events

    def skip(self, now_s: float) -> list[PracticeEvent]:
        """Passes the next chord unplayed, by the player's wish: that is no mistake."""
        if self.is_over:
            return []
        events: list[PracticeEvent] = []
        for note in self._chords[self._next].notes:
            if self.piece.notes[note].pitch not in self._heard_s:
                self.marks[note] = mark = Mark("missed", None, is_final=True)
                events.append(Marked(note, mark))
        self._pass(now_s)
        return [*events, self._reached()]

    def finish(self) -> None:
        """The sound has ended: every note gets the mark of the report."""
        self._settle(at_end=True)
        reach_s = self._tolerances.reach_ms / 1000
        schedule = Schedule(self.piece, self._alignment.clock(), reach_s)
        reviewed = review(schedule, self._evidence, self._tolerances, with_clock=False)
        # What was tried first may have been another note of the piece, as is seen by now.
        beside = {(extra.pitch, extra.time_s) for extra in reviewed.extras}
        tried = {
            note: attack for note, attack in self._tries.items()
            if (attack.pitch, attack.onset_s) in beside
        }
        self.marks = [
            replace(mark, kind="wrong", heard_pitch=tried[note].pitch)
            if note in tried and mark.kind == "right" else mark
            for note, mark in enumerate(reviewed.marks)
        ]
        beside -= {(attack.pitch, attack.onset_s) for attack in tried.values()}
        self.extras = [
            extra for extra in reviewed.extras
            if extra.pitch not in self._accompaniment and (extra.pitch, extra.time_s) in beside
        ]

    def _take_in(self, now_s: float) -> list[PracticeEvent]:
        """Counts attacks for the next chord, and further ones as long as they are whole."""
        events: list[PracticeEvent] = []
        went_on = True
        while went_on and not self.is_over:
            went_on = False
            for attack in list(self._ahead):
                if attack.onset_s < self._since_s - _EARLY_S:
                    self._ahead.remove(attack)
                elif self._is_waited_for(attack.pitch):
                    self._ahead.remove(attack)
                    events += self._hear_note(attack.pitch, attack.onset_s)
            if self._is_whole():
                self._pass(min(self._heard_s.values()))
                went_on = True
        # What was played long ago is no part of what comes.
        self._ahead = [one for one in self._ahead if one.onset_s >= now_s - 2.0]
        return events

    def _hear_note(self, pitch: int, time_s: float) -> list[PracticeEvent]:
        chord_s = self._tolerances.chord_ms / 1000 + CHORD_S
        # Notes that were struck too long before are no part of this chord: they are waited for
        # again.
        self._heard_s = {
            other: at_s for other, at_s in self._heard_s.items() if time_s - at_s <= chord_s
        }
        self._heard_s[pitch] = time_s
        events: list[PracticeEvent] = []
        for note in self._chords[self._next].notes:
            if self.piece.notes[note].pitch == pitch:
                self.marks[note] = mark = Mark("right", time_s)
                events.append(Marked(note, mark))
        return events

    def _hear_weak(self, now_s: float) -> list[PracticeEvent]:
        """Notes of the next chord that the early answer half hears."""
        if self.is_over:
            return []
        events: list[PracticeEvent] = []
        begin_s = max(self._since_s + 0.04, now_s - 0.25)
        for pitch in sorted(self._chords[self._next].pitches - self._heard_s.keys()):
            strength = self._evidence.strength(pitch, begin_s, now_s, "early")
            if (
                strength.total >= _EARLY_SURE and strength.onset >= _EARLY_ONSET
                and strength.at_s > self._last_s(pitch) + 0.1
            ):
                events += self._hear_note(pitch, strength.at_s)
                self._follower.hear(pitch, strength.at_s)
        if self._is_whole():
            self._pass(min(self._heard_s.values()))
            events += self._take_in(now_s)
        return events

    def _go_along(self) -> list[PracticeEvent]:
        """Follows the player who is chords ahead."""
        place = self._follower.place(self._since_s)
        if place is None:
            return []
        if place.chord != self._followed:
            steps = place.chord - self._followed
            self._strides = self._strides + 1 if 0 < steps <= _STRIDE else 0
            self._followed = place.chord
        most = len(self._chords) if self._strides >= _SURE_STRIDES else _MOST_AHEAD
        ahead = place.chord - self._next
        # One step may be chance, or a jump to a place that sounds alike.
        if (
            place.since_s <= self._since_s or self._strides < _AHEAD
            or not _AHEAD <= ahead <= most
        ):
            return []
        now_s, target = place.since_s, place.chord
        passed = self._chords[self._next : target]
        first_s = self._chords[max(0, self._next - 1)].onset_s
        whole_s = max(1e-6, self._chords[target].onset_s - first_s)
        heard = [Attack(pitch, at_s, 1.0) for pitch, at_s in self._heard_s.items()]
        times = passed_times(
            passed, [(chord.onset_s - first_s) / whole_s for chord in passed],
            (self._since_s if self._played_s else now_s, now_s), [*self._ahead, *heard],
            self._since_s,
        )
        for played_s, is_guess in times:
            self._pass(played_s, is_guess=is_guess)
        return self._take_in(now_s)

    def _pass(self, played_s: float, *, is_guess: bool = False) -> None:
        """The next chord was played, or passed over, at a moment: its notes are to be judged."""
        chord = self._chords[self._next]
        slack_s = 0.0
        if is_guess:
            slack_s = max(0.0, min(_MOST_SLACK_S, played_s - self._since_s - 0.05))
        for note in chord.notes:
            mark = self.marks[note]
            if mark is not None and mark.is_final:
                continue
            pitch = self.piece.notes[note].pitch
            heard_s = self._heard_s.get(pitch)
            around_s = played_s if heard_s is None else heard_s
            within_s = _JUDGED_WITHIN_S + slack_s
            begin_s = max(around_s - within_s, self._last_s(pitch) + 0.02)
            end_s = around_s + within_s
            self._open[note] = Due(pitch, around_s, begin_s, end_s, slack_s), heard_s
            if heard_s is not None:
                self._waited_from_s[note] = max(self._since_s + 0.1, begin_s - _TRIES_S)
        self._played_s.append(played_s)
        self._last_by_pitch.update(
            {pitch: self._heard_s.get(pitch, played_s) for pitch in chord.pitches}
        )
        self._since_s, self._heard_s = played_s, {}
        self._next += 1

    def _settle(self, *, at_end: bool = False) -> list[PracticeEvent]:
        events: list[PracticeEvent] = []
        for note, (due, heard_s) in list(self._open.items()):
            is_known = self._judge.is_said(due) or due.due_s <= self._judge.heard_s(heard_s)
            if is_known or at_end:
                del self._open[note]
                mark = self._judge.judge(due, heard_s, with_clock=False)
                from_s = self._waited_from_s.pop(note, None)
                if mark.kind == "right" and from_s is not None:
                    tried = self._judge.first_try(due.pitch, from_s, due.due_s - 0.1)
                    if tried is not None:
                        self._tries[note] = tried
                        mark = replace(mark, kind="wrong", heard_pitch=tried.pitch)
                self.marks[note] = mark
                events.append(Marked(note, mark))
        return [*events, *self._extras(self._judge.heard_s() - 0.5)]

    def _extras(self, until_s: float) -> list[Extra]:
        left, self._n_extras_seen = self._judge.leftover(self._n_extras_seen, until_s)
        found = [
            Extra(attack.pitch, attack.onset_s, attack.confidence)
            for attack in left
            if attack.pitch not in self._accompaniment
            and not self._is_due(attack.pitch, attack.onset_s)
            and is_extra(
                attack, self._judge.near(attack.onset_s),
                rings=self._rings(attack.pitch, attack.onset_s),
            )
        ]
        self.extras += found
        return found

    def _is_due(self, pitch: int, time_s: float) -> bool:
        """Whether the piece has this pitch about when it was, or will be, there."""
        if (
            not self.is_over and time_s > self._since_s + 0.05
            and pitch in self._chords[self._next].pitches
        ):
            return True
        return any(
            abs(self._played_s[index] - time_s) <= _SAME_S
            and pitch in self._chords[index].pitches
            for index in range(max(0, self._next - 16), self._next)
        )

    def _rings(self, pitch: int, time_s: float) -> bool:
        """Whether a pitch was played a little before."""
        before = [
            index for index in range(max(0, self._next - 24), self._next)
            if self._played_s[index] <= time_s
        ]
        return any(pitch in self._chords[index].pitches for index in before[-_RINGS_CHORDS:])

    def _is_waited_for(self, pitch: int) -> bool:
        return (
            not self.is_over and pitch in self._chords[self._next].pitches
            and pitch not in self._heard_s
        )

    def _is_whole(self) -> bool:
        return not self.is_over and self._heard_s.keys() >= self._chords[self._next].pitches

    def _last_s(self, pitch: int) -> float:
        return self._last_by_pitch.get(pitch, -1.0)

    def _reached(self) -> Reached:
        last = min(self._next, len(self._chords) - 1)
        return Reached(self._chords[last].onset_s if self._chords else 0.0, self._next)
