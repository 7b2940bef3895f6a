"""What is played live without being recorded: kept for a while, listed, and made a recording."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import soundfile
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from app.takes import played_sessions
from app.takes.played_sessions import sessions_folder
from app.takes.take_paths import TakeFiles
from app.takes.take_recorder import read_notes
from tests.leaks import nothing_left, only_new_objects  # noqa: F401
from tests.note_events import off, on
from tests.takes.test_played_sessions import leave
from tests.window.song_bench import NOTES, answer, editing, key, recording  # noqa: F401
from tests.window.window_bench import WAIT_MS, Bench, bench, make  # noqa: F401
from tests.window.window_fakes import RATE

# Fixtures are imported, and arguments of the same name get them.
# ruff: noqa: F811


def play(bench: Bench, seconds: float = 2.0) -> None:
    """Plays a note in a session of this length."""
    bench.window.act.live.trigger()
    bench.live.hear(seconds, on(60, 0.5), off(60, 0.5, 1.0))


def stop(bench: Bench) -> None:
    """Ends it, and waits until it is on the disk."""
    bench.window.act.live.trigger()
    bench.until(lambda: not bench.window._archive.is_writing)


def listed(bench: Bench) -> list[str]:
    """What the menu offers, the newest first."""
    menu = bench.window._recent_playing._menu
    return [action.text() for action in menu.actions() if "note" in action.text()]


def rows(bench: Bench) -> list[str]:
    return [row.text() for row in bench.window.welcome.playing.rows]


def test_what_was_played_is_kept_and_becomes_a_recording(bench: Bench, tmp_path: Path) -> None:
    window = bench.window
    play(bench)
    assert not window.bar.keep.isVisible()
    stop(bench)
    assert "You played 0:02, 1 note" in window.notice.text
    assert window.bar.keep.isVisible()
    assert not window.bar.freeze.isVisible()
    assert [text.split("   ·   ")[1:] for text in listed(bench)] == [["0:02", "1 note"]]
    assert not (tmp_path / "takes").exists()
    with bench.qtbot.waitSignal(bench.song.finished, timeout=WAIT_MS):
        QTest.mouseClick(window.bar.keep, Qt.MouseButton.LeftButton)
    path = window.commands.recording
    assert path is not None
    assert path.parent == tmp_path / "takes"
    assert soundfile.info(path).frames == 2 * RATE
    assert [(note.pitch, note.onset_s) for note in read_notes(path)] == [(60, 0.5)]
    # Playable, editable, saveable; and no longer listed beside.
    for action in (window.act.play, *(getattr(window.song_controller.act, name)
                                      for name in ("edit", "save"))):
        assert action.isEnabled()
    assert not window.bar.keep.isVisible()
    bench.until(lambda: not listed(bench))
    assert bench.settings.recent_files == [path]


def test_k_keeps_it_also_while_it_is_played(bench: Bench) -> None:
    play(bench)
    with bench.qtbot.waitSignal(bench.song.finished, timeout=WAIT_MS):
        key(bench, Qt.Key.Key_K)
    assert not bench.live.is_listening
    assert bench.window.commands.source.startswith("Noteglow")
    # There is nothing further.
    key(bench, Qt.Key.Key_K)
    assert "nothing was played" in bench.window.status.source.toolTip()


def test_k_opens_a_take_that_was_recorded(bench: Bench) -> None:
    bench.window.act.record.trigger()
    bench.live.hear(2.0, on(60, 0.5), off(60, 0.5, 1.0))
    bench.window.act.record.trigger()
    bench.until(lambda: "Recorded" in bench.window.notice.text)
    # It is kept already; K only opens it.
    assert not bench.window.bar.keep.isVisible()
    with bench.qtbot.waitSignal(bench.song.finished, timeout=WAIT_MS):
        key(bench, Qt.Key.Key_K)
    assert bench.window.commands.source.startswith("Noteglow")


@pytest.mark.parametrize("way", ["live", "open", "quit"])
def test_nothing_is_lost_by_what_comes_after(
    make: Callable[[], Bench], tone_wav: Path, way: str
) -> None:
    first = make()
    play(first)
    if way == "live":
        stop(first)
        play(first, 3.0)
        stop(first)
    elif way == "open":
        first.open(tone_wav)
    first.window.close()
    second = make()
    assert not second.window.welcome.playing.isVisible()
    second.window.look_for_takes()
    second.until(lambda: bool(rows(second)))
    assert second.window.welcome.playing.isVisible()
    lengths = [text.split("   ·   ")[1] for text in rows(second)]
    assert sorted(lengths) == (["0:02", "0:03"] if way == "live" else ["0:02"])
    assert "Today" in rows(second)[0]
    # A row of the first page opens it.
    with second.qtbot.waitSignal(second.song.finished, timeout=WAIT_MS):
        QTest.mouseClick(second.window.welcome.playing.rows[0], Qt.MouseButton.LeftButton)
    assert second.window.commands.source.startswith("Noteglow")


def test_what_was_asked_for_before_a_crash_is_a_take_without_a_question(
    bench: Bench, tmp_path: Path
) -> None:
    path = leave(sessions_folder(), "Noteglow 2026-11-26 21-05-09", marks=(1.0,))
    files = TakeFiles(path)
    files.notes.rename(files.unfinished_notes)
    path.rename(files.unfinished_audio)
    bench.window.look_for_takes()
    bench.until(lambda: f"Kept: {path.name}" in bench.window.notice.text)
    assert (tmp_path / "takes" / path.name).exists()
    with bench.qtbot.waitSignal(bench.song.finished, timeout=WAIT_MS):
        bench.press("Open as a recording")
    assert list(bench.window.stage.time_axis.marks) == [1.0]


def test_a_take_whose_folder_is_gone_at_the_end_stays_and_is_told(
    bench: Bench, tmp_path: Path
) -> None:
    play(bench)
    bench.window.act.record.trigger()
    (tmp_path / "takes").write_bytes(b"a file in the way")
    bench.window.act.record.trigger()
    bench.until(lambda: "could not be moved" in bench.window.notice.text)
    # The next start tries again.
    (tmp_path / "takes").unlink()
    bench.window.look_for_takes()
    bench.until(lambda: "Kept: " in bench.window.notice.text)
    assert len(list((tmp_path / "takes").glob("*.flac"))) == 1


def test_what_was_only_a_moment_is_no_playing(bench: Bench) -> None:
    bench.window.act.live.trigger()
    bench.live.hear(0.5)
    stop(bench)
    assert bench.window.notice.text == ""
    assert listed(bench) == []
    assert list(sessions_folder().iterdir()) == []


def test_nothing_is_kept_where_that_is_set(bench: Bench) -> None:
    play(bench)
    stop(bench)
    bench.window.input.set_keeping(0, 4)
    play(bench)
    stop(bench)
    assert bench.window.notice.text == ""
    bench.window._archive.look()
    bench.until(lambda: not listed(bench))
    assert list(sessions_folder().iterdir()) == []
    key(bench, Qt.Key.Key_K)
    assert "R records" in bench.window.status.source.toolTip()


def test_the_disk_s_last_gigabyte_is_left(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    free = [2**31]
    for module in ("app.takes.played_sessions", "app.live.session_archive"):
        monkeypatch.setattr(f"{module}.free_bytes", lambda _: free[0])
    play(bench)
    free[0] = played_sessions.FREE_BYTES - 1
    bench.window._archive._tidy()
    bench.until(lambda: "less than a gigabyte" in bench.window.notice.text)
    assert bench.live.is_listening
    bench.live.hear(3.0)
    bench.window.act.live.trigger()
    bench.until(lambda: not bench.window._archive.is_writing)
    # Nor does the next session begin to fill it.
    play(bench)
    assert "less than a gigabyte" in bench.window.notice.text
    assert bench.window._archive.spool is None
    bench.window.act.live.trigger()


def test_all_of_it_can_be_forgotten(bench: Bench) -> None:
    play(bench)
    stop(bench)
    bench.window.act.forget_sessions.trigger()
    assert "Forget all" in answer(bench, "Forget")
    bench.until(lambda: not listed(bench))
    assert list(sessions_folder().iterdir()) == []
    # It is not offered any more.
    bench.until(lambda: not bench.window.bar.keep.isVisible())


# Keys that can do nothing.


def test_a_key_that_can_do_nothing_says_why(bench: Bench, tone_wav: Path) -> None:
    said = bench.window.status.source
    QTest.keyClick(bench.window.welcome, Qt.Key.Key_Space)
    assert said.toolTip() == "Play: nothing is open, Ctrl+O opens a recording."
    QTest.keyClick(bench.window.welcome, Qt.Key.Key_F)
    assert said.toolTip() == "Fit to window: nothing is open, Ctrl+O opens a recording."
    play(bench)
    key(bench, Qt.Key.Key_E)
    assert said.toolTip() == (
        "Edit notes: this needs a recording, K ends Live and keeps what you just played as one."
    )
    stop(bench)
    for pressed, name in ((Qt.Key.Key_Space, "Play"), (Qt.Key.Key_E, "Edit notes")):
        key(bench, pressed)
        assert said.toolTip() == (
            f"{name}: this needs a recording, K keeps what you just played as one."
        )
    QTest.keyClick(bench.window.stage, Qt.Key.Key_S, Qt.KeyboardModifier.ControlModifier)
    assert said.toolTip().startswith("Save project: this needs a recording")
    bench.open(tone_wav)
    assert said.toolTip().startswith("tone.wav")
    QTest.keyClick(bench.window.stage, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert said.toolTip() == "Undo: there is nothing to undo."
    key(bench, Qt.Key.Key_Delete)
    assert said.toolTip() == "Delete: no note is chosen, E lets you choose notes."
    QTest.keyClick(bench.window.stage, Qt.Key.Key_K, Qt.KeyboardModifier.ControlModifier)
    assert said.toolTip() == "Split at the cursor: E begins to edit notes."
    # What works says nothing of the kind.
    key(bench, Qt.Key.Key_E)
    assert said.toolTip().startswith("tone.wav")


def test_an_editing_key_that_changes_nothing_says_why(bench: Bench, recording: Path) -> None:
    editing(bench, recording)
    said, edit = bench.window.status.source, bench.window.song_controller.editing
    control = Qt.KeyboardModifier.ControlModifier
    QTest.keyClick(bench.window.stage, Qt.Key.Key_K, control)
    assert said.toolTip() == "Split at the cursor: no note sounds there."
    edit.choose([NOTES[0]])
    key(bench, Qt.Key.Key_J)
    assert said.toolTip() == "Join: no two of the chosen notes are of the same pitch."
    edit.choose([NOTES[2]])
    QTest.keyClick(bench.window.stage, Qt.Key.Key_Right, control)
    assert said.toolTip() == "This is the last note."
    edit.choose([])
    bench.window.stage.view_box.hover_ended.emit()
    key(bench, Qt.Key.Key_S)
    assert said.toolTip() == "Hear this note alone: point at a note."
    assert bench.song.notes == list(NOTES)
