"""A folder of recordings, each with its notes beside it in a file of the same stem."""

from __future__ import annotations

import csv
from argparse import Namespace
from dataclasses import dataclass
from pathlib import Path

import mido
import numpy as np
import soundfile
import soxr

from model.notes import Note
from training.corpora.recording import CorpusError, Labelled

AUDIO_SUFFIXES = (".wav", ".flac", ".ogg", ".mp3", ".aiff", ".aif")


def read_csv(path: Path) -> list[Note]:
    """Notes from `start_s,end_s,midi_pitch[,velocity]`; velocity 0 where it is empty.

    Raises:
        CorpusError: a column is missing or a value is no number.
    """
    notes = []
    with path.open(newline="") as file:
        for number, row in enumerate(csv.DictReader(file), start=2):
            try:
                notes.append(
                    Note(
                        float(row["start_s"]),
                        float(row["end_s"]),
                        round(float(row["midi_pitch"])),
                        round(float(row.get("velocity") or 0)),
                    )
                )
            except (KeyError, TypeError, ValueError):
                raise CorpusError(
                    f"{path}: line {number} does not hold start_s,end_s,midi_pitch,velocity"
                ) from None
    return sorted(notes)


def read_midi(path: Path) -> list[Note]:
    """Notes of all tracks of a MIDI file; the sustain pedal is not applied.

    Raises:
        CorpusError: it is not a MIDI file.
    """
    try:
        messages = list(mido.MidiFile(path))
    except (OSError, ValueError, EOFError, KeyError, IndexError) as error:
        raise CorpusError(f"{path}: this MIDI file cannot be read ({error})") from None
    notes, sounding, now = [], dict[tuple[int, int], tuple[float, int]](), 0.0
    for message in messages:
        now += message.time
        if message.type not in ("note_on", "note_off"):
            continue
        key = message.channel, message.note
        if key in sounding:
            onset_s, velocity = sounding.pop(key)
            notes.append(Note(onset_s, now, message.note, velocity))
        if message.type == "note_on" and message.velocity > 0:
            sounding[key] = now, message.velocity
    return sorted(notes)


@dataclass(frozen=True)
class FolderRecording:
    """An audio file with a `.csv` or `.mid` of the same stem."""

    audio: Path
    labels: Path
    corpus: str
    licence: str = "unknown"

    @property
    def name(self) -> str:
        return self.audio.stem

    def load(self, sample_rate: int) -> Labelled:
        """Reads the audio, mixed to mono and resampled. Raises CorpusError."""
        try:
            samples, rate = soundfile.read(self.audio, dtype="float32", always_2d=True)
        except soundfile.LibsndfileError as error:
            raise CorpusError(f"{self.audio}: the audio cannot be read ({error})") from None
        mono = soxr.resample(samples.mean(axis=1), rate, sample_rate)
        read = read_csv if self.labels.suffix == ".csv" else read_midi
        return Labelled(np.asarray(mono, np.float32), read(self.labels))


def recordings(
    folder: Path, split: str = "", options: Namespace | None = None
) -> list[FolderRecording]:
    """The labelled recordings of a folder and of the folders in it, by path; the same in any split.

    Each folder's name becomes the corpus of the recordings that lie in it.

    Raises:
        CorpusError: there is no such folder, or no labelled recording in it.
    """
    if not folder.is_dir():
        raise CorpusError(f"{folder}: there is no such folder")
    found = []
    for audio in sorted(folder.rglob("*")):
        if audio.suffix.lower() not in AUDIO_SUFFIXES:
            continue
        beside = (audio.with_suffix(suffix) for suffix in (".csv", ".mid"))
        labels = next((path for path in beside if path.is_file()), None)
        if labels is not None:
            found.append(FolderRecording(audio, labels, audio.parent.name))
    if not found:
        raise CorpusError(
            f"{folder}: no audio file with a .csv or .mid of the same name lies in it"
        )
    return found
