"""The start: a window before the network, one sentence when there is none, and the end."""

from __future__ import annotations

import subprocess
import sys
import threading
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QSettings, QTimer
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from app.settings.settings import Settings
from app.transcription.lazy_transcriber import LazyTranscriber
from app.views.dialogs import messages as dialogs
from app.window import startup
from app.window.main_window import MainWindow
from model.checkpoint_header import CheckpointError
from model.transcriber import Transcriber
from tests.conftest import TONE_RATE, tones
from tests.leaks import nothing_left, only_new_objects  # noqa: F401

ROOT = Path(__file__).resolve().parents[2]
# They take longer to load than a window may take to be there.
HEAVY = (
    "torch", "onnxruntime", "scipy", "librosa", "numba", "matplotlib", "music21", "av", "soundfile",
    "sounddevice", "mido", "supriya_midi", "filelock", "joblib", "multiprocessing.context",
)


def test_the_window_is_built_without_the_heavy_libraries() -> None:
    code = f"import sys, app.window.startup; print([n for n in {HEAVY!r} if n in sys.modules])"
    run = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert run.stdout.strip() == "[]"


def test_the_engine_hears_what_the_transcriber_hears(tiny_checkpoint: Path) -> None:
    engine, transcriber = LazyTranscriber(tiny_checkpoint), Transcriber.load(tiny_checkpoint)
    assert engine.features == transcriber.features
    assert engine.network_config == transcriber.network_config
    assert engine.decoder == transcriber.decoder
    expected = transcriber.stream(TONE_RATE).push(tones())
    found = engine.stream(TONE_RATE).push(tones())
    assert np.array_equal(found.probabilities.onset, expected.probabilities.onset)


def test_the_engine_is_tuned_for_the_next_stream(tiny_checkpoint: Path) -> None:
    engine = LazyTranscriber(tiny_checkpoint, a4=443.0)
    assert engine.features.a4 == 443.0
    running = engine.stream(TONE_RATE)
    engine.tune(415.0)
    assert engine.features.a4 == 415.0
    tuned = Transcriber.load(tiny_checkpoint, a4=415.0).stream(TONE_RATE).push(tones())
    found = engine.stream(TONE_RATE).push(tones())
    assert np.array_equal(found.spectrum, tuned.spectrum)
    assert not np.array_equal(running.push(tones()).spectrum, tuned.spectrum)
    with pytest.raises(ValueError):
        engine.tune(300.0)


def test_several_threads_may_ask_for_the_network_at_once(tiny_checkpoint: Path) -> None:
    engine = LazyTranscriber(tiny_checkpoint)
    loads: list[threading.Thread] = [threading.Thread(target=engine.load) for _ in range(4)]
    for thread in loads:
        thread.start()
    for thread in loads:
        thread.join()
    assert engine._transcriber is engine._loaded()


def damaged(tiny_checkpoint: Path, tmp_path: Path) -> Path:
    """A checkpoint whose header is whole and whose weights are cut off."""
    path = tmp_path / "cut.safetensors"
    path.write_bytes(tiny_checkpoint.read_bytes()[:-1000])
    return path


@pytest.mark.parametrize("kind", ["missing", "text", "cut"])
def test_a_bad_checkpoint_ends_the_start_with_a_sentence(
    kind: str, tiny_checkpoint: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
    qtbot: QtBot,
) -> None:
    path = tmp_path / "none.safetensors"
    if kind == "text":
        path.write_text("no checkpoint")
    elif kind == "cut":
        path = damaged(tiny_checkpoint, tmp_path)
    said: list[str] = []
    monkeypatch.setattr(dialogs, "show_fatal", said.append)
    assert startup.run(None, path) == 1
    assert path.name in said[0]


def test_weights_that_do_not_fit_are_told_when_they_are_loaded(
    tiny_checkpoint: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, qtbot: QtBot
) -> None:
    def fail(self: LazyTranscriber) -> None:
        raise CheckpointError("tiny.safetensors: the weights do not fit.")

    use_own_settings(tmp_path, monkeypatch)
    monkeypatch.setattr(LazyTranscriber, "load", fail)
    said: list[str] = []
    monkeypatch.setattr(dialogs, "show_fatal", said.append)
    assert startup.run(None, tiny_checkpoint) == 1
    assert said == ["tiny.safetensors: the weights do not fit."]
    let_go()


def let_go() -> None:
    """What the end of the program does with the window."""
    for window in QApplication.topLevelWidgets():
        if isinstance(window, MainWindow):
            window.deleteLater()


def use_own_settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Lets the program start without the settings and takes of whoever runs the tests."""
    store = QSettings(str(tmp_path / "settings.ini"), QSettings.Format.IniFormat)
    settings = Settings(store)
    settings.takes_folder = tmp_path / "takes"
    monkeypatch.setattr(startup, "Settings", lambda: settings)


def test_from_the_start_to_the_end_with_a_recording(
    tiny_checkpoint: Path, tone_wav: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
    qtbot: QtBot,
) -> None:
    use_own_settings(tmp_path, monkeypatch)
    seen: list[int] = []

    def look() -> None:
        for window in QApplication.topLevelWidgets():
            if isinstance(window, MainWindow) and window.act.export.isEnabled():
                seen.append(window.commands.note_count)
                window.display.set_a4(442.0)
                window.close()

    timer = QTimer(interval=20)
    timer.timeout.connect(look)
    timer.start()
    assert startup.run(tone_wav, tiny_checkpoint) == 0
    timer.stop()
    assert seen[0] > 0
    let_go()
