"""Which time signature bars of so many beats are printed with."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from model.beats.beat_evidence import USUAL_METRES, FoundBeat, Metre

_COMPOUND = ("6/8", "9/8", "12/8")
# Onsets so near to a third, a half or a quarter of a beat are there.
_NEAR = 0.07
_THIRDS, _HALVES = (1 / 3, 2 / 3), (1 / 4, 1 / 2, 3 / 4)
# Beats are divided by three where so many more onsets lie there; with fewer than these nobody
# knows.
_CLEARLY, _LEAST = 0.8, 8


def named(
    beats: Sequence[FoundBeat], told: NDArray[np.float64], onset_s: NDArray[np.float64]
) -> list[FoundBeat]:
    """The same beats, every metre as a page has it: by how beats are divided, and what is told.

    How many beats a bar has stays as it is.

    Args:
        told: how likely each of `USUAL_METRES` is at every beat, as logarithms.
    """
    times = np.array([beat.time_s for beat in beats])
    renamed: dict[Metre, Metre] = {}
    for metre in {beat.metre for beat in beats}:
        own = np.array([beat.metre == metre for beat in beats])
        is_compound = _is_compound(times, own, onset_s)
        mean = told[own].mean(axis=0)
        fitting = [
            other for other in USUAL_METRES
            if other.beats == metre.beats
            and (is_compound is None or (other.name in _COMPOUND) == is_compound)
        ]
        renamed[metre] = max(
            fitting, default=metre, key=lambda other: float(mean[USUAL_METRES.index(other)])
        )
    return [dataclasses.replace(beat, metre=renamed[beat.metre]) for beat in beats]


def _is_compound(
    times: NDArray[np.float64], own: NDArray[np.bool_], onset_s: NDArray[np.float64]
) -> bool | None:
    """Whether these beats are divided by three; None is unknown."""
    beat = np.searchsorted(times, onset_s, side="right") - 1
    inside = (beat >= 0) & (beat < len(times) - 1)
    beat, at = beat[inside], onset_s[inside]
    inside = own[beat]
    beat, at = beat[inside], at[inside]
    phase = (at - times[beat]) / (times[beat + 1] - times[beat])
    thirds = sum(int((np.abs(phase - place) < _NEAR).sum()) for place in _THIRDS)
    halves = sum(int((np.abs(phase - place) < _NEAR).sum()) for place in _HALVES)
    if thirds + halves < _LEAST:
        return None
    return thirds > _CLEARLY * halves
