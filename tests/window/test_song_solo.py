"""One note of a recording heard alone while its key is held, and the tuning of the instrument."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget

from app.audio.playback.mixer import Mixer
from app.audio.playback.synthesiser import Tones
from app.exports.export_file import export
from model.notes import Note
from tests.leaks import nothing_left, only_new_objects  # noqa: F401
from tests.window.song_bench import NOTES, editing, hover, opened, recording  # noqa: F401
from tests.window.window_bench import Bench, bench, make  # noqa: F401

# Fixtures are imported, and arguments of the same name get them.
# ruff: noqa: F811

PORTION = 1024


def heard(bench: Bench, seconds: float) -> NDArray[np.float32]:
    """So much of what the newest loudspeaker is given, silence once it is given nothing more."""
    output = bench.outputs[-1]
    portions = []
    for _ in range(round(seconds * 44_100 / PORTION)):
        block = np.zeros((PORTION, 1), np.float32)
        output._fill(block, output.time)
        output.time += PORTION / 44_100
        portions.append(block[:, 0])
    return np.concatenate(portions)


def sounds(samples: NDArray[np.float32]) -> bool:
    return bool(np.abs(samples).max() > 1e-3)


def repeat(widget: QWidget, kind: QEvent.Type) -> None:
    """What the system sends again and again while S is held."""
    no_key = Qt.KeyboardModifier.NoModifier
    QApplication.sendEvent(widget, QKeyEvent(kind, Qt.Key.Key_S, no_key, "s", True))


def press(bench: Bench) -> None:
    QTest.keyPress(bench.window.stage, Qt.Key.Key_S)


def release(bench: Bench) -> None:
    QTest.keyRelease(bench.window.stage, Qt.Key.Key_S)


def solos(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> list[object]:
    """The notes that are heard alone from now on."""
    begun: list[object] = []
    solo = bench.song.player.solo

    def note_down(note: Note, *, again: bool = False) -> None:
        begun.append(note)
        solo(note, again=again)

    monkeypatch.setattr(bench.song.player, "solo", note_down)
    return begun


def test_it_sounds_while_the_key_is_held(bench: Bench, recording: Path) -> None:
    opened(bench, recording)
    hover(bench, 1.4, 67)
    press(bench)
    # The note lasts 0.4 s.
    assert sounds(heard(bench, 0.4))
    heard(bench, 2.0)
    assert sounds(heard(bench, 0.6))
    release(bench)
    heard(bench, 0.1)
    assert not sounds(heard(bench, 0.5))


def test_the_repetition_of_a_held_key_neither_begins_nor_ends_it(
    bench: Bench, recording: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened(bench, recording)
    begun = solos(bench, monkeypatch)
    hover(bench, 1.4, 67)
    press(bench)
    stage = bench.window.stage
    for _ in range(3):
        repeat(stage, QEvent.Type.KeyRelease)
        repeat(stage, QEvent.Type.ShortcutOverride)
        repeat(stage, QEvent.Type.KeyPress)
    assert not bench.window.song_controller.act.solo.autoRepeat()
    assert begun == [NOTES[2]]
    heard(bench, 1.0)
    assert sounds(heard(bench, 0.6))
    release(bench)
    press(bench)
    assert len(begun) == 2
    release(bench)


def lose_focus(bench: Bench) -> None:
    QApplication.sendEvent(bench.window, QEvent(QEvent.Type.WindowDeactivate))


def release_elsewhere(bench: Bench) -> None:
    # A line of text has the focus by now, and keeps its keys to itself.
    QTest.keyRelease(bench.window.song_controller.bar.shortest.lineEdit(), Qt.Key.Key_S)


@pytest.mark.parametrize("end", [lose_focus, release_elsewhere])
def test_it_ends_wherever_the_key_is_let_go_of(
    bench: Bench, recording: Path, end: Callable[[Bench], None]
) -> None:
    opened(bench, recording)
    hover(bench, 1.4, 67)
    press(bench)
    assert sounds(heard(bench, 0.4))
    end(bench)
    heard(bench, 0.1)
    assert not sounds(heard(bench, 0.5))
    # The next one is another one. A window that comes back waits for the pointer to move.
    hover(bench, 1.4, 67)
    press(bench)
    assert sounds(heard(bench, 0.4))
    release(bench)


def test_from_the_menu_it_sounds_once(bench: Bench, recording: Path) -> None:
    opened(bench, recording)
    hover(bench, 1.4, 67)
    bench.window.song_controller.act.solo.trigger()
    assert sounds(heard(bench, 0.4))
    heard(bench, 1.0)
    assert not sounds(heard(bench, 0.5))


def test_letting_go_leaves_alone_what_plays_by_then(bench: Bench, recording: Path) -> None:
    opened(bench, recording)
    hover(bench, 1.4, 67)
    press(bench)
    bench.window.act.play.trigger()
    release(bench)
    assert bench.window.commands.song.is_playing
    assert sounds(heard(bench, 1.0))


def test_a_note_of_a_midi_file_is_held(bench: Bench, tmp_path: Path) -> None:
    export(NOTES, tmp_path / "a.mid")
    bench.open(tmp_path / "a.mid")
    bench.window.stage.fit()
    hover(bench, 0.5, 60)
    press(bench)
    heard(bench, 1.0)
    # By itself a struck note ends after 0.6 s.
    assert sounds(heard(bench, 0.5))
    release(bench)
    heard(bench, 0.5)
    assert not sounds(heard(bench, 0.3))


def test_where_no_note_is_the_pitch_under_the_pointer_is_heard(
    bench: Bench, recording: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    editing(bench, recording)
    bench.window.act.unsure.setChecked(False)
    begun = solos(bench, monkeypatch)
    hover(bench, 1.0, 69)
    press(bench)
    release(bench)
    spot, = begun
    assert (spot.pitch, spot.onset_s, spot.offset_s) == (  # type: ignore[attr-defined]
        69, pytest.approx(0.75, abs=0.02), pytest.approx(1.25, abs=0.02)
    )
    # A chosen note is meant before that.
    bench.window.song_controller.editing.choose([NOTES[0]])
    press(bench)
    release(bench)
    assert begun[1:] == [NOTES[0]]


def hertz(samples: NDArray[np.float32]) -> float:
    """The strongest frequency."""
    spectrum = np.abs(np.fft.rfft(samples * np.hanning(len(samples)), 2**19))
    return float(spectrum.argmax() * 44_100 / 2**19)


def test_the_instrument_follows_the_tuning(bench: Bench, tmp_path: Path) -> None:
    export(NOTES, tmp_path / "a.mid")
    bench.open(tmp_path / "a.mid")
    player = bench.song.player
    player.strike(69)
    before = hertz(heard(bench, 0.5))
    bench.window.display.set_a4(450.0)
    heard(bench, 1.0)
    player.strike(69)
    assert hertz(heard(bench, 0.5)) / before == pytest.approx(450 / 440, abs=2e-3)
    # So do the notes that play.
    bench.window.display.set_a4(430.0)
    player.seek(1.2)
    player.play()
    assert hertz(heard(bench, 0.4)) / (430 * 2 ** (-2 / 12)) == pytest.approx(1, abs=5e-3)


def test_what_sounds_when_the_tuning_changes_sounds_on() -> None:
    mixer = Mixer(8000, Tones(8000))
    mixer.strike(69, 100, 0.5)
    mixer.read(800)
    mixer.tune(Tones(8000, 450.0))
    assert sounds(mixer.read(800))


def test_the_end_of_a_solo_makes_no_step() -> None:
    mixer = Mixer(8000, Tones(8000))
    tone = np.sin(np.arange(4000) / 8000 * 2 * np.pi * 100).astype(np.float32)
    mixer.solo(tone, 1.0, again=True)
    first = mixer.read(5020)
    mixer.end_solo()
    joined = np.concatenate([first[-100:], mixer.read(400)])
    assert np.abs(np.diff(joined)).max() < 0.1
    assert not sounds(joined[-300:])
    assert mixer.is_over
