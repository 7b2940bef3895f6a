"""The window while one plays: listening, takes, freezing, MIDI out, and what goes wrong."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import soundfile
from numpy.typing import NDArray
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QMessageBox

from app.take import TakeWriter, notes_path
from model.heard import Heard
from model.notes import Probabilities
from model.transcriber import Transcriber
from tests.leaks import nothing_left, only_new_objects  # noqa: F401
from tests.window_bench import (  # noqa: F401
    RATE,
    WAIT_MS,
    Bench,
    bench,
    make,
    off,
    on,
    transcriber,
)

# Fixtures are imported, and arguments of the same name get them.
# ruff: noqa: F811


def takes(tmp_path: Path) -> list[str]:
    """The names of the files in the folder of takes."""
    return sorted(path.name for path in (tmp_path / "takes").glob("*"))


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
    assert window.notice.text == "The sound input A microphone is lost."
    assert window.status.source.toolTip() == "Waiting for A microphone"
    assert window.act.live.isChecked()
    bench.live.resume()
    assert not window.notice.isVisible()
    assert window.status.source.toolTip() == "Listening to A microphone"


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


# Takes.


def test_record_listens_and_leaves_a_take(bench: Bench, tmp_path: Path) -> None:
    window = bench.window
    QTest.keyClick(window, Qt.Key.Key_R)
    assert bench.live.is_listening
    assert window.act.record.isChecked()
    assert window.bar.record.text().strip() == "Stop"
    assert "Recording A microphone to Noteglow" in window.status.source.toolTip()
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


def test_a_take_begins_anew_while_one_listens(bench: Bench, tmp_path: Path) -> None:
    window = bench.window
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
    writer = TakeWriter(folder / "Broken.flac")
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
    first.window.appearance.set_a4(442.0)
    assert second.settings.a4 == 442.0


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
    before = stage.axes.end_s
    bench.live.hear(35.0)
    stage.refresh()
    assert stage.axes.end_s == before
    QTest.mouseClick(window.bar.freeze, Qt.MouseButton.LeftButton)
    assert not stage.is_frozen
    stage.refresh()
    assert stage.axes.end_s > before
    # Scrolling back freezes as well.
    window.act.earlier.trigger()
    assert window.act.freeze.isChecked()
    window.act.live.trigger()
    assert not window.act.freeze.isEnabled()
    assert not window.act.freeze.isChecked()


class Played:
    """A recording as a live session hears it."""

    def __init__(self, transcriber: Transcriber, samples: NDArray[np.float32]) -> None:
        stream = transcriber.stream(44_100)
        self.parts = [stream.push(block) for block in np.array_split(samples, 40)]
        self.parts.append(stream.finish())
        self.seconds = len(samples) / 44_100

    @property
    def probabilities(self) -> Probabilities:
        return Probabilities.join([part.probabilities for part in self.parts])

    def play(self, bench: Bench, first: int, last: int) -> None:
        for number in range(first, last):
            bench.live.heard_s = self.seconds * (number + 1) / len(self.parts)
            bench.live.heard.emit(self.parts[number])
        bench.window.stage.refresh()


@pytest.fixture
def played(transcriber: Transcriber, tone_wav: Path) -> Played:
    samples, _ = soundfile.read(tone_wav, dtype="float32")
    return Played(transcriber, samples)


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


# MIDI.


def notes_sent(bench: Bench) -> list[tuple[str, int]]:
    """The notes that were begun and ended on channel 1."""
    kinds = {0x90: "on", 0x80: "off"}
    return [
        (kinds[message[0]], message[1]) for message in bench.midi.sent if message[0] in kinds
    ]


def midi_menu(bench: Bench) -> dict[str, object]:
    """The entries of the menu of ports."""
    bench.window._midi_menu.fill()
    return {action.text(): action for action in bench.window._midi_menu._menu.actions()}


def test_nothing_is_sent_before_midi_is_turned_on(bench: Bench) -> None:
    bench.window.act.live.trigger()
    bench.live.hear(1.0, on(60, 0.5))
    assert bench.midi.opened == []
    assert not bench.window.status.midi.isVisible()


def test_notes_go_to_the_chosen_port(bench: Bench, make: Callable[[], Bench]) -> None:
    window = bench.window
    entries = midi_menu(bench)
    assert {"New port “Noteglow”", "A synthesizer", "A sampler"} <= entries.keys()
    entries["A sampler"].trigger()
    assert bench.midi.opened == ["A sampler"]
    assert window.status.midi.text() == "MIDI to A sampler, channel 1"
    assert window.act.midi.isChecked()
    window.act.live.trigger()
    bench.live.hear(1.0, on(60, 0.5))
    bench.live.hear(2.0, off(60, 0.5, 1.5), on(64, 1.8))
    assert notes_sent(bench) == [("on", 60), ("off", 60), ("on", 64)]
    # A sounding note never outlives the session.
    window.act.live.trigger()
    assert notes_sent(bench)[-1] == ("off", 64)
    window.close()
    again = make()
    assert again.midi.opened == ["A sampler"]
    assert again.window.act.midi.isChecked()
    again.window.act.midi.trigger()
    assert not again.window.act.midi.isChecked()
    assert not again.window.status.midi.isVisible()
    again.window.close()
    assert make().midi.opened == []


def test_midi_stops_at_the_end_of_the_device_s_sound(bench: Bench) -> None:
    bench.window.midi.turn_on("")
    assert bench.midi.opened == [""]
    bench.window.act.live.trigger()
    bench.live.hear(1.0, on(60, 0.5))
    bench.live.lose()
    assert notes_sent(bench) == [("on", 60), ("off", 60)]
    bench.live.resume()
    bench.live.hear(2.0, on(62, 1.5))
    bench.window.close()
    assert notes_sent(bench)[-1] == ("off", 62)


def test_the_channel_is_chosen(bench: Bench, make: Callable[[], Bench]) -> None:
    midi = bench.window.midi
    midi.turn_on("A synthesizer")
    midi.set_channel(10)
    bench.window.act.live.trigger()
    bench.live.hear(1.0, on(60, 0.5))
    assert [0x99, 60, 100] in bench.midi.sent
    assert "channel 10" in bench.window.status.midi.text()
    bench.window.close()
    assert make().window.midi.channel == 10


def test_a_port_that_is_gone_is_told_and_midi_is_off(bench: Bench) -> None:
    bench.midi.names.remove("A sampler")
    bench.window.midi.turn_on("A sampler")
    assert "A sampler" in bench.window.notice.text
    assert not bench.window.act.midi.isChecked()
    assert not bench.settings.midi_on
    assert "A sampler (not there)" in midi_menu(bench)
    bench.window.midi.turn_on("A synthesizer")
    assert not bench.window.notice.isVisible()


def test_midi_follows_the_sensitivity_and_the_instrument(
    bench: Bench, played: Played, transcriber: Transcriber
) -> None:
    window = bench.window
    window.midi.turn_on("")
    window.bar.sensitivity.setValue(100)
    bench.until(lambda: not window.commands.sensitivity._timer.isActive())
    window.act.live.trigger()
    played.play(bench, 0, 41)
    decoder = window.commands.sensitivity.decoder
    expected = sorted(
        note.pitch for note in transcriber.decode(played.probabilities, decoder)
    )
    assert sorted(pitch for kind, pitch in notes_sent(bench) if kind == "on") == expected
    bench.midi.sent.clear()
    window.appearance.set_instrument("Tuba")
    window.act.live.trigger()
    window.act.live.trigger()
    played.play(bench, 0, 41)
    tuba = window.appearance.instrument
    sent = {pitch for _, pitch in notes_sent(bench)}
    assert sent == {pitch for pitch in expected if tuba.lowest <= pitch <= tuba.highest}
    assert sent < set(expected)
