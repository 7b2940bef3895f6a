"""What a screen reader is told of labels whose texts change."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject
from PySide6.QtGui import QAccessible
from PySide6.QtWidgets import QApplication, QLabel, QWidget
from pytestqt.qtbot import QtBot

from app.views.bars.fact_label import FactLabel
from tests.leaks import nothing_left, only_new_objects  # noqa: F401
from tests.window.window_bench import Bench, bench, make  # noqa: F401

# Fixtures are imported, and arguments of the same name get them.
# ruff: noqa: F811


def said(widget: QWidget) -> str:
    return QAccessible.queryAccessibleInterface(widget).text(QAccessible.Text.Name)


def test_name_and_text_are_read(qtbot: QtBot) -> None:
    label = FactLabel("Notes")
    qtbot.addWidget(label)
    assert said(label) == "Notes"
    label.show_fact("12  notes")
    assert (label.text(), said(label)) == ("12  notes", "Notes: 12 notes")
    label.show_fact("12.4", "12")
    assert (label.text(), said(label)) == ("12.4", "Notes: 12")
    label.show_fact("")
    assert said(label) == "Notes"


def test_no_label_hides_its_text_behind_a_name(bench: Bench) -> None:
    named = [label for label in bench.window.findChildren(QLabel) if label.accessibleName()]
    assert len(named) > 6
    assert [label.accessibleName() for label in named if not isinstance(label, FactLabel)] == []


def test_no_digit_of_the_position_has_the_window_laid_out(bench: Bench) -> None:
    bar = bench.window.bar
    bench.window.show()
    bar.set_time(1.0, 0.0)
    QApplication.processEvents()
    asked: list[QEvent] = []

    class Watch(QObject):
        def eventFilter(self, watched: QObject, event: QEvent) -> bool:
            if event.type() == QEvent.Type.LayoutRequest:
                asked.append(event)
            return False

    watch = Watch(bar)
    bar.installEventFilter(watch)
    for tenths in range(11, 30):
        bar.set_time(tenths / 10, 0.0)
        QApplication.processEvents()
    assert not asked
    # But hours have the room that they need.
    bar.set_time(4321.0, 36000.0)
    QApplication.processEvents()
    assert bar.time.width() >= bar.time.fontMetrics().horizontalAdvance("1:12:01.0 / 10:00:00")


def test_position_speed_and_count_are_read_as_they_change(bench: Bench) -> None:
    window = bench.window
    window.bar.set_time(61.26, 125.0)
    assert window.bar.time.text() == "1:01.3 / 2:05"
    # Not sixty times a second.
    assert said(window.bar.time) == "Position: 1:01 / 2:05"
    bar = window.song_controller.bar
    bar.show_values(
        speed=75, mix=0, can_mix=True, shortest_ms=40, is_rising=False, cents=0
    )
    assert said(bar.speed_text) == "Speed in per cent: 75 %"
    window.status.set_facts("a recording", 7, 2, 0)
    assert said(window.status.notes) == "Notes: 7 notes"
    assert said(window.status.lost) == "Lost sound: sound lost 2×"
    assert said(window.status.source) == "On the stage: a recording"
    window.status.set_progress(0.31)
    assert said(window.status.doing) == "What is being done: Transcribing 31%"
    window.status.set_midi("A synthesizer")
    assert said(window.status.midi) == "MIDI out: MIDI to A synthesizer"
    window.panels.display.say_measured("Measuring…")
    assert said(window.panels.display.measured) == "What was measured: Measuring…"
