"""The window while one plays: what it shows, what goes wrong, freezing and sensitivity."""

from __future__ import annotations

import dataclasses
from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from model.transcriber import Transcriber
from tests.leaks import nothing_left, only_new_objects  # noqa: F401
from tests.note_events import off, on
from tests.window.window_bench import WAIT_MS, Bench, Played, bench, make, midi_notes, played  # noqa: F401

# Fixtures are imported, and arguments of the same name get them.
# ruff: noqa: F811


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


# What is wrong with the input.


def test_no_microphone_is_told_above_the_stage(bench: Bench, tone_wav: Path) -> None:
    bench.open(tone_wav)
    bench.live.refusal = "There is no microphone."
    bench.window.act.live.trigger()
    assert bench.window.notice.isVisible()
    assert bench.window.notice.text == "There is no microphone."
    assert not bench.window.act.live.isChecked()
    # The recording is still there.
    assert bench.window.act.play.isEnabled()
    assert bench.window.commands.note_count == len(bench.song.notes)
    bench.live.refusal = ""
    bench.window.act.live.trigger()
    assert not bench.window.notice.isVisible()


def test_a_chosen_input_that_is_gone_can_be_left_for_the_system_s(bench: Bench) -> None:
    bench.window.input.refresh()
    bench.window.input.choose_device(bench.inputs.devices[1])
    bench.live.refusal = "The sound input An interface is not there."
    bench.window.act.live.trigger()
    bench.live.refusal = ""
    bench.press("Use the system’s input")
    assert bench.live.is_listening
    assert bench.live.choices[-1].name is None
    assert not bench.window.notice.isVisible()


def test_a_lost_input_is_told_and_waited_for(bench: Bench) -> None:
    window = bench.window
    window.act.live.trigger()
    bench.live.hear(1.0, on(60, 0.9))
    bench.live.lose()
    assert window.notice.text == (
        "The sound input A microphone is lost: no sound comes from it any more. "
        "It is taken up again when it comes back."
    )
    assert window.status.source.toolTip() == "Waiting for A microphone"
    assert window.act.live.isChecked()
    assert "Listening" not in window.commands.hint
    meters = (window.bar.meter, window.panels.input.meter)
    # What was measured before is on its way yet.
    bench.live.level.emit(0.9, True)
    for meter in meters:
        assert meter.is_lost
        assert meter.level_db == -60
        assert not meter.is_clipping
    bench.live.resume()
    bench.live.level.emit(0.5, False)
    assert all(meter.level_db > -10 for meter in meters)
    assert window.commands.hint.startswith("Listening")
    assert not window.notice.isVisible()
    assert window.status.source.toolTip() == "Listening to A microphone"


def test_a_device_that_is_called_default_is_no_verb(bench: Bench) -> None:
    bench.live.device = dataclasses.replace(bench.live.device, name="default")
    status = bench.window.status.source
    bench.window.act.live.trigger()
    assert status.toolTip() == "Listening to the default input"
    bench.window.act.live.trigger()
    bench.window.act.record.trigger()
    assert status.toolTip().startswith("Recording from the default input to Noteglow")
    bench.live.lose()
    assert status.toolTip() == "Waiting for the default input"


def test_why_a_session_broke_off_stays_to_be_read(bench: Bench) -> None:
    bench.window.act.live.trigger()
    bench.live.hear(1.0, on(60, 0.9))
    bench.live.failed.emit("The transcription broke off.")
    bench.live.stop()
    assert bench.window.notice.text == "The transcription broke off."
    assert bench.window.panels.input.trouble.text() == "The transcription broke off."
    assert not bench.window.act.live.isChecked()
    assert bench.window.stage.isVisible()
    bench.window.act.live.trigger()
    assert bench.window.notice.text == ""


def test_a_warning_is_told_and_can_be_closed(bench: Bench) -> None:
    bench.window.act.live.trigger()
    bench.live.warned.emit("macOS lets no sound through: allow the microphone.")
    assert "allow the microphone" in bench.window.notice.text
    QTest.mouseClick(bench.window.notice._close, Qt.MouseButton.LeftButton)
    assert not bench.window.notice.isVisible()
    assert bench.live.is_listening


def test_lost_sound_and_pictures_left_out_are_counted(bench: Bench) -> None:
    window, status = bench.window, bench.window.status
    window.act.live.trigger()
    assert not status.lost.isVisible()
    assert not status.skipped.isVisible()
    bench.live.overflows, bench.live.dropped_pictures = 3, 1
    bench.live.level.emit(0.1, False)
    assert status.lost.text() == "sound lost 3×"
    assert status.skipped.text() == "1 picture left out"
    assert status.lost.isVisible()
    assert status.skipped.isVisible()


def test_what_the_disk_does_not_take_is_told(bench: Bench) -> None:
    bench.window.act.live.trigger()
    bench.window.stage.history_lost.emit("The temporary folder takes no more.")
    assert bench.window.notice.text == "The temporary folder takes no more."


def test_overflows_are_told(bench: Bench) -> None:
    bench.window.act.live.trigger()
    assert not bench.window.status.lost.isVisible()
    bench.live.overflows = 3
    bench.live.level.emit(0.1, False)
    assert bench.window.status.lost.isVisible()
    assert "3" in bench.window.status.lost.text()


# The view.


def test_freeze_and_back_to_live(bench: Bench) -> None:
    window, stage = bench.window, bench.window.stage
    assert not window.act.freeze.isEnabled()
    window.act.live.trigger()
    assert window.bar.freeze.isVisible()
    assert not window.bar.play.isVisible()
    bench.live.hear(30.0, on(60, 0.9), off(60, 0.9, 29.0))
    stage.refresh()
    QTest.keyClick(window, Qt.Key.Key_Z)
    assert stage.is_frozen
    assert window.bar.freeze.text().strip() == "Back to live"
    before = stage.view_box.end_s
    bench.live.hear(35.0)
    stage.refresh()
    assert stage.view_box.end_s == before
    QTest.mouseClick(window.bar.freeze, Qt.MouseButton.LeftButton)
    assert not stage.is_frozen
    stage.refresh()
    assert stage.view_box.end_s > before
    # Scrolling back freezes as well.
    window.act.earlier.trigger()
    assert window.act.freeze.isChecked()
    window.act.live.trigger()
    assert not window.act.freeze.isEnabled()
    assert not window.act.freeze.isChecked()


def test_the_sensitivity_slider_changes_a_live_take_back_to_its_start(
    bench: Bench, played: Played, transcriber: Transcriber
) -> None:
    window = bench.window
    window.act.live.trigger()
    played.play(bench, 0, 20)
    before = window.commands.note_count
    assert before > 0
    window.bar.sensitivity.setValue(100)
    bench.until(lambda: window.commands.note_count > before)
    # What comes follows it, and so does the next take.
    played.play(bench, 20, 41)
    window.act.live.trigger()
    expected = transcriber.decode(played.probabilities, window.commands.sensitivity.decoder)
    assert window.commands.note_count == len(expected)
    window.act.own_notes.trigger()
    own = transcriber.decode(played.probabilities, transcriber.decoder)
    bench.until(lambda: window.commands.note_count == len(own))
    window.bar.sensitivity.setValue(100)
    bench.until(lambda: window.commands.note_count == len(expected))
    window.act.live.trigger()
    played.play(bench, 0, 41)
    assert window.commands.note_count == len(expected)
