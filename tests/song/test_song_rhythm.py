"""The beats and bars of an open recording: found, corrected by hand, undone, saved."""

from __future__ import annotations

import itertools
from pathlib import Path

import mido
import numpy as np
import pytest
from pytestqt.qtbot import QtBot

from app.music.beats.given_rhythm import GivenRhythm
from app.music.rhythm import Meter
from app.song import project_file as projects
from app.song.note_table import NoteTable
from app.song.opening import SongInfo
from app.song.project_file import ProjectError
from app.song.rhythm.song_rhythm import SongRhythm
from app.song.song import Song
from model.notes import Note
from tests.leaks import nothing_left, only_new_objects  # noqa: F401
from tests.song.song_log import song  # noqa: F401

# Fixtures are imported, and arguments of the same name get them.
# ruff: noqa: F811


def waltz(bars: int = 16) -> list[Note]:
    """A bass and two chords in every bar, at 120 beats a minute from 0.6 s on."""
    notes = []
    for bar in range(bars):
        for beat, pitches in enumerate(((43 + bar % 3,), (60, 64, 67), (60, 64, 67))):
            at_s = 0.6 + (3 * bar + beat) * 0.5
            notes += [Note(at_s, at_s + 0.45, pitch, 90 - 15 * beat) for pitch in pitches]
    return sorted(notes)


class Bench:
    """A rhythm and the notes that it is of, which no file stands behind."""

    def __init__(self, qtbot: QtBot, notes: list[Note]) -> None:
        self._qtbot = qtbot
        self.edits = NoteTable(lambda: self.rhythm.look_soon(self.edits.notes))
        self.rhythm = SongRhythm(self.edits)
        self.rhythm.begin(SongInfo(Path("waltz.mid"), 0, 26.0, is_midi=True))
        self.found(lambda: self.edits.restore(notes))

    def found(self, act) -> None:  # type: ignore[no-untyped-def]  # noqa: ANN001
        """Does something that begins a search, and waits for what it finds."""
        before = self.rhythm.grid
        act()
        self._qtbot.waitUntil(lambda: self.rhythm.grid is not before, timeout=20_000)

    @property
    def beats_s(self) -> list[float]:
        assert self.rhythm.grid is not None
        return self.rhythm.grid.beats_s.tolist()


@pytest.fixture
def bench(qtbot: QtBot) -> Bench:
    return Bench(qtbot, waltz())


def test_beats_and_bars_are_found_in_the_notes(bench: Bench) -> None:
    grid = bench.rhythm.grid
    assert grid is not None
    assert grid.beats_per_minute == pytest.approx(120, abs=2)
    [first] = [bar for bar in grid.bars if bar.number == 1]
    assert first.start_s == pytest.approx(0.6, abs=0.03)
    assert first.meter.beats == 3
    assert grid.bars_between(0.6, 6.6) == pytest.approx(4, abs=0.1)
    assert grid.place_at(2.7) == (grid.bar_at(2.2), 2)


def test_corrections_hold_and_are_undone_with_the_notes(bench: Bench) -> None:
    rhythm, before = bench.rhythm, bench.beats_s
    beat = rhythm.grid.nearest(5.1)
    bench.found(lambda: rhythm.move_beat(beat, 5.17))
    assert 5.17 in bench.beats_s
    assert bench.edits.undo_label == "Move bar line"
    # It is a bar line still, and the others are where they were.
    assert rhythm.grid.is_bar(rhythm.grid.nearest(5.17))
    others = [at for at in bench.beats_s if abs(at - 5.17) > 0.2]
    assert others == pytest.approx([at for at in before if abs(at - 5.1) > 0.2], abs=0.02)
    # It stays when the notes change.
    bench.found(lambda: bench.edits.set_decoded([*waltz(), Note(25.0, 25.4, 60, 80)]))
    assert 5.17 in bench.beats_s
    assert not bench.edits.is_saved
    bench.found(bench.edits.undo)
    assert bench.edits.is_saved
    assert not rhythm.is_corrected
    assert bench.beats_s[:40] == pytest.approx(before[:40], abs=0.02)
    bench.found(bench.edits.redo)
    assert 5.17 in bench.beats_s


@pytest.mark.parametrize(("name", "bpm"), [("halve", 60), ("double", 240)])
def test_beats_are_halved_and_doubled(bench: Bench, name: str, bpm: int) -> None:
    bench.found(getattr(bench.rhythm, name))
    assert bench.rhythm.grid.beats_per_minute == pytest.approx(bpm, rel=0.03)


def test_tapped_beats_are_beats(bench: Bench) -> None:
    taps = [6.6, 7.6, 8.6, 9.6]
    bench.found(lambda: bench.rhythm.tap(taps))
    assert [at for at in bench.beats_s if 6.5 < at < 9.7] == taps
    assert bench.rhythm.grid.beats_per_minute == pytest.approx(60, rel=0.05)


