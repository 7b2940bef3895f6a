"""The search for beats and bars: what it finds in evidence, and what somebody knows of them."""

from __future__ import annotations

import numpy as np
import pytest

from model.beats.bar_decoder import decode
from model.beats.beat_config import FRAME_RATE, METERS, SLOWER, beat_periods
from model.beats.beat_evidence import BeatEvidence, Known, Metre


def evidence(
    beats_s: list[float], downbeats_s: list[float], seconds: float, meter: str | None = None
) -> BeatEvidence:
    """What a network says that is nearly sure of these beats, and of one meter or of none."""
    n_frames = int(seconds * FRAME_RATE) // SLOWER * SLOWER
    beats = np.full((n_frames, 2), 0.02, np.float32)
    for column, times in enumerate((beats_s, downbeats_s)):
        beats[np.rint(np.array(times) * FRAME_RATE).astype(int), column] = 0.9
    slow = n_frames // SLOWER
    meters = np.full((slow, len(METERS)), 1 / len(METERS), np.float32)
    if meter is not None:
        meters[:] = 0.01
        meters[:, METERS.index(meter)] = 0.9
    n_periods = len(beat_periods())
    return BeatEvidence(beats, np.full((slow, n_periods), 1 / n_periods, np.float32), meters)


def steady(count: int, interval_s: float = 0.5, first_s: float = 1.0) -> list[float]:
    return [first_s + interval_s * beat for beat in range(count)]


@pytest.mark.parametrize("in_bar", [2, 3, 4])
@pytest.mark.parametrize("pickup", [0, 1])
def test_bars_and_pickups_are_found(in_bar: int, pickup: int) -> None:
    beats = steady(25)
    found = decode(evidence(beats, beats[pickup::in_bar], 14), np.array(beats))
    np.testing.assert_allclose([beat.time_s for beat in found], beats)
    assert [beat.place for beat in found] == [(i - pickup) % in_bar for i in range(25)]
    assert {beat.metre.beats for beat in found} == {in_bar}


def test_a_tempo_that_changes_is_followed_and_rests_are_counted() -> None:
    intervals = 0.4 * 1.03 ** np.arange(30)
    beats = list(1 + np.cumsum(intervals))
    onsets = [beat for index, beat in enumerate(beats) if index not in (9, 10, 20)]
    found = decode(evidence(beats, beats[::4], beats[-1] + 2), np.array(onsets))
    assert len(found) == len(beats)
    assert np.abs(np.array([beat.time_s for beat in found]) - beats).max() < 0.06


def test_beats_go_on_where_the_network_hears_halves_for_a_while() -> None:
    beats, halves = steady(60), steady(12, 0.5, 11.25)
    heard = evidence(beats, beats[::4], 34)
    heard.beats[np.rint(np.array(halves) * FRAME_RATE).astype(int), 0] = 0.5
    onsets = np.array(steady(119, 0.25))
    found = decode(heard, onsets)
    np.testing.assert_allclose([beat.time_s for beat in found], beats, atol=1e-6)
    # But where the music itself is that fast for minutes, so are its beats.
    long, fast = steady(300), steady(600, 0.25, 151.0)
    found = decode(evidence([*long, *fast], long[::4], 303), np.array([*long, *fast]))
    assert sum(beat.time_s > 160 for beat in found) > 500


def test_what_is_known_is_kept_and_the_rest_found_around_it() -> None:
    beats = steady(24)
    heard = evidence(beats, beats[::4], 14)
    onsets = np.array(steady(48, 0.25))
    for bpm in (60, 120):
        found = decode(heard, onsets, Known(beats_per_minute=bpm))
        intervals = np.diff([beat.time_s for beat in found])
        assert np.median(intervals) == pytest.approx(60 / bpm, rel=0.01)
    found = decode(heard, onsets, Known(metres=((0.0, Metre("3/4", 3)),)))
    assert {beat.metre.name for beat in found} == {"3/4"}
    found = decode(heard, onsets, Known(downbeats_s=(beats[6],)))
    [chosen] = [beat for beat in found if abs(beat.time_s - beats[6]) < 1e-9]
    assert chosen.place == 0


def test_beats_end_with_the_notes_and_silence_has_none() -> None:
    beats = steady(20)
    onsets = np.array(beats[:10])
    found = decode(evidence(beats, beats[::4], 14), onsets)
    assert found[-1].time_s <= onsets[-1] + 0.02
    assert found[0].time_s <= onsets[0] + 0.02
    for few in ([], [1.0], [1.0, 1.01]):
        assert decode(evidence(beats, beats[::4], 14), np.array(few)) == []


def test_a_search_that_nobody_wants_breaks_off() -> None:
    def stop() -> None:
        raise InterruptedError

    beats = steady(20)
    with pytest.raises(InterruptedError):
        decode(evidence(beats, beats[::4], 14), np.array(beats), go_on=stop)


def test_beats_that_are_known_are_beats_and_the_others_follow() -> None:
    beats = steady(24)
    heard = evidence(beats, beats[::4], 14)
    onsets = np.array(steady(96, 0.125))
    # One that was dragged away from where it was found.
    moved = beats[8] + 0.06
    found = [beat.time_s for beat in decode(
        heard, onsets, Known(beats_per_minute=120, runs=((moved,),))
    )]
    assert moved in found
    assert len(found) == 24
    # Some that were tapped, twice as slow, with no others between them, the last in silence.
    taps = (4.0, 5.0, 6.0, 10.5)
    found = [beat.time_s for beat in decode(heard, onsets, Known(runs=(taps,)))]
    assert [at for at in found if 4.0 <= at <= 10.5] == list(taps)
    assert found[0] == pytest.approx(1.0, abs=0.02)
    assert found[-1] > 12
    # Beyond the music on both sides.
    taps = (0.2, 7.0, 16.0)
    found = [beat.time_s for beat in decode(heard, onsets, Known(runs=tuple((at,) for at in taps)))]
    assert (found[0], found[-1]) == (0.2, 16.0)
    assert 7.0 in found


def test_several_bars_and_time_signatures_are_known() -> None:
    beats = steady(24)
    heard = evidence(beats, beats[::4], 14)
    found = decode(heard, np.array(beats), Known(
        metres=((0.0, Metre("4/4", 4)), (beats[8], Metre("3/4", 3))),
        downbeats_s=(beats[1], beats[8], beats[13]),
    ))
    assert [beat.time_s for beat in found] == beats
    assert [beat.metre.beats for beat in found] == [4] * 8 + [3] * 16
    for downbeat in (1, 8, 13):
        assert found[downbeat].place == 0
