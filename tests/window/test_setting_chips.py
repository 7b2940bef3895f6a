"""The chips of the status line: one for each setting that changes results and is not as usual."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from app.exports.export_file import export
from tests.leaks import nothing_left, only_new_objects  # noqa: F401
from tests.window.song_bench import NOTES
from tests.window.test_tuning_commands import chips
from tests.window.window_bench import Bench, bench, make  # noqa: F401

# Fixtures are imported, and arguments of the same name get them.
# ruff: noqa: F811

# How each is changed, and what its chip says.
CHANGES: dict[str, Callable[[Bench], object]] = {
    "A4 442.0 Hz": lambda bench: bench.window.display.set_a4(442.0),
    "Trumpet in B♭": lambda bench: bench.window.display.set_instrument("Trumpet in B♭"),
    "One note at a time": lambda bench: bench.window.display.set_monophonic(True),
    "In E♭": lambda bench: bench.window.display.set_transposition(9),
    "Sensitivity 65": lambda bench: bench.window.commands.sensitivity.move(65),
    "Shortest note 120 ms": lambda bench: bench.window.commands.sensitivity.set_shortest(120),
    "Gain +6 dB": lambda bench: bench.window.input.set_gain(6.0),
    "Gate -40 dB": lambda bench: bench.window.input.set_gate(True, -40.0),
    "Channel 2": lambda bench: bench.window.input.choose_channel(1),
}


@pytest.mark.parametrize("text", CHANGES)
def test_a_click_on_its_chip_brings_a_setting_back(bench: Bench, text: str) -> None:
    assert chips(bench) == []
    assert not bench.window.status.chips.isVisible()
    CHANGES[text](bench)
    assert chips(bench) == [f"{text}  ×"]
    [chip] = bench.window.status.chips.buttons
    assert chip.accessibleName().startswith(f"{text}: back to ")
    assert chip.isVisible()
    QTest.mouseClick(chip, Qt.MouseButton.LeftButton)
    assert chips(bench) == []
    assert not bench.window.status.chips.isVisible()


def test_what_is_remembered_is_seen_at_the_next_start(make: Callable[[], Bench]) -> None:
    first = make()
    first.window.display.set_instrument("Violin")
    first.window.display.set_transposition(3)
    first.window.close()
    second = make()
    assert chips(second) == ["Violin  ×", "In A  ×"]
    # Those of the transposition alone; then the instrument's.
    second.window.status.chips.buttons[1].click()
    assert chips(second) == ["Violin  ×"]


def test_only_what_changes_what_is_on_the_stage_is_told(
    bench: Bench, tone_wav: Path, tmp_path: Path
) -> None:
    CHANGES["Gain +6 dB"](bench)
    CHANGES["Sensitivity 65"](bench)
    assert chips(bench) == ["Sensitivity 65  ×", "Gain +6 dB  ×"]
    bench.open(tone_wav)
    assert chips(bench) == ["Sensitivity 65  ×"]
    export(NOTES, tmp_path / "a.mid")
    bench.open(tmp_path / "a.mid")
    assert chips(bench) == []
