"""Notes from a file that lies beside its recording: a table, a JAMS annotation or a MIDI file."""

from __future__ import annotations

import csv
import math
from collections.abc import Iterable, Iterator
from pathlib import Path

from model.notes import Note
from training.corpora import jams, midi
from training.corpora.recording import CorpusError

# Of several files beside one recording, the first of these is read.
SUFFIXES = (".csv", ".tsv", ".jams", ".mid", ".midi")
# What the columns of tables are called here, and elsewhere.
_COLUMNS = {
    "start_s": ("start_s", "onset", "onset_s", "onset_time", "onsettime", "start", "start_time"),
    "end_s": ("end_s", "offset", "offset_s", "offset_time", "offsettime", "end", "end_time"),
    "midi_pitch": ("midi_pitch", "pitch", "midipitch", "note", "midi_note"),
    "velocity": ("velocity",),
}
# A pitch that is so near to a whole number was one before it was written as text.
_WHOLE = 1e-3

Notes = tuple[list[Note], dict[str, int]]


def read(path: Path, *, sustain_pedal: bool = True) -> Notes:
    """The notes of a file of any of `SUFFIXES`, and what was changed: see `Labelled`.

    Args:
        sustain_pedal: of a MIDI file, whether notes last as long as the pedal holds them.

    Raises:
        CorpusError: the file is empty, damaged or of another kind than its name says.
    """
    suffix = path.suffix.lower()
    if suffix in (".mid", ".midi"):
        return midi.read_notes(path, sustain_pedal=sustain_pedal), {}
    if suffix == ".jams":
        return _notes((onset, offset, pitch, 0.0) for onset, offset, pitch in jams.read(path))
    return _read_table(path)


def read_csv(path: Path) -> list[Note]:
    """The notes of a table alone. Raises CorpusError as `read` does."""
    return _read_table(path)[0]


def _read_table(path: Path) -> Notes:
    """From lines of onset, offset, pitch and perhaps velocity; velocity 0 where it is empty.

    The first line names the columns. Values are parted by tabs where there is one, else by commas.
    """
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise CorpusError(f"{path}: the labels cannot be read ({error})") from None
    if not any(line.strip() for line in lines):
        raise CorpusError(
            f"{path}: the labels are empty; a recording without notes has a file with the line "
            f"{','.join(_COLUMNS)} alone"
        )
    # numpy writes names of columns behind a # and parts them by what its caller typed.
    head = [name.strip() for name in lines[0].lstrip("# ").replace("\t", ",").split(",")]
    wide = "\t" if any("\t" in line for line in lines) else ","
    rows = csv.reader(lines[1:], delimiter=wide)
    try:
        return _notes(_rows(_places(head), rows))
    except (IndexError, KeyError, ValueError, OverflowError, csv.Error):
        raise CorpusError(
            f"{path}: line {rows.line_num + 1} does not hold {','.join(_COLUMNS)}"
        ) from None


def _places(head: list[str]) -> dict[str, int]:
    """Which column is which."""
    lower = [name.lower() for name in head]
    return {
        column: lower.index(name)
        for column, names in _COLUMNS.items()
        for name in names
        if name in lower
    }


def _rows(
    places: dict[str, int], rows: Iterable[list[str]]
) -> Iterator[tuple[float, float, float, float]]:
    for row in rows:
        if not any(cell.strip() for cell in row):
            continue
        velocity = row[places["velocity"]] if places.get("velocity", len(row)) < len(row) else ""
        onset_s, offset_s, pitch = (
            float(row[places[column]]) for column in ("start_s", "end_s", "midi_pitch")
        )
        values = onset_s, offset_s, pitch, float(velocity or 0)
        if not all(map(math.isfinite, values)):
            raise ValueError("a value is no number")
        yield values


def _notes(rows: Iterable[tuple[float, float, float, float]]) -> Notes:
    """Notes of whole pitches and velocities, in order of onset."""
    held = list(rows)
    changes = {}
    rounded = sum(abs(pitch - round(pitch)) > _WHOLE for _, _, pitch, _ in held)
    if rounded:
        changes["pitches rounded to whole numbers"] = rounded
    loudest = max((velocity for *_, velocity in held), default=0.0)
    # MIDI's softest velocity is 1: nothing else than a scale from 0 to 1 has it as its loudest.
    scale = 127 if 0 < loudest <= 1 else 1
    if scale > 1:
        changes["velocities from 0 to 1 taken times 127"] = sum(v > 0 for *_, v in held)
    notes = [
        Note(onset_s, offset_s, round(pitch), _velocity(velocity * scale))
        for onset_s, offset_s, pitch, velocity in held
    ]
    return sorted(notes), changes


def _velocity(value: float) -> int:
    """Whole, and not 0, which would say that it is not known, where it is only low."""
    return max(1, round(value)) if value > 0 else round(value)
