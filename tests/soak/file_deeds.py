"""Exports, settings, projects and their copies, written by a process that is killed."""

from __future__ import annotations

import itertools
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from PySide6.QtCore import QSettings

from app.exports.export_file import export
from app.settings.settings import Settings
from app.song import project_file
from app.song.audio_reference import AudioReference
from app.song.autosave_files import OwnedAutosave, autosave_folder, left_autosaves
from app.song.project_file import Project
from model.config import DecoderConfig
from model.files.whole_file import remove_left
from model.notes import Note
from tests.soak.deed import names

_SUFFIXES = (".mid", ".csv", ".json", ".wav")


class Exports:
    """The same files are written again and again, of other notes every second time."""

    def prepare(self, folder: Path) -> None:
        for name in ("0", "1", "out"):
            (folder / name).mkdir()
            _export(folder / name, int(name == "1"))

    def repeat(self, folder: Path, ready: Callable[[], None]) -> None:
        _export(folder / "out", 0)
        ready()
        for number in itertools.count():
            _export(folder / "out", number % 2)

    def check(self, folder: Path, said: Sequence[str]) -> None:
        remove_left(folder / "out")
        assert names(folder / "out") == names(folder / "0")
        for name in names(folder / "out"):
            found = (folder / "out" / name).read_bytes()
            assert found in [(folder / one / name).read_bytes() for one in "01"], name


class SettingsChanges:
    """Two settings change together."""

    def prepare(self, folder: Path) -> None:
        _set(folder, 0)

    def repeat(self, folder: Path, ready: Callable[[], None]) -> None:
        _set(folder, 0)
        ready()
        for number in itertools.count(1):
            _set(folder, number)
            print(number, flush=True)

    def check(self, folder: Path, said: Sequence[str]) -> None:
        settings = _settings(folder)
        found = int(settings.instrument)
        assert settings.midi_port == str(found)
        assert found >= max(map(int, said), default=0)
        _set(folder, found + 1)
        assert names(folder) == ["noteglow.ini"]


class Projects:
    """A project is saved again and again."""

    def prepare(self, folder: Path) -> None:
        project_file.save(_project(0), folder / "song.noteglow")

    def repeat(self, folder: Path, ready: Callable[[], None]) -> None:
        ready()
        for number in itertools.count():
            project_file.save(_project(number), folder / "song.noteglow")
            print(number, flush=True)

    def check(self, folder: Path, said: Sequence[str]) -> None:
        found = project_file.load(folder / "song.noteglow")
        number = round(found.decoded[0].onset_s)
        assert found.decoded == _project(number).decoded
        assert number >= max(map(int, said), default=0)
        remove_left(folder)
        assert names(folder) == ["song.noteglow"]


class Autosaves:
    """Copies of unsaved work come and go."""

    def prepare(self, folder: Path) -> None:
        """There is nothing before."""

    def repeat(self, folder: Path, ready: Callable[[], None]) -> None:
        with _data_in(folder):
            source = folder / "song.flac"
            OwnedAutosave(source).claim()
            ready()
            for number in itertools.count():
                own = OwnedAutosave(source)
                own.claim()
                for further in range(3):
                    project_file.save(_project(3 * number + further), own.path)
                    print("kept", own.path, flush=True)
                print("let go of", own.path, flush=True)
                own.remove()

    def check(self, folder: Path, said: Sequence[str]) -> None:
        with _data_in(folder):
            found = left_autosaves()
            assert len(found) <= 1
            for left in found:
                number = round(project_file.load(left.path).decoded[0].onset_s)
                assert project_file.load(left.path).decoded == _project(number).decoded
            if said and said[-1].startswith("kept "):
                assert [str(left.path) for left in found] == [said[-1].removeprefix("kept ")]
            for left in found:
                left.discard()
            assert names(autosave_folder()) == []


def _export(folder: Path, kind: int) -> None:
    notes = [Note(i / 5, i / 5 + 0.3, 40 + i + kind, 80) for i in range(40)]
    for suffix in _SUFFIXES:
        export(notes, folder / f"song{suffix}")


def _settings(folder: Path) -> Settings:
    return Settings(QSettings(str(folder / "noteglow.ini"), QSettings.Format.IniFormat))


def _set(folder: Path, number: int) -> None:
    settings = _settings(folder)
    settings.instrument = settings.midi_port = str(number)
    settings.sync()


def _project(number: int) -> Project:
    notes = tuple(Note(float(number), number + 1.0, 30 + i, 80, 0.5) for i in range(60))
    sound = AudioReference(Path("/nowhere/song.flac"), 1, "0" * 64)
    return Project(sound, DecoderConfig(), notes, (), (), {}, {})


@contextmanager
def _data_in(folder: Path) -> Iterator[None]:
    before = os.environ.get("XDG_DATA_HOME")
    os.environ["XDG_DATA_HOME"] = str(folder)
    try:
        yield
    finally:
        if before is None:
            del os.environ["XDG_DATA_HOME"]
        else:
            os.environ["XDG_DATA_HOME"] = before
