"""Sessions that are kept for a while: listed, let go, made takes, and found after a crash."""

from __future__ import annotations

import datetime
import os
from pathlib import Path

import numpy as np
import pytest
import soundfile

from app.takes import played_sessions
from app.takes.event_lines import Mark, event_json, mark_json
from app.takes.played_sessions import (
    FREE_BYTES,
    KeepLimits,
    finish_left_sessions,
    list_sessions,
    make_room,
)
from app.takes.take_paths import TakeError, TakeFiles, notes_path
from app.takes.take_recorder import TakeRecorder, read_marks, read_notes
from model.notes import Note, NoteOff, NoteOn

RATE = 22_050
PLENTY = KeepLimits(24, 10**9)


def leave(
    folder: Path, name: str, *, age_h: float = 0.0, marks: tuple[float, ...] = (),
    seconds: float = 2.0, channels: int = 1,
) -> Path:
    """A session that ended so many hours ago."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{name}.flac"
    noise = np.random.default_rng(0).uniform(-0.5, 0.5, (round(seconds * RATE), channels))
    soundfile.write(path, noise, RATE, subtype="PCM_24")
    events = [NoteOn(60, 80, 0.5, 0.55, 0.5), NoteOff(60, 80, 0.5, 1.0, 1.05, 0.5)]
    lines = [*map(event_json, events), *(mark_json(Mark(time_s)) for time_s in marks)]
    notes_path(path).write_text("".join(f"{line}\n" for line in lines))
    at = datetime.datetime.now().timestamp() - age_h * 3600
    for file in (path, notes_path(path)):
        os.utime(file, (at, at))
    return path


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.glob("*.flac"))


def test_sessions_are_listed_with_time_length_and_notes(tmp_path: Path) -> None:
    leave(tmp_path, "Noteglow 2026-11-26 21-05-09", seconds=3.0)
    leave(tmp_path, "Noteglow 2026-11-27 08-00-00")
    leave(tmp_path, "too short", seconds=0.5)
    newest, oldest = list_sessions(tmp_path)
    assert (oldest.length_s, oldest.n_notes) == (3.0, 1)
    assert oldest.begun.replace(tzinfo=None) == datetime.datetime(2026, 11, 26, 21, 5, 9)
    assert newest.audio.name == "Noteglow 2026-11-27 08-00-00.flac"
    # What was only a moment is let go.
    assert len(names(tmp_path)) == 2
    assert list_sessions(tmp_path / "nowhere") == []


def test_old_ones_go_by_themselves(tmp_path: Path) -> None:
    leave(tmp_path, "old", age_h=24.5)
    leave(tmp_path, "new", age_h=23.5)
    leave(tmp_path, "asked for", age_h=99, marks=(1.0,))
    make_room(tmp_path, PLENTY)
    assert names(tmp_path) == ["asked for.flac", "new.flac"]
    assert not notes_path(tmp_path / "old.flac").exists()
    # "Keep nothing".
    make_room(tmp_path, KeepLimits(0, 10**9))
    assert names(tmp_path) == ["asked for.flac"]


def test_the_oldest_go_where_all_take_too_much(tmp_path: Path) -> None:
    for hour in range(4):
        leave(tmp_path, f"{hour} hours", age_h=hour + 1)
    one = sum(file.stat().st_size for file in tmp_path.iterdir()) // 4
    # One that is being recorded counts, and stays.
    running = TakeRecorder(tmp_path / "running.flac")
    make_room(tmp_path, KeepLimits(24, one * 2 + 100))
    assert names(tmp_path) == ["0 hours.flac", "1 hours.flac"]
    running.finish()
    assert running.wait(60)


def test_the_disk_s_last_gigabyte_is_left(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for hour in range(3):
        leave(tmp_path, f"{hour} hours", age_h=hour + 1)

    def free(folder: Path) -> int:
        return FREE_BYTES if len(names(tmp_path)) < 2 else FREE_BYTES - 1

    monkeypatch.setattr(played_sessions, "free_bytes", free)
    assert make_room(tmp_path, PLENTY) >= FREE_BYTES
    assert names(tmp_path) == ["0 hours.flac"]


def test_a_session_is_made_a_take(tmp_path: Path) -> None:
    path = leave(tmp_path / "cache", "Noteglow 2026-11-26 21-05-09")
    session, = list_sessions(tmp_path / "cache")
    take = session.keep(tmp_path / "takes")
    assert take == tmp_path / "takes" / path.name
    assert read_notes(take) == [Note(0.5, 1.0, 60, 80, 0.5)]
    assert list((tmp_path / "cache").iterdir()) == []
    with pytest.raises(TakeError, match="not kept any more"):
        session.keep(tmp_path / "takes")
    # A second one of the same second gets a number.
    leave(tmp_path / "cache", "Noteglow 2026-11-26 21-05-09")
    session, = list_sessions(tmp_path / "cache")
    assert session.keep(tmp_path / "takes").stem.endswith("(2)")
    leave(tmp_path / "cache", "Noteglow 2026-11-26 21-05-09")
    session, = list_sessions(tmp_path / "cache")
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(TakeError, match="cannot be written"):
        session.keep(tmp_path / "file")
    # Nothing is lost by that.
    assert list_sessions(tmp_path / "cache") == [session]
    assert session.n_notes == 1


@pytest.mark.parametrize("is_asked_for", [False, True])
def test_what_a_crash_left_is_made_whole(tmp_path: Path, is_asked_for: bool) -> None:
    cache, takes = tmp_path / "cache", tmp_path / "takes"
    path = leave(cache, "Noteglow 2026-11-26 21-05-09", channels=2,
                 marks=(1.5,) if is_asked_for else ())  # fmt: skip
    before, _ = soundfile.read(path)
    files = TakeFiles(path)
    notes_path(path).rename(files.unfinished_notes)
    path.rename(files.unfinished_audio)
    found = list(finish_left_sessions(cache, takes))
    if is_asked_for:
        assert found == [takes / path.name]
        assert read_marks(found[0]) == [1.5]
        assert list_sessions(cache) == []
    else:
        assert found == []
        assert [session.audio for session in list_sessions(cache)] == [path]
        assert not takes.exists()
    after, rate = soundfile.read(found[0] if found else path)
    # In both channels.
    assert rate == RATE
    np.testing.assert_array_equal(after, before)
