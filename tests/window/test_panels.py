"""The panels beside the stage: opened one at a time, by mouse and keys, and their room."""

from __future__ import annotations

import itertools

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

from app.views.window_geometry import SMALLEST, USUAL
from tests.leaks import nothing_left, only_new_objects  # noqa: F401
from tests.window.window_bench import Bench, bench, make  # noqa: F401

# Fixtures are imported, and arguments of the same name get them.
# ruff: noqa: F811


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


@pytest.mark.parametrize("key", [Qt.Key.Key_I, Qt.Key.Key_D])
def test_a_panel_that_was_closed_leaves_the_keys_to_the_stage(bench: Bench, key: Qt.Key) -> None:
    window = bench.window
    window.activateWindow()
    for closing in (key, Qt.Key.Key_Escape):
        QTest.keyClick(window, key)
        QTest.keyClick(window.focusWidget() or window, closing)
        assert not any(panel.isVisible() for panel in window.panels.all)
        assert window.focusWidget() in (window.stage, window.welcome)


def test_full_screen_and_back_leaves_a_maximised_window_so(bench: Bench) -> None:
    window = bench.window
    window.showMaximized()
    window.act.full_screen.trigger()
    assert window.isFullScreen()
    window.act.full_screen.trigger()
    assert not window.isFullScreen()
    assert window.isMaximized()


def test_the_first_window_fits_on_the_screen(bench: Bench) -> None:
    room, window = bench.window.screen().availableSize(), bench.window
    least = window.minimumSize()
    assert window.width() <= max(room.width(), least.width())
    assert window.height() <= max(room.height(), least.height())
