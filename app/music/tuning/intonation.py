"""How far beside its key a note sounds, how steadily, and with what vibrato."""

from __future__ import annotations

import bisect
import functools
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from model.notes import Note

# How a note begins says nothing of how it is held; what lies so near to its end is cut off with it.
_ATTACK_S, _RELEASE_S = 0.06, 0.02
# Vibratos of voices and instruments: Prame, "Vibrato extent and intonation in professional Western
# lyric singing", 1997, and Timmers and Desain, 2000, with some room.
_SLOWEST_HZ, _FASTEST_HZ, _STEP_HZ = 3.5, 9.0, 0.1
# It is looked for in stretches so long, each so much later than the one before; shorter notes have
# none, nor fewer turns.
_STRETCH_S, _LATER_S, _SHORTEST_S, _LEAST_TURNS = 1.0, 0.25, 0.4, 2.0
# A vibrato is most of how the pitch moves, and moves it so far at least, from bottom to top.
_LEAST_SHARE, _LEAST_WIDTH_CENTS = 0.6, 12.0
# Notes of one phrase follow each other within this silence: the time to take a breath.
_BREATH_S = 0.4
# How far around a note its phrase is looked for.
NEAR_S = 20.0


@dataclass(frozen=True)
class Vibrato:
    """Attributes: `hz` is its rate, `cents` its width from the lowest to the highest."""

    hz: float
    cents: float


@dataclass(frozen=True)
class Intonation:
    """How in tune a note or a phrase is, once each note is 60 ms old.

    Attributes:
        cents: how far above its key it sounds: the mean of the middle half of its pitch curve.
        spread: how far the curve strays from there, in cents: half of what lies between the 16th
            and the 84th percentile, which is a standard deviation where it strays by chance.
        vibrato: None where there is none, or the notes are too short to tell.
    """

    cents: float
    spread: float
    vibrato: Vibrato | None = None

    def __str__(self) -> str:
        """Such as "+8 cents ± 3, vibrato 5.6 Hz, 42 cents wide"."""
        text = f"{signed(self.cents)} cents ± {self.spread:.0f}"
        if self.vibrato is not None:
            text += f", vibrato {self.vibrato.hz:.1f} Hz, {self.vibrato.cents:.0f} cents wide"
        return text


@dataclass(frozen=True)
class Phrase:
    """Notes that follow each other without a rest.

    Attributes:
        notes: in order of onset.
        intonation: of all of them together; None where none has a pitch curve.
    """

    notes: tuple[Note, ...]
    intonation: Intonation | None

    @property
    def onset_s(self) -> float:
        return self.notes[0].onset_s

    @property
    def offset_s(self) -> float:
        return max(note.offset_s for note in self.notes)


def signed(cents: float) -> str:
    """Whole cents with their sign, such as "+8", "−3" or "0"."""
    rounded = round(cents)
    return "0" if rounded == 0 else f"{'+' if rounded > 0 else '−'}{abs(rounded)}"


def intonation(note: Note) -> Intonation | None:
    """The intonation of a note; None where its pitch was not measured, or it is too short."""
    held = _held(note)
    if not len(held):
        return None
    return Intonation(*_mean_and_spread(held), _vibrato(held, _part_s(note)))


def phrases(notes: Sequence[Note]) -> list[Phrase]:
    """The notes in phrases, which silences part; notes in any order, of one voice or several."""
    found: list[list[Note]] = []
    end_s = -np.inf
    for note in sorted(notes, key=lambda note: (note.onset_s, note.pitch)):
        if note.onset_s - end_s >= _BREATH_S:
            found.append([])
        found[-1].append(note)
        end_s = max(end_s, note.offset_s)
    return [Phrase(tuple(phrase), _together(phrase)) for phrase in found]


def phrase_about(note: Note, notes: Sequence[Note]) -> Phrase:
    """The phrase that a note stands in, as far as 20 s around it; `notes` in order of onset."""
    first = bisect.bisect_left(notes, note.onset_s - NEAR_S, key=_onset_s)
    last = bisect.bisect_right(notes, note.onset_s + NEAR_S, key=_onset_s)
    found = (phrase for phrase in phrases(notes[first:last]) if note in phrase.notes)
    return next(found, Phrase((note,), intonation(note)))


def _onset_s(note: Note) -> float:
    return note.onset_s


