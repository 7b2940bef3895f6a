"""A folder of recordings, each with its notes beside it in a file of the same stem."""

from __future__ import annotations

import csv
import io
from argparse import Namespace
from pathlib import Path

from model.notes import Note
from training.corpora import audio, midi
from training.corpora.recording import CorpusError, Labelled, Recording

_LABELS = (".csv", ".mid", ".midi")


def recordings(
    folder: Path, split: str = "test", options: Namespace | None = None
) -> list[Recording]:
    """The labelled recordings of a folder and of the folders in it, by path; the same in any split.

    Labels are `start_s,end_s,midi_pitch[,velocity]` in STEM.csv, or STEM.mid. Each folder's name
    becomes the corpus of the recordings that lie in it.

    Raises:
        CorpusError: there is no such folder, or no labelled recording in it.
    """
    if not folder.is_dir():
        raise CorpusError(f"{folder}: there is no such folder")
    found = []
    for path in sorted(folder.rglob("*")):
        if path.suffix.lower() not in audio.SUFFIXES:
            continue
        beside = (path.with_suffix(suffix) for suffix in _LABELS)
        labels = next((file for file in beside if file.is_file()), None)
        if labels is not None:
            found.append(
                Recording(
                    path.resolve().parent.name, path.stem, split, "unknown",
                    (path, labels), _read,
                )
            )
    if not found:
        raise CorpusError(
            f"{folder}: no audio file with a .csv or .mid of the same name lies in it"
        )
    return found


def _read(path: Path, labels: Path, sample_rate: int) -> Labelled:
    if labels.suffix == ".csv":
        notes = read_csv(labels)
    else:
        notes = midi.read_notes(labels, sustain_pedal=False)
    return Labelled(audio.read(path, sample_rate), notes)


def read_csv(path: Path) -> list[Note]:
    """Notes from `start_s,end_s,midi_pitch[,velocity]`; velocity 0 where it is empty.

    Raises:
        CorpusError: a column is missing or a value is no number.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise CorpusError(f"{path}: the labels cannot be read ({error})") from None
    rows = csv.DictReader(io.StringIO(text))
    try:
        return sorted(
            Note(
                float(row["start_s"]),
                float(row["end_s"]),
                round(float(row["midi_pitch"])),
                round(float(row.get("velocity") or 0)),
            )
            for row in rows
        )
    except (KeyError, TypeError, ValueError, OverflowError, csv.Error):
        raise CorpusError(
            f"{path}: line {rows.line_num} does not hold start_s,end_s,midi_pitch,velocity"
        ) from None
