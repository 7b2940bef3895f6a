"""Frame and note scores, against scikit-learn and mir_eval themselves."""

from __future__ import annotations

import warnings

import mir_eval.multipitch
import numpy as np
import pytest
import sklearn.metrics
from numpy.typing import NDArray

from model.notes import Note
from training.scoring.metrics import Curve, FrameCounts, note_scores

EXACT = 1e-9


def _random(
    seed: int, steps: int = 0, shape: tuple[int, int] = (400, 88)
) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
    """Probabilities that know something of the labels; in so many steps, so that some are equal."""
    rng = np.random.default_rng(seed)
    labels = rng.random(shape) < 0.05
    probabilities = 1 / (1 + np.exp(-(rng.normal(size=shape) * 2 + 3 * labels - 3)))
    if steps:
        probabilities = np.round(probabilities * steps) / steps
    return probabilities.astype(np.float32), labels


@pytest.mark.parametrize(("seed", "steps"), [(0, 0), (1, 0), (2, 20), (3, 3), (4, 1)])
def test_average_precision_is_that_of_scikit_learn(seed: int, steps: int) -> None:
    probabilities, labels = _random(seed, steps)
    expected = sklearn.metrics.average_precision_score(labels.ravel(), probabilities.ravel())
    curve = Curve.of(probabilities, labels)
    assert curve.average_precision == pytest.approx(expected, abs=EXACT)


def test_the_curve_holds_precision_and_recall_at_its_thresholds() -> None:
    probabilities, labels = _random(5, 50)
    curve = Curve.of(probabilities, labels)
    assert (np.diff(curve.thresholds) < 0).all()
    for threshold, precision, recall in zip(
        curve.thresholds, curve.precision, curve.recall, strict=True
    ):
        found = (probabilities >= threshold).ravel()
        assert precision == pytest.approx(
            sklearn.metrics.precision_score(labels.ravel(), found), abs=EXACT
        )
        assert recall == pytest.approx(
            sklearn.metrics.recall_score(labels.ravel(), found), abs=EXACT
        )


def test_average_precision_without_any_note_is_not_a_number() -> None:
    assert np.isnan(Curve.of(np.full((3, 2), 0.5, np.float32), np.zeros((3, 2), bool))
                    .average_precision)


def _mir_eval(labels: NDArray[np.bool_], found: NDArray[np.bool_]) -> dict[str, float]:
    """`mir_eval.multipitch` on frames as lists of frequencies."""
    times = np.arange(len(labels)) * 0.01
    hz = 440 * 2 ** ((np.arange(labels.shape[1]) + 21 - 69) / 12)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # It says so when there are no notes at all.
        values = mir_eval.multipitch.metrics(
            times, [hz[row] for row in labels], times, [hz[row] for row in found]
        )
    names = ("precision", "recall", "accuracy", "e_sub", "e_miss", "e_fa", "e_tot")
    return dict(zip(names, values, strict=False))


@pytest.mark.parametrize("seed", range(4))
def test_multipitch_scores_are_those_of_mir_eval(seed: int) -> None:
    probabilities, labels = _random(seed, shape=(150, 88))
    found = probabilities >= 0.4
    scores = FrameCounts.of(labels, found).scores()
    for name, value in _mir_eval(labels, found).items():
        assert scores[name] == pytest.approx(value, abs=EXACT), name
    f1 = sklearn.metrics.f1_score(labels.ravel(), found.ravel())
    assert scores["f1"] == pytest.approx(f1, abs=EXACT)


def test_pieces_that_are_added_up_score_as_one_long_piece() -> None:
    parts = [_random(seed, shape=(frames, 30)) for seed, frames in ((0, 40), (1, 90), (2, 1))]
    pairs = [(labels, probabilities >= 0.3) for probabilities, labels in parts]
    pooled = FrameCounts.sum(FrameCounts.of(*pair, allowed_errors=1) for pair in pairs)
    labels, found = (np.concatenate(arrays) for arrays in zip(*pairs, strict=True))
    assert pooled == FrameCounts.of(labels, found, allowed_errors=1)
    for name, value in _mir_eval(labels, found).items():
        assert pooled.scores()[name] == pytest.approx(value, abs=EXACT), name


@pytest.mark.parametrize(("labelled", "said"), [(0, 0), (0, 3), (3, 0)])
def test_without_notes_the_scores_are_those_of_mir_eval(labelled: int, said: int) -> None:
    labels, found = np.zeros((4, 10), bool), np.zeros((4, 10), bool)
    labels[0, :labelled] = found[0, :said] = True
    scores = FrameCounts.of(labels, found).scores()
    for name, value in _mir_eval(labels, found).items():
        assert scores[name] == value, name


def test_perfect_frames_score_one() -> None:
    _, labels = _random(0)
    scores = FrameCounts.of(labels, labels).scores()
    assert {scores[name] for name in ("precision", "recall", "f1", "accuracy", "passed")} == {1.0}
    assert {scores[name] for name in ("e_tot", "e_sub", "e_miss", "e_fa")} == {0.0}
    assert Curve.of(labels.astype(np.float32), labels).average_precision == 1.0


def test_a_frame_passes_with_at_most_so_many_wrong_notes() -> None:
    labels = np.array([[1, 1, 0, 0], [1, 0, 0, 0], [0, 0, 0, 0], [1, 0, 0, 1]], bool)
    found = np.array([[1, 1, 0, 0], [0, 1, 0, 0], [0, 1, 0, 0], [0, 1, 1, 0]], bool)
    shares = [FrameCounts.of(labels, found, k).scores()["passed"] for k in (0, 1, 2, 3, 4)]
    assert shares == [0.25, 0.5, 0.75, 0.75, 1.0]


def test_note_scores_of_a_hand_made_case() -> None:
    labelled = [Note(0.0, 1.0, 60), Note(1.0, 2.0, 62), Note(2.0, 3.0, 64), Note(3.0, 4.0, 65)]
    found = [
        Note(0.03, 1.0, 60),  # right
        Note(1.0, 1.5, 62),  # ends too early
        Note(2.08, 3.0, 64),  # begins too late
        Note(3.0, 4.0, 53),  # the wrong octave
        Note(5.0, 6.0, 40),  # not there
    ]
    scores = note_scores(labelled, found)
    assert scores.precision == pytest.approx(2 / 5)
    assert scores.recall == pytest.approx(2 / 4)
    assert scores.f1 == pytest.approx(2 * 2 / 9)
    assert scores.f1_offset == pytest.approx(2 * 1 / 9)
    # On the grid of 10 ms: 97, 50 and 92 right of 400 labelled and 97 + 50 + 92 + 200 found.
    assert scores.frame_f1 == pytest.approx(2 * 239 / (400 + 439))


def test_nothing_found_where_nothing_is_scores_one_frame_by_frame() -> None:
    assert note_scores([], []).frame_f1 == 1.0
    assert note_scores([], []).f1 == 0.0
