"""MAPS: pieces played by seven sampled pianos and by a Disklavier, close and in a room."""

from __future__ import annotations

import csv
import math
from argparse import Namespace
from pathlib import Path

from model.notes import Note
from training.corpora import audio, midi
from training.corpora.recording import CorpusError, Labelled, Recording

# The two real pianos are what everyone tests on.
_TEST_PIANOS = ("ENSTDkAm", "ENSTDkCl")
_PREFIX = "MAPS_MUS-"


def recordings(folder: Path, split: str, options: Namespace) -> list[Recording]:
    """The pieces (PIANO/MUS/MAPS_MUS-PIECE_PIANO.wav) of a split, those of one name as a group.

    Tested are the pieces of the two Disklaviers. Trained on are those of the sampled pianos,
    without pieces that a Disklavier in the folder plays too (Hawthorne et al. 2018).

    Raises:
        CorpusError: there are no pieces of MAPS in the folder.
    """
    pieces = []
    for path in sorted(folder.rglob(f"MUS/{_PREFIX}*.wav")):
        piece, _, piano = path.stem.removeprefix(_PREFIX).rpartition("_")
        pieces.append((path, piece, piano))
    if not pieces:
        raise CorpusError(
            f"{folder}: MAPS does not lie there; its authors publish it at "
            "adasp.telecom-paris.fr/resources/2010-07-08-maps-database, and the folder should "
            f"hold a folder for each piano with MUS/{_PREFIX}PIECE_PIANO.wav, .mid and .txt"
        )
    tested = {piece for _, piece, piano in pieces if piano in _TEST_PIANOS}
    return [
        Recording(
            "maps", f"{piece}_{piano}", split, "CC BY-NC-SA 2.0 FR",
            (
                path, path.with_suffix(".mid"), path.with_suffix(".txt"), options.sustain_pedal,
            ),
            _read, piece,
        )
        for path, piece, piano in pieces
        if (piano in _TEST_PIANOS if split == "test" else piece not in tested)
    ]


def _read(
    path: Path, as_midi: Path, as_text: Path, sustain_pedal: bool, sample_rate: int
) -> Labelled:
    """The MIDI file knows velocities and the pedal, the text beside it only the keys."""
    if as_midi.is_file():
        notes = midi.read_notes(as_midi, sustain_pedal=sustain_pedal)
    else:
        notes = _read_text(as_text)
    return Labelled(audio.read(path, sample_rate), notes)


def _read_text(path: Path) -> list[Note]:
    """From columns OnsetTime, OffsetTime and MidiPitch, in seconds, parted by tabs."""
    try:
        with path.open(newline="", encoding="ascii") as file:
            notes = sorted(
                Note(
                    float(row["OnsetTime"]), float(row["OffsetTime"]), int(row["MidiPitch"]),
                    velocity=0,
                )
                for row in csv.DictReader(file, delimiter="\t")
            )
        if not all(math.isfinite(note.onset_s + note.offset_s) for note in notes):
            raise ValueError("a time is no number")
        return notes
    except OSError as error:
        raise CorpusError(f"{path}: the labels cannot be read ({error})") from None
    except (KeyError, TypeError, ValueError, csv.Error) as error:
        raise CorpusError(f"{path}: these are no labels of MAPS ({error})") from None
