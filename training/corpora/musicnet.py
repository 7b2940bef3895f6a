"""MusicNet: 330 recordings of chamber music with notes aligned by machine.

Published as a folder of train_data/ID.wav with train_labels/ID.csv and test_data with test_labels,
as musicnet.npz, and as musicnet.h5. Note times are in samples at 44,100 Hz in all of them.
"""

from __future__ import annotations

import csv
import lzma
import zipfile
import zlib
from argparse import Namespace
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import h5py
import numpy as np

from model.notes import Note
from training.corpora import audio
from training.corpora.hdf5 import DAMAGED, require_an_end, whole
from training.corpora.pickled import PickledError, read_object_array
from training.corpora.recording import CorpusError, Labelled, Recording

_RATE = 44_100
_LICENCE = "labels CC BY 4.0, recordings Creative Commons or public domain"
# Learning Features of Music from Scratch (2017) and Invariances and Data Augmentation for
# Supervised Music Transcription (2018). The folder test_data holds the ten.
_TEST_OF_2017 = {"2303", "2382", "1819"}
_TEST_OF_2018 = _TEST_OF_2017 | {"2298", "2191", "2556", "2416", "2628", "1759", "2106"}


def recordings(folder: Path, split: str, options: Namespace) -> list[Recording]:
    """The pieces of a split; `options.musicnet_test` says which test set, whatever their folder.

    `folder` holds one of the published forms, or is the .npz or .h5 file itself. Where the authors'
    list of pieces, musicnet_metadata.csv, lies there too, recordings of one movement are a group.

    Raises:
        CorpusError: no form of MusicNet lies there.
    """
    test = _TEST_OF_2017 if options.musicnet_test == 3 else _TEST_OF_2018
    found = _folders(folder) or _hdf5(folder) or _npz(folder)
    if not found:
        raise CorpusError(
            f"{folder}: MusicNet does not lie there; its authors publish it at "
            "zenodo.org/records/5120004 (DOI 10.5281/zenodo.5120004), and the folder should hold "
            "train_data, train_labels, test_data and test_labels, or musicnet.npz, or musicnet.h5"
        )
    movements = _movements(folder)
    return [
        Recording("musicnet", name, split, _LICENCE, source, read, movements.get(name, ""))
        for name, (source, read) in sorted(found.items())
        if (name in test) == (split == "test")
    ]


def _movements(folder: Path) -> dict[str, str]:
    """What each piece is, by its number."""
    places = (folder, folder / "musicnet", folder.parent)
    found = (place / "musicnet_metadata.csv" for place in places)
    path = next((path for path in found if path.is_file()), None)
    if path is None:
        return {}
    try:
        with path.open(newline="", encoding="utf-8") as file:
            return {
                row["id"]: f"{row['composer']}: {row['composition']}, {row['movement']}"
                for row in csv.DictReader(file)
            }
    except (OSError, KeyError, ValueError, csv.Error) as error:
        raise CorpusError(f"{path}: this is no list of MusicNet's pieces ({error})") from None


# Bytes: the longest piece is of 18 minutes.
_LARGEST_MEMBER = 400_000_000

# The first arguments of a function that reads a piece, and the function, by the piece's number.
_Pieces = dict[str, tuple[tuple[Any, ...], Callable[..., Labelled]]]


def _notes(rows: Iterable[tuple[int, int, int]]) -> list[Note]:
    """From first sample, sample after the last, and MIDI pitch."""
    return sorted(
        Note(int(first) / _RATE, int(end) / _RATE, int(pitch), velocity=0)
        for first, end, pitch in rows
    )


# ---- folders of wav and csv ----


def _folders(folder: Path) -> _Pieces:
    base = folder / "musicnet" if (folder / "musicnet").is_dir() else folder
    return {
        path.stem: ((path, base / f"{part}_labels" / f"{path.stem}.csv"), _read_wav)
        for part in ("train", "test")
        for path in (base / f"{part}_data").glob("*.wav")
    }


def _read_wav(path: Path, labels: Path, sample_rate: int) -> Labelled:
    try:
        with labels.open(newline="", encoding="utf-8") as file:
            notes = _notes([
                (int(row["start_time"]), int(row["end_time"]), int(row["note"]))
                for row in csv.DictReader(file)
            ])
    except OSError as error:
        raise CorpusError(f"{labels}: the labels cannot be read ({error})") from None
    except (KeyError, TypeError, ValueError, OverflowError, csv.Error) as error:
        raise CorpusError(f"{labels}: these are no labels of MusicNet ({error})") from None
    return Labelled(audio.read(path, sample_rate), notes)


# ---- one HDF5 file: a group id_ID with data and labels for each piece ----


def _hdf5(folder: Path) -> _Pieces:
    path = folder if folder.suffix == ".h5" else folder / "musicnet.h5"
    if not path.is_file():
        return {}
    try:
        require_an_end(path)
        with h5py.File(path) as file:
            return {key.removeprefix("id_"): ((path, key), _read_hdf5) for key in file}
    except DAMAGED as error:
        raise CorpusError(f"{path}: this HDF5 file cannot be read ({error})") from None


def _read_hdf5(path: Path, key: str, sample_rate: int) -> Labelled:
    try:
        with h5py.File(path) as file:
            samples = whole(file[key]["data"])
            labels = whole(file[key]["labels"])
        # The table's columns are beat, end_time, instrument, measure, note, note_value and
        # start_time; copies that call the fifth one note_id are about.
        pitch = "note" if "note" in labels.dtype.names else "note_id"
        rows = list(zip(labels["start_time"], labels["end_time"], labels[pitch], strict=True))
        mono, notes = np.asarray(samples, np.float32), _notes(rows)
    except DAMAGED as error:
        raise CorpusError(f"{path}: {key} cannot be read ({error})") from None
    return Labelled(audio.resampled(mono, _RATE, sample_rate), notes)


# ---- one numpy archive: a member ID.npy with [samples, interval tree] for each piece ----


def _npz(folder: Path) -> _Pieces:
    path = folder if folder.suffix == ".npz" else folder / "musicnet.npz"
    if not path.is_file():
        return {}
    try:
        with zipfile.ZipFile(path) as archive:
            members = [name for name in archive.namelist() if name.endswith(".npy")]
    except (OSError, ValueError, NotImplementedError, zipfile.BadZipFile) as error:
        raise CorpusError(f"{path}: this archive cannot be read ({error})") from None
    return {name.removesuffix(".npy"): ((path, name), _read_npz) for name in members}


def _read_npz(path: Path, member: str, sample_rate: int) -> Labelled:
    try:
        with zipfile.ZipFile(path) as archive, archive.open(member) as file:
            if archive.getinfo(member).file_size > _LARGEST_MEMBER:
                raise PickledError("it is larger than any piece of MusicNet")
            samples, intervals = read_object_array(file)
        if not isinstance(samples, np.ndarray):
            raise PickledError("its sound is no array")
        rows = [(first, end, data[1]) for first, end, data in intervals]
        mono = np.asarray(samples, np.float32)
        notes = _notes(rows)
    except (*DAMAGED, zipfile.BadZipFile, zlib.error, lzma.LZMAError, EOFError) as error:
        raise CorpusError(f"{path}: {member} cannot be read ({error})") from None
    return Labelled(audio.resampled(mono, _RATE, sample_rate), notes)
