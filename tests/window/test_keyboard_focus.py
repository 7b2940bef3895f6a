"""Who gets the keys, and that it is seen: after the mouse, after a control has gone, after Tab."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractSpinBox,
    QApplication,
    QComboBox,
    QSlider,
    QStyle,
    QStyleOptionSlider,
    QWidget,
)

from app.style.focus_ring import FocusRing
from app.style.theme_colours import DARK, LIGHT
from app.window.song.song_commands import SKIP_S
from tests.leaks import nothing_left, only_new_objects  # noqa: F401
from tests.window.song_bench import opened, recording  # noqa: F401
from tests.window.window_bench import Bench, bench, make  # noqa: F401

# Fixtures are imported, and arguments of the same name get them.
# ruff: noqa: F811

_LEFT = Qt.MouseButton.LeftButton


def drag_handle(slider: QSlider, pixels: int) -> None:
    option = QStyleOptionSlider()
    slider.initStyleOption(option)
    handle = slider.style().subControlRect(
        QStyle.ComplexControl.CC_Slider, option, QStyle.SubControl.SC_SliderHandle, slider
    ).center()
    QTest.mousePress(slider, _LEFT, pos=handle)
    QTest.mouseMove(slider, handle + QPoint(pixels, 0))
    QTest.mouseRelease(slider, _LEFT, pos=handle + QPoint(pixels, 0))


def test_the_arrows_seek_after_the_mouse_has_moved_a_slider(
    bench: Bench, recording: Path
) -> None:
    window = opened(bench, recording).window
    window.activateWindow()
    window.stage.setFocus()
    bar = window.song_controller.bar
    for slider in (bar.speed, bar.mix, window.bar.sensitivity):
        window.commands.seek(SKIP_S)
        drag_handle(slider, -8)
        value = slider.value()
        assert value != (50 if slider is window.bar.sensitivity else 100)
        focus = window.focusWidget()
        assert focus is window.stage
        QTest.keyClick(focus, Qt.Key.Key_Left)
        assert window.stage.cursor_s == 0.0
        assert slider.value() == value


def test_the_mouse_gives_the_keys_to_no_control_but_a_text(bench: Bench, recording: Path) -> None:
    window = opened(bench, recording).window
    window.activateWindow()
    window.panels.open("display")
    window.stage.setFocus()
    kinds = QAbstractButton | QComboBox | QSlider
    for control in window.findChildren(QWidget):
        if isinstance(control, kinds):
            assert not control.focusPolicy() & Qt.FocusPolicy.ClickFocus, control.accessibleName()
    for number in (window.song_controller.bar.shortest, window.panels.display.a4):
        # Its arrows leave the keys where they are, its text takes them until it is entered.
        QTest.mouseClick(number, _LEFT, pos=QPoint(number.width() - 8, 6))
        assert window.focusWidget() is window.stage
        for leave in (Qt.Key.Key_Return, Qt.Key.Key_Escape):
            QTest.mouseClick(number.lineEdit(), _LEFT)
            assert window.focusWidget() is number
            QTest.keyClick(number, leave)
            assert window.focusWidget() is window.stage
    assert window.panels.display.isVisible()


def test_a_number_that_was_typed_counts_once_it_is_left(bench: Bench, recording: Path) -> None:
    window = opened(bench, recording).window
    window.activateWindow()
    number = window.song_controller.bar.shortest
    QTest.mouseClick(number.lineEdit(), _LEFT)
    number.lineEdit().selectAll()
    QTest.keyClicks(number, "70")
    QTest.keyClick(number, Qt.Key.Key_Return)
    assert window.commands.sensitivity.shortest_ms == 70


@pytest.mark.parametrize("control", ["export", "freeze", "input"])
def test_a_control_that_goes_away_leaves_the_keys_to_the_stage(
    bench: Bench, recording: Path, control: str
) -> None:
    window = opened(bench, recording).window
    window.activateWindow()
    if control == "freeze":
        window.act.live.trigger()
    if control == "input":
        window.act.input_panel.trigger()
    has_keys = window.panels.input.device if control == "input" else getattr(window.bar, control)
    has_keys.setFocus(Qt.FocusReason.TabFocusReason)
    assert window.focusWidget() is has_keys
    if control == "input":
        QTest.mouseClick(window.bar.input, _LEFT)
    elif control == "freeze":
        window.commands.open(recording)
        bench.until(lambda: bench.song.info is not None)
    else:
        window.act.live.trigger()
    assert not (has_keys.isVisible() and has_keys.isEnabled())
    assert window.focusWidget() is window.stage


def test_space_presses_a_button_that_came_later(bench: Bench) -> None:
    window = bench.window
    window.activateWindow()
    window.act.record.trigger()
    bench.live.hear(1.0)
    window.act.record.trigger()
    bench.until(lambda: bool(window.notice.buttons))
    button = window.notice.buttons[0]
    button.setFocus(Qt.FocusReason.TabFocusReason)
    with bench.qtbot.waitSignal(bench.song.finished):
        QTest.keyClick(button, Qt.Key.Key_Space)
    assert not window.notice.isVisible()
    assert window.focusWidget() is window.stage


@pytest.mark.parametrize("theme", ["dark", "light"])
def test_whatever_tab_reaches_has_a_ring_around_it(
    bench: Bench, recording: Path, theme: str
) -> None:
    window = opened(bench, recording).window
    window.act.themes[theme].trigger()
    window.activateWindow()
    window.panels.open("display")
    QApplication.processEvents()
    accent = (DARK if theme == "dark" else LIGHT).accent
    window.stage.setFocus()
    assert not window.findChildren(FocusRing), "the page has the keys nearly always"
    seen: list[QWidget] = []
    while True:
        QTest.keyClick(window.focusWidget(), Qt.Key.Key_Tab)
        control = window.focusWidget()
        if control in seen:
            break
        seen.append(control)
        QApplication.sendPostedEvents()
        (ring,) = (ring for ring in window.findChildren(FocusRing) if ring.isVisible())
        assert ring.around is control
        middle = ring.mapTo(window, QPoint(ring.width() // 2, 0))
        picture = window.grab(ring.rect().translated(ring.mapTo(window, QPoint()))).toImage()
        colours = {
            picture.pixelColor(picture.width() // 2, y).name() for y in (0, 1)
        }
        assert accent in colours, (control.accessibleName(), middle, colours)
    for control in (window.stage, window.bar.export, window.bar.live, window.bar.play):
        assert control in seen
    assert any(isinstance(control, QAbstractSpinBox) for control in seen)
    # Who then goes on with the mouse sees it no more.
    window.stage.setFocus(Qt.FocusReason.TabFocusReason)
    QTest.mouseClick(window.stage.plot.viewport(), _LEFT, pos=QPoint(300, 200))
    QApplication.sendPostedEvents(None, 0)
    assert not [ring for ring in window.findChildren(FocusRing) if ring.isVisible()]
