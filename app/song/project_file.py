"""A corrected recording as one JSON file: its notes, a hand's changes, settings, and which sound.

The sound itself and what the network says of it are not in the file: the first is referred to by
its place and its content, the second is worked out anew.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path, PurePath
from typing import Any, TypeVar

from app.song import annotations as notations
from app.song.annotations import Annotations
from app.song.audio_reference import AudioReference
from app.song.json_values import list_of, number_of, object_of, text_of, values_of, whole_of
from app.song.note_table import Origins
from app.system.atomic_write import written_beside
from model.config import DecoderConfig, from_json, to_json
from model.notes import Note
from model.pitch import A4_HZ, STANDARD_A4

SUFFIX = ".noteglow"
AUTOSAVE_SUFFIX = ".noteglow-autosave"
VERSION = 1
_FORMAT = "noteglow project"

Value = TypeVar("Value")
Edits = tuple[
    tuple[Note, ...], tuple[tuple[Note, Origins], ...], tuple[Note, ...], Annotations
]


class ProjectError(ValueError):
    """A project file cannot be used; the message is one sentence naming it and the fault."""


@dataclass(frozen=True)
class Project:
    """What a project file holds.

    Attributes:
        audio: the recording (or MIDI file) that it is about.
        decoder: the settings that the notes were decoded with.
        decoded: the decoded notes, those that the hand's take the place of among them.
        hand_notes: the notes that a hand added or changed, and the decoded ones each was made of.
        deleted: the decoded notes that a hand deleted.
        settings, view: what the window wants to find again; JSON values by name.
        comparison: the MIDI file that is laid beside; None without one.
        a4: the tuning in Hz with which the recording is heard.
        annotations: what a hand wrote beside the notes.
    """

    audio: AudioReference
    decoder: DecoderConfig
    decoded: tuple[Note, ...] = ()
    hand_notes: tuple[tuple[Note, Origins], ...] = ()
    deleted: tuple[Note, ...] = ()
    settings: Mapping[str, Any] = field(default_factory=dict)
    view: Mapping[str, Any] = field(default_factory=dict)
    comparison: AudioReference | None = None
    a4: float = STANDARD_A4
    annotations: Annotations = Annotations()  # noqa: RUF009

    @property
    def edits(self) -> Edits:
        """What `NoteTable.restore` takes."""
        return self.decoded, self.hand_notes, self.deleted, self.annotations


def is_project(path: Path) -> bool:
    """Whether a file's name is that of a project, in whatever case."""
    return path.suffix.lower() == SUFFIX


def save(project: Project, path: Path) -> None:
    """Writes a project file, whole or not at all.

    Raises:
        WriteError: it cannot be written.
        ValueError: `settings` or `view` hold what JSON cannot.
    """
    document: dict[str, Any] = {
        "format": _FORMAT,
        "version": VERSION,
        "audio": _reference(project.audio, path),
        "decoder": json.loads(to_json(project.decoder)),
        "decoded": [_row(note) for note in project.decoded],
        "hand": [
            {"note": _row(note), "was": [_row(origin) for origin in origins]}
            for note, origins in project.hand_notes
        ],
        "deleted": [_row(note) for note in project.deleted],
        # Programs that know nothing of the pitch curves pass over them.
        "decoded_cents": [note.cents for note in project.decoded],
        "hand_cents": [note.cents for note, _ in project.hand_notes],
        "settings": dict(project.settings),
        "view": dict(project.view),
        # Earlier programs, which had one tuning for all recordings, pass over it.
        "a4": project.a4,
        **notations.to_json(project.annotations),
    }
    if project.comparison is not None:
        # Programs that know nothing of it pass over it: it needs no version of its own.
        document["comparison"] = _reference(project.comparison, path)
    # Floats are written with all their digits, so that they come back the same.
    text = json.dumps(document, allow_nan=False, ensure_ascii=False)
    with written_beside(path) as beside:
        # Names of files may be no UTF-8; JSON is read back so as well.
        beside.write_text(text, encoding="utf-8", errors="surrogatepass")


def load(path: Path) -> Project:
    """Reads a project file.

    Where the sound lies is what the file says; `audio_reference.find` looks whether it is there.

    Raises:
        ProjectError: it is missing, not a project, from a newer version, or a field is damaged.
    """
    try:
        document = json.loads(path.read_bytes())
    except FileNotFoundError:
        raise ProjectError(f"{path}: there is no such file") from None
    except OSError as error:
        raise ProjectError(f"{path}: it cannot be read ({error.strerror})") from None
    except (ValueError, RecursionError) as error:
        raise ProjectError(
            f"{path}: this is not a Noteglow project, or it is damaged ({error})"
        ) from None
    if not isinstance(document, dict) or document.get("format") != _FORMAT:
        raise ProjectError(f"{path}: this is not a Noteglow project")
    version = document.get("version")
    if isinstance(version, int) and version > VERSION:
        raise ProjectError(
            f"{path}: a newer Noteglow saved this project (version {version} of the format, this "
            f"one knows {VERSION}): open it with that one"
        )
    try:
        if version != VERSION:
            raise _Damage(f"version: {version!r} is no version of the format")
        return Project(
            audio=_field(document, "audio", lambda value: _audio(value, path)),
            decoder=_field(document, "decoder", _decoder),
            decoded=_with_curves(document, "decoded_cents", _field(document, "decoded", _notes)),
            hand_notes=_hand_with_curves(document, _field(document, "hand", _hand_notes)),
            deleted=_field(document, "deleted", _notes),
            settings=_field(document, "settings", values_of),
            view=_field(document, "view", values_of),
            comparison=None if document.get("comparison") is None else _field(
                document, "comparison", lambda value: _audio(value, path)
            ),
            a4=_field(document, "a4", _a4) if "a4" in document else STANDARD_A4,
            annotations=_annotations(document),
        )
    except _Damage as damage:
        raise ProjectError(f"{path}: the project is damaged at {damage}") from None


