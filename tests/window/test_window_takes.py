"""Takes in the window: recorded, broken off, kept and discarded."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import soundfile
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QMessageBox

from app.takes.played_sessions import sessions_folder
from app.takes.take_recorder import TakeRecorder, notes_path, read_marks, read_notes
from model.heard import Heard
from model.notes import Probabilities
from tests.leaks import nothing_left, only_new_objects  # noqa: F401
from tests.note_events import off, on
from tests.window.window_bench import WAIT_MS, Bench, bench, make  # noqa: F401
from tests.window.window_fakes import RATE

# Fixtures are imported, and arguments of the same name get them.
# ruff: noqa: F811


def takes(tmp_path: Path) -> list[str]:
    """The names of the files in the folder of takes."""
    return sorted(path.name for path in (tmp_path / "takes").glob("*"))


def test_record_listens_and_leaves_a_take(bench: Bench, tmp_path: Path) -> None:
    window = bench.window
    QTest.keyClick(window, Qt.Key.Key_R)
    assert bench.live.is_listening
    assert window.act.record.isChecked()
    assert window.bar.record.text().strip() == "Stop"
    assert "Recording from A microphone to Noteglow" in window.status.source.toolTip()
    bench.live.hear(2.0, on(60, 0.9), off(60, 0.9, 1.5))
    QTest.mouseClick(window.bar.record, Qt.MouseButton.LeftButton)
    assert not bench.live.is_listening
    bench.until(lambda: "Recorded" in window.notice.text)
    assert "0:02" in window.notice.text
    sound, notes = takes(tmp_path)
    assert (sound[-5:], notes[-12:]) == (".flac", ".notes.jsonl")
    assert soundfile.info(tmp_path / "takes" / sound).frames == 2 * RATE
    events = [
        json.loads(line) for line in (tmp_path / "takes" / notes).read_text().splitlines()
    ]
    assert [(event["event"], event["pitch"]) for event in events] == [("on", 60), ("off", 60)]
    # It stays to be looked at, and can be opened like any other recording.
    assert window.commands.note_count == 1
    assert window.act.export.isEnabled()
    assert bench.settings.recent_files == [tmp_path / "takes" / sound]
    with bench.qtbot.waitSignal(bench.song.finished, timeout=WAIT_MS):
        bench.press("Open as a recording")
    assert window.commands.source.startswith(sound)


def test_a_take_takes_in_what_was_played_since_live_began(bench: Bench, tmp_path: Path) -> None:
    window = bench.window
    window.act.live.trigger()
    bench.live.hear(5.0, on(60, 0.9), off(60, 0.9, 1.5))
    window.stage.refresh()
    window.act.record.trigger()
    # Nothing that is seen goes, and where R was pressed is marked.
    assert window.commands.note_count == 1
    assert list(window.stage.time_axis.marks) == [5.0]
    assert window.act.record.isChecked()
    assert "Recording from A microphone to Noteglow" in window.status.source.toolTip()
    assert not window.input.can_choose
    bench.live.hear(6.0, on(64, 5.5), off(64, 5.5, 5.9))
    window.act.record.trigger()
    bench.until(lambda: "Recorded" in window.notice.text)
    assert "0:06" in window.notice.text
    sound, _ = takes(tmp_path)
    path = tmp_path / "takes" / sound
    assert soundfile.info(path).frames == 6 * RATE
    assert [(note.pitch, note.onset_s) for note in read_notes(path)] == [(60, 0.9), (64, 5.5)]
    assert read_marks(path) == [5.0]
    # The take is no session as well.
    assert list(sessions_folder().iterdir()) == []
    bench.open(path)
    assert list(window.stage.time_axis.marks) == [5.0]
    window.act.live.trigger()
    assert list(window.stage.time_axis.marks) == []


def test_a_take_begins_anew_where_nothing_is_kept(bench: Bench, tmp_path: Path) -> None:
    window = bench.window
    window.input._settings.keep_hours = 0
    window.act.live.trigger()
    bench.live.hear(5.0, on(60, 0.9), off(60, 0.9, 1.5))
    window.stage.refresh()
    assert window.commands.note_count == 1
    window.act.record.trigger()
    assert window.commands.note_count == 0
    assert bench.live.heard_s == 0
    bench.live.hear(1.0)
    # The Live button ends the take as well.
    window.act.live.trigger()
    bench.until(lambda: "Recorded" in window.notice.text)
    assert len(takes(tmp_path)) == 2


def test_a_take_that_never_begins_leaves_nothing(bench: Bench, tmp_path: Path) -> None:
    bench.live.refusal = "There is no microphone."
    bench.window.act.record.trigger()
    assert bench.window.notice.text == "There is no microphone."
    assert not bench.window.act.record.isChecked()
    assert not bench.live.is_recording
    bench.until(lambda: not bench.window.commands.live.is_saving)
    assert takes(tmp_path) == []


def test_a_folder_that_takes_no_take_is_told(bench: Bench, tmp_path: Path) -> None:
    (tmp_path / "takes").write_bytes(b"a file in the way")
    bench.window.act.record.trigger()
    assert "takes" in bench.dismiss()
    assert not bench.live.is_listening
    assert not bench.window.act.record.isChecked()


def test_a_take_that_breaks_off_is_told_and_the_listening_goes_on(bench: Bench) -> None:
    window = bench.window
    window.act.record.trigger()
    window.commands.live.broken_off.emit("The take ended after 0:03, the disk is full.")
    assert window.notice.text == "The take ended after 0:03, the disk is full."
    assert bench.live.is_listening


def test_closing_while_recording_ends_the_take_properly(bench: Bench, tmp_path: Path) -> None:
    bench.window.act.record.trigger()
    bench.live.hear(1.0, on(60, 0.5))
    bench.window.close()
    assert not bench.live.is_listening
    sound, notes = takes(tmp_path)
    assert "unfinished" not in sound + notes
    assert soundfile.info(tmp_path / "takes" / sound).frames == RATE


def leave_unfinished(folder: Path) -> Path:
    """What a program that was killed leaves of a take."""
    writer = TakeRecorder(folder / "Broken.flac")
    writer.begin(RATE)
    writer.write(np.zeros(RATE, np.float32))
    writer.hear(Heard(0, np.zeros((0, 1), np.float32), Probabilities.join([]), [on(60, 0.1)]))
    writer.finish()
    assert writer.wait(60)
    unfinished = folder / "Broken.unfinished.flac"
    writer.path.replace(unfinished)
    notes_path(writer.path).replace(notes_path(unfinished))
    return unfinished


def test_an_unfinished_take_is_offered_and_kept(bench: Bench, tmp_path: Path) -> None:
    leave_unfinished(tmp_path / "takes")
    bench.window.look_for_takes()
    bench.until(lambda: "was not ended" in bench.window.notice.text)
    bench.press("Keep")
    bench.until(lambda: "Kept: Broken.flac" in bench.window.notice.text)
    assert takes(tmp_path) == ["Broken.flac", "Broken.notes.jsonl"]
    with bench.qtbot.waitSignal(bench.song.finished, timeout=WAIT_MS):
        bench.press("Open as a recording")


def test_an_unfinished_take_is_offered_until_it_is_kept_or_discarded(
    bench: Bench, tmp_path: Path
) -> None:
    leave_unfinished(tmp_path / "takes")
    bench.window.look_for_takes()
    bench.until(lambda: "was not ended" in bench.window.notice.text)
    bench.press("Later")
    assert not bench.window.notice.isVisible()
    bench.window.look_for_takes()
    bench.until(lambda: "was not ended" in bench.window.notice.text)
    for button, left in (("Keep", 2), ("Discard", 0)):
        bench.press("Discard…")
        box = bench.box()
        answer = next(choice for choice in box.buttons() if choice.text() == button)
        QTest.mouseClick(answer, Qt.MouseButton.LeftButton)
        bench.until(lambda left=left: len(takes(tmp_path)) == left)
    bench.until(lambda: not bench.window.findChildren(QMessageBox))


def test_two_windows_at_once(make: Callable[[], Bench], tmp_path: Path) -> None:
    first, second = make(), make()
    first.window.act.record.trigger()
    first.live.hear(1.0)
    # The other one's running take is not offered as one that broke off.
    with second.qtbot.waitSignal(second.window._offer.settled, timeout=WAIT_MS):
        second.window.look_for_takes()
    assert not second.window.notice.isVisible()
    second.window.act.record.trigger()
    second.live.hear(2.0)
    for one in (first, second):
        one.window.act.record.trigger()
        one.until(lambda one=one: "Recorded" in one.window.notice.text)
    assert len(takes(tmp_path)) == 4
    first.window.display.set_unsure(False)
    assert not second.settings.unsure
