"""Note banks: recorded single notes of one instrument, in one audio file with a JSON index.

A bank is decoded once into a cache of 16-bit samples that all rendering processes map into memory.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from typing import Any

import numpy as np
import soundfile
import soxr
from numpy.typing import NDArray

from model.files.whole_file import whole_file
from training.corpora.recording import CorpusError

# A note counts as begun when it exceeds this share of its first peak, and goes on to half of the
# peak without falling below again: breath, bow and handling noises may come long before.
_BEGUN, _RISEN = 0.15, 0.5
_EARLY_S = 0.4
# A step of this much velocity is as far away as a semitone; notes that are hardly farther than the
# nearest one are as good.
_VELOCITY_PER_SEMITONE = 40
_AS_NEAR = 8
_SHORTEST_S = 0.05
# How a struck string's amplitude grows with velocity where a bank does not tell: as a power of it.
# Layers that grow by less than the least one were made equally loud.
_TOUCH, _LEAST_TOUCH, _MOST_TOUCH = 1.6, 0.5, 2.5
# Layers are compared by the sound of so many seconds from the onset.
_BLOW_S = 0.25

# Pitch, velocity, start and length in seconds.
Row = tuple[int, int, float, float]


@dataclass(frozen=True)
class BankNote:
    """One recorded note: its place in the bank's samples, and where in it it is heard to begin."""

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
    sample_rate: int

    @property
    def lowest(self) -> int:
        return min(note.pitch for note in self.notes)

    @property
    def highest(self) -> int:
        return max(note.pitch for note in self.notes)

    @cached_property
    def _pitches(self) -> NDArray[np.int64]:
        return np.array([note.pitch for note in self.notes])

    @cached_property
    def _velocities(self) -> NDArray[np.int64]:
        return np.array([note.velocity for note in self.notes])

    def choose(self, pitch: float, velocity: int, rng: np.random.Generator) -> BankNote:
        """A note near this pitch and velocity; among equally near ones any (round robin)."""
        distance = _VELOCITY_PER_SEMITONE * np.abs(self._pitches - pitch)
        distance = distance + np.abs(self._velocities - velocity)
        near = np.flatnonzero(distance <= distance.min() + _AS_NEAR)
        return self.notes[int(near[rng.integers(len(near))])]

    def blow(self, velocity: int, chosen: BankNote) -> float:
        """The factor on a recorded note that is struck with another velocity than it was.

        It goes on between the layers as they do themselves, so that no softer note of a layer is
        louder than a harder one of the next.
        """
        grows = self._growth
        if grows is not None and grows < _LEAST_TOUCH:
            loudest = int(self._velocities.max())
            return float((velocity / loudest) ** _TOUCH)
        return float((velocity / chosen.velocity) ** min(grows or _TOUCH, _MOST_TOUCH))

    @cached_property
    def _growth(self) -> float | None:
        """The power of velocity with which the amplitude grows over the layers; None for one."""
        blow = round(_BLOW_S * self.sample_rate)
        by_pitch: dict[int, list[tuple[float, float]]] = {}
        for note in self.notes:
            first, last = note.first + note.onset, note.first + note.length
            part = self.samples[first : min(first + blow, last)].astype(np.float64)
            rms = float(np.sqrt(np.mean(part**2))) if len(part) else 0.0
            if rms > 0:
                by_pitch.setdefault(note.pitch, []).append((note.velocity, rms))
        slopes = []
        for layers in by_pitch.values():
            velocity, rms = np.log(np.array(layers)).T
            if np.ptp(velocity) > 0:
                slopes.append(float(np.polyfit(velocity, rms, 1)[0]))
        return float(np.median(slopes)) if slopes else None


def names(folder: Path) -> list[str]:
    """The banks of a folder, in order of name. Raises CorpusError when there are none."""
    found = sorted(path.stem for path in folder.glob("*.json"))
    if not found:
        raise CorpusError(f"{folder}: no note bank (NAME.opus with NAME.json) lies in it")
    return found


