"""A song without a window, and a log of what it tells."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import soundfile
from pytestqt.qtbot import QtBot

from app.song.song import Song
from model.transcriber import Heard, Transcriber
from tests.conftest import tones

SIGNALS = ("opened", "heard", "progress", "finished", "failed", "cancelled")


@pytest.fixture
def song(transcriber: Transcriber, qtbot: QtBot) -> Iterator[Song]:
    song = Song(transcriber)
    yield song
    song.close()


@pytest.fixture(scope="session")
def long_wav(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Twelve seconds: several blocks."""
    path = tmp_path_factory.mktemp("long") / "zwölf Sekunden.wav"
    soundfile.write(path, tones(12.0), 44_100, subtype="FLOAT")
    return path


class Log:
    """What a song told, in order: (signal, value)."""

    def __init__(self, song: Song) -> None:
        self.entries: list[tuple[str, object]] = []
        for name in SIGNALS:
            getattr(song, name).connect(self.note(name))

    def note(self, name: str) -> Callable[..., None]:
        return lambda *values: self.entries.append((name, values[0] if values else None))

    def names(self) -> list[str]:
        return [name for name, _ in self.entries]

    def values(self, name: str) -> list[object]:
        return [value for entry, value in self.entries if entry == name]

    def chunks(self) -> list[Heard]:
        return [value for value in self.values("heard") if isinstance(value, Heard)]


def transcribe(song: Song, path: Path, qtbot: QtBot) -> Log:
    log = Log(song)
    with qtbot.waitSignal(song.finished, timeout=30_000):
        song.open(path)
    return log
