"""Songs that are corrected, saved and opened again; MIDI files; and what a crash leaves."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import mido
import numpy as np
import pytest
import soundfile
from pytestqt.qtbot import QtBot

from app.song import project_file as projects
from app.song.audio_reference import AudioNotFoundError, refer_to
from app.song.autosave import ProjectAutosave
from app.song.autosave_files import LeftAutosave, OwnedAutosave, autosave_folder, left_autosaves
from app.song.opening import SongInfo
from app.song.project_file import Project
from app.song.song import Song
from app.system.atomic_write import WriteError
from model.config import DecoderConfig
from model.notes import Note
from model.transcriber import Heard, Transcriber
from tests.conftest import tones
from tests.leaks import nothing_left, only_new_objects  # noqa: F401
from tests.song.song_log import song  # noqa: F401

# Fixtures are imported, and arguments of the same name get them.
# ruff: noqa: F811

SETTINGS = {"a4": 441.0}
VIEW = {"from_s": 0.5}


@pytest.fixture
def wav(tmp_path: Path) -> Path:
    path = tmp_path / "Lied.wav"
    soundfile.write(path, tones(3.0), 44_100)
    return path


@pytest.fixture
def keeper(song: Song) -> Iterator[ProjectAutosave]:
    keeper = ProjectAutosave(song, lambda: (SETTINGS, VIEW))
    yield keeper
    keeper.close()


def opened(song: Song, path: Path, qtbot: QtBot, audio: Path | None = None) -> None:
    with qtbot.waitSignal(song.finished, timeout=30_000):
        song.open(path, audio)


def saved(keeper: ProjectAutosave, path: Path, qtbot: QtBot) -> Project:
    with qtbot.waitSignal(keeper.saved, timeout=10_000):
        keeper.save(path)
    return projects.load(path)


def midi_file(path: Path) -> Path:
    track = mido.MidiTrack()
    for pitch in (60, 64, 67):
        track.append(mido.Message("note_on", note=pitch, velocity=90, time=0))
        track.append(mido.Message("note_off", note=pitch, time=480))
    mido.MidiFile(ticks_per_beat=480, tracks=[track]).save(path)
    return path


MIDI_NOTES = [Note(0.0, 0.5, 60, 90), Note(0.5, 1.0, 64, 90), Note(1.0, 1.5, 67, 90)]


# Correcting.


def test_a_change_by_hand_is_told_and_stays_when_it_is_decoded_anew(
    song: Song, wav: Path, qtbot: QtBot
) -> None:
    opened(song, wav, qtbot)
    first, second, third, *_ = song.notes
    with qtbot.waitSignal(song.notes_changed):
        song.edits.delete([first])
    (moved,) = song.edits.move([second], semitones=60)
    with qtbot.waitSignal(song.notes_changed):
        song.redecode(replace(song.decoder, onset_threshold=0.3))
    assert first not in song.notes
    assert second not in song.notes
    assert moved in song.notes
    assert third in song.notes
    song.edits.undo()
    song.edits.undo()
    assert {first, second} <= set(song.notes)


def test_changes_while_it_is_transcribed_stay(song: Song, wav: Path, qtbot: QtBot) -> None:
    deleted: list[Note] = []

    def delete_first(heard: Heard) -> None:
        if not deleted and song.notes:
            deleted.append(song.notes[0])
            song.edits.delete(deleted)

    song.heard.connect(delete_first)
    opened(song, wav, qtbot)
    assert deleted
    assert deleted[0] not in song.notes
    assert len(song.notes) > 5


def test_a_drawn_note_snaps_and_the_curve_says_why(song: Song, wav: Path, qtbot: QtBot) -> None:
    opened(song, wav, qtbot)
    note = next(note for note in song.notes if note.onset_s > 1)
    song.edits.delete([note])
    drawn = song.add_note(note.onset_s + 0.03, note.pitch, note.offset_s + 0.5)
    why = song.why(note.onset_s, note.pitch)
    assert why is not None
    near = np.abs(why.times_s - drawn.onset_s) < 1e-6
    reach = np.abs(why.times_s - (note.onset_s + 0.03)) <= 0.1
    assert why.onset[near].max() == why.onset[reach].max()
    assert drawn in song.notes


# MIDI files.


def test_a_midi_file_is_there_at_once(song: Song, tmp_path: Path, qtbot: QtBot) -> None:
    path = midi_file(tmp_path / "a.mid")
    changes: list[list[Note]] = []
    song.notes_changed.connect(lambda: changes.append(song.notes))
    opened(song, path, qtbot)
    assert changes == [MIDI_NOTES]
    assert song.info == SongInfo(path, 0, 1.5, is_midi=True)
    assert song.player.duration_s == 1.5
    assert len(song.probabilities) == 0
    assert song.why(0.5, 60) is None
    song.redecode(DecoderConfig(onset_threshold=0.9))
    song.edits.delete([MIDI_NOTES[1]])
    assert song.notes == [MIDI_NOTES[0], MIDI_NOTES[2]]
    assert song.add_note(0.1, 70).onset_s == 0.1


def test_a_damaged_midi_file_fails_with_a_sentence(
    song: Song, tmp_path: Path, qtbot: QtBot
) -> None:
    (tmp_path / "a.mid").write_bytes(b"?")
    with qtbot.waitSignal(song.failed, timeout=10_000) as failed:
        song.open(tmp_path / "a.mid")
    assert "a.mid: this MIDI file cannot be read" in failed.args[0]


def test_a_midi_file_is_laid_beside(song: Song, wav: Path, tmp_path: Path, qtbot: QtBot) -> None:
    opened(song, wav, qtbot)
    before = song.notes
    with qtbot.waitSignal(song.comparison.changed, timeout=10_000):
        song.comparison.read(midi_file(tmp_path / "a.mid"))
    assert song.comparison.notes == MIDI_NOTES
    assert song.notes == before
    (tmp_path / "b.mid").write_bytes(b"?")
    with qtbot.waitSignal(song.comparison.failed, timeout=10_000) as failed:
        song.comparison.read(tmp_path / "b.mid")
    assert "b.mid" in failed.args[0]
    assert song.comparison.notes == MIDI_NOTES
    song.comparison.clear()
    assert song.comparison.notes == []
    song.comparison.read(tmp_path / "a.mid")
    song.close()


# Projects.


def test_a_project_comes_back_as_it_was_saved(
    song: Song, keeper: ProjectAutosave, wav: Path, tmp_path: Path, qtbot: QtBot
) -> None:
    opened(song, wav, qtbot)
    with qtbot.waitSignal(song.notes_changed):
        song.redecode(replace(song.decoder, onset_threshold=0.35))
    song.edits.delete(song.notes[:2])
    song.edits.split(song.notes, song.notes[0].onset_s + 0.02)
    song.edits.add(Note(2.0, 2.5, 100))
    notes, hand, decoder = song.notes, song.edits.hand_notes, song.decoder
    assert not keeper.is_saved
    project = saved(keeper, tmp_path / "Lied.noteglow", qtbot)
    assert keeper.is_saved
    assert keeper.path == tmp_path / "Lied.noteglow"
    assert (project.settings, project.view) == (SETTINGS, VIEW)
    assert project.audio == refer_to(wav)

    changes: list[list[Note]] = []
    song.notes_changed.connect(lambda: changes.append(song.notes))
    events = []
    song.heard.connect(lambda heard: events.extend(heard.events))
    opened(song, tmp_path / "Lied.noteglow", qtbot)
    assert changes == [notes], "told once, and what is heard again changes nothing"
    assert (song.notes, song.edits.hand_notes, song.decoder) == (notes, hand, decoder)
    assert song.info is not None
    assert song.info.path == wav
    assert song.opened_project == project
    assert events == []
    assert len(song.probabilities) > 140
    assert keeper.is_saved
    # And it can be decoded anew: to the same, with the same settings.
    with qtbot.waitSignal(song.notes_changed):
        song.redecode(decoder)
    assert song.notes == notes


def test_a_project_decoded_anew_keeps_its_notes_where_nothing_is_heard_yet(
    song: Song, keeper: ProjectAutosave, tmp_path: Path, qtbot: QtBot
) -> None:
    soundfile.write(tmp_path / "long.wav", tones(12.0), 44_100)
    opened(song, tmp_path / "long.wav", qtbot)
    before = song.notes
    saved(keeper, tmp_path / "a.noteglow", qtbot)
    loose = replace(song.decoder, onset_threshold=0.3)
    seen: list[list[Note]] = []

    def once(heard: Heard) -> None:
        if heard.first_frame == 0:
            song.notes_changed.connect(lambda: seen.append(song.notes))
            song.redecode(loose)

    song.heard.connect(once)
    opened(song, tmp_path / "a.noteglow", qtbot)
    song.redecode(loose)
    qtbot.waitUntil(lambda: bool(seen) and len(seen[-1]) > len(before), timeout=10_000)
    assert all(notes[-1].onset_s > 10 for notes in seen)


def test_a_moved_recording_is_found_and_a_lost_one_asked_for(
    song: Song, keeper: ProjectAutosave, wav: Path, tmp_path: Path, qtbot: QtBot
) -> None:
    opened(song, wav, qtbot)
    path = tmp_path / "a.noteglow"
    saved(keeper, path, qtbot)
    notes = song.notes
    (tmp_path / "deep").mkdir()
    moved = wav.rename(tmp_path / "deep" / "other.wav")
    opened(song, path, qtbot)
    assert song.info is not None
    assert song.info.path == moved

    content = moved.read_bytes()
    moved.unlink()
    with qtbot.waitSignal(song.audio_asked, timeout=10_000) as asked:
        song.open(path)
    assert isinstance(asked.args[0], AudioNotFoundError)
    assert (song.info, song.notes, song.is_transcribing) == (None, [], False)
    elsewhere = tmp_path.parent / f"{tmp_path.name} elsewhere.wav"
    elsewhere.write_bytes(content)
    opened(song, path, qtbot, elsewhere)
    assert song.notes == notes
    assert saved(keeper, path, qtbot).audio.path == elsewhere
    elsewhere.unlink()


def test_a_damaged_project_fails_with_a_sentence(song: Song, tmp_path: Path, qtbot: QtBot) -> None:
    (tmp_path / "a.noteglow").write_text("{}")
    with qtbot.waitSignal(song.failed, timeout=10_000) as failed:
        song.open(tmp_path / "a.noteglow")
    assert "a.noteglow: this is not a Noteglow project" in failed.args[0]


def test_a_project_of_a_midi_file(
    song: Song, keeper: ProjectAutosave, tmp_path: Path, qtbot: QtBot
) -> None:
    opened(song, midi_file(tmp_path / "a.mid"), qtbot)
    song.edits.delete([MIDI_NOTES[0]])
    saved(keeper, tmp_path / "b.noteglow", qtbot)
    opened(song, tmp_path / "b.noteglow", qtbot)
    assert song.notes == MIDI_NOTES[1:]
    song.edits.undo()
    assert song.notes == MIDI_NOTES[1:]


def test_the_suffix_is_added_and_a_failure_is_told(
    song: Song, keeper: ProjectAutosave, wav: Path, tmp_path: Path, qtbot: QtBot
) -> None:
    opened(song, wav, qtbot)
    with qtbot.waitSignal(keeper.saved, timeout=10_000) as told:
        keeper.save(tmp_path / "Opus 1.2")
    assert told.args == [tmp_path / "Opus 1.2.noteglow"]
    song.edits.delete(song.notes[:1])
    (tmp_path / "file").write_text("")
    with qtbot.waitSignal(keeper.failed, timeout=10_000) as failed:
        keeper.save(tmp_path / "file" / "a.noteglow")
    assert "cannot be written" in failed.args[0]
    assert not keeper.is_saved
    assert keeper.path == tmp_path / "Opus 1.2.noteglow"


def test_a_change_while_it_is_written_is_not_saved(
    song: Song, keeper: ProjectAutosave, wav: Path, tmp_path: Path, qtbot: QtBot
) -> None:
    opened(song, wav, qtbot)
    song.edits.delete(song.notes[:1])
    with qtbot.waitSignal(keeper.saved, timeout=10_000):
        keeper.save(tmp_path / "a.noteglow")
        song.edits.delete(song.notes[:1])
    assert not keeper.is_saved
    song.edits.undo()
    assert keeper.is_saved


# Copies for the case of a crash.


def wait_for_copy(keeper: ProjectAutosave, qtbot: QtBot) -> Path:
    assert keeper._copy is not None
    copy = keeper._copy.path
    qtbot.waitUntil(copy.exists, timeout=10_000)
    return copy


def left(path: Path | None = None) -> list[Path]:
    return [one.path for one in left_autosaves(path)]


@pytest.fixture
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.song.autosave._AUTOSAVE_MS", 10)


@pytest.mark.usefixtures("soon")
def test_what_a_crash_leaves_is_recovered(
    transcriber: Transcriber, wav: Path, tmp_path: Path, qtbot: QtBot
) -> None:
    path = tmp_path / "a.noteglow"
    song = Song(transcriber)
    keeper = ProjectAutosave(song, lambda: (SETTINGS, VIEW))
    opened(song, wav, qtbot)
    saved(keeper, path, qtbot)
    assert left() == []
    song.edits.delete(song.notes[:3])
    notes = song.notes
    copy = wait_for_copy(keeper, qtbot)
    # While this program runs, nobody else takes its copy for a crash's.
    assert left() == []
    keeper.leave()
    song.close()
    assert left() == left(path) == [copy]
    assert left(wav) == []
    assert len(projects.load(path).deleted) == 0

    again = Song(transcriber)
    keeper_again = ProjectAutosave(again, lambda: (SETTINGS, VIEW))
    offered, = left_autosaves()
    keeper_again.recover(offered)
    # Two programs may have been started after the crash, and both have offered it.
    with pytest.raises(WriteError, match="another Noteglow"):
        keeper.recover(offered)
    opened(again, copy, qtbot)
    assert again.notes == notes
    assert keeper_again.path == path
    assert not keeper_again.is_saved
    saved(keeper_again, path, qtbot)
    assert keeper_again.is_saved
    assert list(autosave_folder().iterdir()) == []
    assert len(projects.load(path).deleted) == 3
    keeper_again.close()
    again.close()
    keeper.close()


@pytest.mark.usefixtures("soon")
def test_a_recording_that_was_never_saved_has_a_copy_too(
    song: Song, keeper: ProjectAutosave, wav: Path, qtbot: QtBot
) -> None:
    opened(song, wav, qtbot)
    assert keeper.is_saved
    song.edits.delete(song.notes[:1])
    copy = wait_for_copy(keeper, qtbot)
    # Beside the recording, which may be read-only or not the user's own, nothing is written.
    assert [path.name for path in wav.parent.glob("Lied*")] == ["Lied.wav"]
    assert copy.parent == autosave_folder()
    # Closed on purpose, it is not needed any more.
    keeper.close()
    assert list(autosave_folder().iterdir()) == []


@pytest.mark.usefixtures("soon")
def test_two_programs_with_the_same_recording_have_a_copy_each(
    song: Song, keeper: ProjectAutosave, transcriber: Transcriber, wav: Path, qtbot: QtBot
) -> None:
    other = Song(transcriber)
    other_keeper = ProjectAutosave(other, lambda: (SETTINGS, VIEW))
    for one in (song, other):
        opened(one, wav, qtbot)
        one.edits.delete(one.notes[:1])
    copies = [wait_for_copy(one, qtbot) for one in (keeper, other_keeper)]
    assert copies[0] != copies[1]
    # The first one is closed on purpose, the second one dies.
    keeper.close()
    other_keeper.leave()
    assert left(wav) == copies[1:]
    other.close()


def leave_copy(source: Path) -> LeftAutosave:
    """What a program that died left of a recording or project."""
    own = OwnedAutosave(source)
    own.claim()
    own.path.write_text("a project")
    own.leave()
    return next(one for one in left_autosaves() if one.path == own.path)


def test_an_old_copy_of_a_project_is_not_offered_and_goes_after_a_month(tmp_path: Path) -> None:
    path = tmp_path / "a.noteglow"
    copy = leave_copy(path).path
    path.write_text("new")
    week_ago, two_months_ago = time.time() - 7 * 86_400, time.time() - 60 * 86_400
    os.utime(copy, (week_ago, week_ago))
    assert left(path) == []
    assert copy.exists()
    os.utime(path, (0, 0))
    # However old: the project is older.
    os.utime(copy, (two_months_ago, two_months_ago))
    assert left(path) == [copy]
    path.write_text("newer")
    assert left(path) == []
    assert list(autosave_folder().iterdir()) == []


def test_copies_are_told_apart_the_newest_first_and_damaged_ones_left_out(tmp_path: Path) -> None:
    one, other = leave_copy(tmp_path / "a.wav"), leave_copy(tmp_path / "b.wav")
    assert {one.source.name, other.source.name} == {"a.wav", "b.wav"}
    os.utime(one.path, (5, 5))
    os.utime(other.path, (6, 6))
    assert left() == [other.path, one.path]
    other.path.with_name(f"{other.path.name}.json").write_text('{"source": 7}')
    assert left() == [one.path]
    # What a program holds is not discarded by another.
    own = OwnedAutosave(one.source, one.path)
    own.claim()
    one.discard()
    assert one.path.exists()
    own.leave()
    one.discard()
    assert not one.path.exists()


@pytest.mark.usefixtures("soon")
def test_a_copy_that_cannot_be_written_is_told_once(
    song: Song, keeper: ProjectAutosave, wav: Path, qtbot: QtBot
) -> None:
    opened(song, wav, qtbot)
    autosave_folder().parent.mkdir(parents=True)
    autosave_folder().write_bytes(b"a file in the way")
    told: list[str] = []
    keeper.failed.connect(told.append)
    with qtbot.waitSignal(keeper.failed, timeout=10_000):
        song.edits.delete(song.notes[:1])
    song.edits.delete(song.notes[:1])
    qtbot.waitUntil(lambda: not keeper._timer.isActive(), timeout=10_000)
    keeper._join()
    assert len(told) == 1
