"""What a hand has said of beats and bars, in a project's JSON."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

from app.midi.midi_file_tempo import writable_meter
from app.music.beats.given_rhythm import TEMPI, GivenRhythm
from app.music.rhythm import Meter
from app.song.json_values import list_of, number_of, object_of, text_of


def given_to_json(given: GivenRhythm) -> dict[str, Any]:
    """An object of JSON values; what is not known is not in it."""
    values: dict[str, Any] = {
        "meter": None if given.meter is None else str(given.meter),
        "beats_per_minute": given.beats_per_minute,
        "downbeats_s": list(given.downbeats_s),
        "meters": [[at_s, str(meter)] for at_s, meter in given.meters],
        "runs_s": [list(run) for run in given.runs],
    }
    return {name: value for name, value in values.items() if value not in (None, [])}


def given_from_json(value: Any) -> GivenRhythm:
    """What `given_to_json` wrote.

    Raises:
        ValueError: a field makes no sense; the message begins with its name.
    """
    fields = {}
    readers: dict[str, Callable[[Any], Any]] = {
        "meter": _meter, "beats_per_minute": _tempo, "downbeats_s": _moments, "meters": _meters,
        "runs_s": _runs,
    }
    value = object_of(value)
    for name, read in readers.items():
        if name in value:
            try:
                fields[name.replace("runs_s", "runs")] = read(value[name])
            except ValueError as error:
                raise ValueError(f"{name}: {error}") from None
    return GivenRhythm(**fields)


def _meter(value: Any) -> Meter:
    numerator, _, denominator = text_of(value).partition("/")
    is_whole = numerator.isdecimal() and denominator.isdecimal() and len(value) < 6
    meter = writable_meter(int(numerator), int(denominator)) if is_whole else None
    if meter is None:
        raise ValueError(f"{value!r} is not a time signature")
    return meter


def _tempo(value: Any) -> float:
    bpm = number_of(value)
    if not TEMPI[0] <= bpm <= TEMPI[1]:
        raise ValueError(f"{bpm:g} is no tempo from {TEMPI[0]:g} to {TEMPI[1]:g} beats a minute")
    return bpm


def _moments(value: Any) -> tuple[float, ...]:
    moments = tuple(number_of(at) for at in list_of(value))
    if any(at < 0 for at in moments[:1]) or any(a >= b for a, b in itertools.pairwise(moments)):
        raise ValueError("the moments must rise from 0 on")
    return moments


def _meters(value: Any) -> tuple[tuple[float, Meter], ...]:
    changes = []
    for row in list_of(value):
        if not isinstance(row, list) or len(row) != 2:
            raise ValueError("a time signature has a moment and a name")
        changes.append((number_of(row[0]), _meter(row[1])))
    _moments([at for at, _ in changes])
    return tuple(changes)


def _runs(value: Any) -> tuple[tuple[float, ...], ...]:
    runs = tuple(run for run in (_moments(run) for run in list_of(value)) if run)
    _moments([at for run in runs for at in run])
    return runs
