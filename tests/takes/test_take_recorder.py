"""Takes: lossless, complete after a kill, readable after a full disk, never in the worker's way."""

from __future__ import annotations

import contextlib
import datetime
import gc
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PySide6.QtCore import QStandardPaths
from pytestqt.qtbot import QtBot

from app.audio.files.audio_file import read
from app.takes.flac_wav_writer import TakeSoundWriter
from app.takes.take_recorder import (
    TakeError,
    TakeRecorder,
    discard,
    new_take_path,
    notes_path,
    read_events,
    read_notes,
    recover,
    takes_folder,
    unfinished_takes,
)
from app.takes.take_signals import TakeSignals
from app.terminal.command_line import main
from model.notes import Note, NoteEvent, NoteOff, NoteOn, Probabilities
from model.transcriber import Heard, Transcriber
from tests.conftest import tones
from tests.leaks import nothing_left, only_new_objects  # noqa: F401

ROOT = Path(__file__).resolve().parents[2]
RATE = 22_050
# What libsndfile's FLAC encoder holds back until it is a frame.
FRAME = 4096


def noise(n_samples: int, seed: int = 0) -> NDArray[np.float32]:
    """Sound on the 24-bit grid, up to both ends of it."""
    values = np.random.default_rng(seed).integers(-(2**23), 2**23, n_samples)
    values[:2] = -(2**23), 2**23 - 1
    return (values / 2**23).astype(np.float32)


def heard(*events: NoteEvent) -> Heard:
    return Heard(0, np.zeros((0, 1), np.float32), Probabilities.join([]), list(events))


def record(path: Path, sound: NDArray[np.float32], *events: NoteEvent) -> TakeRecorder:
    writer = TakeRecorder(path)
    writer.begin(RATE)
    for first in range(0, len(sound), 441):
        writer.write(sound[first : first + 441])
    writer.hear(heard(*events))
    writer.finish()
    assert writer.wait(60)
    return writer


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


@pytest.mark.parametrize("suffix", [".flac", ".wav"])
def test_the_sound_comes_back_bit_for_bit(tmp_path: Path, suffix: str) -> None:
    sound = noise(50_001)
    path = tmp_path / "new" / f"one{suffix}"
    writer = record(path, sound)
    assert (writer.saved, writer.error, writer.is_done) == (path, None, True)
    assert writer.written_s == pytest.approx(50_001 / RATE)
    recorded, rate = read(path)
    assert rate == RATE
    np.testing.assert_array_equal(recorded, sound)
    assert set(names(path.parent)) == {path.name, "one.notes.jsonl"}


def test_the_notes_of_a_take_are_those_of_stream(
    tiny_checkpoint: Path, tmp_path: Path
) -> None:
    stream = Transcriber.load(tiny_checkpoint).stream(RATE)
    sound = (np.rint(tones(2.0, RATE) * 2**23) / 2**23).astype(np.float32)
    writer = TakeRecorder(tmp_path / "take.flac")
    writer.begin(RATE)
    for first in range(0, len(sound), 441):
        block = sound[first : first + 441]
        writer.write(block)
        writer.hear(stream.push(block))
    writer.hear(stream.finish())
    writer.finish()
    assert writer.wait(60)
    lines = tmp_path / "stream.jsonl"
    assert main([
        "stream", str(tmp_path / "take.flac"), "--jsonl", str(lines), "--block", "441",
        "--checkpoint", str(tiny_checkpoint),
    ]) == 0  # fmt: skip
    assert notes_path(tmp_path / "take.flac").read_text() == lines.read_text()
    assert len(read_notes(tmp_path / "take.flac")) >= 10
    assert len(read_events(lines)) >= 20


def test_a_killed_recording_is_offered_and_recovered(tmp_path: Path) -> None:
    path = tmp_path / "take.flac"
    unfinished = tmp_path / "take.unfinished.flac"
    child = subprocess.Popen(
        [sys.executable, "-m", "tests.takes.test_take_recorder", str(path)],
        cwd=ROOT, stdout=subprocess.PIPE, text=True,
    )
    try:
        assert child.stdout is not None
        assert child.stdout.readline() == "written\n"
        # As long as it is recorded, no other program may touch it.
        assert unfinished_takes(tmp_path) == []
        for forbidden in (recover, discard):
            with pytest.raises(TakeError, match="is being recorded"):
                forbidden(unfinished)
        with pytest.raises(TakeError, match="already"):
            TakeRecorder(path)
    finally:
        child.kill()
        child.communicate()
    assert child.returncode == -signal.SIGKILL
    assert unfinished_takes(tmp_path) == [unfinished]
    assert recover(unfinished) == path
    recorded, rate = read(path)
    given = noise(3 * RATE)
    assert rate == RATE
    assert len(given) - FRAME <= len(recorded) <= len(given)
    np.testing.assert_array_equal(recorded, given[: len(recorded)])
    # One note had ended, one sounded; a third began when the last of the sound was not written.
    length_s = round(len(recorded) / RATE, 6)
    assert read_notes(path) == [Note(0.5, 1.0, 60, 90, 0.75), Note(1.5, length_s, 64, 80, 0.5)]
    assert names(tmp_path) == ["take.flac", "take.notes.jsonl"]
    assert unfinished_takes(tmp_path) == []


