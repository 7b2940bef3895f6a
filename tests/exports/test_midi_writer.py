"""MIDI files with beats, grids, hands and pedals, read back by pretty_midi."""

from __future__ import annotations

import itertools
from fractions import Fraction
from pathlib import Path

import mido
import numpy as np
import pretty_midi
import pytest

from app.exports.export_file import ExportOptions, export
from app.exports.sustain_pedal import PedalSpan, pedalled
from app.music.key_finding import Key
from app.music.quantise import GRIDS, Grid, quantise
from app.music.rhythm import Meter, Rhythm
from model.notes import Note


def some_notes(count: int = 300, seconds: float = 120.0) -> list[Note]:
    """Notes that do not overlap in a pitch, some before the first beat, some after the last."""
    random = np.random.default_rng(11)
    free_s: dict[int, float] = {}
    notes = []
    for onset_s in np.sort(random.uniform(0, seconds, count)):
        pitch = int(random.integers(30, 100))
        begin_s = max(float(onset_s), free_s.get(pitch, 0.0) + 0.01)
        free_s[pitch] = begin_s + float(random.uniform(0.03, 3))
        notes.append(Note(begin_s, free_s[pitch], pitch, int(random.integers(1, 128))))
    return notes


RUBATO = Rhythm.of_beats(
    list(1.1 + np.cumsum(np.random.default_rng(2).uniform(0.3, 0.9, 150))), Meter(3, 4), 1
)
SLOW = Rhythm.of_beats([0.5 + 2.1 * beat for beat in range(40)], Meter(6, 8), 1)
RHYTHMS = {"plain": None, "rubato in 3/4": RUBATO, "slow 6/8": SLOW}


def read(path: Path) -> list[Note]:
    midi = pretty_midi.PrettyMIDI(str(path))
    return sorted(
        Note(float(note.start), float(note.end), note.pitch, note.velocity)
        for instrument in midi.instruments for note in instrument.notes
    )


def assert_same(found: list[Note], wanted: list[Note], within_s: float = 1e-3) -> None:
    def by_pitch(note: Note) -> tuple[int, float]:
        return note.pitch, note.onset_s

    found, wanted = sorted(found, key=by_pitch), sorted(wanted, key=by_pitch)
    assert [(note.pitch, note.velocity) for note in found] == [
        (note.pitch, note.velocity) for note in wanted
    ]
    for a, b in zip(found, wanted, strict=True):
        assert a.onset_s == pytest.approx(b.onset_s, abs=within_s)
        assert a.offset_s == pytest.approx(b.offset_s, abs=within_s)


@pytest.mark.parametrize("split", [None, 60])
@pytest.mark.parametrize("rhythm", RHYTHMS.values(), ids=RHYTHMS)
def test_the_notes_stay_where_they_were_whatever_the_tempo(
    tmp_path: Path, rhythm: Rhythm | None, split: int | None
) -> None:
    notes = some_notes()
    export(notes, tmp_path / "a.mid", ExportOptions(rhythm=rhythm, split=split))
    assert_same(read(tmp_path / "a.mid"), notes)


@pytest.mark.parametrize("rhythm", [RUBATO, SLOW], ids=["rubato", "slow"])
def test_the_tempo_map_puts_the_beats_on_whole_ticks(tmp_path: Path, rhythm: Rhythm) -> None:
    export(some_notes(20), tmp_path / "a.mid", ExportOptions(rhythm=rhythm))
    midi = pretty_midi.PrettyMIDI(str(tmp_path / "a.mid"))
    ticks = int(midi.resolution * rhythm.meter.beat_quarters)
    for beat, beat_s in enumerate(rhythm.beats_s):
        assert midi.tick_to_time(beat * ticks) == pytest.approx(beat_s, abs=2e-6)


def test_an_hour_of_beats_adds_no_error_up(tmp_path: Path) -> None:
    # A tempo that no whole number of microseconds can say.
    rhythm = Rhythm(tuple(beat * 0.4123456789 for beat in range(8000)))
    notes = [Note(3290.1234, 3291.5, 60)]
    export(notes, tmp_path / "a.mid", ExportOptions(rhythm=rhythm))
    assert_same(read(tmp_path / "a.mid"), notes)


