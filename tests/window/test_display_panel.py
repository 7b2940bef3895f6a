"""The panel for how notes are shown: names, instruments, tuning and themes; and what lasts."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from app.music.instruments import instrument_named
from app.settings.settings import THEMES
from tests.leaks import nothing_left, only_new_objects  # noqa: F401
from tests.note_events import off, on
from tests.window.window_bench import WAIT_MS, Bench, bench, choose, make, texts  # noqa: F401
from tests.window.window_fakes import RATE

# Fixtures are imported, and arguments of the same name get them.
# ruff: noqa: F811


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
    assert seen == ["Si♭4", "B4", "B♭4"]
    QTest.keyClick(bench.window, Qt.Key.Key_N, Qt.KeyboardModifier.ShiftModifier)
    assert names.text == "A♯4"


def test_names_follow_the_key_that_is_heard_until_one_is_chosen(bench: Bench) -> None:
    display, panel = bench.window.display, bench.window.panels.display
    assert panel.accidentals.currentText() == "By key"
    assert panel.key.currentText() == "As heard"
    # A scale of F minor, one note after the other.
    scale = (53, 55, 56, 58, 60, 61, 63, 65)
    play(bench, 66)
    assert bench.window.stage.names.text == "F♯4"
    bench.live.hear(1.2, off(66, 0.5, 1.0))
    for second, pitch in enumerate(scale, start=2):
        bench.live.hear(second + 0.5, on(pitch, second))
        bench.live.hear(second + 1.0, off(pitch, second, second + 1.0))
    bench.window.stage.refresh()
    bench.until(lambda: display.naming.key == -4)
    assert panel.key.currentText() == "As heard: A♭ major, F minor"
    assert display.naming.name(61) == "D♭4"
    # What an instrument in B flat reads is in G minor.
    display.set_transposition(2)
    assert panel.key.currentText() == "As heard: B♭ major, G minor"
    choose(panel.key, "E major")
    assert display.naming.name(61) == "D♯4"
    bench.window.act.live.trigger()
    bench.window.act.live.trigger()
    assert display.naming.key == 4


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
    trumpet = instrument_named("Trumpet in B♭")
    assert again.window.display.instrument == trumpet
    assert again.window.stage.view_box.lowest == trumpet.lowest - 0.5


def test_every_instrument_finds_its_transposition_in_the_list(bench: Bench) -> None:
    panel = bench.window.panels.display
    for name in texts(panel.instrument):
        choose(panel.instrument, name)
        assert panel.transposition.currentData() == instrument_named(name).transposition
        assert "semitones" not in panel.transposition.currentText(), name


def test_the_theme_follows_the_panel(bench: Bench) -> None:
    panel = bench.window.panels.display
    choose(panel.theme_box, "Light")
    assert bench.window.act.themes["light"].isChecked()
    assert bench.settings.theme == "light"
    for name in ("system", "dark"):
        bench.window.act.next_theme.trigger()
        assert panel.theme_box.currentData() == name
    assert len(THEMES) == 3


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
    window.display.set_a4(442.0)
    bench.until(lambda: "±0 cents" in detail())
    # Two notes are no single note.
    live.hear_sound(sine(69, 0.2), on(76, 1.1))
    bench.until(lambda: detail() == "")
    live.hear_sound(sine(69, 0.2), off(76, 1.1, 1.3))
    bench.until(lambda: detail() != "")
    QTest.keyClick(window, Qt.Key.Key_C)
    assert not window.panels.display.detail.isChecked()
    assert names.detail == ""
