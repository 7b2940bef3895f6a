"""Notes as targets: which frames bear a note, by each rule, and by note name."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from model.config import FeatureConfig
from model.notes import Note
from model.pitch import LOWEST_PITCH
from training.datasets.clip_augment import shift_pitch
from training.datasets.labels import RULES, by_note_name, fold, separated, targets

FEATURES = FeatureConfig()
HOP, RATE, SHORTEST = FEATURES.hop_length, FEATURES.sample_rate, min(FEATURES.windows)
N_FRAMES = 60


def _frames_of(note: Note, rule: str) -> list[int]:
    labels = targets([note], N_FRAMES, FEATURES, rule).frame
    return np.flatnonzero(labels[:, note.pitch - LOWEST_PITCH]).tolist()


def _note(begin: int, end: int, pitch: int = 60) -> Note:
    """A note from one sample up to another."""
    return Note(begin / RATE, end / RATE, pitch)


def _slowly(begin: int, end: int, rule: str) -> list[int]:
    """The rules as they are told, one frame and one sample after the other."""
    samples = {
        "hop": lambda t: [t * HOP + HOP / 2],
        "window": lambda t: range((t + 1) * HOP - SHORTEST, (t + 1) * HOP),
        "centre": lambda t: [(t + 1) * HOP - SHORTEST / 2],
    }[rule]
    return [t for t in range(N_FRAMES) if any(begin <= s < end for s in samples(t))]


@pytest.mark.parametrize("rule", RULES)
def test_a_frame_bears_a_note_by_the_rule(rule: str) -> None:
    rng = np.random.default_rng(0)
    for _ in range(200):
        begin = int(rng.integers(0, 30 * HOP))
        end = begin + int(rng.integers(2 * HOP, 20 * HOP))
        found, expected = _frames_of(_note(begin, end), rule), _slowly(begin, end, rule)
        if rule == "hop":
            # The hop in which a note begins bears it, even when it begins after the middle.
            expected = sorted({begin // HOP, *expected})
        assert found == expected, (begin, end)


def test_a_note_that_begins_with_a_hop_is_in_that_hop_however_its_time_was_rounded() -> None:
    for hop in range(N_FRAMES - 3):
        assert _frames_of(Note(hop * 0.02, hop * 0.02 + 0.04, 60), "hop") == [hop, hop + 1]


@pytest.mark.parametrize("rule", RULES)
def test_the_shortest_note_bears_a_frame(rule: str) -> None:
    for begin in range(0, 3 * HOP, 40):
        assert len(_frames_of(_note(begin, begin + 1), rule)) >= 1


@pytest.mark.parametrize("rule", RULES)
def test_onset_and_offset_tell_the_time_whatever_the_rule(rule: str) -> None:
    made = targets([_note(10 * HOP + 5, 20 * HOP + 5)], N_FRAMES, FEATURES, rule)
    column = 60 - LOWEST_PITCH
    assert np.flatnonzero(made.onset[:, column]).tolist() == [10, 11]
    assert np.flatnonzero(made.offset[:, column]).tolist() == [20, 21]
    assert made.velocity[10, column] == 80
    assert made.velocity.sum() == 160


def test_an_unknown_rule_is_refused() -> None:
    with pytest.raises(ValueError, match="no label rule 'middle', only hop, window, centre"):
        targets([], 1, FEATURES, "middle")


def test_notes_outside_the_piano_are_left_out() -> None:
    made = targets([_note(0, RATE, pitch) for pitch in (5, 20, 109, 127)], 10, FEATURES)
    assert not made.frame.any()
    assert not made.onset.any()


def test_a_pitch_sounds_until_the_last_of_its_overlapping_notes_ends() -> None:
    long, inside = Note(0.0, 2.0, 60), Note(0.5, 1.0, 60)
    assert separated([inside, long]) == [Note(0.0, 0.5, 60), Note(0.5, 2.0, 60)]
    together = [Note(0.0, 1.0, 60, 50), Note(0.02, 2.0, 60, 90)]
    assert separated(together) == [Note(0.0, 2.0, 60, 90)]
    apart = [Note(0.0, 1.0, 60), Note(1.0, 2.0, 60), Note(0.5, 3.0, 61)]
    assert separated(apart) == sorted(apart)


def test_note_names_are_the_pitches_without_their_octave() -> None:
    notes = [_note(0, 4 * HOP, 60), _note(2 * HOP, 6 * HOP, 36), _note(0, 2 * HOP, 71)]
    made = targets(notes, 10, FEATURES, only_note_names=True)
    assert made.frame.shape == (10, 12)
    assert np.flatnonzero(made.frame[:, 0]).tolist() == [0, 1, 2, 3, 4, 5]
    assert np.flatnonzero(made.frame[:, 11]).tolist() == [0, 1]
    assert np.flatnonzero(made.onset[:, 0]).tolist() == [0, 1, 2, 3]
    assert not made.frame[:, 1:11].any()


def test_fold_takes_the_largest_of_all_octaves_and_leaves_names_alone() -> None:
    array = np.random.default_rng(0).random((5, 88))
    folded = fold(array)
    for name in range(12):
        columns = [c for c in range(88) if (c + LOWEST_PITCH) % 12 == name]
        assert (folded[:, name] == array[:, columns].max(axis=1)).all()
    assert fold(folded) is folded


def test_by_note_name_merges_octaves_struck_together() -> None:
    notes = [Note(0.0, 1.0, 48), Note(0.0, 2.0, 60), Note(1.5, 3.0, 72), Note(0.0, 1.0, 61)]
    expected = [Note(0.0, 1.0, 61), Note(0.0, 1.5, 60), Note(1.5, 3.0, 60)]
    assert sorted(by_note_name(notes)) == expected


@pytest.mark.parametrize("semitones", [-3, -1, 0, 2])
def test_transposing_moves_spectrum_and_labels_together(semitones: int) -> None:
    def moved(labels: NDArray[np.float32]) -> NDArray[np.float32]:
        frames = np.zeros((2, 1, FEATURES.n_bins), np.float32)
        frames[:, :, 100] = 1
        shifted, targets = shift_pitch(
            frames, {"frame": labels}, semitones, FEATURES.bins_per_semitone
        )
        assert np.flatnonzero(shifted[0, 0]).tolist() == [100 + 3 * semitones]
        return targets["frame"]

    pitches, names = np.zeros((2, 88), np.float32), np.zeros((2, 12), np.float32)
    pitches[:, 87] = names[:, 11] = pitches[:, 40] = 1
    expected = [40 + semitones, 87 + semitones] if semitones <= 0 else [40 + semitones]
    assert np.flatnonzero(moved(pitches)[0]).tolist() == expected
    assert np.flatnonzero(moved(names)[0]).tolist() == [(11 + semitones) % 12]
