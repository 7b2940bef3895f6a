"""A recording heard in the window: played, looped, slowed down, mixed, note by note."""

from __future__ import annotations

from pathlib import Path
from typing import NoReturn

import pytest
from PySide6.QtCore import QEvent, QPointF, Qt
from PySide6.QtTest import QTest

from app.audio.devices.device_list import AudioDeviceError
from app.exports.export_file import export
from app.window.song.loop_speed_mix import BOTH, ONLY_NOTES, ONLY_RECORDING
from tests.leaks import nothing_left, only_new_objects  # noqa: F401
from tests.window.song_bench import (
    NOTES,
    SHIFT,
    boxes,
    click,
    drag,
    drag_ruler,
    editing,
    hover,
    mouse,
    opened,
    place,
    recording,  # noqa: F401
)
from tests.window.window_bench import Bench, bench, make  # noqa: F401

# Fixtures are imported, and arguments of the same name get them.
# ruff: noqa: F811

CONTROL = Qt.KeyboardModifier.ControlModifier


def test_the_bar_is_there_with_a_recording(bench: Bench, recording: Path) -> None:
    song_controller = bench.window.song_controller
    assert not song_controller.bar.isVisible()
    assert not any(action.isEnabled() for action in song_controller.act.all())
    opened(bench, recording)
    assert song_controller.bar.isVisible()
    assert song_controller.act.loop.isEnabled()
    assert song_controller.bar.speed.accessibleName() == "Speed"
    assert all(action.toolTip() and action.whatsThis() for action in song_controller.act.all())


def test_a_drag_on_the_ruler_is_looped_by_its_key(bench: Bench, recording: Path) -> None:
    opened(bench, recording)
    song_controller, player = bench.window.song_controller, bench.song.player
    drag_ruler(bench, 0.5, 1.5)
    assert song_controller.playback.span == pytest.approx((0.5, 1.5), abs=0.01)
    assert player.loop is None
    QTest.keyClick(bench.window.stage, Qt.Key.Key_L, CONTROL)
    assert not bench.live.is_listening
    assert song_controller.act.loop.isChecked()
    assert player.loop == pytest.approx((0.5, 1.5), abs=0.01)
    # The loop goes where the next drag is.
    drag(bench, (0.2, 72), (0.8, 72), SHIFT)
    assert player.loop == pytest.approx((0.2, 0.8), abs=0.01)
    bench.window.act.play.trigger()
    bench.outputs[-1].time = 100.0
    assert player.is_playing
    QTest.keyClick(bench.window.stage, Qt.Key.Key_L, CONTROL)
    assert player.loop is None
    assert song_controller.playback.span is not None
    QTest.keyClick(bench.window.stage, Qt.Key.Key_L, CONTROL | SHIFT)
    assert song_controller.playback.span is None


def test_l_is_live_and_no_key_changes_its_meaning_with_a_recording(
    bench: Bench, recording: Path
) -> None:
    def keys() -> dict[str, str]:
        actions = [*bench.window.act.all(), *bench.window.song_controller.act.all()]
        return {action.whatsThis(): action.shortcut().toString() for action in actions}

    before = keys()
    opened(bench, recording)
    assert keys() == before
    QTest.keyClick(bench.window.stage, Qt.Key.Key_L)
    assert bench.live.is_listening
    assert keys() == before
    QTest.keyClick(bench.window.stage, Qt.Key.Key_L)
    assert not bench.live.is_listening


def test_without_a_span_what_is_in_view_is_looped(bench: Bench, recording: Path) -> None:
    opened(bench, recording)
    box = bench.window.stage.view_box
    box.zoom_time(1.0 / box.span_s, 0.0)
    bench.window.song_controller.act.loop.trigger()
    assert bench.song.player.loop == pytest.approx((box.start_s, box.end_s))


def test_a_click_on_the_ruler_goes_there_and_selects_nothing(
    bench: Bench, recording: Path
) -> None:
    opened(bench, recording)
    drag_ruler(bench, 1.0, 1.01)
    assert bench.window.song_controller.playback.span is None
    assert bench.song.player.position_s == pytest.approx(1.0, abs=0.01)


