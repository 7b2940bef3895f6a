"""Which beats are the printed ones, and how they form bars."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from model.beats.bar_evidence import BarRun
from model.beats.bar_search import bars_of
from model.beats.beat_config import LEVELS, METERS, beat_periods
from model.beats.beat_evidence import BeatEvidence, FoundBeat, Known, Metre
from model.beats.beat_features import FEATURE_GROUPS, N_BEAT_FEATURES, beat_features
from model.beats.beat_levels import levels
from model.beats.note_features import NoteArrays
from model.notes import Note

_TEMPO = FEATURE_GROUPS[-4][0]


def silent(seconds: float = 30) -> BeatEvidence:
    """Of a network that knows nothing."""
    n, periods = int(seconds * 50), len(beat_periods())
    return BeatEvidence(
        np.full((n, 2), 0.5, np.float32), np.full((n // 4, periods), 1 / periods, np.float32),
        np.full((n // 4, len(METERS)), 1 / len(METERS), np.float32),
    )


def says(beat_s: float, in_bar: int, meter: str, first: int = 0) -> BarRun:
    """A bar network that wants beats of this length, and bars of so many."""

    def run(features: NDArray[np.float32]) -> tuple[NDArray[np.float32], ...]:
        n = len(features)
        is_meant = np.abs(features[:, _TEMPO] - np.log2(beat_s)) < 0.2
        level = np.full((n, len(LEVELS)), 0.1, np.float32)
        level[is_meant, 0] = 0.9
        meters = np.full((n, len(METERS)), 0.05, np.float32)
        meters[:, METERS.index(meter)] = 0.55
        is_first = np.arange(n) % in_bar == first
        return np.where(is_first, 0.9, 0.1).astype(np.float32), level, meters

    return run


def music(count: int = 24, step_s: float = 0.5) -> tuple[list[FoundBeat], NoteArrays]:
    beats = [FoundBeat(1 + step_s * i, i % 2, Metre("2/4", 2)) for i in range(count)]
    notes = [Note(1 + step_s / 2 * i, 1 + step_s / 2 * (i + 1), 50 + i % 7, 70)
             for i in range(2 * count - 1)]
    return beats, NoteArrays.of(notes)


@pytest.mark.parametrize(("beat_s", "count"), [(0.5, 24), (0.25, 47), (1.0, 12), (1.5, 8)])
def test_the_printed_level_is_chosen(beat_s: float, count: int) -> None:
    found, notes = music()
    chosen = bars_of(found, notes, silent(), says(beat_s, 3, "3/4"))
    assert len(chosen) == count
    assert np.median(np.diff([beat.time_s for beat in chosen])) == pytest.approx(beat_s)
    assert {beat.metre.name for beat in chosen} == {"3/4"}


@pytest.mark.parametrize(("in_bar", "meter"), [(2, "6/8"), (3, "3/8"), (4, "4/4"), (2, "2/2")])
def test_bars_begin_where_the_network_says(in_bar: int, meter: str) -> None:
    found, notes = music()
    chosen = bars_of(found, notes, silent(), says(0.5, in_bar, meter, first=1))
    assert [beat.place for beat in chosen] == [(i - 1) % in_bar for i in range(24)]
    assert {beat.metre.name for beat in chosen} == {meter}


def test_a_piece_has_one_time_signature_for_long() -> None:
    found, notes = music(60)

    def run(features: NDArray[np.float32]) -> tuple[NDArray[np.float32], ...]:
        downbeats, level, meters = says(0.5, 4, "4/4")(features)
        if len(features) == 60:
            # For twelve beats everything speaks for bars of two.
            downbeats[26:34:4] = 0.9
            meters[22:34, METERS.index("4/4")], meters[22:34, METERS.index("2/4")] = 0.01, 0.9
        return downbeats, level, meters

    chosen = bars_of(found, notes, silent(40), run)
    assert {beat.metre.name for beat in chosen} == {"4/4"}
    assert [beat.place for beat in chosen] == [i % 4 for i in range(60)]


def test_a_change_of_time_signature_is_found() -> None:
    found, notes = music(96)

    def run(features: NDArray[np.float32]) -> tuple[NDArray[np.float32], ...]:
        first, last = says(0.5, 4, "4/4")(features), says(0.5, 3, "3/4")(features)
        n = len(features) // 2
        return tuple(np.concatenate([a[:n], b[n:]]) for a, b in zip(first, last, strict=True))

    chosen = bars_of(found, notes, silent(60), run)
    assert [beat.metre.name for beat in chosen] == ["4/4"] * 48 + ["3/4"] * 48


def test_it_can_be_broken_off_between_levels() -> None:
    """Who quits waits for one run of the network at most."""
    found, notes = music()
    runs: list[int] = []

    class StoppedError(Exception):
        pass

    def run(features: NDArray[np.float32]) -> tuple[NDArray[np.float32], ...]:
        runs.append(len(features))
        return says(0.5, 4, "4/4")(features)

    def go_on() -> None:
        if runs:
            raise StoppedError

    with pytest.raises(StoppedError):
        bars_of(found, notes, silent(), run, go_on=go_on)
    assert len(runs) == 1


def test_what_is_known_is_kept() -> None:
    found, notes = music()
    run = says(1.0, 4, "4/4")
    # Somebody who says how fast it is means these beats.
    assert len(bars_of(found, notes, silent(), run, Known(beats_per_minute=120))) == 24
    five = bars_of(found, notes, silent(), run, Known(metres=((0.0, Metre("5/4", 5)),)))
    assert {beat.metre for beat in five} == {Metre("5/4", 5)}
    for at in (3.0, 4.5):
        chosen = bars_of(found, notes, silent(), run, Known(downbeats_s=(at,)))
        [beat] = [beat for beat in chosen if abs(beat.time_s - at) < 0.01]
        assert beat.place == 0


def test_few_beats_stay_as_they_are() -> None:
    found, notes = music(2)
    assert bars_of(found, notes, silent(), says(1.0, 4, "4/4")) == found


def test_a_beat_that_was_not_found_begins_with_its_note() -> None:
    beats = np.array([1.0, 2.0, 3.0, 4.0])
    onsets = np.array([1.0, 1.54, 2.0, 2.8, 3.0, 4.0])
    halves = levels(beats, onsets)[1]
    # One is near the middle, one is not, and of one there is nothing.
    np.testing.assert_allclose(halves, [1, 1.54, 2, 2.5, 3, 3.5, 4])


def test_beats_read_the_same_at_any_tempo_and_in_any_key() -> None:
    rng = np.random.default_rng(0)
    begin = np.sort(rng.integers(0, 200, 150)) / 4
    pitch = rng.integers(40, 80, 150)

    def read(beat_s: float, shift: int) -> NDArray[np.float32]:
        notes = [Note(1 + beat_s * float(at), 1 + beat_s * float(at + 0.5), int(p) + shift, 70)
                 for at, p in zip(begin, pitch, strict=True)]
        return beat_features(NoteArrays.of(notes), 1 + beat_s * np.arange(50))

    slow, fast, high = read(0.8, 0), read(0.4, 0), read(0.8, 5)
    assert slow.shape == (50, N_BEAT_FEATURES)
    np.testing.assert_allclose(slow[:, _TEMPO] - 1, fast[:, _TEMPO], atol=1e-6)
    others = np.arange(N_BEAT_FEATURES) != _TEMPO
    # What rings through a beat is told in seconds.
    others[FEATURE_GROUPS[-2][0]] = False
    np.testing.assert_allclose(slow[:, others], fast[:, others], atol=1e-4)
    likeness = list(FEATURE_GROUPS[3] + FEATURE_GROUPS[4])
    np.testing.assert_allclose(slow[:, likeness], high[:, likeness], atol=1e-4)
