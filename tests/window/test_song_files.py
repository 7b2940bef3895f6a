"""Projects through the window: saved, reopened, recovered, asked for; and comparing, hovering."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import soundfile
from PySide6.QtCore import QEvent, QPointF, Qt, QUrl
from PySide6.QtGui import QImage
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QFileDialog

from app.exports.export_file import export
from app.song.autosave_files import autosave_folder, left_autosaves
from model.notes import Note
from tests.conftest import tones
from tests.leaks import nothing_left, only_new_objects  # noqa: F401
from tests.window.song_bench import (
    NOTES,
    answer,
    boxes,
    drop,
    editing,
    hover,
    mouse,
    opened,
    place,
    recording,  # noqa: F401
)
from tests.window.window_bench import WAIT_MS, Bench, bench, make  # noqa: F401

# Fixtures are imported, and arguments of the same name get them.
# ruff: noqa: F811


@pytest.fixture
def names(monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """What file dialogs answer, the last one first; nothing when they are cancelled."""
    answers: list[Path] = []

    def take(*_: object, **__: object) -> tuple[str, str]:
        return (str(answers.pop()), "") if answers else ("", "")

    monkeypatch.setattr(QFileDialog, "getSaveFileName", take)
    monkeypatch.setattr(QFileDialog, "getOpenFileName", take)
    return answers


def changed(bench: Bench, path: Path) -> list[Note]:
    """Opens a recording, moves a note, and gives the notes as they are then."""
    editing(bench, path)
    bench.window.song_controller.editing.choose([NOTES[0]])
    bench.window.song_controller.editing.move(semitones=1)
    return bench.song.notes


def save(bench: Bench) -> None:
    with bench.qtbot.waitSignal(bench.window.song_controller.files.keeper.saved, timeout=WAIT_MS):
        QTest.keyClick(bench.window.stage, Qt.Key.Key_S, Qt.KeyboardModifier.ControlModifier)


def keep_copy(bench: Bench) -> None:
    """What the timer does some seconds after a change."""
    keeper = bench.window.song_controller.files.keeper
    keeper.keep_copy()


def die(bench: Bench) -> None:
    """The program ends without being asked; what is on the disk stays."""
    bench.window.song_controller.files.go_unasked()
    bench.window.close()


def copies() -> list[Path]:
    """What is kept of unsaved work, by whomever."""
    return list(autosave_folder().glob("*.noteglow-autosave"))


def test_saved_and_reopened(
    make: Callable[[], Bench], recording: Path, tmp_path: Path, names: list[Path]
) -> None:
    first = make()
    notes = changed(first, recording)
    first.window.song_controller.playback.set_span(0.5, 1.5)
    first.window.song_controller.bar.speed.setValue(50)
    assert first.window.isWindowModified()
    names.append(tmp_path / "song")
    save(first)
    assert not first.window.isWindowModified()
    path = tmp_path / "song.noteglow"
    assert path.exists()
    assert first.settings.recent_files[0] == path
    # Again, under the same name and without a question.
    first.window.song_controller.editing.delete()
    save(first)
    first.window.song_controller.editing.undo()
    save(first)
    first.window.close()
    assert not first.window.isVisible()

    second = make()
    second.open(path)
    assert second.song.notes == notes
    assert second.window.song_controller.playback.span == (0.5, 1.5)
    assert second.window.song_controller.bar.speed.value() == 50
    assert not second.window.isWindowModified()
    assert second.window.windowTitle().startswith("song.noteglow")


def test_a_project_keeps_its_notes_whatever_the_sensitivity_was(
    make: Callable[[], Bench], recording: Path, tmp_path: Path, names: list[Path]
) -> None:
    first = make()
    first.open(recording)
    first.window.bar.sensitivity.setValue(80)
    first.until(lambda: first.song.decoder.onset_threshold < 0.4)
    first.until(lambda: not any(w.is_alive for w in first.song._redecoder.workers))
    notes = first.song.notes
    names.append(tmp_path / "song.noteglow")
    save(first)
    first.window.close()
    second = make()
    second.window.bar.sensitivity.setValue(30)
    second.open(tmp_path / "song.noteglow")
    assert second.window.bar.sensitivity.value() == 80
    assert second.song.notes == notes


def test_beside_what_came_with_the_program_nothing_is_offered_to_be_written(
    bench: Bench, recording: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.system.paths.ASSETS", recording.parent)
    asked: list[str] = []

    def ask(window: object, title: str, name: str, *_: object) -> tuple[str, str]:
        asked.append(name)
        return "", ""

    monkeypatch.setattr(QFileDialog, "getSaveFileName", ask)
    changed(bench, recording)
    bench.window.song_controller.act.save.trigger()
    keep_copy(bench)
    assert [Path(name).name for name in asked] == ["tone.noteglow"]
    assert Path(asked[0]).parent != recording.parent
    assert bench.settings.last_folder != recording.parent
    assert [path.name for path in recording.parent.glob("tone*")] == ["tone.wav"]
    bench.window.song_controller.editing.undo()


@pytest.mark.parametrize("choice", ["Save", "Discard", "Cancel"])
def test_closing_asks_for_what_was_not_saved(
    bench: Bench, recording: Path, tmp_path: Path, names: list[Path], choice: str
) -> None:
    changed(bench, recording)
    keep_copy(bench)
    assert len(copies()) == 1
    bench.window.close()
    assert bench.window.isVisible()
    names.append(tmp_path / "kept.noteglow")
    assert recording.name in answer(bench, choice)
    if choice == "Cancel":
        assert bench.window.isVisible()
        assert not boxes(bench)
        bench.window.song_controller.editing.undo()
    else:
        bench.until(lambda: not bench.window.isVisible())
        assert copies() == []
        assert (tmp_path / "kept.noteglow").exists() == (choice == "Save")


def test_closing_stays_when_no_name_is_given(
    bench: Bench, recording: Path, names: list[Path]
) -> None:
    changed(bench, recording)
    bench.window.close()
    answer(bench, "Save")
    assert bench.window.isVisible()
    bench.window.song_controller.editing.undo()
    bench.window.close()
    assert not bench.window.isVisible()


def test_another_file_and_a_live_take_ask_as_well(bench: Bench, recording: Path) -> None:
    notes = changed(bench, recording)
    bench.window.open(recording)
    answer(bench, "Cancel")
    bench.window.act.live.trigger()
    answer(bench, "Cancel")
    assert not bench.live.is_listening
    assert not bench.window.act.live.isChecked()
    assert bench.song.notes == notes
    bench.window.act.live.trigger()
    answer(bench, "Discard")
    assert bench.live.is_listening
    bench.window.act.live.trigger()


def test_a_moved_slider_alone_is_not_asked_about(bench: Bench, recording: Path) -> None:
    bench.open(recording)
    with bench.qtbot.waitSignal(bench.song.notes_changed, timeout=WAIT_MS):
        bench.window.bar.sensitivity.setValue(80)
    bench.window.close()
    assert not bench.window.isVisible()


def test_a_full_disk_is_told_and_nothing_is_closed(
    bench: Bench, recording: Path, tmp_path: Path, names: list[Path]
) -> None:
    changed(bench, recording)
    in_the_way = tmp_path / "a file, no folder"
    in_the_way.write_bytes(b"")
    names.append(in_the_way / "song.noteglow")
    bench.window.close()
    answer(bench, "Save")
    assert "a file, no folder" in bench.dismiss()
    assert bench.window.isVisible()
    bench.window.song_controller.editing.undo()


def test_a_copy_that_cannot_be_written_is_told_beside(
    bench: Bench, recording: Path
) -> None:
    changed(bench, recording)
    autosave_folder().parent.mkdir(parents=True)
    autosave_folder().write_bytes(b"a file in the way")
    keep_copy(bench)
    assert "not kept until you save" in bench.window.notice.text
    assert not boxes(bench)
    bench.window.song_controller.editing.undo()


def test_the_next_start_offers_what_was_not_saved(
    make: Callable[[], Bench], recording: Path, qtlog: Any
) -> None:
    first = make()
    notes = changed(first, recording)
    keep_copy(first)
    die(first)
    second = make()
    second.window.look_for_takes()
    assert recording.name in second.window.notice.text
    with second.qtbot.waitSignal(second.song.finished, timeout=WAIT_MS):
        second.press("Recover")
    assert second.song.notes == notes
    assert second.window.isWindowModified()
    assert second.window.windowTitle().startswith("tone.wav")
    # The mark of changes has its place in every title; without it Qt warns.
    assert [record.message for record in qtlog.records] == []
    assert all("autosave" not in path.name for path in second.settings.recent_files)
    second.window.close()
    answer(second, "Discard")
    assert not second.window.isVisible()
    third = make()
    third.window.look_for_takes()
    assert third.window.notice.text == ""


@pytest.mark.parametrize("choice", ["Recover", "Open without them"])
def test_opening_offers_what_was_not_saved(
    make: Callable[[], Bench], recording: Path, choice: str
) -> None:
    first = make()
    notes = changed(first, recording)
    keep_copy(first)
    die(first)
    second = make()
    second.window.open(recording)
    with second.qtbot.waitSignal(second.song.finished, timeout=WAIT_MS):
        answer(second, choice)
    assert (second.song.notes == notes) == (choice == "Recover")
    assert len(copies()) == (choice == "Recover")
    second.window.song_controller.files._may_go = True


def test_a_running_program_s_work_is_not_taken_for_a_crash_s(
    make: Callable[[], Bench], recording: Path
) -> None:
    first = make()
    notes = changed(first, recording)
    keep_copy(first)
    second = make()
    second.window.look_for_takes()
    assert second.window.notice.text == ""
    # Nor when it opens the same recording, changes it and closes it.
    changed(second, recording)
    assert not boxes(second)
    keep_copy(second)
    second.window.close()
    answer(second, "Discard")
    assert len(copies()) == 1
    # The first one is still safe.
    die(first)
    assert [one.source for one in left_autosaves()] == [recording]
    third = make()
    third.window.look_for_takes()
    with third.qtbot.waitSignal(third.song.finished, timeout=WAIT_MS):
        third.press("Recover")
    assert third.song.notes == notes
    third.window.song_controller.files._may_go = True


def test_of_several_that_were_left_the_next_is_offered(
    make: Callable[[], Bench], recording: Path, tmp_path: Path
) -> None:
    other = recording.with_name("other.wav")
    other.write_bytes(recording.read_bytes())
    for path in (recording, other):
        bench = make()
        changed(bench, path)
        keep_copy(bench)
        die(bench)
    last = make()
    last.window.look_for_takes()
    names = []
    for _ in range(2):
        names.append(last.window.notice.text)
        last.press("Discard…")
        answer(last, "Discard")
    assert ["other.wav" in names[0], "tone.wav" in names[1]] == [True, True]
    assert last.window.notice.text == ""
    assert copies() == []


@pytest.mark.parametrize("way", ["moved", "changed"])
def test_a_recording_that_is_not_found_is_asked_for(
    make: Callable[[], Bench], recording: Path, tmp_path: Path, names: list[Path], way: str,
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    first = make()
    notes = changed(first, recording)
    path = tmp_path / "song.noteglow"
    names.append(path)
    save(first)
    first.window.close()
    if way == "moved":
        elsewhere = recording.rename(tmp_path_factory.mktemp("elsewhere") / "other name.wav")
    else:
        soundfile.write(recording, tones(1.9), 44_100)
        elsewhere = recording
    second = make()
    second.window.open(path)
    assert recording.name in second.box().text()
    names.append(elsewhere)
    with second.qtbot.waitSignal(second.song.finished, timeout=WAIT_MS):
        answer(second, "Look for it…" if way == "moved" else "Use it as it is")
    assert second.song.notes == notes
    second.window.song_controller.files._may_go = True


def test_a_recording_that_is_not_found_need_not_be(
    make: Callable[[], Bench], recording: Path, tmp_path: Path, names: list[Path]
) -> None:
    first = make()
    changed(first, recording)
    names.append(tmp_path / "song.noteglow")
    save(first)
    first.window.close()
    recording.unlink()
    second = make()
    second.window.open(tmp_path / "song.noteglow")
    answer(second, "Cancel")
    assert second.window.welcome.isVisible()
    assert not boxes(second)


# Opening, comparing, hovering.


def test_midi_files_and_projects_are_dropped(bench: Bench, tmp_path: Path) -> None:
    export(NOTES, tmp_path / "a.mid")
    with bench.qtbot.waitSignal(bench.song.finished, timeout=WAIT_MS):
        assert drop(bench, QUrl.fromLocalFile(str(tmp_path / "a.mid")))
    assert [note.pitch for note in bench.song.notes] == [60, 64, 67]
    assert bench.window.commands.note_count == 3


def test_a_midi_file_is_laid_beside(
    bench: Bench, recording: Path, tmp_path: Path, names: list[Path]
) -> None:
    opened(bench, recording)
    song_controller, plot = bench.window.song_controller, bench.window.stage.plot

    def there() -> QImage:
        corner = place(bench, 1.0, 68).toPoint()
        return plot.grab().toImage().copy(corner.x() - 4, corner.y() - 4, 8, 8)

    plain = there()
    export([Note(1.0, 1.5, 68, 90)], tmp_path / "other.mid")
    names.append(tmp_path / "other.mid")
    with bench.qtbot.waitSignal(bench.song.comparison.changed, timeout=WAIT_MS):
        song_controller.act.compare.trigger()
    assert "Beside other.mid: 0 notes right, 1 missed" in bench.window.notice.text
    assert there() != plain
    assert bench.song.notes == list(NOTES)
    bench.press("End the comparison")
    assert bench.song.comparison.path is None
    bench.until(lambda: there() == plain)
    (tmp_path / "bad.mid").write_bytes(b"no MIDI")
    names.append(tmp_path / "bad.mid")
    song_controller.act.compare.trigger()
    assert "bad.mid" in bench.dismiss()


def test_the_note_under_the_pointer_is_told(bench: Bench, recording: Path) -> None:
    opened(bench, recording)
    status = bench.window.status.source
    hover(bench, 1.4, 67)
    for part in ("G4", "392.0 Hz", "0:01.200", "0.400 s", "velocity 90", "70% sure"):
        assert part in status.toolTip()
    hover(bench, 1.9, 56)
    assert status.toolTip().startswith("tone.wav")
    bench.song.edits.set_velocity([NOTES[2]], 50)
    hover(bench, 1.4, 67)
    assert "by hand" in status.toolTip()
    bench.song.edits.undo()
    assert "cents" not in status.toolTip()


def test_the_note_under_the_pointer_is_told_with_how_in_tune_it_is(
    bench: Bench, recording: Path
) -> None:
    opened(bench, recording)
    status = bench.window.status.source
    bench.song.edits.add(Note(1.1, 1.7, 65, cents=(-12.0,) * 30))
    hover(bench, 1.4, 65)
    assert "−12 cents ± 0" in status.toolTip()
    assert "phrase −12 ± 0" in status.toolTip()


def test_the_note_under_the_pointer_is_told_no_longer_than_it_is_there(
    bench: Bench, recording: Path
) -> None:
    stage, status = opened(bench, recording).window.stage, bench.window.status.source
    plot = stage.plot.viewport()
    # The view moves beneath the pointer.
    hover(bench, 1.4, 67)
    assert status.toolTip().startswith("G4")
    stage.shift(0, 5)
    assert status.toolTip().startswith("tone.wav")
    stage.shift(0, -5)
    assert status.toolTip().startswith("G4")
    # A drag of the view that is let go beside the plot, over the buttons.
    start, beside = place(bench, 1.4, 67), QPointF(300, -90)
    mouse(plot, QEvent.Type.MouseButtonPress, start, held=True)
    mouse(plot, QEvent.Type.MouseMove, start + QPointF(0, -20), held=True)
    mouse(plot, QEvent.Type.MouseMove, beside, held=True)
    mouse(plot, QEvent.Type.MouseButtonRelease, beside)
    assert status.toolTip().startswith("tone.wav")
    stage.fit()
    hover(bench, 1.4, 67)
    assert status.toolTip().startswith("G4")
    QApplication.sendEvent(plot, QEvent(QEvent.Type.Leave))
    assert status.toolTip().startswith("tone.wav")


def test_why_is_shown_while_ctrl_is_held_or_it_is_switched_on(
    bench: Bench, recording: Path
) -> None:
    opened(bench, recording)
    panel, stage = bench.window.song_controller.hover.panel, bench.window.stage
    hover(bench, 1.4, 67)
    assert not panel.isVisible()
    QTest.keyPress(stage, Qt.Key.Key_Control)
    assert panel.isVisible()
    assert panel.title == "G4 at 0:01.40"
    assert panel.verdict == "The note that began at 0:01.20 sounds on here."
    QTest.keyRelease(stage, Qt.Key.Key_Control)
    assert not panel.isVisible()
    QTest.keyClick(stage, Qt.Key.Key_W)
    hover(bench, 1.9, 56)
    assert panel.title.startswith("G♯3 at")
    room = stage.view_box.geometry().toRect()
    assert room.contains(panel.geometry())
    hover(bench, 0.05, stage.view_box.low + 0.6)
    assert room.contains(panel.geometry())
    stage.view_box.hover_ended.emit()
    assert not panel.isVisible()
