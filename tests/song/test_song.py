"""An opened recording: its signals, its notes, cancelling and closing at any moment."""

from __future__ import annotations

import gc
import subprocess
import sys
import weakref
from pathlib import Path

import numpy as np
import pytest
import soundfile
from numpy.typing import NDArray
from pytestqt.qtbot import QtBot

from app.audio.files import audio_file as files
from app.song.song import Song, SongInfo
from app.system.worker_thread import Worker
from model.notes import Probabilities, notes_from_events
from model.transcriber import Heard, Transcriber
from tests.conftest import tones
from tests.leaks import nothing_left, only_new_objects  # noqa: F401
from tests.song.song_log import Log, long_wav, song, transcribe  # noqa: F401

# Fixtures are imported, and arguments of the same name get them.
# ruff: noqa: F811

ROOT = Path(__file__).resolve().parents[2]


def read(path: Path) -> NDArray[np.float32]:
    return np.concatenate(list(files.AudioFile(path).blocks()))


def test_what_is_heard_is_what_the_file_gives_anywhere_else(
    song: Song, transcriber: Transcriber, long_wav: Path, qtbot: QtBot
) -> None:
    log = transcribe(song, long_wav, qtbot)
    whole = list(transcriber.file([read(long_wav)], 44_100))
    expected = Probabilities.join(part.probabilities for part in whole)
    chunks = log.chunks()
    for name in ("onset", "frame", "velocity"):
        wanted = getattr(expected, name)
        joined = np.concatenate([getattr(chunk.probabilities, name) for chunk in chunks])
        np.testing.assert_allclose(joined, wanted, atol=1e-4)
        np.testing.assert_allclose(getattr(song.probabilities, name), wanted, atol=1e-4)
    np.testing.assert_allclose(
        np.concatenate([chunk.spectrum for chunk in chunks]),
        np.concatenate([part.spectrum for part in whole]),
        atol=1e-4,
    )
    notes = notes_from_events(event for part in whole for event in part.events)
    assert len(notes) > 10
    assert [(note.pitch, note.onset_s, note.offset_s) for note in song.notes] == [
        (note.pitch, note.onset_s, note.offset_s) for note in notes
    ]


def test_the_signals_come_in_order_and_from_the_left(
    song: Song, long_wav: Path, qtbot: QtBot
) -> None:
    log = transcribe(song, long_wav, qtbot)
    names = log.names()
    assert names[0] == "opened"
    assert names[-2:] == ["progress", "finished"]
    assert set(names[1:-1]) == {"heard", "progress"}
    chunks = log.chunks()
    # A picture of the beginning is there long before the end is heard.
    assert len(chunks) >= 9
    starts = [chunk.first_frame for chunk in chunks]
    lengths = [len(chunk.probabilities) for chunk in chunks]
    assert starts == [0, *np.cumsum(lengths)[:-1]]
    progress = log.values("progress")
    assert progress == sorted(progress, key=lambda share: share)  # type: ignore[arg-type, return-value]
    assert progress[-1] == 1.0
    assert progress[0] < 0.2  # type: ignore[operator]


def test_an_opened_recording_says_what_it_is_and_can_be_played(
    song: Song, long_wav: Path, qtbot: QtBot
) -> None:
    log = transcribe(song, long_wav, qtbot)
    assert log.values("opened") == [SongInfo(long_wav, 44_100, 12.0)]
    assert song.info == SongInfo(long_wav, 44_100, 12.0)
    assert song.player.duration_s == 12.0
    assert not song.is_transcribing


def test_the_player_gets_the_sound_of_the_file(
    transcriber: Transcriber, tmp_path: Path, qtbot: QtBot
) -> None:
    """Loud, quiet, full scale and beyond."""
    sound = np.array([0, 0.5, -0.25, 1.0, -1.0, 1.7, -3.0, 0.1], np.float32).repeat(50)
    soundfile.write(tmp_path / "clipped.wav", sound, 8000, subtype="FLOAT")
    played: list[NDArray[np.float32]] = []

    class Output:
        time = 0.0

        def close(self) -> None: ...

    def open_output(rate, dtype, fill, ended):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
        out = np.zeros((len(sound), 2), dtype)
        fill(out, 1.0)
        played.append(out[:, 0])
        return Output()

    song = Song(transcriber, open_output=open_output)
    transcribe(song, tmp_path / "clipped.wav", qtbot)
    song.player.play()
    np.testing.assert_allclose(played[0], np.clip(sound, -1, 1), atol=1 / 32767)
    song.close()


