"""An export that is cancelled in the midst of its long steps: nothing of it stays."""

from __future__ import annotations

import threading
import wave
from collections.abc import Callable
from pathlib import Path

import music21
import numpy as np
import pytest
import soundfile
from music21.musicxml.m21ToXml import ScoreExporter
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from app.exports.export_file import export
from app.music import beat_tracking, heard_rhythm
from app.music.quantise import Grid
from app.system.librosa_loading import load_librosa
from app.views.dialogs.export_choice import ExportChoice
from model.notes import Note
from tests.leaks import nothing_left, only_new_objects  # noqa: F401
from tests.window.song_bench import NOTES, opened, recording  # noqa: F401
from tests.window.window_bench import WAIT_MS, Bench, bench, make, midi_notes  # noqa: F401

# Fixtures are imported, and arguments of the same name get them.
# ruff: noqa: F811

QUANTISED = ExportChoice(has_rhythm=True, hears_beats=True, moves=True, grid=Grid.parse("1/16"))


@pytest.fixture
def clicks(tmp_path: Path) -> Path:
    """Six seconds with two beats in each."""
    samples = np.zeros(6 * 22_050, np.float32)
    click = np.exp(-np.arange(1000) / 200) * np.sin(np.arange(1000) * 0.3)
    for beat in range(1, 12):
        first = beat * 11_025
        samples[first : first + 1000] = click[: len(samples) - first] * 0.5
    path = tmp_path / "clicks.wav"
    soundfile.write(path, samples, 22_050)
    return path


class Gate:
    """Holds a function up in a worker of the program, until the test lets it go on.

    It must be one that the window's thread does not call meanwhile.
    """

    def __init__(self, monkeypatch: pytest.MonkeyPatch, place: object, name: str) -> None:
        self._arrived, self._may_go_on = threading.Event(), threading.Event()
        self.calls = 0
        real = getattr(place, name)

        def wait(*args: object, **options: object) -> object:
            self.calls += 1
            self._arrived.set()
            assert self._may_go_on.wait(WAIT_MS / 1000)
            return real(*args, **options)

        monkeypatch.setattr(place, name, wait)

    def arrived(self) -> None:
        """Returns when the worker is there."""
        assert self._arrived.wait(WAIT_MS / 1000)

    def open(self) -> None:
        self._may_go_on.set()


def forbidden(*_: object, **__: object) -> None:
    raise AssertionError("a cancelled export went on")


def only_exports(bench: Bench) -> None:
    """Ends the song's own search for beats, which would come through the same gates."""
    rhythm = bench.song.rhythm
    running = list(rhythm.workers)
    rhythm.clear()
    for worker in running:
        worker.join()


def leave(bench: Bench) -> None:
    """Waits for those that were cancelled."""
    for worker in bench.window.commands._exporter._leaving:
        worker.join()


@pytest.mark.parametrize("suffix", [".mid", ".musicxml"])
@pytest.mark.parametrize("was_there", [False, True])
def test_while_beats_are_being_found(
    bench: Bench, clicks: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, suffix: str,
    was_there: bool,
) -> None:
    librosa = load_librosa()
    opened(bench, clicks)
    only_exports(bench)
    folder = tmp_path / "out"
    folder.mkdir()
    path = folder / f"song{suffix}"
    if was_there:
        path.write_bytes(b"before")
    commands = bench.window.commands
    # All of the sound is read; now the tempo is looked for, for seconds.
    gate = Gate(monkeypatch, librosa.feature, "tempo")
    monkeypatch.setattr(librosa.beat, "beat_track", forbidden)
    commands.export(path, 440.0, QUANTISED)
    gate.arrived()
    with bench.qtbot.waitSignal(commands.export_ended, timeout=WAIT_MS):
        bench.press("Cancel")
    # The worker is still in there, and the window is free already.
    assert not commands._exporter.is_writing
    assert bench.window.notice.text == ""
    assert bench.window.act.export.isEnabled()
    QTest.keyClick(bench.window.stage, Qt.Key.Key_Space)
    assert commands.song.is_playing
    plain = folder / "plain.mid"
    with bench.qtbot.waitSignal(commands.exported, timeout=WAIT_MS):
        commands.export(plain, 440.0)
    gate.open()
    leave(bench)
    assert gate.calls == 1
    assert sorted(folder.iterdir()) == sorted([plain, *([path] if was_there else [])])
    assert not was_there or path.read_bytes() == b"before"
    assert len(midi_notes(plain)) == len(NOTES)


