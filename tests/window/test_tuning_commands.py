"""A4 in the window: of the recording that is open, or of what is played; measured, set, told."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import soundfile
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from app.exports.export_file import export
from tests.conftest import TONE_RATE, tones
from tests.leaks import nothing_left, only_new_objects  # noqa: F401
from tests.window.song_bench import NOTES
from tests.window.test_display_panel import sine
from tests.window.window_bench import WAIT_MS, Bench, bench, make  # noqa: F401

# Fixtures are imported, and arguments of the same name get them.
# ruff: noqa: F811

# Forty cents above 440 Hz.
SHARP = 440 * 2 ** (0.4 / 12)


@pytest.fixture
def sharp_wav(tmp_path: Path) -> Path:
    soundfile.write(tmp_path / "sharp.wav", tones(4.0), round(TONE_RATE * SHARP / 440))
    return tmp_path / "sharp.wav"


def chips(bench: Bench) -> list[str]:
    """What stands on the chips of the status line."""
    return [button.text() for button in bench.window.status.chips.buttons]


def finished(bench: Bench, act: Callable[[], object]) -> None:
    """Does something, and waits until the recording was heard."""
    with bench.qtbot.waitSignal(bench.song.finished, timeout=WAIT_MS):
        act()


def test_a_recording_beside_440_says_so_and_one_click_brings_440_back(
    bench: Bench, sharp_wav: Path
) -> None:
    window = bench.window
    bench.open(sharp_wav)
    assert window.display.a4 == bench.song.a4 == pytest.approx(SHARP, abs=0.5)
    assert chips(bench) == [f"A4 {bench.song.a4:.1f} Hz  ×"]
    assert window.status.chips.isVisible()
    assert f"{bench.song.a4:.1f} Hz, 40 cents above 440" in window.notice.text
    n_frames = len(bench.song.probabilities)
    [chip] = window.status.chips.buttons
    finished(bench, lambda: QTest.mouseClick(chip, Qt.MouseButton.LeftButton))
    assert bench.song.a4 == 440.0
    assert len(bench.song.probabilities) == n_frames
    assert chips(bench) == []


def test_the_notice_offers_440_as_well(bench: Bench, sharp_wav: Path) -> None:
    bench.open(sharp_wav)
    finished(bench, lambda: bench.press("Use 440 Hz"))
    assert bench.song.a4 == bench.window.display.a4 == 440.0


def test_the_view_and_the_notes_stay_while_it_is_heard_anew(
    bench: Bench, sharp_wav: Path
) -> None:
    bench.open(sharp_wav)
    stage = bench.window.stage
    stage.zoom_time(0.5)
    stage.view_box.zoom_pitch(0.5, 64)
    view = stage.view_box.start_s, stage.view_box.end_s, stage.view_box.low, stage.view_box.high
    count = bench.window.commands.note_count
    assert count
    with bench.qtbot.waitSignal(bench.song.heard_anew):
        bench.song.set_a4(441.0)
    assert bench.window.commands.note_count == count
    box = stage.view_box
    assert (box.start_s, box.end_s, box.low, box.high) == view
    bench.until(lambda: not bench.song.is_transcribing)


def test_a_measures_the_open_recording_and_answers_without_a_panel(
    bench: Bench, sharp_wav: Path
) -> None:
    window = bench.window
    bench.open(sharp_wav)
    measured = bench.song.a4
    finished(bench, lambda: window.display.set_a4(440.0))
    assert not window.panels.display.isVisible()

    def press() -> None:
        QTest.keyClick(window, Qt.Key.Key_A)
        assert window.notice.text == "Measuring…"
        assert not window.act.measure_a4.isEnabled()

    finished(bench, press)
    assert window.act.measure_a4.isEnabled()
    assert bench.song.a4 == measured
    assert f"Measured: A4 = {measured:.1f} Hz" in window.notice.text
    assert "listened to again" in window.notice.text


def test_what_cannot_be_measured_says_why(bench: Bench, tmp_path: Path) -> None:
    window = bench.window
    QTest.keyClick(window, Qt.Key.Key_A)
    assert "Nothing was heard yet" in window.notice.text
    noise = 0.1 * np.random.default_rng(0).standard_normal(3 * TONE_RATE)
    soundfile.write(tmp_path / "noise.wav", noise, TONE_RATE)
    bench.open(tmp_path / "noise.wav")
    assert window.notice.text == ""
    QTest.keyClick(window, Qt.Key.Key_A)
    bench.until(lambda: "No clear tuning was heard in this recording" in window.notice.text)
    assert window.panels.display.measured.text() == window.notice.text
    export(NOTES, tmp_path / "a.mid")
    bench.open(tmp_path / "a.mid")
    QTest.keyClick(window, Qt.Key.Key_A)
    assert "MIDI file has no sound" in window.notice.text


def test_a4_is_set_by_hand_and_measured_from_playing(
    bench: Bench, make: Callable[[], Bench]
) -> None:
    window, panel = bench.window, bench.window.panels.display
    told: list[float] = []
    window.tuning.live_tuned.connect(told.append)
    panel.a4.setValue(442.0)
    assert told == [442.0]
    assert chips(bench) == ["A4 442.0 Hz  ×"]
    window.act.live.trigger()
    chord = [sine(pitch, 4.0, 438.0) for pitch in (57, 61, 64, 69)]
    bench.live.hear_sound(np.sum(chord, axis=0) / 2)
    with bench.qtbot.waitSignal(window.tuner.a4_measured, timeout=WAIT_MS):
        QTest.mouseClick(panel.measure, Qt.MouseButton.LeftButton)
        assert not window.act.measure_a4.isEnabled()
    assert window.act.measure_a4.isEnabled()
    assert panel.a4.value() == pytest.approx(438.0, abs=0.5)
    assert told[-1] == window.display.a4
    for text in (panel.measured.text(), window.notice.text):
        assert "Measured: A4 = 438" in text
    window.close()
    # The next start knows nothing of it.
    assert make().window.display.a4 == 440.0


def test_a_recording_and_live_have_each_their_own_tuning(
    bench: Bench, sharp_wav: Path, tone_wav: Path
) -> None:
    display = bench.window.display
    display.set_a4(442.0)
    bench.open(tone_wav)
    assert display.a4 == 440.0
    bench.open(sharp_wav)
    assert display.a4 == pytest.approx(SHARP, abs=0.5)
    told: list[float] = []
    bench.window.tuning.live_tuned.connect(told.append)
    bench.window.act.live.trigger()
    assert display.a4 == 442.0
    assert set(told) <= {442.0}