def _together(notes: Sequence[Note]) -> Intonation | None:
    """Every moment of every note counts alike; the vibrato is that of most of the long notes."""
    curves = [(_held(note), _part_s(note)) for note in notes]
    curves = [(held, part_s) for held, part_s in curves if len(held)]
    if not curves:
        return None
    mean, spread = _mean_and_spread(np.concatenate([held for held, _ in curves]))
    vibratos: list[Vibrato] = []
    with_s = without_s = 0.0
    for held, part_s in curves:
        length_s = len(held) * part_s
        if length_s < _SHORTEST_S:
            continue
        vibrato = _vibrato(held, part_s)
        if vibrato is None:
            without_s += length_s
        else:
            with_s += length_s
            vibratos.append(vibrato)
    return Intonation(mean, spread, _typical(vibratos) if with_s > without_s else None)


def _part_s(note: Note) -> float:
    return (note.offset_s - note.onset_s) / max(1, len(note.cents))


def _held(note: Note) -> NDArray[np.float64]:
    """The pitch curve without the note's beginning and end."""
    times_s = note.cents_times_s()
    is_held = times_s >= note.onset_s + _ATTACK_S
    kept = is_held & (times_s <= note.offset_s - _RELEASE_S)
    curve = np.asarray(note.cents, np.float64)
    return curve[kept] if kept.any() else curve[is_held]


def _mean_and_spread(cents: NDArray[np.float64]) -> tuple[float, float]:
    in_order = np.sort(cents)
    edge = len(in_order) // 4
    low, high = np.percentile(in_order, (16, 84))
    return float(in_order[edge : len(in_order) - edge].mean()), float(high - low) / 2


def _vibrato(cents: NDArray[np.float64], part_s: float) -> Vibrato | None:
    """The vibrato that most stretches of a pitch curve have."""
    if len(cents) * part_s < _SHORTEST_S:
        return None
    length = min(len(cents), max(1, round(_STRETCH_S / part_s)))
    later = max(1, round(_LATER_S / part_s))
    stretches = [
        cents[first : first + length] for first in range(0, len(cents) - length + 1, later)
    ]
    found = [_in_stretch(stretch, part_s) for stretch in stretches]
    vibratos = [vibrato for vibrato in found if vibrato is not None]
    return _typical(vibratos) if 2 * len(vibratos) > len(found) else None


def _typical(vibratos: Sequence[Vibrato]) -> Vibrato | None:
    if not vibratos:
        return None
    hz = float(np.median([vibrato.hz for vibrato in vibratos]))
    return Vibrato(hz, float(np.median([vibrato.cents for vibrato in vibratos])))


def _in_stretch(cents: NDArray[np.float64], part_s: float) -> Vibrato | None:
    """The sine that is most of how the pitch moves, beside its slow drift."""
    rates, trend, waves, norm = _waves(len(cents), round(part_s, 5))
    if not len(rates):
        return None
    rest = cents - trend @ (trend.T @ cents)
    power = ((waves @ rest) ** 2).sum(axis=1)
    best = int(power.argmax())
    # At an edge it is rather something slower, or noise.
    if best in (0, len(rates) - 1):
        return None
    width = 2 * float(np.sqrt(power[best]) / norm[best])
    if width < _LEAST_WIDTH_CENTS or power[best] < _LEAST_SHARE * (rest @ rest):
        return None
    return Vibrato(float(rates[best]), width)


@functools.lru_cache(maxsize=64)
def _waves(
    count: int, part_s: float
) -> tuple[
    NDArray[np.float64], NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]
]:
    """What so many values of a curve are laid beside.

    Returns:
        Rates in Hz; a slow drift as orthonormal columns, (values, 3); for every rate the cosine and
        sine beside that drift, orthonormal, (rates, 2, values); and how long a wave of 1 is there.
    """
    slowest = max(_SLOWEST_HZ, _LEAST_TURNS / (count * part_s))
    rates = np.arange(slowest, _FASTEST_HZ + _STEP_HZ / 2, _STEP_HZ)
    time = (np.arange(count) - (count - 1) / 2) * part_s
    trend, _ = np.linalg.qr(np.stack([np.ones(count), time, time**2], axis=1))
    turns = 2 * np.pi * rates[:, None] * time
    waves = np.stack([np.cos(turns), np.sin(turns)], axis=2)
    waves -= trend @ (trend.T @ waves)
    norm = np.sqrt((waves**2).sum(axis=(1, 2)) / 2)
    waves, _ = np.linalg.qr(waves)
    return rates, trend, waves.transpose(0, 2, 1), norm