@cache
def index(folder: Path, name: str) -> dict[str, Any]:
    """A bank's index.

    It holds `licence`, `notes` (rows of MIDI pitch, velocity, start and length in seconds) and, if
    they are known, `median_cents` (how far the instrument sits from A4 = 440 Hz) and `kind` (see
    `training.rendering.instruments`).

    Raises:
        CorpusError: the file is missing or no JSON object.
    """
    path = folder / f"{name}.json"
    try:
        described = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise CorpusError(f"{path}: this bank's index cannot be read ({error})") from None
    if not isinstance(described, dict):
        raise CorpusError(f"{path}: this is no index of a bank")
    return described


@cache
def load(folder: Path, name: str, sample_rate: int, cache_folder: Path) -> Bank:
    """Opens a bank, decoding it into `cache_folder` when it is not there yet.

    Raises:
        CorpusError: the index or the audio cannot be read.
    """
    described = index(folder, name)
    try:
        rows = [
            (int(pitch), int(velocity), float(start_s), float(length_s))
            for pitch, velocity, start_s, length_s in described["notes"]
        ]
        licence, cents = str(described["licence"]), float(described.get("median_cents") or 0)
    except (ValueError, KeyError, TypeError) as error:
        raise CorpusError(
            f"{folder}/{name}.json: this bank's index is damaged ({error!r})"
        ) from None
    beside = (path for path in sorted(folder.iterdir()) if path.stem == name)
    audio = next((path for path in beside if path.suffix != ".json"), None)
    if audio is None:
        raise CorpusError(f"{folder}/{name}.json: this bank has an index but no audio")
    # Named by content as well: another folder may hold another bank of this name.
    cached = cache_folder / f"{name}-{digest(audio)}-{sample_rate}.npy"
    if not cached.exists():
        _decode(audio, sample_rate, cached)
    return assembled(name, licence, np.load(cached, mmap_mode="r"), rows, cents, sample_rate)


def assembled(
    name: str,
    licence: str,
    samples: NDArray[np.int16],
    rows: Sequence[Row],
    cents: float,
    sample_rate: int,
) -> Bank:
    """A bank from its samples and the rows of its index; what is too short to be heard is left out.

    Raises:
        CorpusError: no note is left.
    """
    notes = []
    for pitch, velocity, start_s, length_s in rows:
        first = round(start_s * sample_rate)
        length = min(round(length_s * sample_rate), len(samples) - first)
        if length < _SHORTEST_S * sample_rate or velocity < 1:
            continue
        early = samples[first : first + min(length, round(_EARLY_S * sample_rate))]
        notes.append(BankNote(pitch, velocity, first, length, _onset(early, sample_rate)))
    if not notes:
        raise CorpusError(f"{name}: there is no note in this bank")
    return Bank(name, licence, samples, notes, cents, sample_rate)


@cache
def digest(path: Path) -> str:
    """A file's content in twelve letters. Raises OSError."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()[:12]


def _onset(early: NDArray[np.int16], sample_rate: int) -> int:
    """Where a listener would say that a note begins, given its first samples."""
    block = sample_rate // 200
    loudness = np.abs(early.astype(np.int32))
    blocks = loudness[: len(loudness) // block * block].reshape(-1, block).max(axis=1)
    peak = blocks.max()
    risen = int(np.argmax(blocks >= _RISEN * peak))
    below = np.flatnonzero(blocks[:risen] < _BEGUN * peak)
    at_least = (int(below[-1]) + 1) * block if len(below) else 0
    return at_least + int(np.argmax(loudness[at_least:] >= _BEGUN * peak))


def save(array: NDArray[Any], path: Path) -> None:
    """Writes a .npy file that appears at once as a whole, whoever else writes it too."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with whole_file(path) as beside, beside.open("wb") as file:
        np.save(file, array)


def _decode(audio: Path, sample_rate: int, cached: Path) -> None:
    try:
        samples, rate = soundfile.read(audio, dtype="int16", always_2d=True)
    except (OSError, soundfile.SoundFileError) as error:
        raise CorpusError(f"{audio}: the bank's audio cannot be read ({error})") from None
    save(np.asarray(soxr.resample(samples[:, 0], rate, sample_rate)), cached)
