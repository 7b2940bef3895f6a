"""Long scores are written in a process of their own: the same ones, and cancelled at once."""

from __future__ import annotations

import multiprocessing
import re
from pathlib import Path

import pytest

from app.exports import background_export as exporter
from app.exports.export_file import ExportOptions, WriteError
from app.exports.score import musicxml_process as score_process
from app.exports.score import musicxml_writer as score
from app.exports.score.musicxml_process import write_long_score
from app.exports.score.musicxml_writer import write_musicxml
from app.midi.midi_file_tempo import MidiFileTempo
from app.music.quantise import Grid
from app.music.rhythm import Meter
from app.views.dialogs.export_choice import ExportChoice
from model.notes import Note
from tests.leaks import nothing_left, only_new_objects  # noqa: F401
from tests.window.song_bench import NOTES, opened, recording  # noqa: F401
from tests.window.window_bench import WAIT_MS, Bench, bench, make  # noqa: F401

# Fixtures are imported, and arguments of the same name get them.
# ruff: noqa: F811

MANY = [Note(i * 0.25, i * 0.25 + 0.2, 40 + i % 40, 80, 0.5) for i in range(200)]
SCORE = ExportChoice(kinds=(".musicxml",))


def forbidden(*_: object, **__: object) -> None:
    raise AssertionError("this is the wrong process")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    path = tmp_path / "out"
    path.mkdir()
    return path


def text(path: Path) -> str:
    """A score without what the library draws by chance."""
    return re.sub(r'id="[^"]*"', "", path.read_text("utf-8"))


def test_it_is_the_score_that_is_written_here(folder: Path) -> None:
    options = ExportOptions(
        title="Süß ♪", rhythm=MidiFileTempo(((Meter().bar_quarters * 0, 400_000),),
                                       Meter().bar_quarters * 30, Meter(3, 4)).rhythm(),
        grid=Grid.parse("1/8"), split=60,
    )  # fmt: skip
    write_musicxml(MANY, folder / "here.musicxml", options)
    write_long_score(MANY, folder / "there.musicxml", options)
    assert text(folder / "there.musicxml") == text(folder / "here.musicxml")
    assert multiprocessing.active_children() == []


def test_it_is_gone_as_soon_as_nobody_wants_it(folder: Path) -> None:
    class EnoughError(Exception):
        pass

    def go_on() -> None:
        assert len(multiprocessing.active_children()) == 1
        raise EnoughError

    with pytest.raises(EnoughError):
        write_long_score(MANY, folder / "a.musicxml", ExportOptions(), go_on)
    assert multiprocessing.active_children() == []
    assert not list(folder.iterdir())


def test_a_process_that_dies_is_told(folder: Path) -> None:
    def go_on() -> None:
        for child in multiprocessing.active_children():
            child.kill()

    with pytest.raises(WriteError, match=r"a\.musicxml: the process .* ended unexpectedly"):
        write_long_score(MANY, folder / "a.musicxml", ExportOptions(), go_on)
    assert not list(folder.iterdir())


def test_a_folder_that_is_full_is_told(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(self: Path, *values: object) -> int:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(WriteError, match="No space left on device"):
        write_long_score(MANY[:4], folder / "a.musicxml", ExportOptions())


def test_the_window_writes_long_ones_there_and_short_ones_here(
    bench: Bench, recording: Path, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened(bench, recording)
    commands = bench.window.commands
    monkeypatch.setattr(exporter, "LONG_SCORE", len(NOTES) + 1)
    monkeypatch.setattr(exporter, "write_long_score", forbidden)
    with bench.qtbot.waitSignal(commands.exported, timeout=WAIT_MS):
        commands.export(folder / "a.musicxml", 440.0, SCORE)
    monkeypatch.undo()
    monkeypatch.setattr(exporter, "LONG_SCORE", len(NOTES))
    monkeypatch.setattr(score, "musicxml", forbidden)
    with bench.qtbot.waitSignal(commands.exported, timeout=WAIT_MS):
        commands.export(folder / "b.musicxml", 440.0, SCORE)
    assert text(folder / "a.musicxml").replace(">a<", ">b<") == text(folder / "b.musicxml")


def test_the_window_cancels_a_long_one(
    bench: Bench, recording: Path, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened(bench, recording)
    commands = bench.window.commands
    monkeypatch.setattr(exporter, "LONG_SCORE", 1)
    # Nothing is ever ready: it would be written for ever.
    monkeypatch.setattr(score_process, "_write", _sleep)
    commands.export(folder / "a.musicxml", 440.0, SCORE)
    bench.until(lambda: bool(multiprocessing.active_children()))
    with bench.qtbot.waitSignal(commands.export_ended, timeout=WAIT_MS):
        bench.press("Cancel")
    for worker in commands._exporter._leaving:
        worker.join()
    assert multiprocessing.active_children() == []
    assert not list(folder.iterdir())


def _sleep(*_: object) -> None:
    multiprocessing.Event().wait()
