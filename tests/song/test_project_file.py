"""Project files: the way there and back, damaged ones, and recordings that were moved."""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from app.song import project_file as projects
from app.song.audio_reference import AudioNotFoundError, AudioReference, find, refer_to
from app.song.note_edits import EditedNotes
from app.song.project_file import Project, ProjectError
from app.system.atomic_write import WriteError
from model.config import DecoderConfig
from model.notes import Note

NOTES = (Note(0.1, 1 / 3, 60, 70, 0.123456789), Note(1.0, 2.0, 64, 90, 1.0))


@pytest.fixture
def audio(tmp_path: Path) -> Path:
    path = tmp_path / "Lieder" / "Frühling ♪.flac"
    path.parent.mkdir()
    path.write_bytes(b"fLaC" + bytes(range(256)) * 40)
    return path


@pytest.fixture
def project(audio: Path) -> Project:
    edits = EditedNotes()
    edits.restore([*NOTES, Note(3.0, 4.0, 50, 1, 0.4), Note(5.0, 6.0, 51, 127, 0.9)])
    edits.split([NOTES[0]], 0.2)
    edits.delete([Note(3.0, 4.0, 50, 1, 0.4)])
    edits.add(Note(7.0, 7.1, 90))
    return Project(
        refer_to(audio),
        DecoderConfig(
            onset_threshold=0.1 + 0.2, release_frames=3, reliability=((0.1, 0.3), (0.9, 1.0))
        ),
        tuple(edits.decoded),
        tuple(edits.hand_notes),
        tuple(edits.deleted),
        {"tuning": 442.0, "names": {"style": "german"}, "on": True, "none": None},
        {"from_s": 1.25, "range": [21, 108]},
    )


def test_the_way_there_and_back_is_exact(project: Project, tmp_path: Path) -> None:
    path = tmp_path / "mein Stück.noteglow"
    projects.save(project, path)
    again = projects.load(path)
    assert again == project
    edits = EditedNotes()
    edits.restore(again.decoded, again.hand_notes, again.deleted)
    before = EditedNotes()
    before.restore(project.decoded, project.hand_notes, project.deleted)
    assert edits.notes == before.notes
    assert len(edits.notes) == 5
    projects.save(again, tmp_path / "again.noteglow")
    assert (tmp_path / "again.noteglow").read_bytes() == path.read_bytes()
    assert [found.name for found in tmp_path.glob("*.part")] == []


def test_it_is_json_that_others_can_read(project: Project, tmp_path: Path) -> None:
    path = tmp_path / "a.noteglow"
    projects.save(project, path)
    document = json.loads(path.read_text("utf-8"))
    assert document["version"] == 1
    assert document["audio"]["relative"] == "Lieder/Frühling ♪.flac"
    assert document["audio"]["bytes"] == 10_244
    assert document["decoded"][1] == [1.0, 2.0, 64, 90, 1.0]


def test_pitch_curves_are_kept_and_earlier_projects_have_none(
    project: Project, tmp_path: Path
) -> None:
    path = tmp_path / "a.noteglow"
    decoded = tuple(replace(note, cents=(1.5, -2.0)) for note in project.decoded)
    hand = tuple((replace(note, cents=(0.5,)), was) for note, was in project.hand_notes)
    projects.save(replace(project, decoded=decoded, hand_notes=hand), path)
    again = projects.load(path)
    assert again == project
    assert {note.cents for note in again.decoded} == {(1.5, -2.0)}
    assert {note.cents for note, _ in again.hand_notes} == {(0.5,)}
    document = json.loads(path.read_text("utf-8"))
    for name in ("decoded_cents", "hand_cents"):
        del document[name]
    path.write_text(json.dumps(document), "utf-8")
    assert {note.cents for note in projects.load(path).decoded} == {()}
    document["decoded_cents"] = [[1.0]]
    path.write_text(json.dumps(document), "utf-8")
    with pytest.raises(ProjectError, match=r"decoded_cents.*1 curves for 4 notes"):
        projects.load(path)