def record_until_killed(path: Path) -> None:
    """The program that is killed."""
    writer = TakeRecorder(path)
    sound = noise(3 * RATE)
    writer.begin(RATE)
    for first in range(0, len(sound), 441):
        writer.write(sound[first : first + 441])
    writer.hear(heard(
        NoteOn(60, 90, 0.5, 0.6, 0.75), NoteOff(60, 90, 0.5, 1.0, 1.1, 0.75),
        NoteOn(64, 80, 1.5, 1.6, 0.5), NoteOn(67, 80, 2.99, 3.0, 0.5),
    ))  # fmt: skip
    while writer.written_s < 3.0 or not notes_path(path.with_stem("take.unfinished")).read_text():
        time.sleep(0.01)
    print("written", flush=True)
    sys.stdin.read()
    time.sleep(60)


@pytest.mark.parametrize("suffix", [".flac", ".wav"])
@pytest.mark.parametrize("tail", [b"", bytes(5000)], ids=["torn", "zeros"])
def test_what_a_power_cut_leaves_is_recovered(tmp_path: Path, suffix: str, tail: bytes) -> None:
    """Files end anywhere then, or in zeros that were never written."""
    sound = noise(5 * FRAME)
    unfinished = tmp_path / f"a.unfinished{suffix}"
    with TakeSoundWriter(unfinished, {".flac": "FLAC", ".wav": "WAV"}[suffix], RATE) as audio:
        audio.write((sound * 2**31).astype(np.int32))
        whole = unfinished.read_bytes()
    unfinished.write_bytes(whole[: len(whole) * 7 // 10 + 1] + tail)
    torn = '{"event": "on", "pitch": 60, "velo'
    (tmp_path / "a.unfinished.notes.jsonl").write_text(torn)
    assert recover(unfinished) == tmp_path / f"a{suffix}"
    recorded, _ = read(tmp_path / f"a{suffix}")
    # Zeros are samples of a WAV file, and the end of the last frame of a FLAC file.
    of_tail = {".flac": FRAME, ".wav": len(tail) // 3 + 1}[suffix] if tail else 1
    kept = len(recorded) - of_tail
    assert kept > 1.9 * FRAME
    np.testing.assert_array_equal(recorded[:kept], sound[:kept])
    assert read_notes(tmp_path / f"a{suffix}") == []


def test_takes_that_cannot_be_recovered_say_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "empty.unfinished.flac").touch()
    (tmp_path / "empty.unfinished.notes.jsonl").touch()
    with pytest.raises(TakeError, match="nothing can be recovered"):
        recover(tmp_path / "empty.unfinished.flac")
    with pytest.raises(TakeError, match="not an unfinished take"):
        recover(tmp_path / "other.flac")
    # The listing clears such away.
    assert unfinished_takes(tmp_path) == []
    assert unfinished_takes(tmp_path / "nowhere") == []
    assert names(tmp_path) == []


def test_a_take_can_be_discarded_or_recovered_beside_another(tmp_path: Path) -> None:
    for name in ("a", "b"):
        record(tmp_path / f"{name}.flac", noise(9000))
        for suffix in ("flac", "notes.jsonl"):
            (tmp_path / f"{name}.{suffix}").rename(tmp_path / f"{name}.unfinished.{suffix}")
    for suffix in ("flac", "notes.jsonl"):
        (tmp_path / f"a.{suffix}").touch()
    first, second = unfinished_takes(tmp_path)
    discard(second)
    assert recover(first) == tmp_path / "a (2).flac"
    assert names(tmp_path) == [
        "a (2).flac", "a (2).notes.jsonl", "a.flac", "a.notes.jsonl"
    ]


def test_a_full_disk_ends_the_take_and_keeps_what_was_written(tmp_path: Path) -> None:
    sound = noise(10 * RATE)
    with no_file_beyond(300_000):
        writer = record(tmp_path / "take.flac", sound)
    assert writer.error == (
        f"{tmp_path / 'take.flac'}: the take ended after 0:05, File too large; what was recorded "
        "up to there is in take.unfinished.flac."
    )
    assert writer.saved == tmp_path / "take.unfinished.flac"
    recorded, _ = read(writer.saved)
    assert len(recorded) > 80_000
    np.testing.assert_array_equal(recorded, sound[: len(recorded)])
    # There is no room for another copy, so it stays.
    assert unfinished_takes(tmp_path) == [writer.saved]
    path = recover(writer.saved)
    np.testing.assert_array_equal(read(path)[0], recorded)


@contextlib.contextmanager
def no_file_beyond(n_bytes: int) -> Iterator[None]:
    """Lets the system refuse what goes beyond so many bytes, as a full disk does."""
    resource = pytest.importorskip("resource")
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (n_bytes, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_a_disk_that_is_too_slow_ends_the_take_and_loses_nothing_in_the_middle(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    goes_on = threading.Event()
    write = TakeSoundWriter.write

    def hang(audio: TakeSoundWriter, samples: NDArray[np.int32]) -> None:
        assert goes_on.wait(60)
        write(audio, samples)

    monkeypatch.setattr(TakeSoundWriter, "write", hang)
    sound = noise(20 * RATE)
    writer = TakeRecorder(tmp_path / "take.wav")
    writer.begin(RATE)
    for first in range(0, len(sound), RATE):
        # Returns at once, or this test would hang.
        writer.write(sound[first : first + RATE])
    goes_on.set()
    assert writer.wait(60)
    assert writer.error == (
        f"{tmp_path / 'take.wav'}: the take ended after 0:15, the disk is too slow; what was "
        "recorded up to there is in take.wav."
    )
    np.testing.assert_array_equal(read(tmp_path / "take.wav")[0], sound[: 15 * RATE])


def test_a_window_is_told_of_the_end_and_of_a_problem(qtbot: QtBot, tmp_path: Path) -> None:
    told: list[object] = []
    for name, limit in (("whole", 10**9), ("cut", 50_000)):
        with no_file_beyond(limit):
            writer = TakeRecorder(tmp_path / f"{name}.wav")
            watch = TakeSignals(writer)
            watch.failed.connect(told.append)
            with qtbot.waitSignal(watch.done, timeout=60_000) as done:
                writer.begin(RATE)
                for block in np.split(noise(RATE), 50):
                    writer.write(block)
                writer.finish()
        told += done.args or []
    assert told[0] == tmp_path / "whole.wav"
    assert "File too large" in str(told[1])
    assert told[2] == tmp_path / "cut.unfinished.wav"
    assert 16_000 < len(read(tmp_path / "cut.unfinished.wav")[0]) < 17_000


def test_a_take_ends_where_a_wav_file_cannot_go_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.takes.take_writer_thread.MOST_WAV_BYTES", 3 * 1000)
    writer = record(tmp_path / "take.wav", noise(2000))
    assert "no more than 4 GB" in str(writer.error)
    assert len(read(tmp_path / "take.wav")[0]) == 882


def test_a_take_without_sound_leaves_nothing(tmp_path: Path) -> None:
    writer = record(tmp_path / "take.flac", noise(2)[:0])
    assert (writer.saved, writer.error) == (None, None)
    writer = TakeRecorder(tmp_path / "take.flac")
    writer.finish()
    assert writer.wait(60)
    assert names(tmp_path) == []


def test_a_writer_that_is_let_go_ends_its_take(tmp_path: Path) -> None:
    writer = TakeRecorder(tmp_path / "take.flac")
    writer.begin(RATE)
    writer.write(noise(10_000))
    thread = writer._writing.thread
    del writer
    gc.collect()
    thread.join(60)
    assert not thread.is_alive()
    assert len(read(tmp_path / "take.flac")[0]) == 10_000


def test_names_that_cannot_be_taken(tmp_path: Path) -> None:
    record(tmp_path / "take.flac", noise(100))
    (tmp_path / "file").touch()
    for name, reason in (
        ("take.flac", "already"), ("take.mp3", ".flac or .wav"), ("file/take.flac", "written"),
    ):  # fmt: skip
        with pytest.raises(TakeError, match=reason) as told:
            TakeRecorder(tmp_path / name)
        assert str(told.value).startswith(str(tmp_path / name))


def test_a_new_take_is_named_by_its_date_and_time(tmp_path: Path) -> None:
    now = datetime.datetime(2026, 3, 9, 7, 5, 2, tzinfo=datetime.UTC)
    name = "Noteglow 2026-03-09 07-05-02"
    assert new_take_path(tmp_path, now=now) == tmp_path / f"{name}.flac"
    TakeRecorder(tmp_path / f"{name}.wav").wait(0)
    assert new_take_path(tmp_path, ".wav", now) == tmp_path / f"{name} (2).wav"
    music = QStandardPaths.writableLocation(QStandardPaths.StandardLocation.MusicLocation)
    assert takes_folder() == Path(music) / "Noteglow"


def test_damaged_notes_are_refused_with_their_line(tmp_path: Path) -> None:
    path = tmp_path / "a.notes.jsonl"
    record(tmp_path / "a.flac", noise(100), NoteOn(60, 90, 0.5, 0.6, 0.75))
    with path.open("a") as file:
        file.write("[]\n")
    with pytest.raises(TakeError, match=r"a\.notes\.jsonl: line 2 is not a note event"):
        read_events(path)
    path.unlink()
    with pytest.raises(TakeError, match="cannot be read"):
        read_notes(tmp_path / "a.flac")


if __name__ == "__main__":
    record_until_killed(Path(sys.argv[1]))