def test_a_file_that_was_cut_off_says_so_and_keeps_what_is_there(
    song: Song, tmp_path: Path, qtbot: QtBot
) -> None:
    path = tmp_path / "cut.wav"
    soundfile.write(path, tones(4.0), 44_100)
    path.write_bytes(path.read_bytes()[: 44 + 2 * 3 * 44_100])
    with qtbot.waitSignal(song.failed, timeout=10_000) as failed:
        song.open(path)
    assert failed.args[0] == (
        f"{path}: the file was cut off: only the first 3.0 s of its sound are there"
    )
    assert song.player.duration_s == 3.0
    assert song.notes


def test_cancel_ends_it_early_and_keeps_what_was_heard(
    song: Song, long_wav: Path, qtbot: QtBot
) -> None:
    log = Log(song)
    song.heard.connect(song.cancel)
    with qtbot.waitSignal(song.cancelled, timeout=10_000):
        song.open(long_wav)
    assert not song.is_transcribing
    assert log.names().count("cancelled") == 1
    assert "finished" not in log.names()
    n_frames = sum(len(chunk.probabilities) for chunk in log.chunks())
    assert 0 < len(song.probabilities) == n_frames < 12 * 50
    assert song.player.duration_s == 12.0


def test_cancel_before_anything_was_decoded(song: Song, long_wav: Path, qtbot: QtBot) -> None:
    log = Log(song)
    with qtbot.waitSignal(song.cancelled, timeout=10_000):
        song.open(long_wav)
        song.cancel()
    assert log.names()[-1] == "cancelled"
    assert "heard" not in log.names()


def test_cancel_without_work_does_nothing(song: Song, tone_wav: Path, qtbot: QtBot) -> None:
    song.cancel()
    log = transcribe(song, tone_wav, qtbot)
    song.cancel()
    assert log.names()[-1] == "finished"
    assert song.notes


@pytest.mark.parametrize("content", [None, b"", b"no sound at all, but a text" * 50])
def test_a_bad_file_fails_with_a_sentence_that_names_it(
    song: Song, tmp_path: Path, qtbot: QtBot, content: bytes | None
) -> None:
    path = tmp_path / "broken one.wav"
    if content is not None:
        path.write_bytes(content)
    log = Log(song)
    with qtbot.waitSignal(song.failed, timeout=10_000) as failed:
        song.open(path)
    assert str(path) in failed.args[0]
    assert log.names() == ["failed"]
    assert not song.is_transcribing
    assert song.info is None
    assert song.notes == []


def test_a_file_that_is_bad_from_its_beginning_shows_nothing(
    song: Song, tmp_path: Path, qtbot: QtBot
) -> None:
    sound = tones(4.0)
    sound[10_000] = np.nan
    soundfile.write(tmp_path / "nan.wav", sound, 44_100, subtype="FLOAT")
    log = Log(song)
    with qtbot.waitSignal(song.failed, timeout=10_000) as failed:
        song.open(tmp_path / "nan.wav")
    assert "not a finite number" in failed.args[0]
    assert log.names() == ["failed"]


def test_of_a_file_that_stops_being_readable_what_was_heard_is_kept(
    song: Song, transcriber: Transcriber, tmp_path: Path, qtbot: QtBot
) -> None:
    sound = tones(8.0)
    sound[250_000] = np.nan
    soundfile.write(tmp_path / "nan.wav", sound, 44_100, subtype="FLOAT")
    log = Log(song)
    with qtbot.waitSignal(song.failed, timeout=10_000) as failed:
        song.open(tmp_path / "nan.wav")
    assert "not a finite number" in failed.args[0]
    names = log.names()
    assert (names[0], names[-1], names.count("failed")) == ("opened", "failed", 1)
    assert not song.is_transcribing
    # Four whole blocks were good.
    assert song.info is not None
    n_samples = 4 * round(1.28 * 44_100)
    assert song.info.duration_s == song.player.duration_s == n_samples / 44_100
    whole = transcriber.file([sound[:n_samples]], 44_100)
    expected = notes_from_events(event for part in whole for event in part.events)
    assert len(expected) > 5
    assert [note.onset_s for note in song.notes] == [note.onset_s for note in expected]


