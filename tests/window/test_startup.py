"""The start: a window before the network, one sentence when there is none, and the end."""

from __future__ import annotations

import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PySide6.QtCore import QSettings, QTimer
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from app.audio.devices.portaudio_streams import AudioDeviceError
from app.live.session import LiveSession
from app.settings.settings import Settings
from app.song.song import Song
from app.transcription.lazy_transcriber import LazyTranscriber
from app.views.dialogs import messages as dialogs
from app.window import startup
from app.window.main_window import MainWindow
from model.checkpoint_header import CheckpointError
from model.heard import Heard
from model.notes import NoteOn
from model.transcriber import Transcriber
from tests.conftest import TONE_RATE, tones
from tests.leaks import nothing_left, only_new_objects  # noqa: F401
from tests.live.fake_input import Input
from tests.live.live_session import RATE, busy_machine, found, notes, send  # noqa: F401

ROOT = Path(__file__).resolve().parents[2]
# They take longer to load than a window may take to be there.
HEAVY = (
    "torch", "onnxruntime", "scipy", "librosa", "numba", "matplotlib", "music21", "av", "soundfile",
    "sounddevice", "mido", "supriya_midi", "filelock", "joblib",
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
    engine = LazyTranscriber(tiny_checkpoint)
    running = engine.stream(TONE_RATE)
    engine.tune(415.0)
    assert engine.features.a4 == 415.0
    tuned = Transcriber.load(tiny_checkpoint, a4=415.0).stream(TONE_RATE).push(tones())
    found = engine.stream(TONE_RATE).push(tones())
    assert np.array_equal(found.spectrum, tuned.spectrum)
    assert not np.array_equal(running.push(tones()).spectrum, tuned.spectrum)
    # One that says its own tuning has it.
    own = Transcriber.load(tiny_checkpoint, a4=442.0).stream(TONE_RATE).push(tones())
    assert np.array_equal(engine.stream(TONE_RATE, 442.0).push(tones()).spectrum, own.spectrum)
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


def test_the_network_is_loaded_while_the_window_is_drawn(
    tiny_checkpoint: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, qtbot: QtBot
) -> None:
    use_own_settings(tmp_path, monkeypatch)
    is_loading, seen = threading.Event(), []
    load, show = LazyTranscriber.load, MainWindow.show

    def load_and_tell(engine: LazyTranscriber) -> None:
        is_loading.set()
        load(engine)

    def show_later(window: MainWindow) -> None:
        # It does not wait for the window's first picture.
        seen.append(is_loading.wait(60))
        show(window)
        QTimer.singleShot(0, window.close)

    monkeypatch.setattr(LazyTranscriber, "load", load_and_tell)
    monkeypatch.setattr(MainWindow, "show", show_later)
    assert startup.run(None, tiny_checkpoint) == 0
    assert seen == [True]
    let_go()


def test_the_sound_library_is_loaded_beside_the_window(
    tiny_checkpoint: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, qtbot: QtBot
) -> None:
    use_own_settings(tmp_path, monkeypatch)
    threads: list[threading.Thread] = []

    def missing() -> None:
        threads.append(threading.current_thread())
        raise AudioDeviceError("PortAudio is not installed.")

    def look() -> None:
        for window in QApplication.topLevelWidgets():
            if isinstance(window, MainWindow) and threads:
                window.close()

    monkeypatch.setattr(startup, "portaudio", missing)
    monkeypatch.setattr(LazyTranscriber, "load", lambda engine: None)
    timer = QTimer(interval=10)
    timer.timeout.connect(look)
    timer.start()
    # Live says that it is missing, once it is asked for.
    assert startup.run(None, tiny_checkpoint) == 0
    timer.stop()
    assert len(threads) == 1
    assert threads[0] is not threading.main_thread()
    let_go()


def test_live_pressed_before_the_network_is_there_is_served_at_once(
    tiny_checkpoint: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, qtbot: QtBot
) -> None:
    use_own_settings(tmp_path, monkeypatch)
    is_wanted, device, sound = threading.Event(), Input(), tones(2.0, RATE)
    loaded = LazyTranscriber._loaded

    def load_when_wanted(engine: LazyTranscriber) -> Transcriber:
        assert is_wanted.wait(60)
        return loaded(engine)

    class FakeDeviceLive(LiveSession):
        def __init__(self, engine: LazyTranscriber) -> None:
            super().__init__(engine, open_input=device.open, find_input=found)

    monkeypatch.setattr(LazyTranscriber, "_loaded", load_when_wanted)
    monkeypatch.setattr(startup, "LiveSession", FakeDeviceLive)
    seen: list[object] = []
    heard: list[Heard] = []

    def press(window: MainWindow, live: LiveSession) -> None:
        live.heard.connect(heard.append)
        window.act.live.trigger()
        seen.append((device.is_open, window.act.live.isChecked(), live.heard_s))
        send(device, sound)
        is_wanted.set()
        qtbot.waitUntil(lambda: live.heard_s >= 2.0, timeout=60_000)
        window.act.live.trigger()
        seen.append((live.lost_samples, window.commands.note_count))
        window.close()

    def make_window(song: Song, live: LiveSession, *others: Any) -> MainWindow:
        window = MainWindow(song, live, *others)
        QTimer.singleShot(0, lambda: press(window, live))
        return window

    monkeypatch.setattr(startup, "MainWindow", make_window)
    assert startup.run(None, tiny_checkpoint) == 0
    whole = list(Transcriber.load(tiny_checkpoint).file([sound], RATE))
    # All that was played since the press, on the press's clock.
    assert notes(heard) == notes(whole)
    n_notes = sum(isinstance(event, NoteOn) for part in whole for event in part.events)
    assert n_notes > 0
    assert seen == [(True, True, 0.0), (0, n_notes)]
    let_go()


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
