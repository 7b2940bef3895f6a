"""What is played live and not recorded: kept in parts, within its limits, and found again."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QSettings
from pytestqt.qtbot import QtBot

from app.live.session_archive import SessionArchive, _Tidied
from app.settings.settings import Settings
from app.takes.session_spool import SessionSpool
from tests.leaks import nothing_left, only_new_objects  # noqa: F401

RATE = 22_050
WAIT_MS = 20_000


@pytest.fixture
def archive(tmp_path: Path, qtbot: QtBot) -> Iterator[SessionArchive]:
    settings = Settings(QSettings(str(tmp_path / "some.ini"), QSettings.Format.IniFormat))
    settings.takes_folder = tmp_path / "takes"
    archive = SessionArchive(settings)
    yield archive
    if archive.spool is not None:
        archive.spool.finish()
    archive.wait(60)
    archive.close()


def begun(archive: SessionArchive) -> SessionSpool:
    spool = archive.open_spool()
    assert spool is not None
    spool.begin(RATE, 1)
    return spool


def play(spool: SessionSpool, seconds: float) -> None:
    noise = np.random.default_rng(0).uniform(-0.5, 0.5, (round(seconds * RATE), 1))
    for block in np.array_split(noise.astype(np.float32), 20):
        spool.write(block)


def test_a_long_session_goes_into_parts(
    archive: SessionArchive, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.live.session_archive._MOST_PART_BYTES", 50_000)
    spool = begun(archive)
    first = spool.recorder
    play(spool, 2.0)
    qtbot.waitUntil(lambda: first.written_s == 2.0, timeout=WAIT_MS)
    archive._tidy()
    qtbot.waitUntil(lambda: spool.is_turning, timeout=WAIT_MS)
    # Looked at again meanwhile, it needs no further one.
    n_files = len(list(archive.folder.iterdir()))
    archive._tidied(_Tidied(10**12, 60_000))
    assert len(list(archive.folder.iterdir())) == n_files
    play(spool, 3.0)
    assert spool.recorder is not first
    with qtbot.waitSignal(archive.ended, timeout=WAIT_MS):
        pass
    assert [session.length_s for session in archive.sessions] == [2.0]
    assert archive.spool is spool
    spool.finish()
    qtbot.waitUntil(lambda: not archive.is_writing, timeout=WAIT_MS)
    assert sorted(session.length_s for session in archive.sessions) == [2.0, 3.0]
    assert archive.spool is None


def test_a_look_of_before_says_nothing_of_what_has_ended_since(
    archive: SessionArchive, qtbot: QtBot
) -> None:
    spool = begun(archive)
    dropped: list[bool] = []
    archive.dropped.connect(lambda: dropped.append(True))
    play(spool, 2.0)
    archive.look()
    spool.finish()
    archive.wait(60)
    # The look began before the end, and is told of after it.
    archive._part_done()
    with qtbot.waitSignal(archive.ended, timeout=WAIT_MS):
        pass
    assert dropped == []


def test_a_folder_that_cannot_be_written_is_told(
    archive: SessionArchive, qtbot: QtBot
) -> None:
    archive.folder.parent.mkdir(parents=True)
    archive.folder.write_bytes(b"a file in the way")
    with qtbot.waitSignal(archive.broken_off, timeout=1000) as told:
        assert archive.open_spool() is None
    assert told.args[0].startswith("What you play is not kept: ")
    assert str(archive.folder) in told.args[0]


def test_two_programs_keep_their_sessions_apart(
    archive: SessionArchive, tmp_path: Path, qtbot: QtBot
) -> None:
    other = SessionArchive(archive._settings)
    spools = [begun(archive), begun(other)]
    assert spools[0].recorder.path != spools[1].recorder.path
    for spool, seconds in zip(spools, (2.0, 3.0), strict=True):
        play(spool, seconds)
    # What the other one plays is no crash's.
    with qtbot.waitSignal(archive.changed, timeout=WAIT_MS):
        archive.look()
    assert archive.sessions == []
    for spool in spools:
        spool.finish()
    qtbot.waitUntil(lambda: not archive.is_writing and not other.is_writing, timeout=WAIT_MS)
    with qtbot.waitSignal(archive.changed, timeout=WAIT_MS):
        archive.look()
    assert len(archive.sessions) == 2
    other.close()
