"""Early notes of a take on the way to what they settle as."""

from __future__ import annotations

import pytest

from app.views.stage.feed.note_index import NoteIndex
from app.views.stage.feed.settling_notes import FADE_S, SLIDE_S, SettlingNotes
from model.notes import NoteOff, NoteOn

LAG_S = 0.26


def on(onset_s: float, pitch: int = 60, velocity: int = 80) -> NoteOn:
    return NoteOn(pitch, velocity, onset_s, 0.0, 0.9)


def off(onset_s: float, offset_s: float, pitch: int = 60) -> NoteOff:
    return NoteOff(pitch, 80, onset_s, offset_s, 0.0, 0.9)


@pytest.fixture
def notes() -> SettlingNotes:
    notes = SettlingNotes()
    notes.lag_s = LAG_S
    return notes


def spans(notes: SettlingNotes, now_s: float) -> list[tuple[int, float, float, float]]:
    """Pitch, onset, offset and opacity of what is shown."""
    return [
        (one.bar.pitch, round(one.bar.onset_s, 3), round(min(one.bar.offset_s, now_s), 3),
         round(one.opacity, 2))
        for one in notes.shown(now_s)
    ]  # fmt: skip


def test_an_early_note_is_there_at_once_and_grows(notes: SettlingNotes) -> None:
    notes.hear(1.05, [on(1.0)], [])
    assert spans(notes, 1.05) == [(60, 1.0, 1.05, 1.0)]
    assert spans(notes, 1.2) == [(60, 1.0, 1.2, 1.0)]
    assert notes.sounding(1.2) == {60: 80 / 127}


def test_it_slides_to_where_it_settles(notes: SettlingNotes) -> None:
    notes.hear(1.05, [on(1.04)], [])
    notes.hear(1.3, [], [on(1.0)])
    # No jump at the moment when it is known, and one bar throughout.
    assert spans(notes, 1.3) == [(60, 1.04, 1.3, 1.0)]
    assert spans(notes, 1.3 + SLIDE_S / 2) == [(60, 1.02, 1.3 + SLIDE_S / 2, 1.0)]
    ((_, onset_s, *_),) = spans(notes, 1.3 + SLIDE_S - 1e-6)
    assert onset_s == 1.0


def test_its_end_slides_too_and_then_it_is_laid_down(notes: SettlingNotes) -> None:
    track = NoteIndex()
    notes.hear(1.05, [on(1.0)], [])
    notes.hear(1.3, [], [on(1.0)])
    notes.hear(1.5, [off(1.0, 1.46)], [])
    assert spans(notes, 1.6) == [(60, 1.0, 1.46, 1.0)]
    track.add([on(1.0), off(1.0, 1.5)])
    notes.hear(1.75, [], [off(1.0, 1.5)])
    assert notes.holds(track.bars[0])
    assert spans(notes, 1.75) == [(60, 1.0, 1.46, 1.0)]
    assert spans(notes, 1.75 + SLIDE_S / 2) == [(60, 1.0, 1.48, 1.0)]
    assert notes.arrived(1.75 + SLIDE_S / 2) == []
    assert notes.arrived(1.76 + SLIDE_S) == [(1.0, 1.5, 60)]
    assert spans(notes, 1.76 + SLIDE_S) == []
    assert not notes.holds(track.bars[0])


def test_one_that_is_not_confirmed_fades_out(notes: SettlingNotes) -> None:
    notes.hear(1.05, [on(1.0)], [])
    notes.hear(1.1, [off(1.0, 1.08)], [])
    assert [opacity for *_, opacity in spans(notes, 1.0 + LAG_S)] == [1.0]
    opacities = [one.opacity for step in range(40) for one in notes.shown(1.2 + step * 0.02)]
    assert opacities == sorted(opacities, reverse=True)
    assert len({round(opacity, 3) for opacity in opacities}) > 5
    assert spans(notes, 1.2 + LAG_S + FADE_S + 0.2) == []


def test_one_that_was_missed_fades_in_as_far_as_is_settled(notes: SettlingNotes) -> None:
    notes.hear(2.0, [], [on(1.7)])
    assert spans(notes, 2.0) == []
    ((pitch, onset_s, offset_s, opacity),) = spans(notes, 2.0 + SLIDE_S / 2)
    assert (pitch, onset_s, opacity) == (60, 1.7, 0.5)
    assert offset_s == pytest.approx(2.0 + SLIDE_S / 2 - LAG_S, abs=1e-3)
    assert notes.sounding(2.0) == {}


def test_what_was_said_as_two_and_settles_as_one_is_one_bar(notes: SettlingNotes) -> None:
    notes.hear(1.05, [on(1.0)], [])
    notes.hear(1.15, [off(1.0, 1.1), on(1.1)], [])
    assert len(spans(notes, 1.2)) == 2
    notes.hear(1.3, [], [on(1.0)])
    assert spans(notes, 1.31) == [(60, 1.0, 1.31, 1.0)]


def test_what_is_struck_again_settles_as_two(notes: SettlingNotes) -> None:
    notes.hear(1.0, [on(1.0)], [])
    notes.hear(1.3, [], [on(1.0)])
    notes.hear(1.8, [], [off(1.0, 1.5), on(1.5)])
    later = spans(notes, 1.8 + SLIDE_S - 1e-6)
    assert [(onset_s, pitch) for pitch, onset_s, *_ in later] == [(1.0, 60), (1.5, 60)]


def test_other_pitches_are_left_out(notes: SettlingNotes) -> None:
    notes.lowest = 61
    notes.hear(1.05, [on(1.0), on(1.0, 64)], [])
    assert [pitch for pitch, *_ in spans(notes, 1.1)] == [64]
    assert notes.sounding(1.1).keys() == {64}


def test_after_decoding_anew_the_settled_notes_are_those(notes: SettlingNotes) -> None:
    track = NoteIndex()
    notes.hear(1.05, [on(1.0), on(1.0, 64)], [])
    notes.hear(1.3, [], [on(1.0), on(1.0, 64)])
    track.add([on(1.0)])
    notes.rebuild(track.bars)
    assert {pitch for pitch, *_, opacity in spans(notes, 1.35) if opacity == 1} == {60, 64}
    assert [pitch for pitch, *_ in spans(notes, 2.0)] == [60]


def test_what_is_past_is_forgotten(notes: SettlingNotes) -> None:
    for step in range(200):
        onset_s = step * 0.5
        notes.hear(onset_s + 0.05, [on(onset_s)], [])
        notes.hear(onset_s + 0.3, [off(onset_s, onset_s + 0.2)], [on(onset_s)])
        notes.hear(onset_s + 0.45, [], [off(onset_s, onset_s + 0.2)])
        notes.arrived(onset_s + 0.49)
    assert len(notes._earlies) < 12
    assert len(notes._settled) < 12


def test_a_note_said_late_stands_where_it_began() -> None:
    track = NoteIndex()
    track.add([on(1.0, 60), on(0.9, 64), off(1.0, 1.5, 60), off(0.9, 1.2, 64)])
    assert [(bar.pitch, bar.onset_s, bar.offset_s) for bar in track.bars] == [
        (64, 0.9, 1.2), (60, 1.0, 1.5)
    ]  # fmt: skip
    assert track.take_begun() == {60, 64}
    assert track.take_begun() == set()