def test_no_room_for_the_sound_fails_with_a_sentence(
    song: Song, tone_wav: Path, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(prefix: str) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("app.song.opening.tempfile.TemporaryFile", full)
    with qtbot.waitSignal(song.failed, timeout=10_000) as failed:
        song.open(tone_wav)
    assert str(tone_wav) in failed.args[0]
    assert "No space left on device" in failed.args[0]


def test_opening_another_file_while_one_is_heard(
    song: Song, long_wav: Path, tone_wav: Path, qtbot: QtBot
) -> None:
    log = Log(song)
    with qtbot.waitSignal(song.heard, timeout=10_000):
        song.open(long_wav)
    before = len(log.entries)
    with qtbot.waitSignal(song.finished, timeout=10_000):
        song.open(tone_wav)
    after = log.entries[before:]
    assert [name for name, _ in after].count("opened") == 1
    first = next(value for name, value in after if name == "heard")
    assert isinstance(first, Heard)
    assert first.first_frame == 0
    assert song.info is not None
    assert song.info.path == tone_wav
    assert 90 <= len(song.probabilities) <= 110


def test_opening_another_file_from_within_a_signal(
    song: Song, long_wav: Path, tone_wav: Path, qtbot: QtBot
) -> None:
    paths = iter([tone_wav])

    def once(heard: Heard) -> None:
        path = next(paths, None)
        if path is not None:
            song.open(path)

    song.heard.connect(once)
    with qtbot.waitSignal(song.finished, timeout=10_000):
        song.open(long_wav)
    assert song.info is not None
    assert song.info.path == tone_wav
    assert 90 <= len(song.probabilities) <= 110


def test_close_while_transcribing_joins_and_is_silent(
    song: Song, long_wav: Path, qtbot: QtBot
) -> None:
    with qtbot.waitSignal(song.heard, timeout=10_000):
        song.open(long_wav)
    log = Log(song)
    song.close()
    assert not song.is_transcribing
    assert (song.info, song.notes, len(song.probabilities)) == (None, [], 0)
    assert song.player.duration_s == 0
    qtbot.wait(50)
    assert log.entries == []
    song.close()


def test_a_song_forgotten_while_it_works_ends_its_thread(
    transcriber: Transcriber, long_wav: Path, qtbot: QtBot
) -> None:
    song = Song(transcriber)
    with qtbot.waitSignal(song.heard, timeout=10_000):
        song.open(long_wav)
    worker = song._workers[-1]
    gone = weakref.ref(song)
    del song
    gc.collect()
    assert gone() is None
    assert worker.is_stopping


def test_a_program_that_ends_in_the_middle_does_not_crash(
    exported_checkpoint: Path, long_wav: Path
) -> None:
    """Neither without a word to the song, nor with the song in a garbage cycle."""
    code = f"""
import gc, sys
from pathlib import Path
from PySide6.QtCore import QCoreApplication, QTimer
from app.song.song import Song
from model.transcriber import Transcriber

app = QCoreApplication([])
transcriber = Transcriber.load(Path({str(exported_checkpoint)!r}))
cycles = []
def begin():
    song = Song(transcriber)
    song.itself = [song]
    song.open(Path({str(long_wav)!r}))
    return song
for _ in range(3):
    begin()
last = begin()
last.heard.connect(app.quit)
app.exec()
begin()
print("over")
"""
    run = subprocess.run(
        [sys.executable, "-X", "faulthandler", "-c", code],
        cwd=ROOT, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert (run.returncode, run.stdout) == (0, "over\n"), run.stderr
    assert "QThread" not in run.stderr


def test_a_fault_of_the_program_is_told_and_not_swallowed(
    song: Song, tone_wav: Path, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    def faulty(worker: Worker, stream: object, blocks: object) -> None:
        raise KeyError("a fault")

    monkeypatch.setattr(Worker, "transcribe", faulty)
    with qtbot.captureExceptions() as exceptions:
        with qtbot.waitSignal(song.failed, timeout=10_000) as failed:
            song.open(tone_wav)
        song.close()
    assert "KeyError('a fault')" in failed.args[0]
    assert [kind for kind, _, _ in exceptions] == [KeyError]


def test_the_worker_waits_for_a_window_that_is_behind(
    song: Song, long_wav: Path, qtbot: QtBot
) -> None:
    """What waits in memory is bounded, however long the recording."""
    most = 0

    def look(heard: Heard) -> None:
        nonlocal most
        # The window is busy: the worker goes on meanwhile, as far as it may.
        song._workers[-1].wait(150)
        most = max(most, len(song._workers[-1]._waiting))

    song.heard.connect(look)
    transcribe(song, long_wav, qtbot)
    assert 1 <= most <= 4
