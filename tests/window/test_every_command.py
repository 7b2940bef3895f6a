"""Every command has a key, and says what it does; every control has a name."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

from PySide6.QtGui import QAction
from PySide6.QtWidgets import QAbstractButton, QAbstractSpinBox, QComboBox, QSlider, QWidget

from tests.leaks import nothing_left, only_new_objects  # noqa: F401
from tests.window.song_bench import NOTES, editing, recording  # noqa: F401
from tests.window.window_bench import Bench, bench, make  # noqa: F401

# Fixtures are imported, and arguments of the same name get them.
# ruff: noqa: F811

_CONTROLS = QAbstractButton, QSlider, QAbstractSpinBox, QComboBox


def commands(bench: Bench) -> list[QAction]:
    window = bench.window
    return [*window.act.all(), *window.song_controller.act.all(), *window.score.act.all(),
            *window.practice.act.all()]


def test_every_command_has_a_key_and_says_what_it_does(bench: Bench) -> None:
    for action in commands(bench):
        assert action.toolTip() not in ("", action.text()), action.text()
        assert action.whatsThis(), action.text()
    # What cannot be taken back shall not be hit by mistake.
    without = [action.text() for action in commands(bench) if not action.shortcuts()]
    assert without == ["Clear list", "Forget all"]


def test_no_key_is_that_of_two_commands(bench: Bench, recording: Path) -> None:
    editing(bench, recording)
    bench.window.song_controller.editing.choose(NOTES[:1])
    for chosen in ([], NOTES[:1]):
        bench.window.song_controller.editing.choose(chosen)
        keys = Counter(
            key.toString() for action in commands(bench) if action.isEnabled()
            for key in action.shortcuts()
        )
        assert {key: count for key, count in keys.items() if count > 1} == {}


def test_every_control_has_a_name_and_an_explanation(bench: Bench) -> None:
    for control in bench.window.findChildren(QWidget):
        inner = isinstance(control.parent(), (QComboBox, QAbstractSpinBox))
        # Qt's own, within menus, tool bars and areas that scroll.
        own = control.objectName().startswith("qt_") or not control.parentWidget()
        if isinstance(control, _CONTROLS) and not inner and not own:
            text = control.text() if isinstance(control, QAbstractButton) else ""
            kind = type(control).__name__, type(control.parent()).__name__
            assert control.accessibleName() or text, kind
            assert control.toolTip(), kind
