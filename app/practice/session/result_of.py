"""The report of what was practised, as far as it was played."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

from app.practice.clock_practice import ClockPractice
from app.practice.judging.schedule import Clock
from app.practice.marks import Mark
from app.practice.practice_report import PracticeResult, cents_of
from app.practice.session.free_practice import FreePractice
from app.practice.session.practice_plan import PracticePlan
from app.practice.waiting_practice import WaitingPractice
from model.notes import NoteEvent, notes_from_events


def result_of(
    practice: ClockPractice | WaitingPractice | FreePractice, plan: PracticePlan,
    clock: Clock | None, now_s: float, events: Sequence[NoteEvent],
) -> PracticeResult | None:
    """Lets a practice finish; None where nothing of the piece was reached.

    Args:
        clock: that it was played with.
        now_s: when it was ended, in seconds of the sound.
        events: the settled ones.
    """
    piece = plan.piece
    if isinstance(practice, ClockPractice):
        assert clock is not None
        reached = [clock.due_s(note.onset_s) < now_s - 0.1 for note in piece.notes]
    elif isinstance(practice, WaitingPractice):
        passed = {note for chord in piece.chords()[: practice.chord] for note in chord.notes}
        reached = [index in passed for index in range(len(piece.notes))]
    else:
        passed = {note for chord in piece.chords()[: practice.farthest + 1] for note in chord.notes}
        reached = [index in passed for index in range(len(piece.notes))]
    practice.finish()
    if not any(reached):
        return None
    slowness = plan.slowness
    if isinstance(practice, FreePractice) and practice.clock is not None:
        first_s, last_s = piece.notes[0].onset_s, piece.end_s
        due_s = practice.clock.due_s
        slowness = (due_s(last_s) - due_s(first_s)) / max(last_s - first_s, 1e-3)
    kept = [index for index, is_reached in enumerate(reached) if is_reached]
    played = dataclasses.replace(piece, notes=tuple(piece.notes[index] for index in kept))
    marks = [
        practice.marks[index] or Mark("missed", None, is_final=True) for index in kept
    ]
    cents = cents_of(marks, played, notes_from_events(events))
    return PracticeResult(played, marks, practice.extras, cents, slowness)