class _Damage(Exception):
    """A field that makes no sense: its name, a colon and why."""


def _field(values: Mapping[str, Any], name: str, read: Callable[[Any], Value]) -> Value:
    if name not in values:
        raise _Damage(f"{name}: it is missing")
    try:
        return read(values[name])
    except _Damage as damage:
        raise _Damage(f"{name}.{damage}") from None
    except (ValueError, TypeError) as error:
        raise _Damage(f"{name}: {error}") from None


def _audio(value: Any, path: Path) -> AudioReference:
    value = object_of(value)
    absolute = Path(_field(value, "absolute", text_of))
    relative = _field(value, "relative", lambda text: None if text is None else text_of(text))
    beside = None
    if relative is not None:
        beside = Path(os.path.normpath(path.absolute().parent / relative))
    return AudioReference(
        path=absolute,
        n_bytes=_field(value, "bytes", lambda number: whole_of(number, 0, 2**63)),
        sha256=_field(value, "sha256", text_of),
        beside=beside,
    )


def _reference(reference: AudioReference, path: Path) -> dict[str, Any]:
    return {
        "relative": _relative(reference.path, path),
        "absolute": str(reference.path),
        "bytes": reference.n_bytes,
        "sha256": reference.sha256,
    }


def _relative(audio: Path, path: Path) -> str | None:
    """The way from the project's folder to the sound; None where there is none."""
    try:
        return PurePath(os.path.relpath(audio, path.absolute().parent)).as_posix()
    except ValueError:
        # Another drive, on Windows.
        return None


def _decoder(value: Any) -> DecoderConfig:
    value = object_of(value)
    for name, setting in value.items():
        if name == "release_frames":
            _field(value, name, lambda number: whole_of(number, 1, 10**6))
        elif name == "read_out":
            _field(value, name, text_of)
        elif name == "monophonic":
            # What it must be is told by the configuration.
            continue
        elif not isinstance(setting, list):
            _field(value, name, number_of)
    return from_json(DecoderConfig, json.dumps(value))


def _row(note: Note) -> list[float]:
    return [note.onset_s, note.offset_s, note.pitch, note.velocity, note.confidence]


def _note(row: Any) -> Note:
    if not isinstance(row, list) or len(row) != 5:
        raise ValueError("a note is a list of onset, offset, pitch, velocity and confidence")
    onset_s, offset_s, confidence = number_of(row[0]), number_of(row[1]), number_of(row[4])
    if not 0 <= onset_s < offset_s:
        raise ValueError(f"a note cannot last from {onset_s} to {offset_s} s")
    if not 0 <= confidence <= 1:
        raise ValueError(f"a confidence must be between 0 and 1, not {confidence}")
    return Note(onset_s, offset_s, whole_of(row[2], 0, 127), whole_of(row[3], 1, 127), confidence)


def _notes(rows: Any) -> tuple[Note, ...]:
    notes = []
    for number, row in enumerate(list_of(rows)):
        try:
            notes.append(_note(row))
        except ValueError as error:
            raise ValueError(f"note {number}: {error}") from None
    return tuple(notes)


def _hand_notes(rows: Any) -> tuple[tuple[Note, Origins], ...]:
    return tuple(
        (_field(object_of(row), "note", _note), _field(row, "was", _notes)) for row in list_of(rows)
    )


def _with_curves(
    document: Mapping[str, Any], name: str, notes: tuple[Note, ...]
) -> tuple[Note, ...]:
    """The notes with their pitch curves; without them where an earlier program saved them."""
    if name not in document:
        return notes
    curves = _field(document, name, _curves)
    if len(curves) != len(notes):
        raise _Damage(f"{name}: these are {len(curves)} curves for {len(notes)} notes")
    return tuple(
        replace(note, cents=curve) if curve else note
        for note, curve in zip(notes, curves, strict=True)
    )


def _hand_with_curves(
    document: Mapping[str, Any], hand_notes: tuple[tuple[Note, Origins], ...]
) -> tuple[tuple[Note, Origins], ...]:
    notes = _with_curves(document, "hand_cents", tuple(note for note, _ in hand_notes))
    return tuple((note, was) for note, (_, was) in zip(notes, hand_notes, strict=True))


def _curves(rows: Any) -> list[tuple[float, ...]]:
    return [tuple(number_of(value) for value in list_of(row)) for row in list_of(rows)]


def _annotations(document: Mapping[str, Any]) -> Annotations:
    try:
        return notations.from_json(document)
    except ValueError as error:
        raise _Damage(str(error)) from None


def _a4(value: Any) -> float:
    a4 = number_of(value)
    if not A4_HZ[0] <= a4 <= A4_HZ[1]:
        raise ValueError(f"{a4:g} Hz is no tuning from {A4_HZ[0]:g} to {A4_HZ[1]:g} Hz")
    return a4
