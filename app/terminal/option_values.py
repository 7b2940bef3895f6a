"""Readers of what is given to an option; argparse tells their errors."""

from __future__ import annotations

import argparse
import math
from collections.abc import Callable


def number(low: float, high: float, *, ends: bool = True) -> Callable[[str], float]:
    """A reader of numbers in a range, with its ends or without them."""

    def read(text: str) -> float:
        try:
            value = float(text)
        except ValueError:
            value = math.nan
        if low < value < high or (ends and value in (low, high)):
            return value
        raise argparse.ArgumentTypeError(
            f"{text!r} is not a number {'from' if ends else 'between'} {low:g} "
            f"{'to' if ends else 'and'} {high:g}"
        )

    return read


def whole_number(low: int, high: int) -> Callable[[str], int]:
    """A reader of whole numbers in a range with its ends."""

    def read(text: str) -> int:
        if text.isdecimal() and low <= int(text) <= high:
            return int(text)
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number from {low} to {high}")

    return read