def test_time_signature_and_key_are_written(tmp_path: Path) -> None:
    options = ExportOptions(rhythm=RUBATO, key=Key(-3, is_minor=True), title="Süß")
    export(some_notes(), tmp_path / "a.mid", options)
    midi = pretty_midi.PrettyMIDI(str(tmp_path / "a.mid"))
    signatures = [
        (change.numerator, change.denominator) for change in midi.time_signature_changes
    ]
    assert signatures == [(RUBATO.pickup, 4), (3, 4)]
    at_s = [change.time for change in midi.time_signature_changes]
    np.testing.assert_allclose(at_s, [0, RUBATO.beats_s[RUBATO.pickup]], atol=1e-5)
    assert pretty_midi.key_number_to_key_name(midi.key_signature_changes[0].key_number) == "C minor"
    plain = tmp_path / "plain.mid"
    export(some_notes(), plain)
    assert not pretty_midi.PrettyMIDI(str(plain)).time_signature_changes
    names = [m.name for m in mido.MidiFile(tmp_path / "a.mid", charset="utf-8").tracks[0]
             if m.type == "track_name"]
    assert names == ["Süß"]


@pytest.mark.parametrize("grid", [grid for grid in GRIDS if grid.steps], ids=lambda grid: grid.name)
@pytest.mark.parametrize("rhythm", [Rhythm.steady(97), RUBATO, SLOW], ids=["steady", "3/4", "6/8"])
def test_a_grid_is_met_to_the_tick(tmp_path: Path, rhythm: Rhythm, grid: Grid) -> None:
    notes = some_notes(seconds=60)
    export(notes, tmp_path / "a.mid", ExportOptions(rhythm=rhythm, grid=grid))
    midi = pretty_midi.PrettyMIDI(str(tmp_path / "a.mid"))
    found = {
        (note.pitch, midi.time_to_tick(note.start), midi.time_to_tick(note.end), note.velocity)
        for note in midi.instruments[0].notes
    }
    assert found == {
        (note.pitch, note.onset * midi.resolution, note.offset * midi.resolution, note.velocity)
        for note in quantise(notes, rhythm, grid)
    }


def test_a_grid_alone_takes_a_plain_tempo(tmp_path: Path) -> None:
    export([Note(0.27, 0.7, 60, 9)], tmp_path / "a.mid", ExportOptions(grid=Grid.parse("1/8")))
    assert_same(read(tmp_path / "a.mid"), [Note(0.25, 0.75, 60, 9)])


def test_each_hand_has_its_track(tmp_path: Path) -> None:
    notes = [Note(0, 1, 59), Note(0, 1, 60), Note(1, 2, 21), Note(1, 2, 108)]
    export(notes, tmp_path / "a.mid", ExportOptions(split=60, a4=442.0))
    midi = pretty_midi.PrettyMIDI(str(tmp_path / "a.mid"))
    hands = {hand.name: sorted(note.pitch for note in hand.notes) for hand in midi.instruments}
    assert hands == {"Right hand": [60, 108], "Left hand": [21, 59]}
    # Both channels are tuned.
    for hand in midi.instruments:
        assert {change.number for change in hand.control_changes} == {6, 38, 100, 101}


def test_velocity_can_be_left_out(tmp_path: Path) -> None:
    export(some_notes(), tmp_path / "a.mid", ExportOptions(velocity=False))
    assert {note.velocity for note in read(tmp_path / "a.mid")} == {80}


def sounding(path: Path) -> list[Note]:
    """The notes of a file as a piano with a pedal plays them."""
    notes = []
    for instrument in pretty_midi.PrettyMIDI(str(path)).instruments:
        changes = [(c.time, c.value >= 64) for c in instrument.control_changes if c.number == 64]
        for note in instrument.notes:
            end_s = note.end
            is_down = [down for time_s, down in changes if time_s <= end_s][-1:] == [True]
            if is_down:
                end_s = next((t for t, down in changes if t > end_s and not down), end_s)
            again = [n.start for n in instrument.notes
                     if n.pitch == note.pitch and n.start > note.start]
            end_s = min([end_s, *again])
            notes.append(Note(float(note.start), float(end_s), note.pitch, note.velocity))
    return sorted(notes)


