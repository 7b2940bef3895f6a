"""Scores of notes and of frames against labels, as the field computes them.

Note scores are mir_eval's own. Frame scores follow the definitions of scikit-learn
(`average_precision_score`) and mir_eval (`multipitch`), for whole corpora at once.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import astuple, dataclass

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
    # Loads half of SciPy: not before the first scores.
    import mir_eval.transcription

    arrays = (*_arrays(labelled), *_arrays(found))
    precision, recall, f1, _ = mir_eval.transcription.precision_recall_f1_overlap(
        *arrays, onset_tolerance=ONSET_TOLERANCE_S, offset_ratio=None
    )
    f1_offset = mir_eval.transcription.precision_recall_f1_overlap(
        *arrays, onset_tolerance=ONSET_TOLERANCE_S
    )[2]
    return NoteScores(precision, recall, f1, f1_offset, frame)


def matches(
    labelled: Sequence[Note], found: Sequence[Note], tolerance_s: float = DELAY_TOLERANCE_S
) -> list[tuple[int, int]]:
    """Pairs (label, note) of equal pitch with onsets within the tolerance."""
    if not labelled or not found:
        return []
    import mir_eval.transcription

    pairs: list[tuple[int, int]] = mir_eval.transcription.match_notes(
        *_arrays(labelled), *_arrays(found), onset_tolerance=tolerance_s, offset_ratio=None
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


@dataclass(frozen=True, eq=False)
class Curve:
    """Precision and recall at every threshold at which another true cell is found.

    Attributes:
        thresholds: falling, each the probability of at least one true cell.
        precision, recall: of the cells whose probability is at least that.
    """

    thresholds: NDArray[np.float32]
    precision: NDArray[np.float64]
    recall: NDArray[np.float64]

    @classmethod
    def of(cls, probabilities: NDArray[np.float32], labels: NDArray[np.bool_]) -> Curve:
        """The curve over all cells of two arrays of one shape; empty when no cell is true."""
        # Recall and so the average change at true cells only, which are few: sort the two kinds
        # apart and count the false cells above each true one. Hundreds of millions of cells fit.
        thresholds, counts = np.unique(probabilities[labels], return_counts=True)
        false = np.sort(probabilities[~labels])
        n_false = len(false) - np.searchsorted(false, thresholds)
        n_true = np.cumsum(counts[::-1])
        return cls(
            thresholds[::-1],
            n_true / (n_true + n_false[::-1]),
            n_true / max(1, labels.sum()),
        )

    @property
    def average_precision(self) -> float:
        """Mean precision over the true cells, as scikit-learn defines it; nan without any."""
        if not len(self.recall):
            return float("nan")
        return float(np.sum(np.diff(self.recall, prepend=0.0) * self.precision))


@dataclass(frozen=True)
class FrameCounts:
    """Notes in frames, counted; those of several pieces may be added up.

    Attributes:
        frames: how many there are.
        labelled, found, right: notes in them.
        substituted, missed, added: notes that are wrong as mir_eval counts them, where a missed
            and an added note of one frame are one substitution.
        passed: frames with no more wrong notes, missed or added, than are allowed.
    """

    frames: int = 0
    labelled: int = 0
    found: int = 0
    right: int = 0
    substituted: int = 0
    missed: int = 0
    added: int = 0
    passed: int = 0

    @classmethod
    def of(
        cls, labels: NDArray[np.bool_], found: NDArray[np.bool_], allowed_errors: int = 0
    ) -> FrameCounts:
        """Compares two arrays (frames, pitches)."""
        right = (labels & found).sum(axis=1)
        missed = labels.sum(axis=1) - right
        added = found.sum(axis=1) - right
        substituted = np.minimum(missed, added)
        return cls(
            len(labels),
            int(labels.sum()),
            int(found.sum()),
            int(right.sum()),
            int(substituted.sum()),
            int((missed - substituted).sum()),
            int((added - substituted).sum()),
            int((missed + added <= allowed_errors).sum()),
        )

    @classmethod
    def sum(cls, counts: Iterable[FrameCounts]) -> FrameCounts:
        """The counts of all of them together."""
        return cls(*(sum(column) for column in zip(*map(astuple, counts), strict=True)))

    def scores(self) -> dict[str, float]:
        """Precision, recall, F1, mir_eval's accuracy and errors, and the share of passed frames.

        The errors are shares of the labelled notes. As in mir_eval, what has no notes to divide
        by is 0.
        """

        def share(part: int, whole: int) -> float:
            return part / whole if whole else 0.0

        wrong = self.substituted + self.missed + self.added
        return {
            "precision": share(self.right, self.found),
            "recall": share(self.right, self.labelled),
            "f1": share(2 * self.right, self.found + self.labelled),
            "accuracy": share(self.right, self.found + self.labelled - self.right),
            "e_tot": share(wrong, self.labelled),
            "e_sub": share(self.substituted, self.labelled),
            "e_miss": share(self.missed, self.labelled),
            "e_fa": share(self.added, self.labelled),
            "passed": share(self.passed, self.frames),
        }
