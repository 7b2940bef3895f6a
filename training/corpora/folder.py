"""A folder of recordings, each with its notes beside it in a file of the same stem."""

from __future__ import annotations

import csv
from argparse import Namespace
from collections import Counter, defaultdict
from dataclasses import dataclass
from pathlib import Path

from training.corpora import audio, label_files
from training.corpora.recording import CorpusError, Labelled, Recording

_GROUPS = "groups.csv"


def recordings(
    folder: Path, split: str = "test", options: Namespace | None = None
) -> list[Recording]:
    """The labelled recordings of a folder and of the folders in it, by path; the same in any split.

    Labels lie in STEM with an ending of `label_files.SUFFIXES`, the first that is there. Each
    folder's name becomes the corpus of the recordings that lie in it. `groups.csv` in the folder
    itself, with the columns name and group, may say which of them are of one piece.

    Raises:
        CorpusError: there is no such folder, no labelled recording in it, or its groups cannot be
            read.
    """
    if not folder.is_dir():
        raise CorpusError(f"{folder}: there is no such folder")
    sustain_pedal = options is None or options.sustain_pedal
    found = [(files.audio[0], files.labels[0]) for files in _listed(folder) if files.labels]
    if not found:
        raise CorpusError(
            f"{folder}: no audio file with a .csv or .mid (or .tsv, .jams) of the same name lies "
            "in it"
        )
    groups = _groups(folder)
    shared = Counter((path.resolve().parent.name, path.stem) for path, _ in found)
    made = []
    for path, labels in found:
        corpus = path.resolve().parent.name
        inside = path.relative_to(folder).with_suffix("").as_posix()
        # Two folders of one name may hold two files of one name.
        name = path.stem if shared[corpus, path.stem] == 1 else inside
        group = groups.get(inside, groups.get(path.stem, ""))
        made.append(
            Recording(
                corpus, name, split, "unknown", (path, labels, sustain_pedal), _read, group
            )
        )
    return made


def unused(folder: Path) -> dict[str, list[str]]:
    """What in the folder is not used, by why it is not: names of files or of recordings."""
    left: dict[str, list[str]] = defaultdict(list)
    listed = _listed(folder)
    for files in listed:
        if not files.labels:
            left["sounds without labels, left out"].append(str(files.audio[0]))
        else:
            read = f"labels left out, read from a {files.labels[0].suffix} beside them"
            left[read] += map(str, files.labels[1:])
        left["sounds left out beside another of the same name"] += map(str, files.audio[1:])
    inside = {files.audio[0].relative_to(folder).with_suffix("") for files in listed}
    names = {path.as_posix() for path in inside} | {path.name for path in inside}
    strange = sorted(_groups(folder).keys() - names)
    left[f"names in {folder / _GROUPS} that are not there"] += strange
    return {why: names for why, names in left.items() if names}


@dataclass(frozen=True)
class _Files:
    """The files of one stem: sounds and labels, those that are used first."""

    audio: list[Path]
    labels: list[Path]


def _listed(folder: Path) -> list[_Files]:
    """All stems with a sound, by path."""
    sounds: dict[Path, list[Path]] = defaultdict(list)
    labels: dict[Path, list[Path]] = defaultdict(list)
    for path in sorted(folder.rglob("*")):
        suffix = path.suffix.lower()
        for kind, suffixes in ((sounds, audio.SUFFIXES), (labels, label_files.SUFFIXES)):
            if suffix in suffixes and path.is_file():
                kind[path.with_suffix("")].append(path)
    return [
        _Files(
            sorted(found, key=lambda path: audio.SUFFIXES.index(path.suffix.lower())),
            sorted(labels[stem], key=lambda path: label_files.SUFFIXES.index(path.suffix.lower())),
        )
        for stem, found in sorted(sounds.items())
    ]


def _groups(folder: Path) -> dict[str, str]:
    """The group of each name in `groups.csv`; a name is a stem, or a path within the folder."""
    path = folder / _GROUPS
    if not path.is_file():
        return {}
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            rows = csv.DictReader(file)
            return {_named(row["name"], folder): row["group"].strip() for row in rows}
    except (OSError, KeyError, TypeError, AttributeError, ValueError, csv.Error) as error:
        raise CorpusError(
            f"{path}: it does not hold the columns name,group ({error})"
        ) from None


def _named(name: str, folder: Path) -> str:
    """The name without the ending of a sound, which it may have."""
    path = Path(name.strip())
    if path.suffix.lower() in audio.SUFFIXES:
        path = path.with_suffix("")
    return path.as_posix()


def _read(path: Path, labels: Path, sustain_pedal: bool, sample_rate: int) -> Labelled:
    notes, changes = label_files.read(labels, sustain_pedal=sustain_pedal)
    return Labelled(audio.read(path, sample_rate), notes, changes)
