"""The panels beside the stage: every control does what it says, by mouse and keys, and lasts."""

from __future__ import annotations

import itertools
from collections.abc import Callable

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractSlider,
    QAbstractSpinBox,
    QApplication,
    QComboBox,
    QScrollBar,
    QSlider,
    QWidget,
)

from app.audio.input_choice import InputChoice
from app.presets import preset_named
from app.theme import THEME_NAMES
from app.window import SMALLEST, USUAL
from tests.leaks import nothing_left, only_new_objects  # noqa: F401
from tests.window_bench import (  # noqa: F401
    INTERFACE,
    MONITOR,
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


def choose(box: QComboBox, text: str) -> None:
    """Chooses the entry that contains this text, as a user does."""
    index = next(index for index in range(box.count()) if text in box.itemText(index))
    box.setCurrentIndex(index)
    box.activated.emit(index)


def texts(box: QComboBox) -> list[str]:
    return [box.itemText(index) for index in range(box.count())]


# The sound input.


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


# How notes are shown.


def play(bench: Bench, *pitches: int) -> None:
    """Plays these notes live and shows them."""
    if not bench.live.is_listening:
        bench.window.act.live.trigger()
    now = bench.live.heard_s + 1.0
    bench.live.hear(now, *(on(pitch, now - 0.5) for pitch in pitches))
    bench.window.stage.refresh()


def test_names_follow_the_panel(bench: Bench, make: Callable[[], Bench]) -> None:
    window, panel, names = bench.window, bench.window.panels.display, bench.window.stage.names
    play(bench, 61, 71)
    assert names.text == "C♯4  B4"
    choose(panel.style_box, "German")
    assert names.text == "Cis4  H4"
    choose(panel.accidentals, "Flats")
    assert names.text == "Des4  H4"
    choose(panel.style_box, "Do")
    assert names.text == "Re♭4  Si4"
    assert panel.key.isHidden()
    choose(panel.accidentals, "By key")
    assert not panel.key.isHidden()
    choose(panel.key, "D major")
    assert names.text == "Do♯4  Si4"
    choose(panel.transposition, "In B♭")
    # In D major there is a C sharp; what sounds as C sharp is written D sharp.
    assert names.text == "Re♯4  Do♯5"
    window.close()
    again = make()
    play(again, 61, 71)
    assert again.window.stage.names.text == "Re♯4  Do♯5"
    assert again.window.panels.display.transposition.currentText() == "In B♭"


def test_keys_step_through_names_and_accidentals(bench: Bench) -> None:
    names = bench.window.stage.names
    play(bench, 70)
    seen = []
    for _ in range(3):
        QTest.keyClick(bench.window, Qt.Key.Key_N)
        seen.append(names.text)
    assert seen == ["La♯4", "Ais4", "A♯4"]
    QTest.keyClick(bench.window, Qt.Key.Key_N, Qt.KeyboardModifier.ShiftModifier)
    assert names.text == "B♭4"


def test_twelve_notes_and_unsure_notes(bench: Bench, make: Callable[[], Bench]) -> None:
    window, panel = bench.window, bench.window.panels.display
    play(bench, 60, 67)
    panel.only_names.setChecked(True)
    assert window.stage.names.text == "C  G"
    assert window.act.only_names.isChecked()
    QTest.keyClick(window, Qt.Key.Key_T)
    assert window.stage.names.text == "C4  G4"
    assert window.stage.roll.unsure_visible
    panel.unsure.setChecked(False)
    assert not window.stage.roll.unsure_visible
    window.close()
    assert not make().window.stage.roll.unsure_visible


def test_an_instrument_limits_the_range_and_transposes(
    bench: Bench, make: Callable[[], Bench]
) -> None:
    window, panel = bench.window, bench.window.panels.display
    play(bench, 30, 60)
    assert window.stage.keyboard.lit.keys() == {30, 60}
    choose(panel.instrument, "Trumpet in B♭")
    assert window.stage.keyboard.lit.keys() == {60}
    assert panel.transposition.currentText() == "In B♭"
    assert window.stage.names.text == "D4"
    window.close()
    again = make()
    trumpet = preset_named("Trumpet in B♭")
    assert again.window.appearance.instrument == trumpet
    assert again.window.stage.axes.lowest == trumpet.lowest - 0.5


def test_every_instrument_finds_its_transposition_in_the_list(bench: Bench) -> None:
    panel = bench.window.panels.display
    for name in texts(panel.instrument):
        choose(panel.instrument, name)
        assert panel.transposition.currentData() == preset_named(name).transposition
        assert "semitones" not in panel.transposition.currentText(), name


def test_the_theme_follows_the_panel(bench: Bench) -> None:
    panel = bench.window.panels.display
    choose(panel.theme_box, "Light")
    assert bench.window.act.themes["light"].isChecked()
    assert bench.settings.theme == "light"
    for name in ("system", "dark"):
        bench.window.act.next_theme.trigger()
        assert panel.theme_box.currentData() == name
    assert len(THEME_NAMES) == 3


def sine(pitch: float, seconds: float, a4: float = 440.0) -> np.ndarray:
    hz = a4 * 2 ** ((pitch - 69) / 12)
    time = np.arange(round(seconds * RATE)) / RATE
    partials = [np.sin(2 * np.pi * hz * n * time) / n for n in (1, 2, 3)]
    return (0.2 * np.sum(partials, axis=0)).astype(np.float32)


def test_a_single_note_tells_its_hz_and_cents(bench: Bench) -> None:
    window, live, names = bench.window, bench.live, bench.window.stage.names
    window.act.live.trigger()
    live.hear_sound(sine(69, 1.0, 442.0), on(69, 0.5))

    def detail() -> str:
        window.stage.refresh()
        return names.detail

    bench.until(lambda: detail().startswith("442.0 Hz  +8 cents"))
    window.appearance.set_a4(442.0)
    bench.until(lambda: "±0 cents" in detail())
    # Two notes are no single note.
    live.hear_sound(sine(69, 0.2), on(76, 1.1))
    bench.until(lambda: detail() == "")
    live.hear_sound(sine(69, 0.2), off(76, 1.1, 1.3))
    bench.until(lambda: detail() != "")
    QTest.keyClick(window, Qt.Key.Key_C)
    assert not window.panels.display.detail.isChecked()
    assert names.detail == ""


def test_a4_is_set_by_hand_and_measured(bench: Bench, make: Callable[[], Bench]) -> None:
    window, panel = bench.window, bench.window.panels.display
    told: list[float] = []
    window.appearance.tuned.connect(told.append)
    panel.a4.setValue(442.0)
    assert told == [442.0]
    # Nothing was played.
    QTest.mouseClick(panel.measure, Qt.MouseButton.LeftButton)
    bench.until(lambda: "No clear tuning" in panel.measured.text())
    assert window.appearance.a4 == 442.0
    window.act.live.trigger()
    chord = [sine(pitch, 4.0, 438.0) for pitch in (57, 61, 64, 69)]
    bench.live.hear_sound(np.sum(chord, axis=0) / 2)
    with bench.qtbot.waitSignal(window.tuner.a4_measured, timeout=WAIT_MS):
        window.act.measure_a4.trigger()
        assert not window.act.measure_a4.isEnabled()
    assert window.act.measure_a4.isEnabled()
    assert panel.a4.value() == pytest.approx(438.0, abs=0.5)
    assert "438" in panel.measured.text()
    window.close()
    assert make().window.appearance.a4 == pytest.approx(438.0, abs=0.5)


# Both panels.


def test_one_panel_at_a_time_opened_and_closed_by_keys(bench: Bench) -> None:
    window, panels = bench.window, bench.window.panels
    window.activateWindow()
    QTest.keyClick(window, Qt.Key.Key_I)
    assert panels.input.isVisible()
    assert panels.input.device.hasFocus()
    QTest.keyClick(window, Qt.Key.Key_D)
    assert not panels.input.isVisible()
    assert panels.display.style_box.hasFocus()
    assert window.bar.display.isChecked()
    QTest.keyClick(panels.display.style_box, Qt.Key.Key_Escape)
    assert not panels.display.isVisible()
    assert not window.bar.display.isChecked()
    QTest.mouseClick(window.bar.input, Qt.MouseButton.LeftButton)
    assert panels.input.isVisible()
    assert bench.settings.panel == "input"


def controls(window: QWidget) -> list[QWidget]:
    """All that can be pressed, ticked, chosen or moved."""
    kinds = QAbstractButton | QComboBox | QAbstractSlider | QAbstractSpinBox
    return [
        widget for widget in window.findChildren(QWidget)
        if isinstance(widget, kinds) and not isinstance(widget, QScrollBar)
        # Parts that Qt makes for itself.
        and not widget.objectName().startswith("qt_")
    ]


def test_every_control_has_a_name_and_says_what_it_does(bench: Bench) -> None:
    bench.window.act.record.trigger()
    bench.live.hear(1.0)
    bench.window.act.record.trigger()
    bench.until(lambda: bool(bench.window.notice.buttons))
    found = controls(bench.window)
    assert len(found) > 25
    for control in found:
        name = control.accessibleName() or getattr(control, "text", str)()
        assert name, control
        assert "&" not in control.accessibleName()
        assert control.toolTip() or control.parent() is bench.window.notice, name
        if isinstance(control, QSlider):
            assert "Higher" in control.toolTip(), name


@pytest.mark.parametrize("panel", ["input", "display"])
def test_tab_goes_through_the_controls_as_they_are_read(bench: Bench, panel: str) -> None:
    window = bench.window
    window.act.live.trigger()
    window.panels.open(panel)
    QApplication.processEvents()
    reachable = []
    widget = window.bar.open
    while widget not in reachable:
        can = widget.focusPolicy() & Qt.FocusPolicy.TabFocus
        if can and widget.isVisible() and widget.isEnabled():
            reachable.append(widget)
        widget = widget.nextInFocusChain()
        if widget is window.bar.open:
            break
    open_panel = window.panels.input if panel == "input" else window.panels.display
    in_bar = [widget for widget in reachable if window.bar.isAncestorOf(widget)]
    in_panel = [widget for widget in reachable if open_panel.isAncestorOf(widget)]
    # From left to right, then the stage, then the panel from above to below.
    places = [widget.mapTo(window, QPoint()) for widget in in_bar]
    assert all(left.x() < right.x() for left, right in itertools.pairwise(places))
    places = [widget.mapTo(window, QPoint()) for widget in in_panel]
    assert all(
        (upper.y(), upper.x()) < (lower.y() + 6, lower.x())
        for upper, lower in itertools.pairwise(places)
    )
    assert reachable.index(in_bar[-1]) < reachable.index(window.stage)
    assert reachable.index(window.stage) < reachable.index(in_panel[0])
    assert len(in_bar) >= 7
    assert len(in_panel) >= 7


def test_space_presses_the_control_that_has_the_focus(bench: Bench) -> None:
    window = bench.window
    window.activateWindow()
    window.panels.open("display", take_focus=True)
    box = window.panels.display.only_names
    box.setFocus()
    QTest.keyClick(box, Qt.Key.Key_Space)
    assert box.isChecked()


@pytest.mark.parametrize("size", [SMALLEST, USUAL])
@pytest.mark.parametrize("panel", ["input", "display"])
def test_panels_leave_the_stage_its_room(bench: Bench, size: object, panel: str) -> None:
    window = bench.window
    window.act.live.trigger()
    window.resize(size)  # type: ignore[call-overload]
    window.panels.open(panel)
    QApplication.processEvents()
    open_panel = window.panels.input if panel == "input" else window.panels.display
    assert window.stage.width() >= 0.6 * window.width()
    assert window.stage.geometry().right() <= open_panel.mapTo(window, QPoint()).x()
    for control in controls(open_panel):
        if control.isVisible():
            right = control.mapTo(open_panel, QPoint(control.width(), 0)).x()
            assert right <= open_panel.width(), control.accessibleName()
            assert control.width() >= control.minimumSizeHint().width() * 0.99
