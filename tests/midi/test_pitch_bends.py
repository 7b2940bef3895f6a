"""Pitch curves as MIDI bends, of one channel and of MPE, written and read."""

from __future__ import annotations

from pathlib import Path

import mido
import numpy as np
import pretty_midi
import pytest

from app.exports.export_file import ExportOptions, export
from app.exports.midi_bends import n_overlapping
from app.midi.midi_file_reader import read_midi
from app.midi.pitch_bend import HAND_ZONES, WHOLE_ZONE, Bends, ChannelPool, Zone
from app.music.quantise import Grid
from app.music.rhythm import Rhythm
from model.notes import Note
from tests.midi.test_midi_file_reader import off, on, written

PART_S = 0.02


def curved(
    onset_s: float, seconds: float, pitch: int, off: float = 0.0, width: float = 50.0
) -> Note:
    count = round(seconds / PART_S)
    time_s = (np.arange(count) + 0.5) * PART_S
    cents = off + width * np.sin(2 * np.pi * 5.7 * time_s + pitch)
    return Note(onset_s, onset_s + seconds, pitch, 80, cents=tuple(cents.tolist()))


MELODY = [curved(0.1, 0.8, 60), curved(0.9, 0.5, 62, 20), curved(1.7, 1.2, 64, -30)]
CHORDS = [curved(0.3 * step, 1.0 + 0.1 * step, 48 + 5 * step, 9 * step - 30) for step in range(9)]


def assert_curves(found: list[Note], wanted: list[Note]) -> None:
    def order(note: Note) -> tuple[int, float]:
        return note.pitch, note.onset_s

    assert [note.pitch for note in sorted(found, key=order)] == [
        note.pitch for note in sorted(wanted, key=order)
    ]
    for back, note in zip(sorted(found, key=order), sorted(wanted, key=order), strict=True):
        curve = np.interp(note.cents_times_s(), back.cents_times_s(), back.cents)
        np.testing.assert_allclose(curve, note.cents, atol=5)


@pytest.mark.parametrize(
    ("notes", "bends"), [(MELODY, "channel"), (MELODY, "mpe"), (CHORDS, "mpe")]
)
@pytest.mark.parametrize("split", [None, 62])
def test_the_curves_come_back(
    tmp_path: Path, notes: list[Note], bends: Bends, split: int | None
) -> None:
    export(notes, tmp_path / "a.mid", ExportOptions(bends=bends, split=split))
    assert_curves(read_midi(tmp_path / "a.mid"), notes)


@pytest.mark.parametrize(("notes", "bends"), [(MELODY, "channel"), (CHORDS, "mpe")])
def test_other_readers_hear_each_note_bent_as_it_was(
    tmp_path: Path, notes: list[Note], bends: Bends
) -> None:
    export(notes, tmp_path / "a.mid", ExportOptions(bends=bends))
    midi = pretty_midi.PrettyMIDI(str(tmp_path / "a.mid"))
    reach = 200 if bends == "channel" else 4800
    found = 0
    for instrument in midi.instruments:
        assert not instrument.is_drum
        at_s = [bend.time for bend in instrument.pitch_bends]
        cents = np.array([bend.pitch for bend in instrument.pitch_bends]) / 8192 * reach
        for note in instrument.notes:
            [wanted] = [own for own in notes if own.pitch == note.pitch]
            index = np.searchsorted(at_s, wanted.cents_times_s(), side="right") - 1
            np.testing.assert_allclose(cents[index], wanted.cents, atol=5)
            found += 1
    assert found == len(notes)


def test_nothing_is_bent_unless_it_is_asked_for(tmp_path: Path) -> None:
    export(MELODY, tmp_path / "a.mid")
    kinds = {message.type for message in mido.MidiFile(tmp_path / "a.mid")}
    assert not kinds & {"pitchwheel", "control_change"}
    assert all(note.cents == () for note in read_midi(tmp_path / "a.mid"))


def test_one_channel_says_how_far_it_bends_and_follows_the_note_that_began_last(
    tmp_path: Path,
) -> None:
    low = Note(0, 2, 48, cents=(30.0,) * 100)
    high = Note(0.5, 1, 60, cents=(-40.0,) * 25)
    export([low, high], tmp_path / "a.mid", ExportOptions(bends="channel"))
    messages = [m for m in mido.MidiFile(tmp_path / "a.mid").tracks[0] if not m.is_meta]
    assert {message.channel for message in messages} == {0}
    assert [(m.control, m.value) for m in messages[:6]] == [
        (101, 0), (100, 0), (6, 2), (38, 0), (101, 127), (100, 127)
    ]
    bends = [m.pitch * 200 / 8192 for m in messages if m.type == "pitchwheel"]
    assert bends == pytest.approx([30, -40, 30], abs=1)


def test_mpe_announces_its_zone_and_bends_before_notes_begin(tmp_path: Path) -> None:
    export(CHORDS, tmp_path / "a.mid", ExportOptions(bends="mpe"))
    messages = [m for m in mido.MidiFile(tmp_path / "a.mid").tracks[0] if not m.is_meta]
    assert [(m.channel, m.control, m.value) for m in messages[:4]] == [
        (0, 101, 0), (0, 100, 6), (0, 6, 15), (0, 38, 0)
    ]
    ranges = {m.channel: m.value for m in messages[4:] if m.type == "control_change"
              and m.control == 6}
    assert ranges == dict.fromkeys(range(1, 16), 48)
    sounding: dict[int, int] = {}
    bent: set[int] = set()
    used = []
    for message in messages:
        if message.type == "pitchwheel":
            bent.add(message.channel)
        elif message.type == "note_on":
            assert message.channel not in {0, 9}
            assert message.channel not in sounding
            assert message.channel in bent
            sounding[message.channel] = message.note
            used.append(message.channel)
        elif message.type == "note_off":
            assert sounding.pop(message.channel) == message.note
    # One that was let go of is taken last.
    assert used == [1, 2, 3, 4, 5, 6, 7, 8, 10]


