"""Markers and sections in the window: set, named, moved, gone to, looped, saved and exported."""

from __future__ import annotations

from pathlib import Path

import mido
import pytest
from PySide6.QtCore import QEvent, QPointF, Qt
from PySide6.QtTest import QTest

from app.music.sections import Marker
from app.song import project_file as projects
from app.views.dialogs.export_choice import ExportChoice
from app.views.dialogs.shortcuts_dialog import ShortcutsDialog
from app.views.stage.lanes.lane_editor import LaneEditor
from app.views.stage.lanes.section_lane import HEIGHT
from app.window.song.section_commands import SectionCommands
from tests.leaks import nothing_left, only_new_objects  # noqa: F401
from tests.window.song_bench import NO_KEY, key, mouse, opened, recording  # noqa: F401
from tests.window.window_bench import WAIT_MS, Bench, bench, make  # noqa: F401

# Fixtures are imported, and arguments of the same name get them.
# ruff: noqa: F811

SHIFT, CONTROL = Qt.KeyboardModifier.ShiftModifier, Qt.KeyboardModifier.ControlModifier


def editor(bench: Bench) -> LaneEditor:
    return bench.window.stage.plot.findChild(LaneEditor)


def sections(bench: Bench) -> SectionCommands:
    return bench.window.song_controller.sections


def begin(bench: Bench, at_s: float, name: str) -> None:
    """Sets a marker by its key, and writes its name."""
    bench.window.commands.seek(at_s)
    key(bench, Qt.Key.Key_H, SHIFT)
    assert editor(bench).isVisible()
    QTest.keyClicks(editor(bench), name)
    QTest.keyClick(editor(bench), Qt.Key.Key_Return)
    assert not editor(bench).isVisible()


def in_lane(bench: Bench, at_s: float) -> QPointF:
    lane = bench.window.stage.plot.sections
    return lane.mapToScene(QPointF(lane.x(at_s), lane.size().height() / 2))


@pytest.fixture
def three(bench: Bench, recording: Path) -> Bench:
    """A recording of two seconds with three sections."""
    opened(bench, recording)
    for at_s, name in ((0.2, "Intro"), (0.8, "Strophe"), (1.4, "Refrain")):
        begin(bench, at_s, name)
    return bench


def test_sections_are_begun_named_and_gone_to_by_keys(three: Bench) -> None:
    stage, song_controller = three.window.stage, three.window.song_controller
    assert [(one.start_s, one.end_s, one.name) for one in sections(three).sections] == [
        (0.2, 0.8, "Intro"), (0.8, 1.4, "Strophe"), (1.4, pytest.approx(2.0), "Refrain"),
    ]  # fmt: skip
    assert [span.name for span in stage.plot.sections.spans] == ["Intro", "Strophe", "Refrain"]
    key(three, Qt.Key.Key_1)
    assert stage.cursor_s == pytest.approx(0.2)
    key(three, Qt.Key.Key_F3)
    assert stage.cursor_s == pytest.approx(0.8)
    key(three, Qt.Key.Key_3)
    key(three, Qt.Key.Key_F3, SHIFT)
    assert stage.cursor_s == pytest.approx(0.8)
    key(three, Qt.Key.Key_F3, CONTROL)
    assert song_controller.playback.span == pytest.approx((0.8, 1.4))
    assert song_controller.playback.loops
    key(three, Qt.Key.Key_Delete, SHIFT)
    assert [marker.name for marker in sections(three).markers] == ["Intro", "Refrain"]
    assert song_controller.act.undo.text() == "Undo delete marker"
    song_controller.act.undo.trigger()
    assert len(sections(three).markers) == 3


def test_undo_takes_names_and_markers_back(three: Bench) -> None:
    edits, plot = three.song.edits, three.window.stage.plot
    plot.centralLayout.activate()
    below = plot.chords.geometry().top()
    assert edits.undo_label == "Rename marker"
    edits.undo()
    assert sections(three).markers[-1].name == "A"
    edits.undo()
    assert [one.name for one in sections(three).sections] == ["Intro", "Strophe"]
    for _ in range(4):
        edits.undo()
    assert sections(three).sections == []
    assert not three.window.stage.plot.sections.isVisible()
    plot.centralLayout.activate()
    assert plot.chords.geometry().top() == below - HEIGHT, "it takes no room"