def test_bars_and_time_signatures_are_set(bench: Bench) -> None:
    rhythm = bench.rhythm
    bench.found(lambda: rhythm.set_meter(Meter(4, 4)))
    # Even of a waltz.
    assert {bar.meter for bar in rhythm.grid.bars} == {Meter(4, 4)}
    bench.found(lambda: rhythm.begin_bar(2.62))
    assert rhythm.grid.bar_at(2.65).start_s == pytest.approx(2.6, abs=0.03)
    bench.found(lambda: rhythm.set_meter(Meter(3, 4), 12.62))
    assert {bar.meter.beats for bar in rhythm.grid.bars if bar.start_s > 12.5} == {3}
    bench.found(rhythm.reset)
    assert {bar.meter.beats for bar in rhythm.grid.bars} == {3}


def midi_file(path: Path) -> Path:
    """Two bars of 3/4 at 100, then 7/8 at 120."""
    file = mido.MidiFile(ticks_per_beat=480)
    track = mido.MidiTrack()
    file.tracks.append(track)
    track.append(mido.MetaMessage("time_signature", numerator=3, denominator=4))
    track.append(mido.MetaMessage("set_tempo", tempo=600_000))
    for index in range(6 + 28):
        length = 480 if index < 6 else 240
        if index == 6:
            track.append(mido.MetaMessage("time_signature", numerator=7, denominator=8))
            track.append(mido.MetaMessage("set_tempo", tempo=500_000))
        track.append(mido.Message("note_on", note=60 + index % 5, velocity=80))
        track.append(mido.Message("note_off", note=60 + index % 5, time=length))
    file.save(path)
    return path


def test_a_midi_file_gives_its_own_and_is_corrected_from_there(
    song: Song, tmp_path: Path, qtbot: QtBot
) -> None:
    rhythm = song.rhythm
    song.open(midi_file(tmp_path / "own.mid"))
    qtbot.waitUntil(lambda: rhythm.grid is not None, timeout=20_000)
    own = rhythm.grid
    assert [str(bar.meter) for bar in own.bars][:4] == ["3/4", "3/4", "7/8", "7/8"]
    np.testing.assert_allclose(own.bars_s[:4], [0, 1.8, 3.6, 5.35])
    rhythm.move_beat(2, 1.3)
    qtbot.waitUntil(lambda: rhythm.grid is not own, timeout=20_000)
    moved = rhythm.grid.beats_s
    assert moved[2] == pytest.approx(1.3)
    np.testing.assert_allclose(np.delete(moved[:20], 2), np.delete(own.beats_s[:20], 2))
    assert [str(bar.meter) for bar in rhythm.grid.bars][:4] == ["3/4", "3/4", "7/8", "7/8"]


def test_corrections_are_kept_in_the_project(song: Song, tmp_path: Path, qtbot: QtBot) -> None:
    song.open(midi_file(tmp_path / "own.mid"))
    qtbot.waitUntil(lambda: song.rhythm.grid is not None, timeout=20_000)
    song.rhythm.set_meter(Meter(4, 4))
    song.rhythm.begin_bar(0.6)
    song.rhythm.tap([0.6, 1.21, 1.8])
    given = song.rhythm.given
    path = tmp_path / "own.noteglow"
    projects.save(song.project(), path)
    assert projects.load(path).annotations.rhythm == given
    with qtbot.waitSignal(song.finished, timeout=20_000):
        song.open(path)
    assert song.rhythm.given == given
    # Where nothing was said, nothing is written, and nothing read.
    text = path.read_text()
    for wrong, what in (
        ('"meter": "4/5"', "rhythm: meter"), ('"beats_per_minute": 1e5', "beats_per_minute"),
        ('"runs_s": [[2, 1]]', "rhythm: runs_s"), ('"downbeats_s": 3', "rhythm: downbeats_s"),
    ):
        begin = text.index('"rhythm": {')
        path.write_text(text[:begin] + '"rhythm": {' + wrong + "}}")
        with pytest.raises(ProjectError, match=what):
            projects.load(path)


def test_given_beats_stay_apart_and_in_order() -> None:
    given = GivenRhythm(runs=((1.0, 2.0, 3.0), (7.0,)))
    assert given.with_beat(2.4, 2.0, bpm=60).runs == ((1.0, 2.4, 3.0), (7.0,))
    assert given.with_beat(5.0, bpm=60).runs == ((1.0, 2.0, 3.0), (5.0,), (7.0,))
    tapped = given.with_taps([2.5, 4.5, 6.5])
    assert tapped.runs == ((1.0, 2.0), (2.5, 4.5, 6.5), (7.0,))
    assert tapped.beats_per_minute == pytest.approx(30)
    assert given.doubled(60).runs == ((1.0, 1.5, 2.0, 2.5, 3.0), (7.0,))
    assert given.halved(60).runs == ((1.0, 3.0),)
    for runs in (tapped.runs, given.doubled(60).runs):
        moments = [at for run in runs for at in run]
        assert all(a < b for a, b in itertools.pairwise(moments))
