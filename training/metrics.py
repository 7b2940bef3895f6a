"""Scores of notes against labels, as the field computes them (mir_eval)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import mir_eval.transcription
import numpy as np
from numpy.typing import NDArray

from model.notes import Note
from model.pitch import hz_from_pitch

# Raffel et al., "mir_eval", 2014: the tolerance that note scores are quoted at.
ONSET_TOLERANCE_S = 0.05
# Wider, so that the delay is measured on late notes too.
DELAY_TOLERANCE_S = 0.1
GRID_S = 0.01


@dataclass(frozen=True)
class NoteScores:
    """Scores of one recording, all between 0 and 1.

    Attributes:
        precision, recall, f1: of notes with the right pitch and an onset within 50 ms.
        f1_offset: the same with the end within 50 ms or 20 % of the note's length.
        frame_f1: of pitches on a grid of 10 ms.
    """

    precision: float
    recall: float
    f1: float
    f1_offset: float
    frame_f1: float

    @classmethod
    def mean(cls, scores: Sequence[NoteScores]) -> NoteScores:
        """The mean of each score."""
        return cls(*np.mean([tuple(vars(score).values()) for score in scores], axis=0).tolist())


def note_scores(labelled: Sequence[Note], found: Sequence[Note]) -> NoteScores:
    """Compares found notes with labels; without labels or without notes the note scores are 0."""
    frame = _frame_f1(labelled, found)
    if not labelled or not found:
        return NoteScores(0.0, 0.0, 0.0, 0.0, frame)
    arrays = (*_arrays(labelled), *_arrays(found))
    precision, recall, f1, _ = mir_eval.transcription.precision_recall_f1_overlap(
        *arrays, onset_tolerance=ONSET_TOLERANCE_S, offset_ratio=None
    )
    f1_offset = mir_eval.transcription.precision_recall_f1_overlap(
        *arrays, onset_tolerance=ONSET_TOLERANCE_S
    )[2]
    return NoteScores(precision, recall, f1, f1_offset, frame)


def matches(labelled: Sequence[Note], found: Sequence[Note]) -> list[tuple[int, int]]:
    """Pairs (label, note) of equal pitch with onsets within 100 ms."""
    if not labelled or not found:
        return []
    pairs: list[tuple[int, int]] = mir_eval.transcription.match_notes(
        *_arrays(labelled), *_arrays(found), onset_tolerance=DELAY_TOLERANCE_S, offset_ratio=None
    )
    return pairs


def _arrays(notes: Sequence[Note]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    intervals = np.array(
        [[note.onset_s, max(note.offset_s, note.onset_s + GRID_S)] for note in notes]
    )
    return intervals, hz_from_pitch(np.array([float(note.pitch) for note in notes]))


def _frame_f1(labelled: Sequence[Note], found: Sequence[Note]) -> float:
    end_s = max((note.offset_s for note in (*labelled, *found)), default=0.0)
    shape = int(np.ceil(end_s / GRID_S)) + 2, 128

    def grid(notes: Sequence[Note]) -> NDArray[np.bool_]:
        cells = np.zeros(shape, bool)
        for note in notes:
            first = round(note.onset_s / GRID_S)
            cells[first : max(round(note.offset_s / GRID_S), first + 1), note.pitch] = True
        return cells

    left, right = grid(labelled), grid(found)
    total = int(left.sum() + right.sum())
    return 2 * int((left & right).sum()) / total if total else 1.0
