"""Notes of a recording chosen and changed in the window, by mouse and keys."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QImage
from PySide6.QtTest import QTest

from model.notes import Note
from tests.leaks import nothing_left, only_new_objects  # noqa: F401
from tests.window.song_bench import (
    NOTES,
    SHIFT,
    click,
    double_click,
    drag,
    editing,
    hover,
    opened,
    place,
    recording,  # noqa: F401
)
from tests.window.window_bench import Bench, bench, make  # noqa: F401

# Fixtures are imported, and arguments of the same name get them.
# ruff: noqa: F811

LOW, MIDDLE, LATE = NOTES


def shape(notes: list[Note]) -> list[tuple[float, float, int, int]]:
    return [(round(note.onset_s, 2), round(note.offset_s, 2), note.pitch, note.velocity)
            for note in notes]


def press(bench: Bench, key: Qt.Key, keys: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier
          ) -> None:
    QTest.keyClick(bench.window.stage, key, keys)


def test_the_mouse_edits_only_while_it_shall(bench: Bench, recording: Path) -> None:
    opened(bench, recording)
    song_controller, before = bench.window.song_controller, bench.song.notes
    drag(bench, (0.4, 60), (0.8, 62))
    assert bench.song.notes == before
    assert song_controller.editing.chosen == []
    bench.window.stage.view_box.show_from(0.0)
    press(bench, Qt.Key.Key_E)
    assert song_controller.act.edit.isChecked()
    bench.window.stage.fit()
    click(bench, 0.4, 60)
    assert song_controller.editing.chosen == [LOW]
    press(bench, Qt.Key.Key_E)
    assert song_controller.editing.chosen == []


def test_clicks_and_bands_choose(bench: Bench, recording: Path) -> None:
    def chosen() -> list[Note]:
        return bench.window.song_controller.editing.chosen

    editing(bench, recording)
    click(bench, 0.5, 60)
    assert chosen() == [LOW]
    click(bench, 1.4, 67, SHIFT)
    assert chosen() == [LOW, LATE]
    click(bench, 0.5, 60, SHIFT)
    assert chosen() == [LATE]
    drag(bench, (0.05, 62.0), (1.0, 66.0))
    assert chosen() == [MIDDLE]
    drag(bench, (1.1, 66.0), (1.8, 68.4), SHIFT)
    assert chosen() == [MIDDLE, LATE]
    assert bench.window.song_controller.editing.undo_label is None
    click(bench, 1.0, 62)
    assert chosen() == []
    assert bench.window.stage.cursor_s == pytest.approx(1.0, abs=0.01)
    bench.window.song_controller.act.select_all.trigger()
    assert chosen() == list(NOTES)


def test_keys_walk_from_note_to_note(bench: Bench, recording: Path) -> None:
    editing(bench, recording)
    song_controller, control = bench.window.song_controller, Qt.KeyboardModifier.ControlModifier
    for expected in (LOW, MIDDLE, LATE, LATE):
        press(bench, Qt.Key.Key_Right, control)
        assert song_controller.editing.chosen == [expected]
    assert bench.window.stage.cursor_s == pytest.approx(LATE.onset_s)
    press(bench, Qt.Key.Key_Left, control)
    assert song_controller.editing.chosen == [MIDDLE]


def test_a_drag_moves_all_chosen_notes_in_one_step(bench: Bench, recording: Path) -> None:
    editing(bench, recording)
    song_controller = bench.window.song_controller
    click(bench, 0.4, 60)
    click(bench, 0.6, 64, SHIFT)
    drag(bench, (0.4, 60), (0.6, 62))
    moved = [(0.4, 0.8, 62, 70), (0.5, 1.1, 66, 80), (1.2, 1.6, 67, 90)]
    assert shape(bench.song.notes) == moved
    assert shape(song_controller.editing.chosen) == moved[:2]
    assert song_controller.act.undo.text() == "Undo move"
    press(bench, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert bench.song.notes == list(NOTES)
    assert not song_controller.act.undo.isEnabled()
    assert song_controller.act.redo.text() == "Redo move"
    press(bench, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier | SHIFT)
    assert shape(bench.song.notes) == moved
    # What is on the stage is what there is.
    assert bench.window.stage.notes == bench.song.notes


def test_a_drag_up_does_not_shift_in_time(bench: Bench, recording: Path) -> None:
    editing(bench, recording)
    drag(bench, (1.4, 67), (1.405, 65))
    assert shape(bench.song.notes)[2] == (1.2, 1.6, 65, 90)


def test_a_drag_at_an_end_stretches(bench: Bench, recording: Path) -> None:
    editing(bench, recording)
    drag(bench, (1.598, 67), (1.798, 67))
    assert shape(bench.song.notes)[2] == (1.2, 1.8, 67, 90)
    drag(bench, (1.202, 67), (1.102, 67))
    assert shape(bench.song.notes)[2] == (1.1, 1.8, 67, 90)
    assert bench.window.song_controller.act.undo.text() == "Undo change length"


def test_a_double_click_adds_and_a_held_one_draws(bench: Bench, recording: Path) -> None:
    editing(bench, recording)
    double_click(bench, 1.0, 70)
    added, = bench.window.song_controller.editing.chosen
    assert added.pitch == 70
    assert abs(added.onset_s - 1.0) < 0.11
    drag(bench, (0.5, 69), (0.9, 69), double=True)
    drawn, = bench.window.song_controller.editing.chosen
    assert (drawn.pitch, round(drawn.offset_s, 2)) == (69, 0.9)
    assert len(bench.song.notes) == 5
    assert bench.window.song_controller.act.undo.text() == "Undo add note"
    # A double click on a note adds nothing.
    double_click(bench, 1.4, 67)
    assert len(bench.song.notes) == 5


def test_keys_change_the_chosen_notes(bench: Bench, recording: Path) -> None:
    editing(bench, recording)
    stage = bench.window.stage
    view = stage.view_box.low
    click(bench, 0.4, 60)
    press(bench, Qt.Key.Key_Up)
    press(bench, Qt.Key.Key_Up)
    press(bench, Qt.Key.Key_Down)
    press(bench, Qt.Key.Key_Up, SHIFT)
    press(bench, Qt.Key.Key_Right, Qt.KeyboardModifier.AltModifier)
    assert shape(bench.song.notes)[0] == (0.21, 0.61, 61, 75)
    assert stage.view_box.low == view
    press(bench, Qt.Key.Key_Delete)
    assert bench.song.notes == [MIDDLE, LATE]
    # Nothing is chosen now: the same key scrolls.
    press(bench, Qt.Key.Key_Up)
    assert stage.view_box.low > view


def test_split_and_join(bench: Bench, recording: Path) -> None:
    editing(bench, recording)
    song_controller = bench.window.song_controller
    bench.window.commands.seek(0.4)
    click(bench, 0.55, 60)
    press(bench, Qt.Key.Key_K, Qt.KeyboardModifier.ControlModifier)
    assert shape(bench.song.notes)[:3] == [
        (0.2, 0.4, 60, 70), (0.3, 0.9, 64, 80), (0.4, 0.6, 60, 70),
    ]
    assert len(song_controller.editing.chosen) == 2
    press(bench, Qt.Key.Key_J)
    assert shape(bench.song.notes) == shape(list(NOTES))
    # Without a choice, all that sounds at the cursor is cut.
    song_controller.editing.choose([])
    press(bench, Qt.Key.Key_K, Qt.KeyboardModifier.ControlModifier)
    assert len(bench.song.notes) == 5


def test_decoding_anew_keeps_what_a_hand_has_changed(bench: Bench, recording: Path) -> None:
    bench.open(recording)
    window, song_controller = bench.window, bench.window.song_controller
    song_controller.act.edit.trigger()
    note = bench.song.notes[0]
    song_controller.editing.choose([note])
    song_controller.editing.move(semitones=2)
    moved, = song_controller.editing.chosen
    found = len(bench.song.notes)
    window.bar.sensitivity.setValue(90)
    bench.until(lambda: len(bench.song.notes) != found)
    assert moved in bench.song.notes
    assert note not in bench.song.notes
    with bench.qtbot.waitSignal(bench.song.notes_changed):
        song_controller.bar.shortest.setValue(200)
    assert bench.song.decoder.min_note_ms == 200
    assert moved in bench.song.notes
    window.act.own_notes.trigger()
    assert song_controller.bar.shortest.value() == 40
    bench.until(lambda: bench.song.decoder.min_note_ms == 40)
    assert moved in bench.song.notes


def test_the_pointer_says_what_it_could_do(bench: Bench, recording: Path) -> None:
    editing(bench, recording)
    box = bench.window.stage.view_box
    for time_s, pitch, expected in (
        (1.4, 67, Qt.CursorShape.SizeAllCursor), (1.599, 67, Qt.CursorShape.SizeHorCursor),
        (1.0, 62, Qt.CursorShape.CrossCursor),
    ):
        hover(bench, time_s, pitch)
        assert box.cursor().shape() == expected
    bench.window.song_controller.act.edit.trigger()
    assert box.cursor().shape() == Qt.CursorShape.ArrowCursor


def test_chosen_notes_and_those_of_a_hand_look_different(bench: Bench, recording: Path) -> None:
    editing(bench, recording)
    plot, song_controller = bench.window.stage.plot, bench.window.song_controller

    def around() -> QImage:
        corner = place(bench, 1.6, 67).toPoint()
        return plot.grab().toImage().copy(corner.x() - 9, corner.y() - 12, 14, 24)

    plain = around()
    song_controller.editing.choose([LATE])
    chosen = around()
    assert chosen != plain
    song_controller.editing.louder(1)
    song_controller.editing.choose([])
    by_hand = around()
    assert by_hand != plain
    assert by_hand != chosen


def test_editing_ends_when_a_live_take_begins(bench: Bench, recording: Path) -> None:
    editing(bench, recording)
    song_controller = bench.window.song_controller
    assert song_controller.bar.isVisible()
    bench.window.act.live.trigger()
    assert not song_controller.bar.isVisible()
    assert not song_controller.act.edit.isEnabled()
    assert not song_controller.editing.is_on
    bench.window.act.live.trigger()