def test_more_notes_than_channels_share_them_and_end(tmp_path: Path) -> None:
    notes = [Note(0.01 * step, 3, 40 + step, cents=(10.0,) * 20) for step in range(30)]
    export(notes, tmp_path / "a.mid", ExportOptions(bends="mpe"))
    assert [note.pitch for note in read_midi(tmp_path / "a.mid")] == list(range(40, 70))


def test_two_hands_have_a_zone_each(tmp_path: Path) -> None:
    assert HAND_ZONES[0].playable == tuple(range(1, 8))
    assert HAND_ZONES[1].playable == (14, 13, 12, 11, 10, 8)
    assert WHOLE_ZONE.playable == (*range(1, 9), *range(10, 16))
    export(CHORDS, tmp_path / "a.mid", ExportOptions(bends="mpe", split=60))
    _, right, left = mido.MidiFile(tmp_path / "a.mid").tracks
    assert {m.channel for m in right if m.type == "note_on"} <= set(range(1, 8))
    assert {m.channel for m in left if m.type == "note_on"} <= set(range(8, 15))


def test_curves_go_with_notes_that_are_moved_to_a_grid_or_held_by_a_pedal(tmp_path: Path) -> None:
    rhythm = Rhythm.steady(120)
    grid = Grid.parse("1/8")
    note = Note(0.53, 1.52, 60, cents=(20.0,) * 25 + (-20.0,) * 25)
    options = ExportOptions(bends="mpe", rhythm=rhythm, grid=grid)
    export([note], tmp_path / "a.mid", options)
    [back] = read_midi(tmp_path / "a.mid")
    assert (back.onset_s, back.offset_s) == (0.5, 1.5)
    assert back.cents[2] == pytest.approx(20, abs=1)
    assert back.cents[-2] == pytest.approx(-20, abs=1)
    together = [curved(0.2 * step, 2 - 0.2 * step, 60 + 4 * step) for step in range(4)]
    export(together, tmp_path / "b.mid", ExportOptions(bends="mpe", pedal=True))
    for back in read_midi(tmp_path / "b.mid"):
        [note] = [own for own in together if own.pitch == back.pitch]
        is_held = note.cents_times_s() < back.offset_s - 0.02
        curve = np.interp(note.cents_times_s(), back.cents_times_s(), back.cents)
        np.testing.assert_allclose(curve[is_held], np.array(note.cents)[is_held], atol=5)


def control(number: int, value: int, channel: int = 0) -> mido.Message:
    return mido.Message("control_change", control=number, value=value, channel=channel)


def bend(pitch: int, time: int = 0, channel: int = 0) -> mido.Message:
    return mido.Message("pitchwheel", pitch=pitch, time=time, channel=channel)


def test_bends_are_read_in_the_range_that_the_file_says(tmp_path: Path) -> None:
    path = written(
        tmp_path / "a.mid",
        [bend(4096), on(60, 0), bend(-4096, 480), off(60, 480),
         control(101, 0), control(100, 0), control(6, 12), control(38, 50),
         on(64, 0), off(64, 480),
         # Of a parameter that is no range.
         control(99, 0), control(98, 0), control(6, 1), on(65, 0), off(65, 480),
         bend(0), on(66, 0), off(66, 480)],
    )
    first, second, third, last = read_midi(path)
    assert (first.cents[10], first.cents[40]) == (100, -100)
    assert set(second.cents) == {-625}
    assert set(third.cents) == {-625}
    assert last.cents == ()


def test_a_zones_master_bends_all_its_notes(tmp_path: Path) -> None:
    path = written(
        tmp_path / "a.mid",
        [control(101, 0), control(100, 6), control(6, 3),
         bend(4096), bend(-683, channel=1), on(60, 0, channel=1), off(60, 480, channel=1),
         on(62, 0, channel=2), off(62, 480, channel=2),
         # No member, and the zone's end.
         on(64, 0, channel=4), off(64, 480, channel=4), control(6, 0),
         bend(4096, channel=2), on(65, 0, channel=2), off(65, 480, channel=2)],
    )
    first, second, third, last = read_midi(path)
    assert first.cents[0] == pytest.approx(100 - 400, abs=1)
    assert set(second.cents) == {100}
    assert third.cents == ()
    assert last.cents[0] == pytest.approx(2400)


def test_notes_of_a_zone_are_no_drums(tmp_path: Path) -> None:
    zone = [control(101, 0), control(100, 6), control(6, 15)]
    note = [on(60, 0, channel=9), off(60, 480, channel=9)]
    assert read_midi(written(tmp_path / "a.mid", note)) == []
    [read] = read_midi(written(tmp_path / "b.mid", [*zone, *note]))
    assert read.pitch == 60


def test_a_channel_that_was_let_go_of_is_taken_last() -> None:
    pool = ChannelPool(Zone(0, 3))
    assert [pool.take(), pool.take()] == [1, 2]
    pool.release(1)
    assert [pool.take(), pool.take(), pool.take()] == [3, 1, None]


def test_notes_that_overlap_are_counted() -> None:
    joined = [Note(0, 1.02, 60), Note(1, 2, 62), Note(2, 3, 64)]
    assert n_overlapping(joined) == 0
    assert n_overlapping([*joined, Note(0.5, 2.5, 48)]) == 3
    assert n_overlapping([]) == 0
