"""Notes as tables of text: CSV, JSON, and lines for the clipboard."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Iterable
from pathlib import Path

from app.exports.export_options import ExportOptions
from app.music.chords.chord_finding import ChordSpan, as_rows
from app.music.note_naming import NoteNaming, plain
from app.music.tuning.intonation import Intonation, intonation, phrases
from app.system.atomic_write import written_beside
from app.system.progress import GoOn, to_the_end
from model.notes import Note
from model.pitch import note_name

# Goes up when a reader of the files before would misunderstand those after.
JSON_VERSION = 1
_INTONATION = ("cents", "cents_spread", "vibrato_hz", "vibrato_cents")


def write_csv(notes: Iterable[Note], path: Path, go_on: GoOn = to_the_end) -> None:
    """Writes one note a line, in order of onset, then pitch, under the names of the columns.

    These are `start_s,end_s,midi_pitch,velocity`, and `cents,cents_spread,vibrato_hz,vibrato_cents`
    as `Intonation` has them; they are empty where nothing can be told.

    Raises:
        WriteError: the file cannot be written.
    """
    with (
        written_beside(path, go_on) as beside,
        beside.open("w", newline="", encoding="utf-8") as file,
    ):
        rows = csv.writer(file, lineterminator="\n")
        rows.writerow(["start_s", "end_s", "midi_pitch", "velocity", *_INTONATION])
        for note in _in_order(notes):
            known = _intonation(intonation(note))
            rows.writerow([
                f"{note.onset_s:.4f}", f"{note.offset_s:.4f}", note.pitch, note.velocity,
                *(known.get(column, "") for column in _INTONATION),
            ])


def write_json(
    notes: Iterable[Note], path: Path, options: ExportOptions, go_on: GoOn = to_the_end
) -> None:
    """Writes one object: `format`, `version`, what is known of the recording, `notes`, `phrases`.

    Every note has `onset_s`, `offset_s`, `pitch` (MIDI), `name`, `velocity` (1-127) and
    `confidence` (0-1). With a rhythm, `beats_s` are its beats and `meter` the time signature. A
    phrase has `onset_s`, `offset_s` and how many `notes` it has. A note and a phrase whose pitch
    was measured have `cents` and `cents_spread` as well, and where there is a vibrato `vibrato_hz`
    and `vibrato_cents`; see `Intonation`. With chords, `chords` are those, as `write_chords` has
    them; with sections, `markers` are where each begins, `time_s`, and its `name`.

    Raises:
        WriteError: the file cannot be written.
    """
    content: dict[str, object] = {
        "format": "noteglow notes",
        "version": JSON_VERSION,
        "title": options.title,
        "duration_s": options.duration_s,
        "a4_hz": options.a4,
    }
    if options.rhythm is not None:
        content["meter"] = str(options.rhythm.meter)
        content["pickup_beats"] = options.rhythm.pickup
        beats_s = options.rhythm.beats_s[:: options.rhythm.parts]
        content["beats_s"] = [round(beat_s, 4) for beat_s in beats_s]
    in_order = _in_order(notes)
    content["notes"] = [
        {
            "onset_s": round(note.onset_s, 4),
            "offset_s": round(note.offset_s, 4),
            "pitch": note.pitch,
            "name": note_name(note.pitch),
            "velocity": note.velocity,
            "confidence": round(note.confidence, 3),
            **_intonation(intonation(note)),
        }
        for note in in_order
    ]
    content["phrases"] = [
        {
            "onset_s": round(phrase.onset_s, 4),
            "offset_s": round(phrase.offset_s, 4),
            "notes": len(phrase.notes),
            **_intonation(phrase.intonation),
        }
        for phrase in phrases(in_order)
    ]
    if options.chords:
        content["chords"] = [
            {"start_s": float(start), "end_s": float(end), "chord": plain(name)}
            for start, end, name in as_rows(options.chords, options.naming)
        ]
    if options.markers:
        content["markers"] = [
            {"time_s": round(marker.time_s, 4), "name": marker.name} for marker in options.markers
        ]
    with written_beside(path, go_on) as beside, beside.open("w", encoding="utf-8") as file:
        json.dump(content, file, ensure_ascii=False, indent=1)
        file.write("\n")


def _intonation(known: Intonation | None) -> dict[str, float]:
    """What the files tell of it, by the names of `_INTONATION`."""
    if known is None:
        return {}
    cents: list[float] = [known.cents, known.spread]
    if known.vibrato is not None:
        cents += [known.vibrato.hz, known.vibrato.cents]
    return {name: round(value, 1) for name, value in zip(_INTONATION, cents, strict=False)}


def write_chords(chords: Iterable[ChordSpan], path: Path, naming: NoteNaming) -> None:
    """Writes `start_s,end_s,chord`, a chord a line; names are ASCII, and "N" is no chord.

    Raises:
        WriteError: the file cannot be written.
    """
    with written_beside(path) as beside, beside.open("w", newline="", encoding="utf-8") as file:
        rows = csv.writer(file, lineterminator="\n")
        rows.writerow(["start_s", "end_s", "chord"])
        rows.writerows((start, end, plain(name)) for start, end, name in as_rows(chords, naming))


def chords_as_text(chords: Iterable[ChordSpan], naming: NoteNaming) -> str:
    """Chords as lines to paste: when each begins, in seconds, and its name, between tabs."""
    return "".join(f"{start}\t{name}\n" for start, _, name in as_rows(chords, naming))


def as_text(notes: Iterable[Note], name: Callable[[int], str] = note_name) -> str:
    """The notes as lines to paste: name, onset and length in seconds, velocity, between tabs.

    A spreadsheet makes columns of them.

    Args:
        name: what a MIDI pitch is called.
    """
    lines = ["note\tonset_s\tlength_s\tvelocity"]
    for note in _in_order(notes):
        length_s = note.offset_s - note.onset_s
        lines.append(f"{name(note.pitch)}\t{note.onset_s:.3f}\t{length_s:.3f}\t{note.velocity}")
    return "\n".join(lines) + "\n"


def _in_order(notes: Iterable[Note]) -> list[Note]:
    return sorted(notes, key=lambda note: (note.onset_s, note.pitch))
