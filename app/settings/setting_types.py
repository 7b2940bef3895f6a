"""What stored settings may be: each function makes a value of it, or raises ValueError.

Text files hold numbers and truth values as text, so these are read as well.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypeVar, cast, get_args

from PySide6.QtCore import QByteArray

from app.midi.pitch_bend import Bends
from app.music.fretting import FRETTED, FrettedInstrument
from app.music.note_naming import Accidentals, NoteNaming, Style

Value = TypeVar("Value")
# No device is later than this.
MOST_DELAY_MS = 600.0


def text(stored: object) -> str:
    if not isinstance(stored, str):
        raise ValueError(f"{stored!r} is not text")
    return stored


def truth(stored: object) -> bool:
    values = {True: True, False: False, "true": True, "false": False}
    if not isinstance(stored, bool | str) or stored not in values:
        raise ValueError(f"{stored!r} is neither true nor false")
    return values[stored]


def one_of(names: Sequence[str]) -> Callable[[object], str]:
    """One of these names."""

    def check(stored: object) -> str:
        if not isinstance(stored, str) or stored not in names:
            known = ", ".join(name or "(none)" for name in names)
            raise ValueError(f"{stored!r} is not one of {known}")
        return stored

    return check


def number(low: float, high: float) -> Callable[[object], float]:
    """A number from `low` to `high`."""

    def check(stored: object) -> float:
        value = math.nan
        if isinstance(stored, int | float | str) and not isinstance(stored, bool):
            value = float(stored)
        if not low <= value <= high:
            raise ValueError(f"{stored!r} is not a number from {low:g} to {high:g}")
        return value

    return check


def whole(low: int, high: int) -> Callable[[object], int]:
    """A whole number from `low` to `high`."""

    def check(stored: object) -> int:
        value = number(low, high)(stored)
        if not value.is_integer():
            raise ValueError(f"{stored!r} is not a whole number")
        return int(value)

    return check


def packed(stored: object) -> QByteArray:
    if not isinstance(stored, QByteArray):
        raise ValueError(f"{type(stored).__name__} is not a window's geometry")
    return stored


def folder(stored: object) -> Path:
    """A folder that is there."""
    found = path(stored)
    try:
        if found is not None and found.is_dir():
            return found
    except OSError as error:
        raise ValueError(f"{stored!r} cannot be looked at ({error.strerror})") from None
    raise ValueError(f"{stored!r} is not a folder")


def path(stored: object) -> Path | None:
    """A path, whether anything is there or not; None for no text."""
    if not isinstance(stored, str) or "\0" in stored:
        raise ValueError(f"{stored!r} is not a path")
    return Path(stored) if stored else None


def paths(stored: object) -> list[Path]:
    # A list of one comes back from a text file as the text alone.
    items = [stored] if isinstance(stored, str) else stored
    if not isinstance(items, list) or not all(isinstance(item, str) and item for item in items):
        raise ValueError(f"{stored!r} is not a list of files")
    return [Path(item) for item in items]


def json_of(make: Callable[[object], Value]) -> Callable[[object], Value]:
    """What `make` makes of JSON text."""

    def check(stored: object) -> Value:
        # Errors of the JSON reader are ValueErrors.
        return make(json.loads(text(stored)))

    return check


def delays(stored: object) -> dict[str, float]:
    """Milliseconds by the name of a device."""
    found = {}
    for name, value in (stored.items() if isinstance(stored, dict) else ()):
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise ValueError(f"{value!r} is no delay of {name!r}")
        found[str(name)] = number(-MOST_DELAY_MS, MOST_DELAY_MS)(value)
    return found


def bends(stored: object) -> Bends:
    """How MIDI notes are bent."""
    return cast(Bends, one_of(get_args(Bends))(stored))


def naming(stored: object) -> NoteNaming:
    """A `NoteNaming` from its attributes by name."""
    if not isinstance(stored, dict):
        raise ValueError(f"{stored!r} is not a way to call notes")
    key, transposition = stored.get("key", 0), stored.get("transposition", 0)
    if not isinstance(key, int | None) or not isinstance(transposition, int):
        raise ValueError(f"{stored!r} has a key or a transposition that is not a whole number")
    return NoteNaming(
        style=cast(Style, stored.get("style", "letters")),
        accidentals=cast(Accidentals, stored.get("accidentals", "sharps")),
        key=key,
        transposition=transposition,
    )


def fretted(stored: object) -> dict[str, FrettedInstrument]:
    """Instruments by name, each from its strings and the fret of its capo."""
    if not isinstance(stored, dict):
        raise ValueError(f"{stored!r} are no instruments")
    found = {}
    for name, values in stored.items():
        is_whole = isinstance(values, list) and all(type(value) is int for value in values)
        if name not in FRETTED or not is_whole or len(values) < 2:
            raise ValueError(f"{name}: {values!r} is no instrument")
        found[name] = FrettedInstrument(name, tuple(values[:-1]), values[-1])
    return found
