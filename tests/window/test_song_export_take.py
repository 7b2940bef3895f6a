"""The notes of a live take exported: with the beats of its recording, where there is one."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pretty_midi
import pytest
from PySide6.QtWidgets import QFileDialog

from app.views.dialogs.export_choice import ExportChoice
from app.views.dialogs.export_dialog import ExportDialog
from tests.leaks import nothing_left, only_new_objects  # noqa: F401
from tests.note_events import off, on
from tests.window.song_bench import recording  # noqa: F401
from tests.window.window_bench import WAIT_MS, Bench, bench, make  # noqa: F401
from tests.window.window_fakes import RATE

# Fixtures are imported, and arguments of the same name get them.
# ruff: noqa: F811

BEAT_S = 0.6


def play_clicks(bench: Bench, beats: int = 16) -> None:
    """Plays one note on each beat."""
    for beat in range(beats):
        samples = np.zeros(round(BEAT_S * RATE), np.float32)
        samples[:1000] = 0.5 * np.exp(-np.arange(1000) / 200) * np.sin(np.arange(1000) * 0.3)
        at_s = beat * BEAT_S
        bench.live.hear_sound(samples, on(60, at_s), off(60, at_s, at_s + 0.2))
    bench.window.stage.refresh()


def kinds_of_beats(bench: Bench) -> int:
    bench.window.act.export.trigger()
    dialog = bench.window.findChildren(ExportDialog)[-1]
    count = dialog.beats.count()
    dialog.reject()
    return count


def test_beats_are_heard_in_a_take_that_was_recorded(bench: Bench, tmp_path: Path) -> None:
    window, commands = bench.window, bench.window.commands
    window.act.record.trigger()
    play_clicks(bench)
    window.act.record.trigger()
    bench.until(lambda: commands.recording is not None)
    assert kinds_of_beats(bench) == 2
    path = tmp_path / "take.mid"
    with bench.qtbot.waitSignal(commands.exported, timeout=WAIT_MS):
        commands.export(path, 440.0, ExportChoice(has_rhythm=True, hears_beats=True))
    midi = pretty_midi.PrettyMIDI(str(path))
    _, tempos = midi.get_tempo_changes()
    assert np.median(tempos) == pytest.approx(60 / BEAT_S, rel=0.02)
    assert [note.start for note in midi.instruments[0].notes] == pytest.approx(
        [beat * BEAT_S for beat in range(16)], abs=2e-3
    )


def test_a_take_that_was_not_recorded_has_a_steady_tempo_alone(bench: Bench) -> None:
    window, commands = bench.window, bench.window.commands
    window.act.record.trigger()
    play_clicks(bench, 2)
    # Not while it is being written.
    assert commands.recording is None
    window.act.record.trigger()
    bench.until(lambda: commands.recording is not None)
    # Another one comes in its place, and the file is not its own.
    window.act.live.trigger()
    assert commands.recording is None
    play_clicks(bench, 2)
    window.act.live.trigger()
    assert commands.recording is None
    assert kinds_of_beats(bench) == 1


def test_a_song_after_a_take_has_its_own_sound(bench: Bench, recording: Path) -> None:
    bench.window.act.record.trigger()
    play_clicks(bench, 2)
    bench.window.act.record.trigger()
    bench.until(lambda: bench.window.commands.recording is not None)
    bench.open(recording)
    assert bench.window.commands.recording == recording


def suggested(bench: Bench, monkeypatch: pytest.MonkeyPatch, suffix: str) -> Path:
    """What the dialog of files begins with."""
    found: list[Path] = []

    def ask(_: object, __: str, name: str, *___: object, **____: object) -> tuple[str, str]:
        found.append(Path(name))
        return "", ""

    monkeypatch.setattr(QFileDialog, "getSaveFileName", ask)
    bench.window.act.export.trigger()
    dialog = bench.window.findChildren(ExportDialog)[-1]
    dialog.kinds.check([suffix])
    dialog.accept()
    return found[-1]


def test_the_notes_of_a_recorded_take_are_called_as_its_recording(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    window, commands = bench.window, bench.window.commands
    window.act.live.trigger()
    play_clicks(bench, 1)
    window.act.live.trigger()
    # One that was not recorded has no name.
    assert suggested(bench, monkeypatch, ".mid").name == "take.mid"
    window.act.record.trigger()
    play_clicks(bench, 2)
    window.act.record.trigger()
    bench.until(lambda: commands.recording is not None)
    recorded = commands.recording
    assert recorded is not None
    assert suggested(bench, monkeypatch, ".mid") == recorded.with_suffix(".mid")


def test_the_sound_of_the_notes_does_not_replace_the_recording(
    bench: Bench, recording: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench.open(recording)
    bench.window._settings.last_folder = recording.parent
    assert suggested(bench, monkeypatch, ".wav") == recording.with_stem("tone notes")
    assert suggested(bench, monkeypatch, ".mid") == recording.with_suffix(".mid")
    # Nor when its name is chosen on purpose.
    before = recording.read_bytes()
    bench.window.commands.export(recording, 440.0)
    assert "would replace the recording" in bench.dismiss()
    assert recording.read_bytes() == before