def test_speed(bench: Bench, recording: Path) -> None:
    opened(bench, recording)
    bar, player = bench.window.song_controller.bar, bench.song.player
    bar.speed.setValue(25)
    assert player.speed == 0.25
    assert bar.speed_text.text() == "25 %"
    QTest.keyClick(bench.window.stage, Qt.Key.Key_Period)
    assert player.speed == pytest.approx(0.3)
    QTest.keyClick(bench.window.stage, Qt.Key.Key_Comma)
    assert bar.speed.value() == 25
    for _ in range(5):
        QTest.keyClick(bench.window.stage, Qt.Key.Key_Comma)
    assert bar.speed_text.text() == "10 %"
    assert player.speed == pytest.approx(0.1)
    QTest.mouseDClick(bar.speed, Qt.MouseButton.LeftButton)
    assert player.speed == 1.0
    bar.speed.setValue(150)
    QTest.keyClick(bench.window.stage, Qt.Key.Key_Period)
    assert player.speed == 1.5


def test_the_mix_goes_from_the_recording_to_its_notes(bench: Bench, recording: Path) -> None:
    opened(bench, recording)
    bar, playback = bench.window.song_controller.bar, bench.window.song_controller.playback
    for expected in (BOTH, ONLY_NOTES, ONLY_RECORDING):
        QTest.keyClick(bench.window.stage, Qt.Key.Key_X)
        assert playback.mix == bar.mix.value() == expected
    bar.mix.setValue(75)
    # The notes sound once it plays, the recording more softly.
    assert bench.song.player._gains == (0.5, 1.0)


def test_a_midi_file_is_heard_by_its_notes(bench: Bench, tmp_path: Path) -> None:
    export(NOTES, tmp_path / "a.mid")
    bench.open(tmp_path / "a.mid")
    bar = bench.window.song_controller.bar
    assert not bar.mix.isEnabled()
    assert bar.mix.value() == ONLY_NOTES
    assert not bar.shortest.isEnabled()
    assert bench.song.player._gains == (0.0, 1.0)
    bench.window.act.play.trigger()
    assert bench.window.commands.song.is_playing


def test_the_mix_of_a_recording_follows_a_midi_file(
    bench: Bench, recording: Path, tmp_path: Path
) -> None:
    export(NOTES, tmp_path / "a.mid")
    bench.open(tmp_path / "a.mid")
    bench.open(recording)
    assert bench.song.player._gains == (1.0, 0.0)


