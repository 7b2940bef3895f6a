"""The loop's edges, how long it is, the speed trainer, and playback at another pitch."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import Qt

from app.exports.export_file import ExportOptions, export
from app.music.rhythm import Meter, Rhythm
from app.song import project_file as projects
from model.notes import Note
from tests.leaks import nothing_left, only_new_objects  # noqa: F401
from tests.window.song_bench import NO_KEY, drag_ruler, key, mouse, opened, recording  # noqa: F401
from tests.window.window_bench import WAIT_MS, Bench, bench, make  # noqa: F401

# Fixtures are imported, and arguments of the same name get them.
# ruff: noqa: F811

SHIFT, CONTROL = Qt.KeyboardModifier.ShiftModifier, Qt.KeyboardModifier.ControlModifier
ALT = Qt.KeyboardModifier.AltModifier


def test_keys_set_the_edges_and_a_drag_moves_one(bench: Bench, recording: Path) -> None:
    opened(bench, recording)
    playback, commands = bench.window.song_controller.playback, bench.window.commands
    commands.seek(0.5)
    key(bench, Qt.Key.Key_BracketLeft)
    assert playback.span == pytest.approx((0.5, 2.0))
    commands.seek(1.5)
    key(bench, Qt.Key.Key_BracketRight)
    assert playback.span == pytest.approx((0.5, 1.5))
    drag_ruler(bench, 1.5, 1.2)
    assert playback.span == pytest.approx((0.5, 1.2), abs=0.01)
    assert bench.window.stage.cursor_s == pytest.approx(1.5), "to take hold of an edge is no click"
    drag_ruler(bench, 0.5, 0.8)
    assert playback.span == pytest.approx((0.8, 1.2), abs=0.01)
    # Past the other edge they change places.
    drag_ruler(bench, 0.8, 1.6)
    assert playback.span == pytest.approx((1.2, 1.6), abs=0.01)
    # A beginning behind the end lets it reach to the recording's, an end before it from the start.
    commands.seek(1.8)
    key(bench, Qt.Key.Key_BracketLeft)
    assert playback.span == pytest.approx((1.8, 2.0))
    commands.seek(0.4)
    key(bench, Qt.Key.Key_BracketRight)
    assert playback.span == pytest.approx((0.0, 0.4))


def test_the_length_is_told_in_seconds_and_bars(bench: Bench, tmp_path: Path) -> None:
    notes = [Note(0.5 * beat, 0.5 * beat + 0.4, 60 + beat % 5, 80) for beat in range(12)]
    rhythm = Rhythm.steady(120, Meter(3, 4))
    export(notes, tmp_path / "waltz.mid", ExportOptions(rhythm=rhythm))
    bench.open(tmp_path / "waltz.mid")
    playback = bench.window.song_controller.playback
    bench.until(lambda: bench.song.rhythm.grid is not None)
    grid = bench.song.rhythm.grid
    assert grid is not None
    playback.set_span(float(grid.bars_s[0]), float(grid.bars_s[2]))
    assert playback.span_text.endswith("s, 2 bars")
    playback.set_span(float(grid.bars_s[0]), float(grid.beats_s[1]))
    assert playback.span_text.endswith("s, 0.3 bars")
    playback.clear_span()
    assert playback.span_text == ""
    # An edge that is dragged near to a beat goes there, unless Alt is held.
    beats_s, near_s = grid.beats_s, 4 * bench.window.stage.view_box.seconds_per_pixel
    axis = bench.window.stage.time_axis
    axis.selected.emit(float(beats_s[1]) + near_s, float(beats_s[5]) - near_s)
    assert playback.span == pytest.approx((beats_s[1], beats_s[5]))
    middle_s = float(beats_s[2] + beats_s[3]) / 2
    axis.selected.emit(float(beats_s[1]), middle_s)
    assert playback.span == pytest.approx((beats_s[1], middle_s))


def test_the_trainer_gets_faster_with_every_pass(bench: Bench, recording: Path) -> None:
    opened(bench, recording)
    song_controller, player = bench.window.song_controller, bench.song.player
    playback, bar = song_controller.playback, song_controller.bar
    playback.set_span(0.5, 1.0)
    said: list[str] = []
    song_controller.refused.connect(said.append)
    key(bench, Qt.Key.Key_F4)
    assert song_controller.act.sections.trainer.isChecked()
    assert (playback.speed, playback.loops) == (60, True)
    assert bar.speed_text.text() == "60 % ↑"
    for turns, speed in ((1, 65), (1, 65), (0, 65), (1, 70), (2, 75)):
        player._turns = turns
        bench.window.stage.advanced.emit(0.6)
        assert playback.speed == speed
    for _ in range(12):
        player._turns += 1
        bench.window.stage.advanced.emit(0.6)
    assert playback.speed == 100
    assert said[0] == "Speed trainer: 60 %, and 5 % more with every pass, up to 100 %."
    assert said[-1] == "Speed trainer: 100 %."
    key(bench, Qt.Key.Key_F4)
    assert not song_controller.trainer.is_on
    assert bar.speed_text.text() == "100 %"
    # From a slower speed that is set; the end of the loop is its end.
    playback.set_speed(30)
    key(bench, Qt.Key.Key_F4)
    assert playback.speed == 30
    playback.clear_span()
    assert not song_controller.trainer.is_on


def test_playback_at_another_pitch(bench: Bench, recording: Path, tmp_path: Path) -> None:
    opened(bench, recording)
    song_controller, status = bench.window.song_controller, bench.window.status
    playback, pitch = song_controller.playback, song_controller.bar.pitch
    key(bench, Qt.Key.Key_Comma, SHIFT)
    key(bench, Qt.Key.Key_Comma, SHIFT)
    key(bench, Qt.Key.Key_Period, ALT)
    assert playback.cents == -190
    assert pitch.text() == "-1.90"
    assert [button.text() for button in status.chips.buttons] == ["Pitch -1.90  ×"]
    pitch.setValue(2.0)
    assert playback.cents == 200
    assert pitch.text() == "+2.00"
    # It belongs to the recording: kept in its project, and gone with another one.
    with bench.qtbot.waitSignal(song_controller.files.keeper.saved, timeout=WAIT_MS):
        song_controller.files.keeper.save(tmp_path / "a.noteglow")
    assert projects.load(tmp_path / "a.noteglow").view["cents"] == 200
    opened(bench, recording)
    assert playback.cents == 0
    bench.open(tmp_path / "a.noteglow")
    assert playback.cents == 200
    status.chips.buttons[0].click()
    assert playback.cents == 0
    playback.set_cents(5000)
    assert playback.cents == 1200
    key(bench, Qt.Key.Key_Comma, CONTROL)
    assert playback.cents == 0


def test_the_time_in_the_bar_goes_with_the_loop(bench: Bench, recording: Path) -> None:
    opened(bench, recording)
    playback = bench.window.song_controller.playback
    playback.set_span(1.0, 1.5)
    playback.set_loops(True)
    assert bench.window.stage.cursor_s == pytest.approx(1.0)
    assert bench.window.bar.time.text().startswith("0:01.0")
