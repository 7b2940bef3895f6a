"""Takes that are recorded, recovered and kept by a process that is killed."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from app.audio.files.audio_file import read
from app.takes.event_lines import Mark, event_json, mark_json
from app.takes.flac_wav_writer import TakeSoundWriter, to_24_bits
from app.takes.played_sessions import finish_left_sessions
from app.takes.take_paths import TakeFiles
from app.takes.take_recorder import (
    TakeRecorder,
    notes_path,
    read_marks,
    read_notes,
    recover,
    unfinished_takes,
)
from model.notes import Note, NoteEvent, NoteOff, NoteOn
from tests.soak.deed import names

_RATE = 22_050
_MANY = 30


class Recording:
    """Session after session, every second of which is made a take while it is recorded."""

    def prepare(self, folder: Path) -> None:
        """There is nothing before."""

    def repeat(self, folder: Path, ready: Callable[[], None]) -> None:
        for number in itertools.count():
            recorder = TakeRecorder(folder / "sessions" / _name(number))
            if number == 0:
                ready()
            recorder.begin(_RATE)
            sound = _sound(number)
            for block in np.array_split(sound, 20):
                recorder.write(block[:, None])
            recorder.add(_events(number))
            if number % 2:
                recorder.keep_as(folder / "takes" / _name(number), 0.01)
            recorder.finish()
            recorder.wait()
            print(number, flush=True)

    def check(self, folder: Path, said: Sequence[str]) -> None:
        done = [int(line) for line in said]
        for path in [*folder.glob("*/*.flac"), *folder.glob("*/*.wav")]:
            if ".unfinished" not in path.name:
                assert len(read(path)[0]) == len(_sound(_number(path))), f"{path}: it is half"
        where = _restarted(folder)
        assert len(where) == len(set(map(_number, where))), f"one is there twice: {where}"
        by_number = {_number(path): path for path in where}
        for number in done:
            path = by_number.pop(number)
            assert path.parent.name == ("takes" if number % 2 else "sessions")
            _compare(path, number)
            assert read_marks(path) == ([0.01] if number % 2 else [])
        # The one that was killed, as far as it was written, and one that was whole.
        assert all(number > max(done, default=-1) for number in by_number)
        for number, path in by_number.items():
            found = read(path)[0]
            np.testing.assert_array_equal(found, _sound(number)[: len(found)])
            assert set(read_notes(path)) <= {_note(number)} or len(found) < len(_sound(number))


class Recovering:
    """Takes of before, whose ends are torn off, are recovered."""

    def prepare(self, folder: Path) -> None:
        for number in range(_MANY):
            files = TakeFiles(folder / "takes" / _name(number))
            _write(files.unfinished_audio, files.unfinished_notes, number)
            with files.unfinished_audio.open("r+b") as file:
                file.truncate(files.unfinished_audio.stat().st_size - 700)

    def repeat(self, folder: Path, ready: Callable[[], None]) -> None:
        ready()
        for left in unfinished_takes(folder / "takes"):
            recover(left)
            print(left, flush=True)
        _wait()

    def check(self, folder: Path, said: Sequence[str]) -> None:
        where = _restarted(folder)
        assert sorted(map(_number, where)) == list(range(_MANY))
        for path in where:
            found, whole = read(path)[0], _sound(_number(path))
            assert len(whole) - 5000 < len(found) < len(whole)
            np.testing.assert_array_equal(found, whole[: len(found)])
            assert len(read_notes(path)) == 1


class Keeping:
    """Sessions of before, which were asked for, are made takes."""

    def prepare(self, folder: Path) -> None:
        for number in range(_MANY):
            path = folder / "sessions" / _name(number)
            _write(path, notes_path(path), number, Mark(0.01))

    def repeat(self, folder: Path, ready: Callable[[], None]) -> None:
        ready()
        for kept in finish_left_sessions(folder / "sessions", folder / "takes"):
            print(kept, flush=True)
        _wait()

    def check(self, folder: Path, said: Sequence[str]) -> None:
        where = _restarted(folder)
        assert sorted(map(_number, where)) == list(range(_MANY))
        for path in where:
            assert path.parent.name == "takes"
            _compare(path, _number(path))
            assert read_marks(path) == [0.01]


def _restarted(folder: Path) -> list[Path]:
    """Starts as a window would; the takes and sessions there are then, and nothing else is."""
    sessions, takes = folder / "sessions", folder / "takes"
    list(finish_left_sessions(sessions, takes))
    for left in unfinished_takes(takes):
        recover(left)
    sounds = [path for path in [*sessions.glob("*"), *takes.glob("*")]
              if path.suffix in (".flac", ".wav")]
    expected = sorted(name for path in sounds for name in (path.name, notes_path(path).name))
    assert sorted(names(sessions) + names(takes)) == expected
    return sounds


def _compare(path: Path, number: int) -> None:
    found, _ = read(path)
    np.testing.assert_array_equal(found, _sound(number))
    assert read_notes(path) == [_note(number)]


def _write(audio: Path, notes: Path, number: int, *marks: Mark) -> None:
    audio.parent.mkdir(exist_ok=True)
    container = "FLAC" if audio.suffix == ".flac" else "WAV"
    with TakeSoundWriter(audio, container, _RATE) as file:
        file.write(to_24_bits(_sound(number)[:, None]))
    lines = [*map(event_json, _events(number)), *map(mark_json, marks)]
    notes.write_text("".join(f"{line}\n" for line in lines))


def _name(number: int) -> str:
    # As `new_take_path` names them, one a second.
    moment = f"{number // 3600:02d}-{number // 60 % 60:02d}-{number % 60:02d}"
    return f"Noteglow 2026-01-01 {moment}{'.wav' if number % 3 == 2 else '.flac'}"


def _number(path: Path) -> int:
    hours, minutes, seconds = map(int, path.name.split()[2][:8].split("-"))
    return 3600 * hours + 60 * minutes + seconds


def _sound(number: int) -> NDArray[np.float32]:
    rng = np.random.default_rng(number)
    values = rng.integers(-(2**23), 2**23, rng.integers(6_000, 30_000))
    return (values / 2**23).astype(np.float32)


def _events(number: int) -> list[NoteEvent]:
    note = _note(number)
    return [
        NoteOn(note.pitch, 80, note.onset_s, 0.06, 0.5),
        NoteOff(note.pitch, 80, note.onset_s, note.offset_s, 0.13, 0.5),
    ]


def _note(number: int) -> Note:
    return Note(0.01, 0.12, 30 + number % 60, 80, 0.5)


def _wait() -> None:
    """All is done: the kill comes too late to harm."""
    threading.Event().wait()