def test_a_broken_chord_becomes_short_keys_and_a_pedal(tmp_path: Path) -> None:
    notes = [Note(0.5 * at, 3.0, 48 + 4 * at, 70) for at in range(5)]
    keys, spans = pedalled(notes)
    assert spans == [PedalSpan(pytest.approx(0.02), 3.0)]
    lengths = [note.offset_s - note.onset_s for note in keys]
    np.testing.assert_allclose(lengths[:4], 0.52)
    assert keys[4] == notes[4]
    export(notes, tmp_path / "a.mid", ExportOptions(pedal=True))
    assert_same(sounding(tmp_path / "a.mid"), notes)


def test_a_pedal_that_comes_up_stays_up_for_50_ms(tmp_path: Path) -> None:
    # Broken chords, each of which begins as the one before ends, or a little sooner.
    notes = [
        Note(bar - 0.03 * (bar % 2) + 0.2 * at, bar + 1.0 + 0.01 * at, 48 + bar + 4 * at, 70)
        for bar in range(12) for at in range(4)
    ]  # fmt: skip
    export(notes, tmp_path / "a.mid", ExportOptions(pedal=True))
    [piano] = pretty_midi.PrettyMIDI(str(tmp_path / "a.mid")).instruments
    pedal = [(c.time, c.value >= 64) for c in piano.control_changes if c.number == 64]
    lifts = [
        down_s - up_s
        for (up_s, was_down), (down_s, is_down) in itertools.pairwise(pedal)
        if is_down and not was_down
    ]
    assert len(lifts) >= 8
    assert min(lifts) >= 0.05
    # What sounds is as before.
    for kept, wanted in zip(sounding(tmp_path / "a.mid"), sorted(notes), strict=True):
        assert kept.pitch == wanted.pitch
        assert kept.offset_s == pytest.approx(wanted.offset_s, abs=0.06)


@pytest.mark.parametrize("split", [None, 62])
def test_the_pedal_changes_nothing_that_is_heard(tmp_path: Path, split: int | None) -> None:
    random = np.random.default_rng(4)
    # Groups that end together, with others that end for themselves among them.
    notes = []
    for bar in range(20):
        ends_s = 2.0 * bar + 1.9
        for at, pitch in enumerate(random.choice(np.arange(40, 90), 7, replace=False)):
            onset_s = 2.0 * bar + 0.2 * at
            alone_s = onset_s + random.uniform(0.05, 0.15)
            end_s = ends_s + random.uniform(-0.02, 0.02) if at % 3 else alone_s
            notes.append(Note(float(onset_s), float(end_s), int(pitch), 60))
    path = tmp_path / "a.mid"
    export(notes, path, ExportOptions(pedal=True, split=split, rhythm=RUBATO))
    # Ends of one release, within 40 ms, become one.
    assert_same(sounding(path), sorted(notes), within_s=0.045)
    assert sum(note.offset_s - note.onset_s for note in read(path)) < 0.8 * sum(
        note.offset_s - note.onset_s for note in notes
    )


def test_fingers_alone_need_no_pedal(tmp_path: Path) -> None:
    chords = [Note(at, at + 0.9, pitch) for at in range(4) for pitch in (60, 64, 67)]
    scale = [Note(5 + at / 4, 5.25 + at / 4, 60 + at) for at in range(8)]
    assert pedalled(chords + scale) == (sorted(chords + scale), [])
    assert pedalled([]) == ([], [])


@pytest.mark.parametrize(
    "options",
    [
        ExportOptions(),
        ExportOptions(rhythm=RUBATO, grid=Grid("x", (Fraction(1, 4),)), pedal=True, split=60),
    ],
)
def test_silence_is_a_midi_file(tmp_path: Path, options: ExportOptions) -> None:
    export([], tmp_path / "a.mid", options)
    assert read(tmp_path / "a.mid") == []