def test_while_the_sound_is_read_for_beats(
    bench: Bench, recording: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened(bench, recording)
    only_exports(bench)
    commands, path = bench.window.commands, tmp_path / "out" / "song.mid"
    path.parent.mkdir()
    gate = Gate(monkeypatch, beat_tracking, "_onset_strength")
    monkeypatch.setattr(heard_rhythm, "rhythm_of", forbidden)
    commands.export(path, 440.0, QUANTISED)
    gate.arrived()
    commands.cancel_export()
    gate.open()
    leave(bench)
    assert not list(path.parent.iterdir())


def test_the_same_file_again_at_once(
    bench: Bench, recording: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The one that was cancelled must not take away what the next one is writing."""
    opened(bench, recording)
    commands, path = bench.window.commands, tmp_path / "out" / "song.wav"
    path.parent.mkdir()
    first = Gate(monkeypatch, wave.Wave_write, "writeframesraw")
    commands.export(path, 440.0)
    first.arrived()
    commands.cancel_export()
    commands.export(path, 440.0)
    bench.until(lambda: first.calls == 2)
    assert len(list(path.parent.iterdir())) == 2
    with bench.qtbot.waitSignal(commands.exported, timeout=WAIT_MS):
        first.open()
    leave(bench)
    assert [child.name for child in path.parent.iterdir()] == ["song.wav"]


class EnoughError(Exception):
    """What breaks an export off in these tests."""


def breaks_off(after: int) -> Callable[[], None]:
    left = after

    def go_on() -> None:
        nonlocal left
        left -= 1
        if left < 0:
            raise EnoughError

    return go_on


def steps(suffix: str, notes: list[Note], folder: Path) -> int:
    """How often an export asks whether it shall go on."""
    count = 0

    def go_on() -> None:
        nonlocal count
        count += 1

    export(notes, folder / f"whole{suffix}", go_on=go_on)
    return count


@pytest.mark.parametrize("suffix", [".musicxml", ".wav"])
def test_a_long_export_can_break_off_at_any_step(suffix: str, tmp_path: Path) -> None:
    notes = [Note(i * 0.25, i * 0.25 + 0.2, 40 + i % 40, 80) for i in range(80)]
    asked = steps(suffix, notes, tmp_path)
    # Ten bars on two staves; blocks of a quarter second.
    assert asked >= 20
    broken = tmp_path / "broken"
    broken.mkdir()
    for after in (0, 1, asked // 2, asked - 1):
        with pytest.raises(EnoughError):
            export(notes, broken / f"song{suffix}", go_on=breaks_off(after))
        assert not list(broken.iterdir())
    if suffix == ".musicxml":
        whole = music21.converter.parse(tmp_path / "whole.musicxml")
        assert isinstance(whole, music21.stream.Score)
        parts = whole.parts
        assert len(parts) == 2
        assert sum(len(part.flatten().pitches) for part in parts) >= len(notes)


def test_a_staff_is_not_begun_when_nobody_wants_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    notes = [Note(i * 0.25, i * 0.25 + 0.2, 40 + i % 40, 80) for i in range(80)]
    asked = steps(".musicxml", notes, tmp_path)
    monkeypatch.setattr(ScoreExporter, "asBytes", forbidden)
    with pytest.raises(EnoughError):
        # Before the second staff: the last questions are after it, and after its text.
        export(notes, tmp_path / "a.musicxml", go_on=breaks_off(asked - 3))
