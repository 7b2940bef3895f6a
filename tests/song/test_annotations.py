"""What a hand writes beside the notes: undone with them, and kept in the project."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import Any

import pytest

from app.music.chords.chord_finding import ChordSpan
from app.music.chords.chord_names import Chord
from app.music.key_finding import Key
from app.music.sections import Marker, Section, next_name, section_at, sections
from app.song import project_file as projects
from app.song.annotations import Annotations
from app.song.audio_reference import AudioReference
from app.song.note_edits import EditedNotes
from app.song.project_file import Project, ProjectError
from model.config import DecoderConfig
from model.notes import Note

A = Note(1.0, 2.0, 60, 70, 0.8)
SOME = Annotations(
    markers=(Marker(0.0, "Intro"), Marker(4.25, "Strophe – 1")),
    chords=(ChordSpan(1.0, 2.5, Chord(0, "m7♭5", 3)), ChordSpan(2.5, 3.0, None)),
    key=Key(-3, is_minor=True),
)


def test_annotations_and_notes_have_one_history() -> None:
    edits, told = EditedNotes(), []
    edits.restore([A])
    edits = EditedNotes(lambda: told.append(edits.annotations))
    edits.restore([A])
    told.clear()
    edits.annotate("Add marker", SOME)
    edits.delete([A])
    edits.annotate("Nothing", SOME)
    assert edits.undo_label == "Delete", "what changes nothing is no step"
    assert not edits.is_saved
    edits.undo()
    assert (edits.undo_label, edits.redo_label) == ("Add marker", "Delete")
    edits.undo()
    assert edits.annotations == Annotations()
    assert edits.notes == [A]
    assert edits.is_saved
    edits.redo()
    assert edits.annotations == SOME
    assert told == [SOME, SOME, SOME, Annotations(), SOME]


def saved(path: Path, annotations: Annotations) -> Path:
    audio = AudioReference(path.with_name("a.wav"), 10, "0" * 64)
    projects.save(Project(audio, DecoderConfig(), (A,), annotations=annotations), path)
    return path


def test_a_project_keeps_them(tmp_path: Path) -> None:
    path = saved(tmp_path / "a.noteglow", SOME)
    assert projects.load(path).annotations == SOME
    # An earlier program's file has none of these fields.
    plain = json.loads(saved(tmp_path / "b.noteglow", Annotations()).read_text("utf-8"))
    assert not {"markers", "chords", "key"} & plain.keys()
    assert projects.load(tmp_path / "b.noteglow").annotations == Annotations()


@pytest.mark.parametrize(("field", "value", "fault"), [
    ("markers", [[-1.0, "A"]], "markers 0: -1 s is before the beginning"),
    ("markers", [[1.0, "A"], [2.0]], "markers 1: a marker is a list of seconds and a name"),
    ("markers", "A", 'markers: "A" is not a list'),
    ("chords", [[1.0, 2.0, 0, "hmm", 0]], "chords 0: a chord is a list"),
    ("chords", [[2.0, 1.0]], "chords 0: a chord cannot last from 2.0 to 1.0 s"),
    ("chords", [[1.0, 2.0, 12, "m", 0]], "chords 0: 12 is not a whole number from 0 to 11"),
    ("key", "H", "key: 'H' is not a key"),
])  # fmt: skip
def test_a_damaged_one_is_told(tmp_path: Path, field: str, value: Any, fault: str) -> None:
    path = saved(tmp_path / "a.noteglow", SOME)
    document = json.loads(path.read_text("utf-8"))
    path.write_text(json.dumps({**document, field: value}), "utf-8")
    with pytest.raises(ProjectError) as error:
        projects.load(path)
    assert f"{path}: the project is damaged at {fault}" in str(error.value)


def test_sections_last_until_the_next_marker() -> None:
    markers = [Marker(5.0, "B"), Marker(1.0, "A"), Marker(5.0, "C"), Marker(9.0, "End")]
    found = sections(markers, 9.0)
    assert found == [Section(1.0, 5.0, "A"), Section(5.0, 9.0, "C")]
    assert section_at(found, 5.0) == found[1]
    assert section_at(found, 0.5) is None
    assert next_name(markers) == "D"
    assert next_name([Marker(0, letter) for letter in "ABCDEFGHIJKLMNOPQRSTUVWXYZ"]) == "A2"


def test_a_name_is_one_line() -> None:
    assert Marker(0.0, " Refrain\n 2 ").name == "Refrain 2"
    assert len(Marker(0.0, "x" * 1000).name) == 80
    assert dataclasses.replace(Marker(0.0, "A"), name="B") == Marker(0.0, "B")
