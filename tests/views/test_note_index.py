"""The notes of a stage by time: events, changes, and looking them up."""

from __future__ import annotations

import math

import numpy as np
import pytest

from app.views.stage import distant_notes
from app.views.stage.feed.note_index import NoteIndex
from model.notes import Note, NoteOff, NoteOn
from tests.leaks import nothing_left, only_new_objects  # noqa: F401
from tests.note_events import off, on


def test_notes_between_two_moments_are_found_like_by_looking_at_all() -> None:
    generator = np.random.default_rng(3)
    notes = [
        Note(float(onset), float(onset + length), int(pitch))
        for onset, length, pitch in zip(
            generator.uniform(0, 60, 400), generator.exponential(1.5, 400) + 0.01,
            generator.integers(21, 109, 400), strict=True,
        )
    ]
    track = NoteIndex()
    track.replace(notes)
    for start_s in generator.uniform(-2, 62, 40):
        end_s = start_s + generator.uniform(0.001, 8)
        expected = {
            (note.onset_s, note.pitch) for note in notes
            if note.onset_s < end_s and note.offset_s > start_s
        }
        found = [(bar.onset_s, bar.pitch) for bar in track.between(start_s, end_s)]
        assert set(found) == expected
        assert found == sorted(found, key=lambda place: place[0])


def test_events_open_and_end_bars() -> None:
    track = NoteIndex()
    track.add([on(60, 1.0, 64), on(64, 1.1, 127)])
    assert track.sounding(1.2) == {60: pytest.approx(64 / 127), 64: 1.0}
    track.add([off(60, 1.0, 1.5), on(67, 1.6)])
    # Its end knows better how loud it was.
    assert track.sounding(1.2) == {60: pytest.approx(100 / 127), 64: 1.0}
    assert track.sounding(1.5).keys() == {64}
    assert track.sounding(99.0).keys() == {64, 67}
    track.close(2.0)
    assert track.sounding(1.9).keys() == {64, 67}
    assert track.sounding(2.0) == {}
    assert [bar.is_open for bar in track.bars] == [False, False, False]
    assert track.opened() == []


def test_a_pitch_struck_again_has_ended() -> None:
    track = NoteIndex()
    track.add([on(60, 1.0), on(60, 2.0)])
    assert [bar.offset_s for bar in track.bars] == [2.0, math.inf]
    # The end of a note that is not there, after the notes were replaced, is no fault.
    track.replace([Note(1.0, 2.0, 60)])
    track.add([off(60, 2.0, 3.0)])
    assert len(track) == 1


def test_a_long_note_does_not_make_looking_slow_or_wrong() -> None:
    track = NoteIndex()
    notes = [Note(0.0, 5000.0, 30), *(Note(i / 4, i / 4 + 0.2, 60 + i % 12) for i in range(20_000))]
    track.replace(notes)
    found = track.between(4000.0, 4001.0)
    assert found[0].pitch == 30
    assert len(found) == 5
    assert len(track.ended_between(4000.0, 4001.0).pitch) == 5


def test_adopted_notes_come_in_place_of_those_from_then_on() -> None:
    track, other = NoteIndex(), NoteIndex()
    track.add([on(60, 1.0), off(60, 1.0, 2.0), on(62, 3.0), on(64, 6.0)])
    other.add([on(70, 5.5), off(70, 5.5, 6.0), on(72, 7.0)])
    track.adopt(other, 5.0)
    assert [(bar.onset_s, bar.offset_s, bar.pitch) for bar in track.bars] == [
        (1.0, 2.0, 60), (3.0, 5.0, 62), (5.5, 6.0, 70), (7.0, math.inf, 72),
    ]
    track.add([off(72, 7.0, 8.0)])
    assert track.opened() == []


def test_many_notes_from_afar_are_where_each_of_them_is() -> None:
    generator = np.random.default_rng(2)
    onsets = np.sort(generator.uniform(-3, 110, 500))
    notes = [
        Note(onset_s, onset_s + length_s, pitch, velocity)
        for onset_s, length_s, pitch, velocity in zip(
            onsets.tolist(), generator.exponential(2, 500).tolist(),
            generator.integers(50, 70, 500).tolist(), generator.integers(1, 128, 500).tolist(),
            strict=True,
        )
    ]
    track = NoteIndex()
    track.replace(notes)
    values = distant_notes.strengths(track.columns(), 100.0, 0.0, 8.0, 800, range(52, 68))
    expected: dict[tuple[int, int], list[float]] = {}
    for note in notes:
        end_s = min(note.offset_s, 100.0)
        first, last = math.floor(note.onset_s * 8), math.ceil(end_s * 8)
        for x in range(max(first, 0), min(max(last, first + 1), 800)):
            if 52 <= note.pitch < 68:
                expected.setdefault((note.pitch - 52, x), []).append(note.velocity / 127)
    assert set(zip(*np.nonzero(values), strict=True)) == expected.keys()
    for place, strengths in expected.items():
        assert values[place] == pytest.approx(np.mean(strengths))


def test_pitch_curves_go_with_their_notes() -> None:
    index = NoteIndex()
    index.replace([Note(1, 2, 60, cents=(5.0, 6.0)), Note(0, 1, 62)])
    assert [bar.note(0).cents for bar in index.bars] == [(), (5.0, 6.0)]
    live = NoteIndex()
    for pitch, onset_s in ((60, 3.0), (64, 2.5)):
        live.add([NoteOn(pitch, 80, onset_s, onset_s, 0.9)])
        live.add([NoteOff(pitch, 80, onset_s, onset_s + 1, onset_s + 1, 0.9, (float(pitch),))])
    assert [bar.cents for bar in live.bars] == [(64.0,), (60.0,)]
    index.adopt(live, from_s=1.5)
    assert [bar.cents for bar in index.bars] == [(), (5.0, 6.0), (64.0,), (60.0,)]
    for step in range(600):
        live.add([NoteOn(70, 80, 10.0 + step, 10.0 + step, 0.9)])
    assert live.bars[0].cents == (64.0,)
    assert live.bars[-1].cents == ()