def test_a_flag_is_dragged_and_a_name_changed_by_the_mouse(three: Bench) -> None:
    plot = three.window.stage.plot.viewport()
    first, last = in_lane(three, 0.8), in_lane(three, 1.1)
    mouse(plot, QEvent.Type.MouseButtonPress, first, held=True)
    mouse(plot, QEvent.Type.MouseMove, (first + last) / 2, held=True)
    mouse(plot, QEvent.Type.MouseMove, last, held=True)
    mouse(plot, QEvent.Type.MouseButtonRelease, last)
    assert sections(three).markers[1] == Marker(pytest.approx(1.1, abs=0.01), "Strophe")
    assert three.song.edits.undo_label == "Move marker"
    at = in_lane(three, 1.7)
    mouse(plot, QEvent.Type.MouseButtonPress, at, held=True)
    mouse(plot, QEvent.Type.MouseButtonRelease, at)
    assert three.window.stage.cursor_s == pytest.approx(1.7, abs=0.01), "a click goes there"
    mouse(plot, QEvent.Type.MouseButtonDblClick, at, held=True)
    mouse(plot, QEvent.Type.MouseButtonRelease, at)
    assert editor(three).text() == "Refrain"
    QTest.keyClicks(editor(three), "Da capo 1")
    QTest.keyClick(editor(three), Qt.Key.Key_Escape)
    assert sections(three).markers[-1].name == "Refrain", "Esc leaves it as it was"
    assert three.window.stage.cursor_s == pytest.approx(1.7, abs=0.01), "digits are a name's"


def test_what_cannot_be_done_is_said(bench: Bench, recording: Path) -> None:
    opened(bench, recording)
    said: list[str] = []
    sections(bench).refused.connect(said.append)
    assert not bench.window.song_controller.act.sections.next.isEnabled()
    begin(bench, 0.5, "A")
    bench.window.commands.seek(0.1)
    key(bench, Qt.Key.Key_H, SHIFT | CONTROL)
    bench.window.commands.seek(0.5)
    key(bench, Qt.Key.Key_H, SHIFT)
    assert not editor(bench).isVisible()
    bench.window.commands.seek(2.0)
    key(bench, Qt.Key.Key_H, SHIFT)
    key(bench, Qt.Key.Key_F3)
    assert [sentence.split(":")[0] for sentence in said] == [
        "No section has begun here yet", "Begin a section here", "Begin a section here",
        "Next section",
    ]  # fmt: skip


def test_a_section_that_is_begun_while_it_plays_is_named_later(
    bench: Bench, recording: Path
) -> None:
    opened(bench, recording)
    said: list[str] = []
    sections(bench).refused.connect(said.append)
    bench.window.stage.run(lambda: 0.7)
    bench.window.stage.refresh()
    key(bench, Qt.Key.Key_H, SHIFT)
    assert sections(bench).markers == (Marker(0.7, "A"),)
    assert not editor(bench).isVisible()
    assert said == ["Section A begins at 0:00.7: Ctrl+Shift+H names it."]


def test_the_menu_lists_them_and_the_box_of_keys_no_others(three: Bench) -> None:
    act = three.window.song_controller.act.sections
    act.menu.aboutToShow.emit()
    shown = [action.text() for action in act.menu.actions() if action.isVisible()]
    assert [text.split("   ")[0] for text in shown] == ["Intro", "Strophe", "Refrain"]
    dialog = ShortcutsDialog(three.window)
    assert "Go to section 3" in dialog.text
    assert "Go to section 4" not in dialog.text
    dialog.close()


def test_they_are_saved_and_exported(three: Bench, tmp_path: Path) -> None:
    files = three.window.song_controller.files
    with three.qtbot.waitSignal(files.keeper.saved, timeout=WAIT_MS):
        files.keeper.save(tmp_path / "a.noteglow")
    assert [marker.name for marker in projects.load(
        tmp_path / "a.noteglow"
    ).annotations.markers] == ["Intro", "Strophe", "Refrain"]  # fmt: skip
    assert files.keeper.is_saved
    with three.qtbot.waitSignal(three.window.commands.exported, timeout=WAIT_MS):
        three.window.commands.export(tmp_path / "a.mid", 440.0, ExportChoice(chords=False))
    midi = mido.MidiFile(tmp_path / "a.mid", charset="utf-8")
    now_s, found = 0.0, []
    for message in midi:
        now_s += message.time
        if message.type == "marker":
            found.append((round(now_s, 2), message.text))
    assert found == [(0.2, "Intro"), (0.8, "Strophe"), (1.4, "Refrain")]
    # The file has them again, and nothing to be saved.
    three.open(tmp_path / "a.mid")
    assert [(round(marker.time_s, 2), marker.name) for marker in sections(three).markers] == found
    assert not files.must_ask
    three.open(tmp_path / "a.noteglow")
    assert [span.name for span in three.window.stage.plot.sections.spans] == [
        "Intro", "Strophe", "Refrain",
    ]  # fmt: skip
