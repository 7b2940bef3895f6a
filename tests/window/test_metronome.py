"""The metronome in the window: over a recording, live, counting in, set in the panel."""

from __future__ import annotations

from pathlib import Path

import mido
import pytest
from PySide6.QtCore import Qt

from app.music.rhythm import Meter
from tests.leaks import nothing_left, only_new_objects  # noqa: F401
from tests.window.song_bench import SHIFT, key
from tests.window.window_bench import Bench, bench, make  # noqa: F401

# Fixtures are imported, and arguments of the same name get them.
# ruff: noqa: F811


@pytest.fixture
def song(bench: Bench, tmp_path: Path) -> Bench:
    """Four bars of 3/4 at 120 beats a minute."""
    file = mido.MidiFile(ticks_per_beat=480)
    track = mido.MidiTrack()
    file.tracks.append(track)
    track.append(mido.MetaMessage("time_signature", numerator=3, denominator=4))
    for beat in range(12):
        track.append(mido.Message("note_on", note=60 + beat % 3, velocity=80))
        track.append(mido.Message("note_off", note=60 + beat % 3, time=480))
    file.save(tmp_path / "waltz.mid")
    bench.open(tmp_path / "waltz.mid")
    bench.until(lambda: bench.song.rhythm.grid is not None)
    return bench


def test_it_clicks_on_the_beats_of_the_recording(song: Bench) -> None:
    clicks = song.song.player.clicks
    assert not clicks.is_on
    key(song, Qt.Key.Key_Y)
    assert clicks.between(0.9, 2.1) == [
        (pytest.approx(1.0), False), (pytest.approx(1.5), True), (pytest.approx(2.0), False),
    ]  # fmt: skip
    assert song.settings.metronome
    # A correction is heard.
    before = song.song.rhythm.grid
    song.song.rhythm.set_meter(Meter(2, 4))
    song.until(lambda: song.song.rhythm.grid is not before)
    assert [first for _, first in clicks.between(0.0, 1.9)] == [True, False, True, False]
    key(song, Qt.Key.Key_Y)
    assert not clicks.is_on


def test_playing_is_counted_in_from_any_place(song: Bench) -> None:
    key(song, Qt.Key.Key_Y, SHIFT)
    clicks = song.song.player.clicks
    counted = []
    clicks.count_in = counted.append  # type: ignore[method-assign]
    song.window.commands.seek(1.5)
    key(song, Qt.Key.Key_Space)
    assert counted == [[(1.5, True), (1.0, False), (0.5, False)]]
    key(song, Qt.Key.Key_Space)
    song.window.commands.seek(0.75)
    song.song.player.set_speed(0.5)
    key(song, Qt.Key.Key_Space)
    # The next beat is the bar's third: two more lead up to where it begins.
    assert counted[1] == [
        (pytest.approx(before), first) for before, first in
        ((4.5, True), (3.5, False), (2.5, False), (1.5, True), (0.5, False))
    ]  # fmt: skip


def test_a_take_is_counted_in_and_clicked_to(bench: Bench) -> None:
    window = bench.window
    metronome = window.song_controller.metronome
    window.display.metronome.set_bpm(300)
    key(bench, Qt.Key.Key_Y, SHIFT)
    key(bench, Qt.Key.Key_R)
    assert metronome.is_counting
    assert not window.commands.live.is_recording
    bench.until(lambda: window.commands.live.is_recording)
    # It only counted in.
    assert not metronome.live.is_playing
    key(bench, Qt.Key.Key_Y)
    assert metronome.live.is_playing
    assert metronome.live.clicks.between(0, 0.5) == [
        (0.0, True), (pytest.approx(0.2), False), (pytest.approx(0.4), False)
    ]  # fmt: skip
    key(bench, Qt.Key.Key_R)
    assert not metronome.live.is_playing


def test_counting_in_is_given_up_by_the_same_key(bench: Bench) -> None:
    metronome = bench.window.song_controller.metronome
    key(bench, Qt.Key.Key_Y, SHIFT)
    key(bench, Qt.Key.Key_R)
    key(bench, Qt.Key.Key_R)
    assert not metronome.is_counting
    assert not metronome.live.is_playing
    assert not bench.window.commands.live.is_listening


def test_the_panel_sets_it(bench: Bench) -> None:
    fields = bench.window.panels.display.metronome
    fields.is_on.click()
    fields.counts_in.click()
    fields.level.setValue(100)
    fields.bpm.setValue(90)
    bars = bench.window.song_controller.act.bars
    assert bars.metronome.isChecked()
    assert bars.count_in.isChecked()
    assert bench.song.player.clicks.level == 1
    settings = bench.settings
    assert (settings.metronome, settings.count_in, settings.click_level, settings.click_bpm) == (
        True, True, 100, 90
    )  # fmt: skip
