"""Instruments of a SoundFont, rendered note by note into banks."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from training.corpora.recording import CorpusError
from training.rendering import banks
from training.rendering.banks import Bank, Row

# Kind of instrument, MIDI pitches that it can play, and programs of General MIDI counted from 0.
# Left out are effects, drums, bells whose pitch listeners do not agree on, and organs that add the
# octave below.
_PROGRAMS = (
    ("piano", 21, 108, (0, 1, 2)),
    ("plucked", 29, 96, (4, 5, 6, 7, 15)),
    ("bars", 60, 100, (8, 9, 10, 11, 13)),
    ("bars", 45, 96, (12, 108)),
    ("reeds", 36, 96, (20, 21)),
    ("reeds", 53, 89, (22, 23)),
    ("plucked", 40, 84, (24, 25, 26, 27, 28, 29, 30)),
    ("plucked", 28, 60, (32, 33, 34, 35, 36, 37)),
    ("sustained", 55, 100, (40, 110)),
    ("sustained", 48, 88, (41,)),
    ("sustained", 36, 76, (42,)),
    ("sustained", 28, 60, (43,)),
    ("plucked", 28, 96, (45, 46)),
    ("sustained", 36, 93, (48, 49, 50, 51)),
    ("sustained", 45, 81, (52, 53, 54)),
    ("sustained", 54, 86, (56, 59)),
    ("sustained", 36, 74, (57, 60, 61, 67)),
    ("sustained", 28, 60, (58, 70)),
    ("sustained", 50, 84, (64, 65, 66, 69, 71)),
    ("sustained", 58, 91, (68,)),
    ("sustained", 72, 102, (72,)),
    ("sustained", 60, 93, (73, 74, 75, 79)),
    ("plucked", 48, 80, (104, 105, 106, 107)),
)
_SEMITONES = 3
_VELOCITIES = (50, 100)
_HELD_S = 4.0
_GAIN_DB = -12.0
# A note begins 2 ms before it reaches this share of its peak, and ends where it falls below the
# other for good.
_BEGINS, _ENDS = 0.02, 0.0018
_BEFORE_S = 0.002
_SILENT = 1e-4


@cache
def programs(path: Path) -> dict[int, tuple[str, str]]:
    """The usable programs of a SoundFont's first bank: their names and kinds of instrument.

    Raises:
        CorpusError: the file cannot be read, or holds none.
    """
    synth, font = _open(path, 22_050)
    found = {}
    for kind, _, _, numbers in _PROGRAMS:
        for number in numbers:
            name = synth.sfpreset_name(font, 0, number)
            if name:
                found[number] = (f"{path.stem} {number} {name.strip()}", kind)
    if not found:
        raise CorpusError(f"{path}: no instrument of General MIDI is in this SoundFont")
    return found


@cache
def load(path: Path, program: int, sample_rate: int, cache_folder: Path) -> Bank:
    """A program's notes as a bank, rendered into `cache_folder` when they are not there yet.

    Raises:
        CorpusError: the file cannot be read, or the program is silent.
    """
    name, _ = programs(path)[program]
    cached = cache_folder / f"{path.stem}-{program}-{banks.digest(path)}-{sample_rate}.npy"
    index = cached.with_suffix(".rows.npy")
    # The index is written last: where it is, the samples are.
    if not index.exists():
        samples, rows = _render(path, program, sample_rate)
        if not rows:
            raise CorpusError(f"{name}: this program is silent")
        banks.save(samples, cached)
        banks.save(np.array(rows), index)
    rows = [
        (int(pitch), int(velocity), start_s, length_s)
        for pitch, velocity, start_s, length_s in np.load(index).tolist()
    ]
    samples = np.load(cached, mmap_mode="r")
    return banks.assembled(name, f"of {path.name}", samples, rows, 0.0, sample_rate)


def _open(path: Path, sample_rate: int) -> tuple[Any, int]:
    from tinysoundfont import SoundFontException, Synth

    synth = Synth(gain=_GAIN_DB, samplerate=sample_rate)
    if not path.is_file():
        raise CorpusError(f"{path}: there is no such SoundFont")
    try:
        return synth, synth.sfload(str(path))
    except (SoundFontException, RuntimeError, OSError) as error:
        raise CorpusError(f"{path}: this SoundFont cannot be read ({error})") from None


def _render(path: Path, program: int, sample_rate: int) -> tuple[NDArray[np.int16], list[Row]]:
    """Single notes one after the other, and where each of them lies."""
    synth, font = _open(path, sample_rate)
    synth.program_select(0, font, 0, program)
    lowest, highest = next((low, high) for _, low, high, every in _PROGRAMS if program in every)
    parts, rows, at = [], [], 0
    for pitch in range(lowest, highest + 1, _SEMITONES):
        for velocity in _VELOCITIES:
            synth.noteon(0, pitch, velocity)
            stereo = np.frombuffer(synth.generate(round(_HELD_S * sample_rate)), np.float32)
            synth.sounds_off(0)
            mono = _trimmed(stereo.reshape(-1, 2).mean(axis=1), sample_rate)
            if len(mono):
                rows.append((pitch, velocity, at / sample_rate, len(mono) / sample_rate))
                parts.append(mono)
                at += len(mono)
    samples = np.concatenate(parts) if parts else np.zeros(0, np.float32)
    loudest = np.abs(samples).max(initial=_SILENT)
    return np.asarray(samples * (32_000 / loudest), np.int16), rows


def _trimmed(mono: NDArray[np.float32], sample_rate: int) -> NDArray[np.float32]:
    level = np.abs(mono)
    peak = level.max()
    if peak < _SILENT:
        return mono[:0]
    begin = int(np.argmax(level >= _BEGINS * peak)) - round(_BEFORE_S * sample_rate)
    end = len(level) - int(np.argmax(level[::-1] >= _ENDS * peak))
    return mono[max(0, begin) : end]