def test_notes_and_keys_are_struck(
    bench: Bench, recording: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened(bench, recording)
    struck: list[tuple[int, int]] = []
    monkeypatch.setattr(
        bench.song.player, "strike", lambda pitch, velocity: struck.append((pitch, velocity))
    )
    click(bench, 1.4, 67)
    assert struck == [(67, 90)]
    assert bench.song.player.position_s == pytest.approx(1.4, abs=0.01)
    # Who drags the view by a note does not mean the note.
    drag(bench, (1.4, 67), (1.4, 66))
    assert len(struck) == 1
    plot = bench.window.stage.plot.viewport()
    at = QPointF(70, place(bench, 0, 62).y())
    mouse(plot, QEvent.Type.MouseButtonPress, at, held=True)
    assert [pitch for pitch, _ in struck] == [67, 62]
    # Right of the black keys' ends there is only the white key.
    at = QPointF(80, place(bench, 0, 61.2).y())
    mouse(plot, QEvent.Type.MouseButtonPress, at, held=True)
    assert struck[-1][0] == 62
    at = QPointF(10, place(bench, 0, 61).y())
    mouse(plot, QEvent.Type.MouseButtonPress, at, held=True)
    assert struck[-1][0] == 61


def test_the_note_under_the_pointer_is_heard_alone(bench: Bench, recording: Path) -> None:
    opened(bench, recording)
    bench.window.act.play.trigger()
    hover(bench, 1.4, 67)
    QTest.keyClick(bench.window.stage, Qt.Key.Key_S)
    assert not bench.window.commands.song.is_playing
    assert len(bench.outputs) == 2
    bench.outputs[-1].run_to_the_end()
    assert not bench.song.player.is_playing


def test_a_chosen_note_is_heard_alone(bench: Bench, recording: Path) -> None:
    editing(bench, recording)
    bench.window.song_controller.editing.choose([NOTES[0]])
    bench.window.song_controller.act.solo.trigger()
    assert len(bench.outputs) == 1


def test_without_an_output_all_else_works_and_one_line_says_so(
    bench: Bench, recording: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    editing(bench, recording)
    song_controller, player = bench.window.song_controller, bench.song.player

    def refuse(*_: object) -> None:
        raise AudioDeviceError("There is no sound output.")

    monkeypatch.setattr(player.output, "open_device", refuse)
    for _ in range(2):
        click(bench, 1.4, 67)
    drag(bench, (1.4, 67), (1.4, 66))
    song_controller.act.solo.trigger()
    assert bench.window.notice.text == "There is no sound output."
    assert not boxes(bench)
    assert [note.pitch for note in bench.song.notes] == [60, 64, 66]
    song_controller.bar.speed.setValue(50)
    song_controller.act.loop.trigger()
    assert player.loop is not None
    bench.window.act.play.trigger()
    assert bench.dismiss() == "There is no sound output."
    # It goes away once something is heard.
    monkeypatch.undo()
    click(bench, 0.4, 60)
    assert bench.window.notice.text == ""
    bench.song.edits.undo()


def test_chosen_notes_are_played_alone_and_once(bench: Bench, recording: Path) -> None:
    editing(bench, recording)
    controller, window = bench.window.song_controller, bench.window
    assert not controller.act.play_part.isEnabled()
    QTest.keyClick(window.stage, Qt.Key.Key_Space, SHIFT)
    assert "no note is chosen" in window.status.source.toolTip()
    controller.editing.choose([NOTES[1]])
    window.commands.seek(0.0)
    QTest.keyClick(window.stage, Qt.Key.Key_Space, SHIFT)
    assert "1 of 3 notes" in window.status.source.toolTip()
    assert window.commands.song.is_playing
    player = bench.song.player
    assert player._mixer.score.notes == [NOTES[1]]
    assert player._mixer.gains == (0.0, 1.0)
    assert player.position_s == pytest.approx(NOTES[1].onset_s)
    # It goes back to where it began.
    bench.outputs[-1].run_to_the_end()
    bench.until(lambda: not window.commands.song.is_playing)
    assert window.stage.cursor_s == pytest.approx(NOTES[1].onset_s)
    assert player._mixer.gains == (1.0, 0.0)


def test_a_selected_part_is_played_once_as_it_is_mixed(bench: Bench, recording: Path) -> None:
    opened(bench, recording)
    window, player = bench.window, bench.song.player
    drag_ruler(bench, 0.5, 1.0)
    QTest.keyClick(window.stage, Qt.Key.Key_Space, SHIFT)
    assert player.position_s == pytest.approx(0.5, abs=0.01)
    assert player._mixer.gains == (1.0, 0.0)
    # Another place ends the part, and all is played from there.
    window.commands.seek(1.2)
    assert player.position_s == pytest.approx(1.2)
    assert player.is_playing


def test_a_part_that_cannot_be_heard_is_not_said_to_be(bench: Bench, recording: Path) -> None:
    editing(bench, recording)
    window = bench.window
    window.song_controller.editing.choose([NOTES[1]])
    bench.song.player.output.open_device = refuse
    window.song_controller.act.play_part.trigger()
    assert "no output" in bench.dismiss()
    assert not window.commands.song.is_playing
    assert "Playing" not in window.status.source.toolTip()


def refuse(*_: object) -> NoReturn:
    raise AudioDeviceError("There is no output.")
