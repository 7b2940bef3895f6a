"""What a hand writes beside the notes of a recording, and how a project file holds it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from app.music.beats.given_rhythm import GivenRhythm
from app.music.chords.chord_finding import ChordSpan
from app.music.chords.chord_names import SUFFIXES, Chord
from app.music.key_finding import Key
from app.music.sections import Marker
from app.song.json_values import list_of, number_of, text_of, whole_of
from app.song.rhythm.given_rhythm_json import given_from_json, given_to_json

Value = TypeVar("Value")


@dataclass(frozen=True)
class Annotations:
    """Values: whoever changes them makes others.

    Attributes:
        markers: in order of time.
        chords: those that a hand set, in order; they take the place of what is found there.
        key: of the piece; None is the one that its notes tell.
        rhythm: what a hand has said of beats and bars.
    """

    markers: tuple[Marker, ...] = ()
    chords: tuple[ChordSpan, ...] = ()
    key: Key | None = None
    rhythm: GivenRhythm = GivenRhythm()  # noqa: RUF009


def to_json(annotations: Annotations) -> dict[str, Any]:
    """The fields of a project file; programs that know nothing of them pass over them."""
    fields: dict[str, Any] = {}
    if annotations.markers:
        fields["markers"] = [[marker.time_s, marker.name] for marker in annotations.markers]
    if annotations.chords:
        fields["chords"] = [
            [span.start_s, span.end_s, *_chord_row(span.chord)] for span in annotations.chords
        ]
    if annotations.key is not None:
        fields["key"] = annotations.key.name
    if annotations.rhythm != GivenRhythm():
        fields["rhythm"] = given_to_json(annotations.rhythm)
    return fields


def from_json(document: Mapping[str, Any]) -> Annotations:
    """What `to_json` wrote.

    Raises:
        ValueError: a field makes no sense; the message begins with its name.
    """
    return Annotations(
        markers=_rows(document, "markers", _marker),
        chords=_rows(document, "chords", _span),
        key=None if document.get("key") is None else _named("key", _key, document["key"]),
        rhythm=_named("rhythm", given_from_json, document.get("rhythm") or {}),
    )


def _rows(
    document: Mapping[str, Any], name: str, read: Callable[[Any], Value]
) -> tuple[Value, ...]:
    rows = _named(name, list_of, document.get(name, []))
    return tuple(_named(f"{name} {number}", read, row) for number, row in enumerate(rows))


def _named(name: str, read: Callable[[Any], Value], value: Any) -> Value:
    try:
        return read(value)
    except ValueError as error:
        raise ValueError(f"{name}: {error}") from None


def _marker(row: Any) -> Marker:
    match row:
        case [time_s, str(name)]:
            return Marker(_time(time_s), name)
    raise ValueError("a marker is a list of seconds and a name")


def _span(row: Any) -> ChordSpan:
    match row:
        case [start_s, end_s]:
            chord = None
        case [start_s, end_s, root, str(suffix), bass] if suffix in SUFFIXES:
            chord = Chord(_pitch_class(root), suffix, _pitch_class(bass))
        case _:
            raise ValueError("a chord is a list of start, end, root, kind and bass")
    span = ChordSpan(_time(start_s), _time(end_s), chord)
    if not span.start_s < span.end_s:
        raise ValueError(f"a chord cannot last from {span.start_s} to {span.end_s} s")
    return span


def _chord_row(chord: Chord | None) -> list[Any]:
    return [] if chord is None else [chord.root, chord.suffix, chord.bass]


def _key(name: Any) -> Key:
    return Key.parse(text_of(name))


def _time(value: Any) -> float:
    time_s = number_of(value)
    if time_s < 0:
        raise ValueError(f"{time_s:g} s is before the beginning")
    return time_s


def _pitch_class(value: Any) -> int:
    return whole_of(value, 0, 11)
