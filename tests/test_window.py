"""The window, driven as a user drives it: from a file to its MIDI, and live."""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Callable
from pathlib import Path

import mido
import pytest
import soundfile
from PySide6.QtCore import QByteArray, QMimeData, QPointF, QSettings, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QFileDialog, QMenu, QSlider, QToolButton
from pytestqt.qtbot import QtBot

from app import dialogs, startup
from app.audio.devices import AudioDeviceError
from app.sensitivity import MIDDLE, STEPS, threshold_at
from app.settings import Settings
from app.shortcuts_dialog import ShortcutsDialog
from app.views.export_dialog import ExportDialog
from app.window import SMALLEST
from model.transcriber import Transcriber
from tests.conftest import tones
from tests.leaks import nothing_left, only_new_objects  # noqa: F401
from tests.window_bench import WAIT_MS, Bench, bench, make, off, on, transcriber  # noqa: F401

# Fixtures are imported, and arguments of the same name get them.
# ruff: noqa: F811

@pytest.fixture(scope="session")
def long_wav(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A minute: long enough to be in the middle of it."""
    path = tmp_path_factory.mktemp("long") / "eine Minute.wav"
    soundfile.write(path, tones(60.0), 44_100)
    return path


def midi_notes(path: Path) -> list[tuple[int, float]]:
    """Pitch and onset of every note in a MIDI file."""
    now, found = 0.0, []
    for message in mido.MidiFile(path):
        now += message.time
        if message.type == "note_on" and message.velocity:
            found.append((message.note, now))
    return sorted(found, key=lambda note: (note[1], note[0]))


# From file to MIDI.


def test_from_a_file_to_its_midi(
    bench: Bench, tone_wav: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    main, song = bench.window, bench.song
    assert not main.stage.isVisible()
    assert not main.act.export.isEnabled()
    bench.open(tone_wav)
    assert main.stage.isVisible()
    assert len(song.notes) > 5
    assert main.commands.note_count == len(song.notes)
    assert main.status.notes.text() == f"{len(song.notes)} notes"
    assert not main.status.bar.isVisible()
    target = tmp_path / "out"
    monkeypatch.setattr(
        QFileDialog, "getSaveFileName", lambda *_, **__: (str(target), "MIDI files (*.mid)")
    )
    with bench.qtbot.waitSignal(main.commands.exported, timeout=WAIT_MS):
        main.act.export.trigger()
        main.findChildren(ExportDialog)[0].accept()
    assert "out.mid" in main.notice.text
    read = midi_notes(tmp_path / "out.mid")
    assert [pitch for pitch, _ in read] == [note.pitch for note in song.notes]
    assert [onset for _, onset in read] == pytest.approx(
        [note.onset_s for note in song.notes], abs=1e-3
    )
    assert Settings(bench.store).recent_files == [tone_wav]


def test_an_export_that_cannot_be_written_is_told(
    bench: Bench, tone_wav: Path, tmp_path: Path
) -> None:
    bench.open(tone_wav)
    in_the_way = tmp_path / "a file, no folder"
    in_the_way.write_bytes(b"")
    bench.window.commands.export(in_the_way / "out.mid", 440.0)
    assert in_the_way.name in bench.dismiss()
    assert bench.window.isVisible()


def test_what_sounds_at_the_cursor_is_lit_and_named(bench: Bench, tone_wav: Path) -> None:
    bench.open(tone_wav)
    stage, notes = bench.window.stage, bench.song.notes
    for note in notes[:5]:
        moment_s = (note.onset_s + note.offset_s) / 2
        bench.window.commands.seek(moment_s)
        expected = {
            other.pitch for other in notes if other.onset_s <= moment_s < other.offset_s
        }
        assert note.pitch in expected
        assert stage.keyboard.lit.keys() == expected
        assert len(stage.names.text.split()) == len(expected)
        assert bench.song.player.position_s == pytest.approx(moment_s, abs=1e-3)


@pytest.mark.parametrize("content", [None, b"", b"this is no sound at all" * 40])
def test_a_bad_file_is_told_and_the_window_goes_on(
    bench: Bench, tone_wav: Path, tmp_path: Path, content: bytes | None
) -> None:
    bad = tmp_path / "schlechte Datei.wav"
    if content is not None:
        bad.write_bytes(content)
    bench.open(tone_wav)
    bench.window.open(bad)
    assert bad.name in bench.dismiss()
    assert bench.window.welcome.isVisible()
    assert not bench.window.act.play.isEnabled()
    assert bench.window.commands.note_count == 0
    bench.open(tone_wav)
    assert bench.window.stage.isVisible()


def test_what_was_heard_before_a_recording_breaks_off_is_kept(
    bench: Bench, tone_wav: Path
) -> None:
    bench.open(tone_wav)
    bench.window.act.play.trigger()
    bench.song.failed.emit("It breaks off.")
    assert bench.dismiss() == "It breaks off."
    assert bench.window.stage.isVisible()
    assert bench.window.commands.note_count == len(bench.song.notes)
    assert not bench.window.commands.song.is_playing


def drop(bench: Bench, *urls: QUrl) -> bool:
    """Drags and drops onto the window; whether it took them."""
    data = QMimeData()
    data.setUrls(list(urls))
    copy, left, none = (
        Qt.DropAction.CopyAction, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    )
    enter = QDragEnterEvent(QPointF(40, 40).toPoint(), copy, data, left, none)
    enter.ignore()
    QApplication.sendEvent(bench.window, enter)
    if enter.isAccepted():
        QApplication.sendEvent(
            bench.window, QDropEvent(QPointF(40, 40), copy, data, left, none)
        )
    return enter.isAccepted()


def test_a_file_can_be_dropped(bench: Bench, tone_wav: Path) -> None:
    with bench.qtbot.waitSignal(bench.song.finished, timeout=WAIT_MS):
        assert drop(bench, QUrl.fromLocalFile(str(tone_wav)))
    assert bench.window.commands.source.startswith(tone_wav.name)
    assert not drop(bench, QUrl("https://example.org/song.wav"))
    assert not drop(bench)


# The transcription while it runs.


def test_cancelling_keeps_what_was_found(bench: Bench, long_wav: Path) -> None:
    with bench.qtbot.waitSignal(bench.song.progress, timeout=WAIT_MS):
        bench.window.open(long_wav)
    assert bench.window.status.bar.isVisible()
    assert not bench.window.act.export.isEnabled()
    with bench.qtbot.waitSignal(bench.song.cancelled, timeout=WAIT_MS):
        QTest.mouseClick(bench.window.status.cancel, Qt.MouseButton.LeftButton)
    assert not bench.window.status.bar.isVisible()
    assert bench.window.commands.note_count == len(bench.song.notes)


def test_closing_while_transcribing(bench: Bench, long_wav: Path) -> None:
    with bench.qtbot.waitSignal(bench.song.heard, timeout=WAIT_MS):
        bench.window.open(long_wav)
    bench.window.close()
    assert not bench.song.is_transcribing


def test_another_file_while_transcribing(
    bench: Bench, long_wav: Path, tone_wav: Path
) -> None:
    with bench.qtbot.waitSignal(bench.song.heard, timeout=WAIT_MS):
        bench.window.open(long_wav)
    bench.open(tone_wav)
    assert bench.window.commands.source.startswith(tone_wav.name)
    assert bench.window.commands.note_count == len(bench.song.notes)
    assert bench.window.stage.axes.extent_s < 10


# Sensitivity.


def test_threshold_falls_evenly_about_the_checkpoint_s_own() -> None:
    thresholds = [threshold_at(place, 0.35) for place in range(STEPS + 1)]
    assert thresholds[MIDDLE] == pytest.approx(0.35)
    assert all(left > right for left, right in itertools.pairwise(thresholds))
    assert 0 < thresholds[-1] < thresholds[0] < 1


def test_sensitivity_decodes_anew(bench: Bench, tone_wav: Path, transcriber: Transcriber) -> None:
    bench.open(tone_wav)
    main, before = bench.window, len(bench.song.notes)
    slider = main.bar.sensitivity
    for place in (0, 20, STEPS, MIDDLE):
        with bench.qtbot.waitSignal(bench.song.notes_changed, timeout=WAIT_MS):
            slider.setValue(place)
        decoder = dataclasses.replace(
            transcriber.decoder,
            onset_threshold=threshold_at(place, transcriber.decoder.onset_threshold),
        )
        expected = transcriber.decode(bench.song.probabilities, decoder)
        assert main.commands.note_count == len(expected)
        if place != MIDDLE:
            assert len(expected) != before
    assert len(bench.song.notes) == before


def test_sensitivity_moved_before_the_end_holds_to_the_end(
    bench: Bench, long_wav: Path, transcriber: Transcriber
) -> None:
    main = bench.window
    with bench.qtbot.waitSignal(bench.song.heard, timeout=WAIT_MS):
        main.open(long_wav)
    with bench.qtbot.waitSignal(bench.song.finished, timeout=WAIT_MS):
        main.bar.sensitivity.setValue(80)
    assert main.commands.note_count == len(bench.song.notes)
    expected = transcriber.decode(bench.song.probabilities, main.commands.sensitivity.decoder)
    notes = bench.song.notes
    assert [note.pitch for note in notes] == [note.pitch for note in expected]
    assert [note.onset_s for note in notes] == pytest.approx([note.onset_s for note in expected])


# Playing.


def test_play_pause_and_back_to_start(bench: Bench, tone_wav: Path) -> None:
    main = bench.window
    bench.open(tone_wav)
    main.commands.seek(0.5)
    main.act.play.trigger()
    assert bench.song.player.is_playing
    assert main.act.play.text() == "Pause"
    assert main.stage.is_running
    main.act.play.trigger()
    assert not bench.song.player.is_playing
    assert main.act.play.text() == "Play"
    main.act.to_start.trigger()
    assert main.stage.cursor_s == 0
    assert bench.song.player.position_s == 0


def test_play_ends_by_itself_at_the_end(bench: Bench, tone_wav: Path) -> None:
    bench.open(tone_wav)
    bench.window.act.play.trigger()
    bench.outputs[-1].run_to_the_end()
    bench.qtbot.waitUntil(lambda: not bench.window.commands.song.is_playing, timeout=WAIT_MS)
    assert bench.window.act.play.text() == "Play"
    assert bench.window.stage.cursor_s == pytest.approx(2.0, abs=0.05)


def test_no_loudspeaker_is_told(
    bench: Bench, tone_wav: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse() -> None:
        raise AudioDeviceError("There is no loudspeaker.")

    bench.open(tone_wav)
    monkeypatch.setattr(bench.song.player, "play", refuse)
    bench.window.act.play.trigger()
    assert bench.dismiss() == "There is no loudspeaker."
    assert not bench.window.commands.song.is_playing


# Live.


def test_live_shows_what_is_played(bench: Bench, tmp_path: Path) -> None:
    main, live, stage = bench.window, bench.live, bench.window.stage
    QTest.mouseClick(main.bar.live, Qt.MouseButton.LeftButton)
    assert live.is_listening
    assert main.act.live.isChecked()
    assert stage.isVisible()
    assert "A microphone" in main.status.source.text()
    live.level.emit(0.5, True)
    assert main.bar.meter.is_clipping
    live.hear(1.0, on(60, 0.9), on(64, 0.9))
    stage.refresh()
    assert stage.names.text == "C4  E4"
    assert stage.keyboard.lit.keys() == {60, 64}
    live.hear(2.0, off(60, 0.9, 1.9))
    stage.refresh()
    assert stage.keyboard.lit.keys() == {64}
    assert main.status.notes.text() == "2 notes"
    live.hear(3.0, off(64, 0.9, 2.9))
    QTest.keyClick(main, Qt.Key.Key_L)
    assert not live.is_listening
    assert not main.act.live.isChecked()
    assert main.bar.meter.level_db == -60
    with bench.qtbot.waitSignal(main.commands.exported, timeout=WAIT_MS):
        main.commands.export(tmp_path / "take.mid", 440.0)
    assert [pitch for pitch, _ in midi_notes(tmp_path / "take.mid")] == [60, 64]


def test_overflows_are_told(bench: Bench) -> None:
    bench.window.act.live.trigger()
    assert not bench.window.status.lost.isVisible()
    bench.live.overflows = 3
    bench.live.level.emit(0.1, False)
    assert bench.window.status.lost.isVisible()
    assert "3" in bench.window.status.lost.text()


def test_live_while_a_recording_opens(bench: Bench, long_wav: Path) -> None:
    with bench.qtbot.waitSignal(bench.song.heard, timeout=WAIT_MS):
        bench.window.open(long_wav)
    bench.window.act.live.trigger()
    assert not bench.song.is_transcribing
    bench.live.hear(1.0, on(60, 0.9))
    bench.window.stage.refresh()
    assert bench.window.commands.note_count == 1
    assert not bench.window.status.bar.isVisible()


def test_live_while_a_recording_plays_and_back(bench: Bench, tone_wav: Path) -> None:
    main = bench.window
    bench.open(tone_wav)
    main.act.play.trigger()
    main.act.live.trigger()
    assert not bench.song.player.is_playing
    assert not main.act.play.isEnabled()
    bench.live.hear(1.0, on(60, 0.9))
    bench.open(tone_wav)
    assert not bench.live.is_listening
    assert main.commands.note_count == len(bench.song.notes)
    assert main.act.play.isEnabled()


# The window itself.


def test_every_control_has_a_name_a_tip_and_a_key(bench: Bench) -> None:
    main = bench.window
    for button in main.findChildren(QToolButton):
        if button.defaultAction() is None:
            continue
        assert button.accessibleName()
        assert button.toolTip()
        assert not button.defaultAction().shortcut().isEmpty(), button.objectName()
    for slider in main.findChildren(QSlider):
        assert slider.accessibleName()
        assert "Higher" in slider.toolTip()
    keys = [
        key.toString() for action in main.act.all() for key in action.shortcuts()
    ]
    assert len(keys) == len(set(keys))


def test_keys_of_the_stage_leave_the_slider_its_own(bench: Bench, tone_wav: Path) -> None:
    main = bench.window
    bench.open(tone_wav)
    main.activateWindow()
    main.stage.setFocus()
    main.commands.seek(0.0)
    QTest.keyClick(main.stage, Qt.Key.Key_Right)
    assert main.stage.cursor_s == pytest.approx(main.commands.song.duration_s)
    main.bar.sensitivity.setFocus()
    QTest.keyClick(main.bar.sensitivity, Qt.Key.Key_Left)
    assert main.bar.sensitivity.value() == MIDDLE - 1
    assert main.stage.cursor_s == pytest.approx(main.commands.song.duration_s)
    QTest.keyClick(main, Qt.Key.Key_Up, Qt.KeyboardModifier.ControlModifier)
    assert main.bar.sensitivity.value() == MIDDLE + 4


def test_themes_change_what_is_seen_and_are_remembered(
    bench: Bench, tone_wav: Path
) -> None:
    main = bench.window
    bench.open(tone_wav)

    def lightness() -> int:
        QApplication.processEvents()
        return main.stage.canvas.grab().toImage().pixelColor(3, 3).lightness()

    main.act.themes["light"].trigger()
    assert lightness() > 200
    main.act.themes["system"].trigger()
    main.act.themes["dark"].trigger()
    assert lightness() < 60
    assert Settings(bench.store).theme == "dark"


def test_settings_that_make_no_sense_do_not_stop_the_start(
    make: Callable[[], Bench], tmp_path: Path
) -> None:
    store = QSettings(str(tmp_path / "settings.ini"), QSettings.Format.IniFormat)
    store.setValue("geometry", QByteArray(b"nonsense"))
    store.setValue("theme", "plaid")
    store.setValue("recent_files", {"a": 1})
    store.setValue("follow", "maybe")
    store.sync()
    main = make().window
    assert main.isVisible()
    assert main.width() >= SMALLEST.width()
    assert main.act.themes["dark"].isChecked()


def test_size_and_recent_files_come_back(
    make: Callable[[], Bench], tone_wav: Path
) -> None:
    first = make()
    first.window.resize(900, 640)
    first.open(tone_wav)
    first.window.close()
    second = make()
    assert (second.window.width(), second.window.height()) == (900, 640)
    recent = next(
        menu for menu in second.window.findChildren(QMenu) if menu.title() == "Open recent"
    ).actions()
    assert recent[0].text() == tone_wav.name
    with second.qtbot.waitSignal(second.song.finished, timeout=WAIT_MS):
        recent[0].trigger()


def test_the_smallest_window_cuts_nothing_off(bench: Bench, tone_wav: Path) -> None:
    main = bench.window
    bench.open(tone_wav)
    main.resize(SMALLEST)
    QApplication.processEvents()
    parts = [main.bar.open, main.bar.play, main.bar.time, main.bar.sensitivity,
             main.bar.export, main.bar.meter, main.bar.live]
    for left, right in itertools.pairwise(parts):
        assert left.geometry().right() < right.geometry().left()
    assert parts[-1].geometry().right() <= main.bar.width()
    for part in (main.bar.open, main.bar.export, main.bar.live, main.bar.time):
        assert part.width() >= part.sizeHint().width()


def test_help_is_shown_and_the_window_goes_on(bench: Bench) -> None:
    bench.window.act.shortcuts.trigger()
    (keys,) = bench.window.findChildren(ShortcutsDialog)
    assert keys.isVisible()
    assert keys.height() < bench.window.height()
    text = keys.text
    for action in bench.window.act.all():
        if not action.shortcut().isEmpty():
            assert action.shortcut().toString() in text
    assert text.count("Close Noteglow") == 1
    keys.close()
    bench.window.act.about.trigger()
    assert "Noteglow" in bench.dismiss()


def test_closing_ends_all_that_runs(bench: Bench, tone_wav: Path) -> None:
    bench.open(tone_wav)
    bench.window.act.play.trigger()
    bench.window.close()
    assert not bench.song.player.is_playing
    assert not bench.window.stage.is_running
    assert bench.song.info is None


def test_closing_ends_a_live_take(bench: Bench) -> None:
    bench.window.act.live.trigger()
    bench.live.hear(1.0, on(60, 0.9))
    bench.window.close()
    assert not bench.live.is_listening
    assert not bench.window.stage.is_running


def test_a_missing_checkpoint_ends_the_start_with_a_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, qtbot: QtBot
) -> None:
    said: list[str] = []
    monkeypatch.setattr(dialogs, "show_fatal", said.append)
    assert startup.run(None, tmp_path / "none.safetensors") == 1
    assert "none.safetensors" in said[0]
