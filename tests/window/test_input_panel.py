"""The panel for the sound input: every control does what it says, and lasts."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from app.audio.devices.input_choice import InputChoice
from tests.leaks import nothing_left, only_new_objects  # noqa: F401
from tests.window.window_bench import Bench, bench, choose, make, texts  # noqa: F401
from tests.window.window_fakes import INTERFACE, MONITOR

# Fixtures are imported, and arguments of the same name get them.
# ruff: noqa: F811


def test_the_input_panel_lists_what_there_is(bench: Bench) -> None:
    panel = bench.window.panels.input
    bench.window.act.input_panel.trigger()
    assert panel.isVisible()
    assert bench.inputs.refreshes == 1
    assert texts(panel.device) == [
        "The system’s input", "A microphone  ·  ALSA", "An interface (hw:1,0)  ·  ALSA",
        "Computer sound: Monitor of a loudspeaker  ·  PulseAudio",
    ]
    assert panel.device.currentIndex() == 0
    bench.inputs.devices.remove(MONITOR)
    QTest.keyClick(bench.window, Qt.Key.Key_F5)
    assert len(texts(panel.device)) == 3


def test_a_device_is_chosen_with_channel_and_rate_and_remembered(
    bench: Bench, make: Callable[[], Bench]
) -> None:
    panel = bench.window.panels.input
    bench.window.act.input_panel.trigger()
    choose(panel.device, "interface")
    assert texts(panel.channel) == ["Mix of all", *(f"Channel {n}" for n in range(1, 5))]
    choose(panel.channel, "Channel 3")
    choose(panel.rate, "96 kHz")
    chosen = InputChoice(INTERFACE.name, "ALSA", 2, 96_000)
    assert bench.window.input.choice == chosen
    bench.window.act.live.trigger()
    assert bench.live.choices == [chosen]
    bench.window.close()
    again = make()
    # The panel was open, so it is again, and shows the device though its number may be another.
    assert again.window.panels.input.isVisible()
    assert again.window.input.choice == chosen
    assert again.window.panels.input.device.currentText().startswith("An interface")
    again.window.act.live.trigger()
    assert again.live.choices == [chosen]
    choose(again.window.panels.input.device, "system")
    assert again.live.choices[-1] == InputChoice()


def test_a_device_that_is_not_there_is_still_the_chosen_one(bench: Bench) -> None:
    panel = bench.window.panels.input
    bench.window.input.refresh()
    choose(panel.device, "interface")
    bench.inputs.devices.remove(INTERFACE)
    bench.window.input.refresh()
    assert panel.device.currentText() == "An interface (hw:1,0)  (not there)"
    # The card has another number after it was plugged in again.
    bench.inputs.devices.append(
        type(INTERFACE)("An interface (hw:3,0)", "ALSA", 5, 4, 44_100.0)
    )
    bench.window.input.refresh()
    assert panel.device.currentText() == "An interface (hw:3,0)  ·  ALSA"


def test_another_device_is_taken_at_once_and_the_old_one_kept_when_it_fails(
    bench: Bench,
) -> None:
    panel = bench.window.panels.input
    bench.window.input.refresh()
    bench.window.act.live.trigger()
    choose(panel.device, "Monitor")
    assert bench.live.choices == [InputChoice(), InputChoice(MONITOR.name, "PulseAudio")]
    bench.live.refusal = "The sound input An interface is busy."
    choose(panel.device, "interface")
    assert bench.live.is_listening
    assert bench.window.input.choice.name == MONITOR.name
    assert panel.device.currentText().startswith("Computer sound")
    assert panel.trouble.text() == bench.live.refusal
    assert bench.window.notice.text == bench.live.refusal


def test_how_much_of_what_is_played_is_kept_can_be_set(
    bench: Bench, make: Callable[[], Bench]
) -> None:
    panel = bench.window.panels.input
    assert panel.keep_hours.currentText() == "For 24 hours"
    assert panel.keep_gb.currentText() == "4 GB"
    choose(panel.keep_gb, "16 GB")
    choose(panel.keep_hours, "Nothing")
    assert (bench.settings.keep_hours, bench.settings.keep_gb) == (0, 16)
    assert not panel.keep_gb.isEnabled()
    # What a hand wrote into the settings' file is among the choices.
    bench.window.input.set_keeping(36, 5)
    assert panel.keep_hours.currentText() == "For 36 hours"
    again = make().window.panels.input
    assert (again.keep_hours.currentData(), again.keep_gb.currentData()) == (36, 5)


def test_while_a_take_is_recorded_the_device_stays(bench: Bench) -> None:
    panel = bench.window.panels.input
    bench.window.input.refresh()
    bench.window.act.live.trigger()
    assert panel.device.isEnabled()
    bench.window.act.record.trigger()
    for box in (panel.device, panel.channel, panel.rate):
        assert not box.isEnabled()
    assert "end it first" in panel.device.toolTip()
    bench.window.act.record.trigger()
    assert panel.device.isEnabled()


def test_gain_and_gate_work_at_once_and_last(bench: Bench, make: Callable[[], Bench]) -> None:
    window, live, panel = bench.window, bench.live, bench.window.panels.input
    panel.gain.setValue(12)
    assert live.gain_db == 12
    window.act.louder.trigger()
    assert (live.gain_db, panel.gain.value()) == (15, 15)
    for _ in range(20):
        window.act.quieter.trigger()
    assert (live.gain_db, panel.gain.value()) == (-20, -20)
    assert live.gate_db is None
    assert not panel.gate.isEnabled()
    QTest.keyClick(window, Qt.Key.Key_G)
    assert panel.gate_on.isChecked()
    panel.gate.setValue(-40)
    assert live.gate_db == -40
    panel.gate_on.setChecked(False)
    assert live.gate_db is None
    assert not window.act.gate.isChecked()
    panel.gate_on.setChecked(True)
    window.close()
    again = make()
    assert (again.live.gain_db, again.live.gate_db) == (-20, -40)
    assert again.window.panels.input.gate_on.isChecked()


def test_both_meters_show_the_level(bench: Bench) -> None:
    bench.window.act.live.trigger()
    bench.live.level.emit(0.5, True)
    for meter in (bench.window.bar.meter, bench.window.panels.input.meter):
        assert meter.level_db == pytest.approx(-6, abs=0.1)
        assert meter.is_clipping
    bench.window.act.live.trigger()
    assert bench.window.panels.input.meter.level_db == -60


def test_what_is_wrong_with_the_input_stands_in_its_panel_until_it_is_mended(
    bench: Bench,
) -> None:
    panel = bench.window.panels.input
    bench.window.act.input_panel.trigger()
    assert not panel.trouble.isVisible()
    bench.window.act.live.trigger()
    bench.live.warned.emit("macOS lets no sound through: allow the microphone.")
    assert panel.trouble.isVisible()
    assert "allow the microphone" in panel.trouble.text()
    bench.live.lose()
    assert "is lost" in panel.trouble.text()
    bench.live.resume()
    assert not panel.trouble.isVisible()


def test_inputs_that_cannot_be_listed_are_told(bench: Bench) -> None:
    bench.inputs.refusal = "PortAudio is missing."
    bench.window.act.input_panel.trigger()
    assert bench.window.panels.input.trouble.text() == "PortAudio is missing."
