"""Whether a note that was due was played, by all that the settled answer says of it.

The thresholds were chosen on real recordings with labels (tests/benchmarks/practice.py): there a
note that is played has more than `SURE` in 95 to 100 of 100 cases, by instrument, and a neighbour
that is not played less than `_DOUBTFUL` in 85 to 98.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from app.practice.judging.evidence import SOUNDS_AFTER_S, Attack, Evidence
from app.practice.marks import Kind, Mark
from app.practice.tolerances import Tolerances

# Of `Strength.total`: so much is a note that is due, and less than that surely none.
SURE, _DOUBTFUL, _ABSENT = 0.85, 0.65, 0.3
# A pitch that sounds already must begin anew: it needs so much of an onset, and below that little
# surely none.
_SOUNDED, _NEW_ONSET, _NO_ONSET = 0.5, 0.3, 0.08
# What was played in its place has so much, and so many times what the note itself has.
_OTHER, _TIMES = 1.3, 1.8
# How far from its time a note is looked for without an attack that the decoder took for a note.
_BEFORE_S, _AFTER_S = 0.08, 0.12
# When the early answer has it, so soon after.
_AROUND_S = 0.06
# A wrong pitch lies so few semitones beside the right one: farther away, it is another note.
_MOST_SEMITONES = 3
_NEAR_SEMITONES = 2
_WRONG_WITHIN_S = 0.15
# An attack of a neighbour at the very time of a note contests it: so much of the note itself stands
# against a rival that is heard surely, and so much against another.
_SURELY_WITHIN_S, _SURE_RIVAL = 0.06, 0.85
_AGAINST_SURE, _AGAINST_RIVAL = 1.0, 0.7


@dataclass(frozen=True)
class Due:
    """A note that is due.

    Attributes:
        pitch: as it sounds.
        due_s: when, in seconds of the sound.
        begin_s, end_s: an attack of its pitch between them is this note.
        slack_s: how far beside its time it may have been played, where that is only guessed.
    """

    pitch: int
    due_s: float
    begin_s: float
    end_s: float
    slack_s: float = 0.0


class NoteJudge:
    """Judges notes one by one, each when all is heard that can tell of it."""

    def __init__(
        self, evidence: Evidence, tolerances: Tolerances, is_due: Callable[[int, float], bool]
    ) -> None:
        """Args: `is_due` says whether the piece has a note of this pitch near this moment."""
        self._evidence, self._tolerances, self._is_due = evidence, tolerances, is_due
        # Indices in `evidence.attacks` of those that are accounted for.
        self.claimed: set[int] = set()

    def heard_s(self, around_s: float | None = None) -> float:
        """Up to when all is heard that can tell of a note.

        Args:
            around_s: when it seems to have been played; None where it is not heard yet.
        """
        waits_s = _AFTER_S if around_s is None else _AROUND_S
        return self._evidence.settled_s - waits_s - SOUNDS_AFTER_S

    def claim(self, due: Due) -> Attack | None:
        """The attack that is this note, nearest to its time."""
        attacks = self._evidence.attacks
        found = [
            index for index in self._evidence.between(due.begin_s, due.end_s)
            if attacks[index].pitch == due.pitch and index not in self.claimed
        ]
        if not found:
            return None
        best = min(found, key=lambda index: abs(attacks[index].onset_s - due.due_s))
        self.claimed.add(best)
        return attacks[best]

    def release(self, attack: Attack) -> None:
        """An attack that was claimed is none of a note."""
        self.claimed.remove(self._evidence.attacks.index(attack))

    def judge(
        self, due: Due, around_s: float | None = None, *, with_clock: bool = True
    ) -> Mark:
        """The final mark.

        Args:
            around_s: when it seems to have been played, if it was heard.
            with_clock: whether it can be early or late.
        """
        attack = self.claim(due)
        if attack is not None:
            far = abs(attack.onset_s - due.due_s) > _SURELY_WITHIN_S
            nearer = self._rival(due) if far else None
            if nearer is None or nearer.confidence < _SURE_RIVAL:
                return self.played(due, attack.onset_s, with_clock)
            # What was played in its place was played at its time.
            self.release(attack)
            return self.wrong(due, nearer.pitch, with_clock)
        return self.weigh(due, around_s, with_clock=with_clock, rival=self._rival(due))

    def weigh(
        self, due: Due, around_s: float | None = None, *, with_clock: bool = True,
        rival: Attack | None = None, sure: float = SURE,
    ) -> Mark:
        """The final mark of a note that has no attack, by what the network half hears.

        Args:
            around_s, with_clock: as for `judge`.
            rival: an attack that may have been played in its place.
            sure: so much of `Strength.total` is the note.
        """
        before_s, after_s = (
            (_BEFORE_S, _AFTER_S) if around_s is None else (_BEFORE_S, _AROUND_S)
        )
        middle_s = due.due_s if around_s is None else around_s
        begin_s = max(due.begin_s, middle_s - before_s - due.slack_s)
        end_s = max(begin_s, min(due.end_s, middle_s + after_s + due.slack_s))
        strength = self._evidence.strength(due.pitch, begin_s, end_s)
        sounded = strength.before >= _SOUNDED
        # Of a pitch that sounds on, its onset alone tells.
        own = 2 * strength.onset if sounded else strength.total
        if rival is not None and own < (
            _AGAINST_SURE if rival.confidence >= _SURE_RIVAL else _AGAINST_RIVAL
        ):
            return self.wrong(due, rival.pitch, with_clock)
        if strength.total >= sure and (not sounded or strength.onset >= _NEW_ONSET):
            return self.played(due, strength.at_s, with_clock)
        if own < _DOUBTFUL:
            other = self._other(due, begin_s, end_s, own)
            if other is not None:
                return self.wrong(due, other, with_clock)
        absent = strength.onset < _NO_ONSET if sounded else strength.total < _ABSENT
        if absent and not self._is_octave_heard(due):
            return Mark("missed", due.due_s, is_final=True)
        return Mark("unsure", due.due_s, is_final=True)

    def first_try(self, pitch: int, begin_s: float, end_s: float) -> Attack | None:
        """The attack of a close neighbour that was surely played between two moments, when this
        pitch was waited for; None for none. It is claimed."""
        middle_s = (begin_s + end_s) / 2
        due = Due(pitch, middle_s, begin_s, end_s)
        found = [
            attack for attack in self._strangers(due, (end_s - begin_s) / 2, _NEAR_SEMITONES)
            if attack.confidence >= _SURE_RIVAL
        ] if end_s > begin_s else []
        if not found:
            return None
        self.claimed.add(self._evidence.attacks.index(found[0]))
        return found[0]

    def is_said(self, due: Due) -> bool:
        """Whether the settled answer has an attack that is this note."""
        attacks = self._evidence.attacks
        return any(
            attacks[index].pitch == due.pitch and index not in self.claimed
            for index in self._evidence.between(due.begin_s, due.end_s)
        )

    def near(self, time_s: float) -> list[Attack]:
        """The attacks about a moment."""
        near = self._evidence.between(time_s - 0.2, time_s + 0.1)
        return [self._evidence.attacks[index] for index in near]

    def leftover(self, from_index: int, until_s: float) -> tuple[list[Attack], int]:
        """The attacks that nobody claimed, from an index on up to a moment; and the next index."""
        attacks = self._evidence.attacks
        found = []
        index = from_index
        while index < len(attacks) and attacks[index].onset_s < until_s:
            if index not in self.claimed:
                found.append(attacks[index])
            index += 1
        return found, index

    def played(self, due: Due, time_s: float, with_clock: bool) -> Mark:
        """The mark of a note that was played at a moment."""
        if not with_clock:
            return Mark("right", time_s, is_final=True)
        return timed_mark(due.due_s, time_s, self._tolerances, is_final=True)

    def wrong(self, due: Due, pitch: int, with_clock: bool) -> Mark:
        """The mark of a note in whose place another pitch was played; that claims its attack."""
        attacks = self._evidence.attacks
        within_s = _WRONG_WITHIN_S + due.slack_s
        near = self._evidence.between(due.due_s - within_s, due.due_s + within_s)
        self.claimed.update(index for index in near if attacks[index].pitch == pitch)
        if abs(pitch - due.pitch) <= self._tolerances.neighbour:
            return self.played(due, due.due_s, with_clock)
        return Mark("wrong", due.due_s, heard_pitch=pitch, is_final=True)

    def _strangers(self, due: Due, within_s: float, semitones: int) -> list[Attack]:
        """Attacks of neighbouring pitches, at a note's time, that are no notes of the piece."""
        attacks = self._evidence.attacks
        within_s += due.slack_s
        near = self._evidence.between(due.due_s - within_s, due.due_s + within_s)
        return [
            attacks[index] for index in near
            if index not in self.claimed
            and 0 < abs(attacks[index].pitch - due.pitch) <= semitones
            and not self._is_due(attacks[index].pitch, attacks[index].onset_s)
        ]

    def _rival(self, due: Due) -> Attack | None:
        """The surest attack of a close neighbour just when a note was due."""
        found = self._strangers(due, _SURELY_WITHIN_S, _NEAR_SEMITONES)
        return max(found, key=lambda attack: attack.confidence, default=None)

    def _other(self, due: Due, begin_s: float, end_s: float, own: float) -> int | None:
        """The pitch that was played in the place of a note; None for none."""
        found = self._strangers(due, _WRONG_WITHIN_S, _MOST_SEMITONES)
        if found:
            return min(found, key=lambda attack: abs(attack.pitch - due.pitch)).pitch
        others = []
        for beside in range(-_NEAR_SEMITONES, _NEAR_SEMITONES + 1):
            pitch = due.pitch + beside
            strength = self._evidence.strength(pitch, begin_s, end_s)
            if (
                beside and strength.before < _SOUNDED
                and strength.total >= max(_OTHER, _TIMES * own)
                and not self._is_due(pitch, due.due_s)
                and not self._is_due(pitch, strength.at_s)
            ):
                others.append((strength.total, pitch))
        return max(others)[1] if others else None

    def _is_octave_heard(self, due: Due) -> bool:
        """Whether what speaks for the note may have been taken for its octave."""
        attacks = self._evidence.attacks
        near = self._evidence.between(due.due_s - _WRONG_WITHIN_S, due.due_s + _WRONG_WITHIN_S)
        return self._tolerances.octave and any(
            abs(attacks[index].pitch - due.pitch) == 12 and index not in self.claimed
            for index in near
        )


def timed_mark(
    due_s: float, time_s: float, tolerances: Tolerances, *, is_final: bool = False
) -> Mark:
    """Right, early or late against the clock."""
    off_ms = 1000 * (time_s - due_s)
    kind: Kind = (
        "right" if abs(off_ms) <= tolerances.on_time_ms else "early" if off_ms < 0 else "late"
    )
    return Mark(kind, time_s, round(off_ms, 1), is_final=is_final)