def test_a_folder_that_cannot_be_written_leaves_the_old_file(
    project: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "a.noteglow"
    projects.save(project, path)
    before = path.read_bytes()

    def full(self: Path, *values: object, **named: object) -> int:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_text", full)
    with pytest.raises(WriteError, match=r"a\.noteglow.*No space left"):
        projects.save(replace(project, decoded=()), path)
    assert path.read_bytes() == before
    assert sorted(found.name for found in tmp_path.iterdir()) == ["Lieder", "a.noteglow"]


def test_what_json_cannot_hold_is_refused(project: Project, tmp_path: Path) -> None:
    with pytest.raises(ValueError):
        projects.save(replace(project, view={"zoom": float("nan")}), tmp_path / "a.noteglow")
    assert not (tmp_path / "a.noteglow").exists()


# Files that are no projects any more.


def test_a_newer_version_is_refused_in_one_sentence(project: Project, tmp_path: Path) -> None:
    path = tmp_path / "a.noteglow"
    projects.save(project, path)
    document = json.loads(path.read_text("utf-8")) | {"version": 2, "decoded": "otherwise"}
    path.write_text(json.dumps(document), "utf-8")
    with pytest.raises(ProjectError, match=r"a\.noteglow: a newer Noteglow saved this project"):
        projects.load(path)


@pytest.mark.parametrize(
    "content",
    [b"", b"{", b"[]", b"null", b"\xff\xfe\x00", b'{"format": "something else"}', b"[" * 100_000],
)
def test_what_is_no_project_is_said_to_be_none(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "a.noteglow"
    path.write_bytes(content)
    with pytest.raises(ProjectError, match=r"a\.noteglow: this is not a Noteglow project"):
        projects.load(path)


def test_a_missing_file_and_a_folder(tmp_path: Path) -> None:
    with pytest.raises(ProjectError, match=r"a\.noteglow: there is no such file"):
        projects.load(tmp_path / "a.noteglow")
    with pytest.raises(ProjectError, match="cannot be read"):
        projects.load(tmp_path)


def without(name: str) -> Callable[[dict[str, Any]], None]:
    return lambda document: document.pop(name)


def setting(value: object, *names: str | int) -> Callable[[dict[str, Any]], None]:
    def damage(document: Any) -> None:
        for name in names[:-1]:
            document = document[name]
        document[names[-1]] = value

    return damage


@pytest.mark.parametrize(
    ("damage", "told"),
    [
        (without("audio"), "audio: it is missing"),
        (without("hand"), "hand: it is missing"),
        (setting("1", "version"), "version: '1' is no version"),
        (setting(0, "version"), "version: 0 is no version"),
        (setting(3, "audio"), "audio: 3 is not an object"),
        (setting("", "audio", "absolute"), 'audio.absolute: "" is not a text'),
        (setting(-1, "audio", "bytes"), "audio.bytes: -1 is not a whole number"),
        (setting(None, "audio", "sha256"), "audio.sha256: null is not a text"),
        (setting({}, "decoded"), "decoded: {} is not a list"),
        (setting([1, 2, 60], "decoded", 1), "decoded: note 1: a note is a list of"),
        (setting(300, "decoded", 1, 2), "decoded: note 1: 300 is not a whole number from 0 to 127"),
        (setting(True, "decoded", 0, 2), "decoded: note 0: true is not a whole number"),
        (setting(0.05, "decoded", 0, 1), "decoded: note 0: a note cannot last from 0.1 to 0.05 s"),
        (setting(float("inf"), "decoded", 0, 1), "decoded: note 0: Infinity is not a number"),
        (setting(1.5, "decoded", 0, 4), "decoded: note 0: a confidence must be between 0 and 1"),
        (setting("?", "hand", 0, "was"), 'hand.was: "?" is not a list'),
        (setting([[0]], "deleted"), "deleted: note 0"),
        (setting(7.0, "decoder", "onset_threshold"), "decoder: onset_threshold must be"),
        (setting("x", "decoder", "min_note_ms"), 'decoder.min_note_ms: "x" is not a number'),
        (setting(1.5, "decoder", "release_frames"), "decoder.release_frames: 1.5 is not a whole"),
        (setting(1, "decoder", "magic"), "decoder: DecoderConfig has no setting named magic"),
        (setting([], "view"), "view: [] is not an object"),
    ],
)
def test_a_damaged_field_is_named(
    project: Project, tmp_path: Path, damage: Callable[[Any], None], told: str
) -> None:
    path = tmp_path / "a.noteglow"
    projects.save(project, path)
    document = json.loads(path.read_text("utf-8"))
    damage(document)
    path.write_text(json.dumps(document), "utf-8")
    with pytest.raises(ProjectError) as raised:
        projects.load(path)
    message = str(raised.value)
    assert message.startswith(f"{path}: the project is damaged at ")
    assert told in message
    assert "\n" not in message


# The recording.


def saved(project: Project, path: Path) -> AudioReference:
    projects.save(project, path)
    return projects.load(path).audio


def test_a_recording_in_its_place_is_found(project: Project, audio: Path, tmp_path: Path) -> None:
    path = tmp_path / "a.noteglow"
    assert find(saved(project, path), path) == audio


def test_project_and_recording_moved_together(
    project: Project, audio: Path, tmp_path: Path
) -> None:
    (tmp_path / "old").mkdir()
    saved(project, tmp_path / "old" / "a.noteglow")
    new = tmp_path / "new" / "there"
    new.mkdir(parents=True)
    shutil.move(tmp_path / "old", new / "old")
    shutil.move(audio.parent, new / "Lieder")
    path = new / "old" / "a.noteglow"
    assert find(projects.load(path).audio, path) == new / "Lieder" / audio.name


def test_a_renamed_recording_is_found_by_its_content_below_the_project(
    project: Project, audio: Path, tmp_path: Path
) -> None:
    path = tmp_path / "a.noteglow"
    reference = saved(project, path)
    deep = tmp_path / "x" / "y"
    deep.mkdir(parents=True)
    (deep / "same size.flac").write_bytes(b"x" * audio.stat().st_size)
    audio.rename(deep / "z other name.ogg")
    assert find(reference, path) == deep / "z other name.ogg"


def test_a_lost_recording_is_asked_for(project: Project, audio: Path, tmp_path: Path) -> None:
    path = tmp_path / "a.noteglow"
    reference = saved(project, path)
    audio.unlink()
    with pytest.raises(AudioNotFoundError, match="neither where it was nor near it") as raised:
        find(reference, path)
    assert raised.value.changed is None
    assert raised.value.reference == reference
    assert audio.name in str(raised.value)


def test_a_changed_recording_is_told_apart(project: Project, audio: Path, tmp_path: Path) -> None:
    path = tmp_path / "a.noteglow"
    reference = saved(project, path)
    content = audio.read_bytes()
    audio.write_bytes(content[:-1] + b"?")
    with pytest.raises(AudioNotFoundError, match="has changed since") as raised:
        find(reference, path)
    assert raised.value.changed == audio
    # The very recording is still somewhere near.
    (tmp_path / "copy.flac").write_bytes(content)
    assert find(reference, path) == tmp_path / "copy.flac"


@pytest.mark.skipif(sys.platform != "linux", reason="names are UTF-8 elsewhere")
def test_a_recording_with_an_old_name_is_found_again(project: Project, tmp_path: Path) -> None:
    audio = tmp_path / "caf\udce9.flac"
    audio.write_bytes(b"fLaC" + bytes(9))
    path = tmp_path / "a.noteglow"
    projects.save(replace(project, audio=refer_to(audio)), path)
    assert find(projects.load(path).audio, path) == audio


@pytest.mark.parametrize(
    ("field", "value"),
    [("decoded", [[0.1, 10**400, 60, 70, 0.5]]), ("decoded", [[0.1, 1e300, 60, 70, 0.5]]),
     ("view", {"time_s": [0.0, float("inf")]}), ("settings", {"a": float("nan")})],
)  # fmt: skip
def test_numbers_that_are_none_are_refused(
    project: Project, tmp_path: Path, field: str, value: Any
) -> None:
    path = tmp_path / "a.noteglow"
    projects.save(project, path)
    document = json.loads(path.read_text("utf-8"))
    document[field] = value
    path.write_text(json.dumps(document), "utf-8")
    with pytest.raises(ProjectError, match=rf"a\.noteglow: the project is damaged at {field}"):
        projects.load(path)
