"""What JSON values of a project may be: each function returns the value, or raises ValueError."""

from __future__ import annotations

import json
from typing import Any

# Of a number that means something; as a time it is eleven days.
_HIGHEST = 1e6


def object_of(value: Any) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise ValueError(f"{_short(value)} is not an object")
    return value


def values_of(value: Any) -> dict[str, Any]:
    """An object that can be saved again: numbers are read as infinite that are not written."""
    try:
        json.dumps(value, allow_nan=False)
    except RecursionError:
        raise ValueError("it is nested too deeply") from None
    return object_of(value)


def list_of(value: Any) -> list[Any]:
    if not isinstance(value, list):
        raise ValueError(f"{_short(value)} is not a list")
    return value


def text_of(value: Any) -> str:
    if not isinstance(value, str) or not value or "\0" in value:
        raise ValueError(f"{_short(value)} is not a text")
    return value


def number_of(value: Any) -> float:
    # Not a number is within no limits, and a long whole number is none that a float can be.
    if (
        isinstance(value, bool)
        or not isinstance(value, int | float)
        or not -_HIGHEST <= value <= _HIGHEST
    ):
        raise ValueError(f"{_short(value)} is not a number")
    return float(value)


def whole_of(value: Any, lowest: int, highest: int) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not lowest <= value <= highest:
        raise ValueError(f"{_short(value)} is not a whole number from {lowest} to {highest}")
    return value


def _short(value: Any) -> str:
    try:
        text = json.dumps(value)
    except RecursionError:
        text = str(type(value))
    return text if len(text) <= 40 else f"{text[:40]}…"
