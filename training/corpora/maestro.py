"""MAESTRO version 3: piano competitions on Disklaviers, recorded together with their MIDI."""

from __future__ import annotations

import csv
import json
from argparse import Namespace
from pathlib import Path
from typing import Any

from training.corpora import audio, midi
from training.corpora.recording import CorpusError, Labelled, Recording

_NAME = "maestro-v3.0.0"
_COLUMNS = (
    "canonical_composer", "canonical_title", "split", "midi_filename", "audio_filename",
)


def recordings(folder: Path, split: str, options: Namespace) -> list[Recording]:
    """The pieces of a split as the authors drew it.

    Their validation pieces come with those to train on and say so: `train-val` holds them out.
    Many pieces are played by several pianists, who are a group.

    Raises:
        CorpusError: there is no list of pieces in the folder, or it is damaged.
    """
    base = folder / _NAME if (folder / _NAME).is_dir() else folder
    return [
        Recording(
            "maestro",
            str(Path(row["audio_filename"]).with_suffix("")),
            row["split"],
            "CC BY-NC-SA 4.0",
            (
                base / row["audio_filename"], base / row["midi_filename"], options.sustain_pedal,
            ),
            _read,
            f"{row['canonical_composer']}: {row['canonical_title']}",
        )
        for row in _table(base)
        if row["split"] in (("train", "validation") if split == "train" else (split,))
    ]


def _read(path: Path, labels: Path, sustain_pedal: bool, sample_rate: int) -> Labelled:
    notes = midi.read_notes(labels, sustain_pedal=sustain_pedal)
    return Labelled(audio.read(path, sample_rate), notes)


def _table(folder: Path) -> list[dict[str, str]]:
    """The rows of maestro-v3.0.0.csv, or of the .json, whose columns are {"0": value, ...}."""
    as_csv, as_json = folder / f"{_NAME}.csv", folder / f"{_NAME}.json"
    try:
        if as_csv.is_file():
            with as_csv.open(newline="", encoding="utf-8") as file:
                rows = [{name: row[name] for name in _COLUMNS} for row in csv.DictReader(file)]
                return _texts(rows)
        if as_json.is_file():
            columns = json.loads(as_json.read_text(encoding="utf-8"))
            return _texts([
                {name: columns[name][number] for name in _COLUMNS} for number in columns["split"]
            ])
    except (OSError, KeyError, TypeError, ValueError, RecursionError, csv.Error) as error:
        raise CorpusError(f"{folder}: the list of MAESTRO's pieces is damaged ({error})") from None
    raise CorpusError(
        f"{folder}: MAESTRO does not lie there; its authors publish it at "
        "magenta.tensorflow.org/datasets/maestro, and the folder should hold "
        f"{_NAME}.csv and the folders of years with .wav and .midi files"
    )


def _texts(rows: list[dict[str, Any]]) -> list[dict[str, str]]:
    """The rows, of which every value is a text, and a file's name one. Raises ValueError else."""
    if not all(isinstance(value, str) for row in rows for value in row.values()):
        raise ValueError("a value is missing")
    names = [row[column] for row in rows for column in ("midi_filename", "audio_filename")]
    if not all(Path(name).name and "\0" not in name for name in names):
        raise ValueError("a file has no name")
    return rows
