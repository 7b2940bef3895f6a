"""The tuning of an opened recording: measured, set, kept in its project."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import soundfile
from pytestqt.qtbot import QtBot

from app.song import project_file as projects
from app.song.autosave import ProjectAutosave
from app.song.project_file import ProjectError
from app.song.song import Song
from model.notes import Note
from model.transcriber import Transcriber
from tests.conftest import TONE_RATE, tones
from tests.leaks import nothing_left, only_new_objects  # noqa: F401
from tests.song.song_log import song, transcribe  # noqa: F401

# Fixtures are imported, and arguments of the same name get them.
# ruff: noqa: F811

# Forty cents above 440 Hz.
SHARP = 440 * 2 ** (0.4 / 12)


@pytest.fixture
def sharp_wav(tmp_path: Path) -> Path:
    soundfile.write(tmp_path / "sharp.wav", tones(4.0), round(TONE_RATE * SHARP / 440))
    return tmp_path / "sharp.wav"


def heard_at(transcriber: Transcriber, path: Path, a4: float) -> list[tuple[int, float]]:
    """Pitch and onset of the notes that the file gives with this tuning."""
    samples, rate = soundfile.read(path, dtype="float32")
    stream = transcriber.stream(rate, a4)
    events = [*stream.push(samples).events, *stream.finish().events]
    return sorted((event.pitch, event.onset_s) for event in events if hasattr(event, "offset_s"))


def places(notes: list[Note]) -> list[tuple[int, float]]:
    return sorted((note.pitch, note.onset_s) for note in notes)


def set_a4(song: Song, a4: float, qtbot: QtBot) -> None:
    """Sets another tuning, and waits until the recording is heard and decoded with it."""
    with qtbot.waitSignals([song.finished, song.notes_changed], timeout=30_000):
        song.set_a4(a4)


def test_a_recording_beside_440_is_measured_and_heard_so(
    song: Song, transcriber: Transcriber, sharp_wav: Path, qtbot: QtBot
) -> None:
    told: list[float] = []
    song.tuned.connect(told.append)
    transcribe(song, sharp_wav, qtbot)
    assert told == [song.a4]
    assert song.a4 == pytest.approx(SHARP, abs=0.5)
    assert places(song.notes) == heard_at(transcriber, sharp_wav, song.a4)
    assert places(song.notes) != heard_at(transcriber, sharp_wav, 440.0)


def test_one_near_440_is_heard_at_440(song: Song, tone_wav: Path, qtbot: QtBot) -> None:
    transcribe(song, tone_wav, qtbot)
    assert song.a4 == 440.0


def test_another_tuning_changes_the_notes_but_not_those_of_a_hand(
    song: Song, transcriber: Transcriber, sharp_wav: Path, qtbot: QtBot
) -> None:
    transcribe(song, sharp_wav, qtbot)
    by_hand = song.edits.add(Note(1.0, 1.5, 100, 90))
    first_frames: list[int] = []
    song.heard.connect(lambda heard: first_frames.append(heard.first_frame))
    with qtbot.waitSignal(song.heard_anew):
        set_a4(song, 440.0, qtbot)
    qtbot.waitUntil(
        lambda: set(heard_at(transcriber, sharp_wav, 440.0)) <= set(places(song.notes)),
        timeout=10_000,
    )
    assert len(song.notes) == len(heard_at(transcriber, sharp_wav, 440.0)) + 1
    assert by_hand in song.notes
    assert first_frames[0] == 0
    assert song.player.duration_s > 0
    # What a slider asks for stands on what was heard last.
    with qtbot.waitSignal(song.notes_changed):
        song.redecode(transcriber.decoder.with_onset_threshold(0.3))
    assert len(song.notes) != len(heard_at(transcriber, sharp_wav, 440.0)) + 1


def test_the_last_of_several_tunings_counts_while_it_is_still_heard(
    song: Song, transcriber: Transcriber, sharp_wav: Path, qtbot: QtBot
) -> None:
    with qtbot.waitSignal(song.opened):
        song.open(sharp_wav)
    song.set_a4(430.0)
    set_a4(song, 445.0, qtbot)
    qtbot.waitUntil(
        lambda: places(song.notes) == heard_at(transcriber, sharp_wav, 445.0), timeout=10_000
    )
    assert song.a4 == 445.0
    assert not song.is_transcribing


def test_a_project_keeps_its_tuning(
    song: Song, transcriber: Transcriber, sharp_wav: Path, tmp_path: Path, qtbot: QtBot
) -> None:
    keeper = ProjectAutosave(song, lambda: ({}, {}))
    transcribe(song, sharp_wav, qtbot)
    assert keeper.is_saved
    set_a4(song, 431.0, qtbot)
    assert not keeper.is_saved
    notes = places(song.notes)
    with qtbot.waitSignal(keeper.saved):
        keeper.save(tmp_path / "a.noteglow")
    assert keeper.is_saved
    again = Song(transcriber)
    transcribe(again, tmp_path / "a.noteglow", qtbot)
    assert again.a4 == 431.0
    assert places(again.notes) == notes
    # What is heard beside the saved notes is heard with it as well.
    np.testing.assert_allclose(again.probabilities.onset, song.probabilities.onset, atol=1e-4)
    again.close()
    keeper.close()


def test_projects_of_before_are_heard_at_440_and_an_odd_tuning_is_damage(
    song: Song, sharp_wav: Path, tmp_path: Path, qtbot: QtBot
) -> None:
    transcribe(song, sharp_wav, qtbot)
    path = tmp_path / "a.noteglow"
    projects.save(song.project(), path)
    content = json.loads(path.read_text("utf-8"))
    a4 = content.pop("a4")
    assert a4 == song.a4
    path.write_text(json.dumps(content), "utf-8")
    assert projects.load(path).a4 == 440.0
    for odd in (4400, "440", None, True):
        path.write_text(json.dumps(content | {"a4": odd}), "utf-8")
        with pytest.raises(ProjectError, match="damaged at a4"):
            projects.load(path)
