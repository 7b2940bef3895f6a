"""The stage view: names, chord and keyboard over the whole screen."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from app.exports.export_file import ExportOptions, export
from app.music.chords.chord_names import Chord
from app.music.rhythm import Rhythm
from app.views.stage_view.stage_view import StageView
from model.notes import Note
from tests.leaks import nothing_left, only_new_objects  # noqa: F401
from tests.note_events import on
from tests.window.song_bench import opened, recording  # noqa: F401
from tests.window.window_bench import Bench, bench, make  # noqa: F401

# Fixtures are imported, and arguments of the same name get them.
# ruff: noqa: F811

SHIFT = Qt.KeyboardModifier.ShiftModifier


def view(bench: Bench) -> StageView:
    return bench.window._stage_view.view


def test_its_key_covers_the_window_and_esc_leaves(bench: Bench, recording: Path) -> None:
    window, stage = bench.window, bench.window.stage
    QTest.keyClick(window, Qt.Key.Key_F11, SHIFT)
    assert not view(bench).isVisible()
    assert "nothing is open" in window.status.source.text()
    opened(bench, recording)
    before = stage.names.height()
    QTest.keyClick(stage, Qt.Key.Key_F11, SHIFT)
    assert window.isFullScreen()
    bench.until(lambda: view(bench).size() == window.size())
    assert stage.names.isVisible()
    assert stage.names.height() > window.height() / 2
    window.commands.seek(0.4)
    assert stage.names.text == "C4  E4"
    assert view(bench).keyboard.lit.keys() == {60, 64}
    # What the keys do goes on.
    QTest.keyClick(stage, Qt.Key.Key_Right)
    assert stage.cursor_s == pytest.approx(2.0)
    QTest.keyClick(stage, Qt.Key.Key_Escape)
    assert not view(bench).isVisible()
    assert not window.isFullScreen()
    assert stage.names.height() == before
    assert stage.names.isVisible()
    assert stage.names.parent() is stage
    QTest.keyClick(stage, Qt.Key.Key_Escape)
    assert stage.isVisible(), "a second one means nothing"


def test_it_scales_with_the_window_and_shows_the_instrument(bench: Bench) -> None:
    window, keyboard = bench.window, view(bench).keyboard
    window.act.live.trigger()
    window.act.full_screen.trigger()
    window.act.stage_view.trigger()
    bench.live.hear(1.0, on(60, 0.5), on(64, 0.5), on(67, 0.5))
    window.stage.refresh()
    assert keyboard.lit.keys() == {60, 64, 67}
    view(bench).resize(1600, 900)
    wide = keyboard.key_room(60)
    view(bench).resize(1000, 600)
    QTest.qWaitForWindowExposed(window)
    bench.until(lambda: keyboard.width() == 1000)
    assert keyboard.key_room(60).width() == pytest.approx(wide.width() * 1000 / 1600, rel=0.01)
    window.display.set_instrument("Violin")
    # The octaves that a violin plays.
    assert keyboard.key_room(48).left() == 0 < keyboard.key_room(50).left()
    window.display.set_instrument("")
    window.act.live.trigger()
    # It was full screen before.
    window.act.stage_view.trigger()
    assert window.isFullScreen()


def test_a_broken_chord_has_its_name(bench: Bench, tmp_path: Path) -> None:
    notes = [
        Note(2 * bar + beat / 2, 2 * bar + beat / 2 + 0.45, pitch, 80)
        for bar, chord in enumerate([(48, 64, 67, 72), (53, 65, 69, 72), (55, 62, 67, 71)])
        for beat, pitch in enumerate(chord)
    ]
    export(notes, tmp_path / "broken.mid", ExportOptions(rhythm=Rhythm.steady(120)))
    bench.open(tmp_path / "broken.mid")
    names = bench.window.stage.names
    bench.until(lambda: bool(bench.window.commands.chords()))
    bench.window.commands.seek(2.7)
    assert (names.chord, names._piece_chord) == ("", None)
    bench.window.act.stage_view.trigger()
    bench.window.commands.seek(2.6)
    assert names._piece_chord == Chord(5, "", 5)
    bench.window.act.stage_view.trigger()
    assert names._piece_chord is None
