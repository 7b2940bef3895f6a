"""Note banks: recorded single notes of one instrument, in one audio file with a JSON index.

A bank is decoded once into a cache of 16-bit samples that all rendering processes map into memory.
"""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
import soundfile
import soxr
from numpy.typing import NDArray

from training.corpora.recording import CorpusError

# Amplitude, as a share of the peak of its first 0.3 s, at which a note counts as begun: what a
# listener who labels by hand would call its onset when the attack is slow.
_BEGUN = 0.1
_LATEST_ONSET_S = 0.06


@dataclass(frozen=True)
class BankNote:
    """One recorded note: its place in the bank's samples, and where it is heard to begin."""

    pitch: int
    velocity: int
    first: int
    length: int
    onset: int


@dataclass(frozen=True)
class Bank:
    """All notes of one instrument.

    Attributes:
        samples: int16, mono, at the rate that was asked for.
        cents: how far the instrument as recorded sits from A4 = 440 Hz.
    """

    name: str
    licence: str
    samples: NDArray[np.int16]
    notes: list[BankNote]
    cents: float

    @property
    def lowest(self) -> int:
        return min(note.pitch for note in self.notes)

    @property
    def highest(self) -> int:
        return max(note.pitch for note in self.notes)

    def choose(self, pitch: float, velocity: int, rng: np.random.Generator) -> BankNote:
        """A note near this pitch and velocity; among equally near ones any (round robin)."""
        distance = np.array(
            [
                abs(note.pitch - pitch) * 40 + abs(note.velocity - velocity)
                for note in self.notes
            ]
        )
        near = np.flatnonzero(distance <= distance.min() + 8)
        return self.notes[int(rng.choice(near))]


def names(folder: Path) -> list[str]:
    """The banks of a folder, in order of name. Raises CorpusError when there are none."""
    found = sorted(path.stem for path in folder.glob("*.json"))
    if not found:
        raise CorpusError(f"{folder}: no note bank (NAME.opus with NAME.json) lies in it")
    return found


@cache
def load(folder: Path, name: str, sample_rate: int, cache_folder: Path) -> Bank:
    """Opens a bank, decoding it into `cache_folder` when it is not there yet.

    Raises:
        CorpusError: the index or the audio cannot be read.
    """
    index = folder / f"{name}.json"
    try:
        described = json.loads(index.read_text())
        rows = described["notes"]
    except (OSError, ValueError, KeyError) as error:
        raise CorpusError(f"{index}: this bank's index cannot be read ({error})") from None
    cached = cache_folder / f"{name}-{sample_rate}.npy"
    if not cached.exists():
        _decode(folder, name, sample_rate, cached)
    samples = np.load(cached, mmap_mode="r")
    notes = []
    for pitch, velocity, start_s, length_s in rows:
        first, length = round(start_s * sample_rate), round(length_s * sample_rate)
        length = min(length, len(samples) - first)
        if length < sample_rate // 20:
            continue
        early = np.abs(samples[first : first + min(length, 3 * sample_rate // 10)].astype(np.int32))
        begun = int(np.argmax(early >= _BEGUN * early.max()))
        onset = min(begun, round(_LATEST_ONSET_S * sample_rate))
        notes.append(BankNote(pitch, velocity, first, length, onset))
    return Bank(name, described["licence"], samples, notes, described.get("median_cents") or 0.0)


def _decode(folder: Path, name: str, sample_rate: int, cached: Path) -> None:
    audio = next((path for path in folder.glob(f"{name}.*") if path.suffix != ".json"), None)
    if audio is None:
        raise CorpusError(f"{folder}/{name}: the bank has an index but no audio")
    try:
        samples, rate = soundfile.read(audio, dtype="int16")
    except soundfile.LibsndfileError as error:
        raise CorpusError(f"{audio}: the bank's audio cannot be read ({error})") from None
    cached.parent.mkdir(parents=True, exist_ok=True)
    beside = cached.with_suffix(f".{os.getpid()}.part.npy")
    np.save(beside, soxr.resample(samples, rate, sample_rate))
    os.replace(beside, cached)
