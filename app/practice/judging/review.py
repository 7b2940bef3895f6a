"""A whole performance judged again, once all of it is heard: what the report says of each note.

While somebody plays, a mark cannot wait; then, each note is told by the whole of its sound. The
pitch that was due and its neighbours contend for it: the one that began more surely and was held
longer is what was played. A singer who glides through the right pitch to another sang the other.
The threshold was chosen on the voices of the training data and on the recordings that
tests/benchmarks/practice.py prints: from 1.5 to 1.7 they are alike.
"""

from __future__ import annotations

from dataclasses import dataclass

from app.practice.judging.evidence import Attack, Evidence
from app.practice.judging.note_judge import SURE, Due, NoteJudge
from app.practice.judging.schedule import Schedule
from app.practice.marks import Extra, Mark
from app.practice.tolerances import Tolerances

# What speaks for a neighbour, less what speaks for the note itself: so much is surely a mistake.
_SURELY_OTHER = 1.6
# So much is a note that is stronger than all of them: `Strength.total`.
_SURE_BEFORE_OTHERS = 0.6
# How much being held counts beside having begun, and from when to when it is measured: after the
# onset, up to a second.
_HELD_WEIGHT = 2.0
_HELD_AFTER_S, _LEAST_HELD_S, _MOST_HELD_S = 0.04, 0.1, 1.0
# So many semitones beside, a pitch contends.
_NEAR_SEMITONES = 2
# An attack of the note so near to its time is the note, whatever else sounds.
_SURELY_WITHIN_S = 0.15
# About its time, how far it is looked for.
_BEFORE_S, _AFTER_S = 0.1, 0.15


@dataclass(frozen=True)
class Reviewed:
    """What became of a piece.

    Attributes:
        marks: of each of its notes.
        extras: what was played beside it, in order of time.
    """

    marks: list[Mark]
    extras: list[Extra]


def review(
    schedule: Schedule, evidence: Evidence, tolerances: Tolerances, *, with_clock: bool = True
) -> Reviewed:
    """Judges every note of a piece by all that was heard.

    Args:
        with_clock: whether a note can be early or late.
    """
    judge = NoteJudge(evidence, tolerances, schedule.is_due)
    marks: list[Mark | None] = [None] * len(schedule.dues)
    # What was surely played is accounted for before anything is taken for a mistake.
    attacks: dict[int, Attack] = {}
    order = sorted(range(len(marks)), key=lambda index: schedule.dues[index].due_s)
    for index in order:
        attack = judge.claim(schedule.dues[index])
        if attack is not None:
            attacks[index] = attack
    for index in order:
        due, attack = schedule.dues[index], attacks.get(index)
        if attack is not None and abs(attack.onset_s - due.due_s) <= _SURELY_WITHIN_S:
            marks[index] = judge.played(due, attack.onset_s, with_clock)
            continue
        margin, other = _contend(due, schedule.until_s[index], evidence, schedule)
        if margin >= _SURELY_OTHER:
            if attack is not None:
                judge.release(attack)
            marks[index] = judge.wrong(due, other, with_clock)
        elif attack is not None:
            marks[index] = judge.played(due, attack.onset_s, with_clock)
        else:
            sure = SURE if margin >= 0 else _SURE_BEFORE_OTHERS
            marks[index] = judge.weigh(due, with_clock=with_clock, sure=sure)
    left, _ = judge.leftover(0, float("inf"))
    extras = [
        Extra(attack.pitch, attack.onset_s, attack.confidence)
        for attack in left if schedule.is_extra(attack, judge.near(attack.onset_s))
    ]
    extras.sort(key=lambda extra: extra.time_s)
    return Reviewed([mark for mark in marks if mark is not None], extras)


def _contend(
    due: Due, until_s: float, evidence: Evidence, schedule: Schedule
) -> tuple[float, int]:
    """By how much the strongest of its neighbours is stronger than a note, and which that is."""
    own_began, own_held = _strength(due, due.pitch, until_s, evidence)
    began, held = {due.pitch + 1: 0.0}, {due.pitch + 1: 0.0}
    for beside in range(-_NEAR_SEMITONES, _NEAR_SEMITONES + 1):
        pitch = due.pitch + beside
        if beside and not schedule.is_due(pitch, due.due_s):
            began[pitch], held[pitch] = _strength(due, pitch, until_s, evidence)
    margin = max(began.values()) - own_began + _HELD_WEIGHT * (max(held.values()) - own_held)
    return margin, max(began, key=lambda pitch: began[pitch] + _HELD_WEIGHT * held[pitch])


def _strength(due: Due, pitch: int, until_s: float, evidence: Evidence) -> tuple[float, float]:
    """How surely a pitch begins at the time of a note, 0 to 2, and is held then, 0 to 1."""
    begin_s = max(due.begin_s, due.due_s - _BEFORE_S)
    end_s = max(begin_s, min(due.end_s, due.due_s + _AFTER_S))
    began = evidence.strength(pitch, begin_s, end_s).total
    least_s, most_s = due.due_s + _LEAST_HELD_S, due.due_s + _MOST_HELD_S
    held = evidence.held(
        pitch, due.due_s + _HELD_AFTER_S, min(max(until_s, least_s), most_s)
    )
    return began, held
