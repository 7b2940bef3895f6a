"""The file that is laid beside a recording: differences, and its way back with the project."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from PySide6.QtWidgets import QFileDialog

from app.exports.export_file import export
from app.song import project_file as projects
from app.song.audio_reference import refer_to
from app.song.project_file import Project, ProjectError
from model.config import DecoderConfig
from model.notes import Note
from tests.leaks import nothing_left, only_new_objects  # noqa: F401
from tests.window.song_bench import boxes, opened, recording  # noqa: F401
from tests.window.window_bench import WAIT_MS, Bench, bench, make  # noqa: F401

# Fixtures are imported, and arguments of the same name get them.
# ruff: noqa: F811

BESIDE = [Note(1.0, 1.5, 68, 90)]


@pytest.fixture
def other(tmp_path: Path) -> Path:
    path = tmp_path / "other.mid"
    export(BESIDE, path)
    return path


@pytest.fixture
def project(bench: Bench, recording: Path, other: Path, tmp_path: Path) -> Path:
    """A project saved with a MIDI file beside its recording."""
    opened(bench, recording)
    with bench.qtbot.waitSignal(bench.song.comparison.changed, timeout=WAIT_MS):
        bench.song.comparison.read(other)
    return saved(bench, tmp_path / "song.noteglow")


def saved(bench: Bench, path: Path) -> Path:
    keeper = bench.window.song_controller.files.keeper
    with bench.qtbot.waitSignal(keeper.saved, timeout=WAIT_MS):
        keeper.save(path)
    return path


def reopen(bench: Bench, path: Path, signal: str) -> None:
    """Opens the project, and waits for what is told of the comparison."""
    bench.song.close()
    assert bench.song.comparison.reference is None
    with bench.qtbot.waitSignal(getattr(bench.song.comparison, signal), timeout=WAIT_MS):
        bench.open(path)


def test_it_is_there_again(bench: Bench, project: Path, other: Path) -> None:
    reopen(bench, project, "changed")
    comparison = bench.song.comparison
    assert (comparison.path, comparison.notes) == (other, BESIDE)
    assert "Beside other.mid: 0 notes right, 1 missed, 3 extra." in bench.window.notice.text
    assert bench.window.song_controller.files.keeper.is_saved


def test_the_reference_is_relative_and_has_the_hash(project: Path, other: Path) -> None:
    kept = json.loads(project.read_text("utf-8"))
    assert kept["comparison"]["relative"] == "other.mid"
    assert kept["comparison"]["sha256"] == refer_to(other).sha256
    assert kept["version"] == 1


def test_both_moved_together(bench: Bench, project: Path, other: Path, recording: Path) -> None:
    folder = project.parent / "elsewhere"
    folder.mkdir()
    for path in (project, other, recording):
        shutil.move(path, folder / path.name)
    reopen(bench, folder / project.name, "changed")
    assert bench.song.comparison.path == folder / "other.mid"
    again = projects.load(saved(bench, folder / project.name))
    assert again.comparison is not None
    assert again.comparison.path == folder / "other.mid"


@pytest.mark.parametrize("is_gone", [True, False])
def test_one_that_is_gone_or_changed_is_told_and_the_rest_is_opened(
    bench: Bench, project: Path, other: Path, is_gone: bool
) -> None:
    notes = bench.song.notes
    if is_gone:
        other.unlink()
    else:
        export([Note(0.0, 1.0, 50)], other)
    reopen(bench, project, "missed")
    assert bench.song.notes == notes
    assert not boxes(bench)
    text = bench.window.notice.text
    assert text.startswith("other.mid, which was laid beside for comparison, ")
    assert ("neither where it was nor near" if is_gone else "has changed since") in text
    assert bench.song.comparison.notes == []
    # It is not forgotten for that: its disk may only be away.
    kept = projects.load(saved(bench, project)).comparison
    assert kept == projects.load(project).comparison is not None


def test_one_that_is_gone_can_be_forgotten_or_chosen(
    bench: Bench, project: Path, other: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    moved = other.rename(other.parent.parent / f"{other.parent.name} moved.mid")
    reopen(bench, project, "missed")
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *_, **__: (str(moved), ""))
    with bench.qtbot.waitSignal(bench.song.comparison.changed, timeout=WAIT_MS):
        bench.press("Choose it…")
    assert bench.song.comparison.notes == BESIDE
    reopen(bench, project, "missed")
    bench.press("Forget it")
    assert projects.load(saved(bench, project)).comparison is None
    moved.unlink()


def test_a_comparison_that_was_ended_is_not_kept(bench: Bench, project: Path) -> None:
    bench.song.comparison.clear()
    assert "comparison" not in json.loads(saved(bench, project).read_text("utf-8"))


def test_a_recording_opened_next_has_none(
    bench: Bench, project: Path, recording: Path, tmp_path: Path
) -> None:
    opened(bench, recording)
    assert projects.load(saved(bench, tmp_path / "next.noteglow")).comparison is None


def test_projects_without_and_with_fields_of_later_programs_are_read(
    recording: Path, tmp_path: Path
) -> None:
    path = tmp_path / "a.noteglow"
    project = Project(refer_to(recording), DecoderConfig())
    projects.save(project, path)
    document = json.loads(path.read_text("utf-8"))
    assert "comparison" not in document
    path.write_text(json.dumps(document | {"comparison": None, "later": 1}), "utf-8")
    assert projects.load(path) == project
    path.write_text(json.dumps(document | {"comparison": {"absolute": "/a"}}), "utf-8")
    with pytest.raises(ProjectError, match=r"damaged at comparison\.relative: it is missing"):
        projects.load(path)


def test_differences_are_counted_coloured_and_gone_through(
    bench: Bench, recording: Path, tmp_path: Path
) -> None:
    # The second note is played as another one.
    wanted = [Note(0.2, 0.6, 60), Note(0.3, 0.9, 65), Note(1.2, 1.6, 67)]
    export(wanted, tmp_path / "wanted.mid")
    opened(bench, recording)
    stage, act = bench.window.stage, bench.window.practice.act
    assert not act.next_fault.isEnabled()
    before = stage.plot.grab().toImage()
    with bench.qtbot.waitSignal(bench.song.comparison.changed, timeout=WAIT_MS):
        bench.song.comparison.read(tmp_path / "wanted.mid")
    assert bench.window.notice.text == "Beside wanted.mid: 2 notes right, 1 missed, 1 extra."
    assert stage.plot.grab().toImage() != before
    stage.seek(0.0)
    act.next_fault.trigger()
    assert stage.cursor_s == pytest.approx(0.3, abs=0.01)
    # A change of the notes counts at once.
    bench.song.edits.set_pitch([note for note in bench.song.notes if note.pitch == 64], 65)
    bench.until(lambda: "3 notes right, 0 missed, 0 extra" in bench.window.notice.text)
    assert not act.next_fault.isEnabled()


def test_another_recording_is_listened_to(
    bench: Bench, recording: Path, tmp_path: Path
) -> None:
    bench.open(recording)
    n_notes = len(bench.song.notes)
    other = shutil.copy(recording, tmp_path / "again.wav")
    with bench.qtbot.waitSignal(bench.song.comparison.changed, timeout=WAIT_MS):
        bench.song.comparison.read(Path(other))
    assert bench.window.notice.text == (
        f"Beside again.wav: {n_notes} notes right, 0 missed, 0 extra."
    )


def test_what_cannot_be_compared_is_told(bench: Bench, recording: Path, tmp_path: Path) -> None:
    opened(bench, recording)
    path = tmp_path / "nothing.wav"
    path.write_bytes(b"nothing")
    bench.song.comparison.read(path)
    assert str(path) in bench.dismiss()
